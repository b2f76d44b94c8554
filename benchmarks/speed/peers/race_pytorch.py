"""PyTorch in the race: eager, in NCHW or channels-last.

``torch.compile`` is left out: it compiles for longer than the whole training takes.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.speed.race import Batches, Layer, System, Task, read_layers

IMAGES_A_CALL = 1_000


class PyTorch(System):
    """The network in PyTorch's NCHW layout, stored as NHWC in memory if ``channels_last``."""

    def __init__(self, task: Task, model: Path, channels_last: bool = False):
        super().__init__(task, model)
        torch.set_num_threads(task.threads)
        torch.manual_seed(task.seed)
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.net = build(read_layers(model)).to(memory_format=self.layout)
        self.optimizer = torch.optim.Adam(self.net.parameters(), betas=task.betas, fused=True)
        self.loss = nn.CrossEntropyLoss(label_smoothing=task.label_smoothing)

    def prepare(self, images: np.ndarray) -> torch.Tensor:
        """Return a float32 tensor in [0, 1], (N, 1, 28, 28)."""
        x = torch.from_numpy(images)[:, None].to(memory_format=self.layout)
        return x.float().div_(255)

    def train(self, batches: Batches, rates: np.ndarray) -> None:
        """Take one step for each batch; see `System.train`."""
        self.net.train()
        for (images, labels), lr in zip(batches, rates.tolist(), strict=True):
            for group in self.optimizer.param_groups:
                group["lr"] = lr
            self.optimizer.zero_grad(set_to_none=True)
            logits = self.net(self.prepare(images))
            self.loss(logits, torch.from_numpy(labels).long()).backward()
            self.optimizer.step()

    def classify(self, images: np.ndarray) -> np.ndarray:
        """Return the class of each image; see `System.classify`."""
        self.net.eval()
        with torch.inference_mode():
            parts = [self.net(self.prepare(images[i : i + IMAGES_A_CALL])).argmax(1)
                     for i in range(0, len(images), IMAGES_A_CALL)]  # fmt: skip
        return torch.cat(parts).numpy()


class Flatten(nn.Module):
    """Flatten maps in the order of (H, W, C), which is that of the dense layer's weights."""

    def forward(self, x):
        """Return maps (N, C, H, W) as (N, H * W * C); without a copy if they are channels-last."""
        return x.permute(0, 2, 3, 1).flatten(1)


MODULES = {
    "Conv2D": lambda c: nn.Conv2d(
        c["in_channels"], c["out_channels"], c["kernel_size"], c["stride"], c["pad"]
    ),
    "ReLU": lambda c: nn.ReLU(),
    "MaxPool2D": lambda c: nn.MaxPool2d(c["size"], c["stride"], c["pad"]),
    "BatchNorm": lambda c: nn.BatchNorm2d(c["channels"], c["eps"], 1 - c["momentum"]),
    "Flatten": lambda c: Flatten(),
    "Dense": lambda c: nn.Linear(c["in_features"], c["out_features"]),
}


def build(layers: list[Layer]) -> nn.Sequential:
    """Return the network with its initial weights, as modules of PyTorch."""
    net = nn.Sequential(*(MODULES[layer.kind](layer.config) for layer in layers))
    axes = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}
    with torch.no_grad():
        for module, layer in zip(net, layers, strict=True):
            for theirs, ours in zip(module.parameters(), layer.params, strict=True):
                theirs.copy_(torch.from_numpy(ours.transpose(axes[ours.ndim]).copy()))
    return net
