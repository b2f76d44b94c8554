"""PyTorch: eager, channels-last, or compiled by Inductor."""

import numpy as np
import torch
from torch import nn

from benchmarks.speed.system import LEARNING_RATE, Job, System, nchw_weights


class PyTorch(System):
    """The network in PyTorch's NCHW layout, stored as NHWC in memory if ``channels_last``."""

    def __init__(self, job: Job, channels_last: bool = False, compiled: bool = False):
        super().__init__(job)
        torch.set_num_threads(job.threads)
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        net = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Dropout(0.5), nn.Linear(5 * 5 * 64, 10),
        )  # fmt: skip
        with torch.no_grad():
            for theirs, ours in zip(net.parameters(), nchw_weights(job.model), strict=True):
                theirs.copy_(torch.from_numpy(ours))
        self.net = net.to(memory_format=self.layout)
        self.optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, fused=True)
        self.loss = nn.CrossEntropyLoss()
        self.forward = torch.compile(self.net, dynamic=False) if compiled else self.net

    def prepare(self, images: np.ndarray) -> torch.Tensor:
        """Return a tensor, (N, 1, H, W)."""
        x = torch.from_numpy(super().prepare(images)).permute(0, 3, 1, 2)
        return x.contiguous(memory_format=self.layout)

    def targets(self, labels: np.ndarray) -> torch.Tensor:
        """Return class numbers, int64."""
        return torch.from_numpy(labels.astype(np.int64))

    def step(self, x: torch.Tensor, labels: torch.Tensor) -> float:
        """Take one step; see `System.step`."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.forward(x), labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def predict(self, x: torch.Tensor) -> np.ndarray:
        """Return the probabilities; see `System.predict`."""
        if self.net.training:
            self.net.eval()
        with torch.inference_mode():
            return torch.softmax(self.forward(x), dim=1).numpy()
