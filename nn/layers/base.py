"""The base class of all layers.

``forward`` computes the output; in training it also caches what the chain rule needs. ``backward``
takes the gradient of the loss with respect to the output and returns the gradient with respect to
the input. It also stores the gradient for every array of ``params`` in ``grads``, under its key.

The base class checks shapes and keeps the cache. A subclass is its mathematics, in two methods:

- ``_forward(x, train)`` returns the output and the cache, which is whatever ``_backward`` needs;
- ``_backward(dout, cache)`` returns the gradient for ``x`` and fills ``grads``.

Neither changes the arrays it is given.
"""

import copy
from typing import Any, Self

import numpy as np

Shape = tuple[int, ...]


class Layer:
    """Base class of layers. Constructors raise ValueError for an argument out of range.

    Attributes
    ----------
    config : dict
        The constructor's arguments, serialisable as JSON: enough to build the layer again.
    params : dict of str to ndarray
        Trainable parameters: ``"w"`` and ``"b"``, or ``"gamma"`` and ``"beta"``.
    grads : dict of str to ndarray
        Gradient of the loss for each of ``params``; every ``backward`` overwrites it.
    state : dict of str to ndarray
        Running statistics, which training updates without a gradient.
    """

    def __init__(self, **config: Any):
        self.config = config
        self.params: dict[str, np.ndarray] = {}
        self.grads: dict[str, np.ndarray] = {}
        self.state: dict[str, np.ndarray] = {}
        self._kept: tuple[Shape, Any] | None = None  # the output's shape, the cache

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return the layer's output for ``x``; if ``train``, cache what ``backward`` needs.

        Raises ValueError if the layer does not accept the shape of ``x``.
        """
        self.check_input(x.shape)
        out, cache = self._forward(x, train)
        self._kept = (out.shape, cache) if train else None
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return the gradient for the input of the last training ``forward``; fill ``grads``.

        Raises RuntimeError if there was none, ValueError if ``dout`` has not the output's shape.
        """
        if self._kept is None:
            raise RuntimeError(
                f"{type(self).__name__}: backward without a training forward; "
                "call forward(x, train=True) first"
            )
        shape, cache = self._kept
        self._check_shape(dout.shape, shape)
        return self._backward(dout, cache)

    def check_input(self, shape: tuple) -> Shape:
        """Return `output_shape` for a batch of this ``shape``, N included; raise as `forward`."""
        axes = self._input_axes(len(shape))
        if axes is not None:
            self._check_shape(shape, axes)
        try:
            return self._output_shape(shape[1:])
        except ValueError as error:
            raise ValueError(f"{type(self).__name__}: {error}") from None

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of one output for one input of ``shape``, both without N.

        Raises ValueError if the layer does not accept such an input.
        """
        return self.check_input(("N", *shape))

    def multiply_adds(self, shape: Shape) -> int:
        """Return the number of multiply-adds that one input of ``shape`` (without N) costs."""
        return 0

    def choices(self) -> np.ndarray | None:
        """Return which branch each output took in the last training forward, or None.

        Where a small step of the input changes a branch, no derivative can be measured; see
        `nn.gradcheck`.
        """
        return None if self._kept is None else self._choices(self._kept[1])

    def replica(self) -> Self:
        """Return a layer that shares ``params``, with its own gradients, cache and state."""
        twin = copy.copy(self)
        twin.grads, twin._kept = {}, None
        twin.state = {name: array.copy() for name, array in self.state.items()}
        return twin

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config.items())
        return f"{type(self).__name__}({arguments})"

    # A subclass defines the first two methods, and overrides the others where it needs to.

    def _forward(self, x: np.ndarray, train: bool) -> tuple[np.ndarray, Any]:
        raise NotImplementedError

    def _backward(self, dout: np.ndarray, cache: Any) -> np.ndarray:
        raise NotImplementedError

    def _input_axes(self, ndim: int) -> tuple[str | int, ...] | None:
        """Return the size of each axis of a batch, or a name for any size; None accepts all."""
        return None

    def _output_shape(self, shape: Shape) -> Shape:
        """Return `output_shape`, for a shape whose axes are checked."""
        return shape

    def _choices(self, cache: Any) -> np.ndarray | None:
        """Return `choices`, from the cache."""
        return None

    def _check_shape(self, shape: tuple, axes: tuple[str | int, ...]) -> None:
        """Raise ValueError unless ``shape`` has these sizes; a name stands for any size."""
        fits = len(shape) == len(axes) and all(
            isinstance(want, str) or want == got for want, got in zip(axes, shape, strict=True)
        )
        if not fits:
            wanted, got = (", ".join(map(str, sizes)) for sizes in (axes, shape))
            raise ValueError(
                f"{type(self).__name__}: expected an array of shape ({wanted}), got ({got})"
            )
