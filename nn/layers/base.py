"""What every layer promises.

A layer is a function with a memory. ``forward`` computes the function; when it trains, it also
remembers what the chain rule will ask for. ``backward`` is handed the gradient of the loss with
respect to the layer's output and returns the gradient with respect to its input, and on the way
fills ``grads`` with one array for every array in ``params``, under the same key.

The network only loops over its layers; everything there is to know about one of them is in its own
file.
"""

import copy
import math
from typing import Any, Self

import numpy as np


class Layer:
    """The base of all layers; what is said here of errors is true of every one of them.

    Raises
    ------
    ValueError
        By a constructor, if an argument is out of its range: the message names it.

    Attributes
    ----------
    config : dict
        The constructor's arguments, as JSON can hold them: enough to build the layer again.
    params : dict of str to ndarray
        What training changes: ``"w"`` and ``"b"``, or ``"gamma"`` and ``"beta"``.
    grads : dict of str to ndarray
        The gradient of the loss for each of ``params``; overwritten by every ``backward``.
    state : dict of str to ndarray
        What training changes without a gradient: running statistics.
    """

    def __init__(self, **config: Any):
        self.config = config
        self.params: dict[str, np.ndarray] = {}
        self.grads: dict[str, np.ndarray] = {}
        self.state: dict[str, np.ndarray] = {}
        self._memory: Any = None

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return the layer's output for ``x``; remember what ``backward`` needs if ``train``.

        Raises
        ------
        ValueError
            If ``x`` has a shape that the layer does not take.
        """
        raise NotImplementedError

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return the gradient for the input of the last training ``forward``; fill ``grads``.

        Raises
        ------
        RuntimeError
            If there was no training forward.
        ValueError
            If ``dout`` has another shape than what that forward returned.
        """
        raise NotImplementedError

    @staticmethod
    def param_shapes(**_config) -> dict[str, tuple[int, ...]]:
        """Return the shape of each array in ``params`` for a layer built with these arguments.

        Known before anything is allocated, so that a file which lies about a size is found out.
        """
        return {}

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of one output for one input of ``shape``, both without N."""
        return shape

    def multiply_adds(self, shape: tuple[int, ...]) -> int:
        """Return the number of multiply-adds that one input of ``shape`` (without N) costs."""
        return 0

    def floats(self, shape: tuple[int, ...]) -> int:
        """Return how many floats an input of ``shape`` (without N) takes on its way through."""
        return math.prod(self.output_shape(shape))

    def choices(self) -> np.ndarray | None:
        """Return which branch each output took in the last training forward, or None.

        Where a small step of the input changes a choice, the function has a kink and a numeric
        derivative means nothing (see `nn.gradcheck`).
        """
        return None

    def replica(self) -> Self:
        """Return a layer that shares ``params`` with this one and has all else to itself."""
        twin = copy.copy(self)
        twin.grads, twin._memory = {}, None
        twin.state = {name: array.copy() for name, array in self.state.items()}
        return twin

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config.items())
        return f"{type(self).__name__}({arguments})"

    def _expect(self, shape: tuple, *sizes: str | int) -> None:
        """Raise ValueError unless an array's shape has these sizes; a name stands for any."""
        fits = len(shape) == len(sizes) and all(
            isinstance(want, str) or want == got for want, got in zip(sizes, shape, strict=True)
        )
        if not fits:
            wanted, got = (", ".join(map(str, numbers)) for numbers in (sizes, shape))
            raise ValueError(
                f"{type(self).__name__}: expected an array of shape ({wanted}), got ({got})"
            )

    def _remember(self, train: bool, out: np.ndarray, *memory) -> np.ndarray:
        """Keep ``memory`` for `backward` if this forward trains, and hand ``out`` on."""
        self._memory = (out.shape, memory) if train else None
        return out

    def _recall(self, dout: np.ndarray) -> tuple:
        """Return what the last training forward remembered, once ``dout`` is seen to fit it."""
        if self._memory is None:
            raise RuntimeError(
                f"{type(self).__name__}: backward without a training forward; "
                "call forward(x, train=True) first"
            )
        shape, memory = self._memory
        self._expect(dout.shape, *shape)
        return memory
