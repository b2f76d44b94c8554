"""Translate a network into Keras's layers.

Padding that is neither "valid" nor "same" becomes a ZeroPadding2D in front of the layer, if the
layer pads with zeros.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...layers import more
from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.base import Layer, Shape
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.pool import AvgPool2D, MaxPool2D
from ...layers.rescaling import Rescaling
from ...layers.window import Window
from ...model import Sequential
from ..builder import layers_to_write
from ..errors import errors_at


class KerasLayer(NamedTuple):
    """A layer of Keras: its class, its configuration with a unique ``name``, and its arrays."""

    kind: str
    config: dict[str, Any]
    arrays: dict[str, np.ndarray]


def keras_layers(model: Sequential, input_shape: Shape) -> list[KerasLayer]:
    """Return the network as Keras's layers.

    Raises
    ------
    ValueError
        If Keras has no equivalent of a layer, which the message names.
    """
    layers: list[KerasLayer] = []
    counts: Counter[str] = Counter()
    shape = input_shape
    for i, layer in enumerate(layers_to_write(model, input_shape)):
        with errors_at(f"layer {i} ({type(layer).__name__})"):
            if type(layer) not in TRANSLATORS:
                raise ValueError("Keras has no equivalent of this layer")
            after = layer.output_shape(shape)
            for kind, config, arrays in TRANSLATORS[type(layer)](layer, shape):
                counts[kind] += 1
                name = f"{kind.lower()}_{counts[kind]}"
                arrays = {key: np.asarray(w, np.float32) for key, w in arrays.items()}
                layers.append(KerasLayer(kind, {"name": name, **config}, arrays))
            shape = after
    return layers


Part = tuple[str, dict[str, Any], dict[str, np.ndarray]]
Parts = list[Part]
"""The layers of Keras that one layer becomes: class, configuration and arrays of each."""


def _padded(window: Window, shape: Shape, zeros: bool) -> tuple[str, Parts]:
    """Return ``padding=`` for a window, and the ZeroPadding2D in front if it needs one.

    ``zeros`` says whether the layer pads with zeros.
    """
    wanted = window.padding(*shape[:2])
    if wanted == ((0, 0), (0, 0)):
        return "valid", []
    if wanted == Window(window.kernel, window.stride, "same").padding(*shape[:2]):
        return "same", []
    if not zeros:
        raise ValueError(f"Keras cannot pad this pooling by {window.pad}, only 'valid' or 'same'")
    return "valid", [("ZeroPadding2D", {"padding": wanted}, {})]


def _conv2d(layer: Conv2D, shape: Shape) -> Parts:
    own = {"filters": layer.config["out_channels"]}
    return _convolution("Conv2D", layer, shape, own, _kernel(layer))


def _convolution(kind: str, layer: Any, shape: Shape, own: dict, arrays: dict) -> Parts:
    """Return a convolution of a class of Keras; ``own`` are the arguments of this class alone."""
    padding, before = _padded(layer.window, shape, zeros=True)
    config = {
        "kernel_size": layer.config["kernel_size"],
        "strides": layer.config["stride"],
        "padding": padding,
        "use_bias": layer.config["bias"],
    }
    return [*before, (kind, own | config, arrays)]


def _dense(layer: Layer, _shape: Shape) -> Parts:
    config = {"units": layer.config["out_features"], "use_bias": layer.config["bias"]}
    return [("Dense", config, _kernel(layer))]


def _kernel(layer: Layer, kernel: str = "kernel") -> dict[str, np.ndarray]:
    names = {"w": kernel, "b": "bias"}
    return {names[name]: array for name, array in layer.params.items()}


def _max_pool(layer: MaxPool2D, shape: Shape) -> Parts:
    padding, before = _padded(layer.window, shape, zeros=False)
    return [*before, ("MaxPooling2D", _pooling(layer, padding), {})]


def _avg_pool(layer: AvgPool2D, shape: Shape) -> Parts:
    counted = layer.config["count_pad"]
    padding, before = _padded(layer.window, shape, zeros=counted)
    if counted and padding == "same":  # which Keras does not count in the mean
        padding = "valid"
        before = [("ZeroPadding2D", {"padding": layer.window.padding(*shape[:2])}, {})]
    return [*before, ("AveragePooling2D", _pooling(layer, padding), {})]


def _pooling(layer: MaxPool2D | AvgPool2D, padding: str) -> dict[str, Any]:
    window = layer.window
    return {"pool_size": window.kernel, "strides": window.stride, "padding": padding}


def _batchnorm(layer: Layer, _shape: Shape) -> Parts:
    config = {"axis": -1, "momentum": layer.config["momentum"], "epsilon": layer.config["eps"]}
    names = {"gamma": "gamma", "beta": "beta", "mean": "moving_mean", "var": "moving_variance"}
    arrays = layer.params | layer.state
    return [("BatchNormalization", config, {keras: arrays[name] for name, keras in names.items()})]


def _same_arguments(kind: str) -> Callable[[Layer, Shape], Parts]:
    """Return the translator of a layer whose arguments have the same names in Keras."""
    return lambda layer, _shape: [(kind, dict(layer.config), {})]


def _equal_strides(layer: Layer) -> None:
    """Raise ValueError for strides that TensorFlow refuses."""
    stride, dilation = layer.config["stride"], layer.config["dilation"]
    if max(stride) > 1 and max(dilation) > 1:
        raise ValueError(f"Keras cannot combine the stride {stride} with the dilation {dilation}")
    if isinstance(layer, more.DepthwiseConv2D) and stride[0] != stride[1]:
        raise ValueError(f"Keras cannot use different strides in rows and columns, {stride}")


def _grouped(layer: more.GroupedConv2D, shape: Shape) -> Parts:
    _equal_strides(layer)
    own = {
        "filters": layer.config["out_channels"],
        "dilation_rate": layer.config["dilation"],
        "groups": layer.config["groups"],
    }
    return _convolution("Conv2D", layer, shape, own, _kernel(layer))


def _depthwise(layer: more.DepthwiseConv2D, shape: Shape) -> Parts:
    _equal_strides(layer)
    own = {
        "depth_multiplier": layer.config["multiplier"],
        "dilation_rate": layer.config["dilation"],
    }
    return _convolution("DepthwiseConv2D", layer, shape, own, _kernel(layer, "depthwise_kernel"))


def _prelu(layer: more.PReLU, shape: Shape) -> Parts:
    alpha = layer.params["alpha"]
    alpha = alpha.reshape((1,) * (len(shape) - alpha.ndim) + alpha.shape)
    shared = [i for i, n in enumerate(alpha.shape, 1) if n == 1]
    return [("PReLU", {"shared_axes": shared or None}, {"alpha": alpha})]


def _normalization(layer: more.Normalization, _shape: Shape) -> Parts:
    mean, var = (layer.state[name].tolist() for name in ("mean", "var"))
    return [("Normalization", {"axis": -1, "mean": mean, "variance": var}, {})]


def _clip(layer: more.Clip, _shape: Shape) -> Parts:
    """Write a range that does not begin at 0 as a ReLU between two shifts."""
    low, high = layer.config["low"], layer.config["high"]
    if low is None:
        if high is None:
            return []
        turned: Part = ("Rescaling", {"scale": -1.0, "offset": high}, {})
        return [turned, ("ReLU", {}, {}), turned]
    shift: Parts = [("Rescaling", {"scale": 1.0, "offset": sign * low}, {}) for sign in (-1, 1)]
    relu: Part = ("ReLU", {} if high is None else {"max_value": high - low}, {})
    return [shift[0], relu, shift[1]] if low else [relu]


def _hard_sigmoid(layer: more.HardSigmoid, _shape: Shape) -> Parts:
    line = {"scale": layer.config["slope"], "offset": layer.config["offset"]}
    return [("Rescaling", line, {}), ("ReLU", {"max_value": 1.0}, {})]


def _gelu(layer: more.GELU, _shape: Shape) -> Parts:
    if layer.config["approximate"]:
        raise ValueError("Keras has only the exact GELU as an activation by name")
    return [("Activation", {"activation": "gelu"}, {})]


def _activation(name: str) -> Callable[[Layer, Shape], Parts]:
    """Return the translator of an activation that Keras knows by name."""
    return lambda _layer, _shape: [("Activation", {"activation": name}, {})]


def _renamed(kind: str, **names: str) -> Callable[[Layer, Shape], Parts]:
    """Return the translator of a layer with some arguments, given as ours=KERAS'S."""
    return lambda layer, _shape: [
        (kind, {keras: layer.config[ours] for ours, keras in names.items()}, {})
    ]


def _frame(kind: str, name: str) -> Callable[[Layer, Shape], Parts]:
    """Return the translator of a layer whose one argument is a frame around the image."""

    def parts(layer, _shape):
        (frame,) = layer.config.values()
        return [(kind, {name: Window((1, 1), (1, 1), frame).padding(0, 0)}, {})]

    return parts


TRANSLATORS: dict[type, Callable[[Any, Shape], Parts]] = {
    Conv2D: _conv2d,
    more.GroupedConv2D: _grouped,
    more.DepthwiseConv2D: _depthwise,
    Dense: _dense,
    MaxPool2D: _max_pool,
    AvgPool2D: _avg_pool,
    more.GlobalMaxPool2D: _same_arguments("GlobalMaxPooling2D"),
    more.GlobalAvgPool2D: _same_arguments("GlobalAveragePooling2D"),
    BatchNorm: _batchnorm,
    more.Normalization: _normalization,
    ReLU: _same_arguments("ReLU"),
    more.LeakyReLU: _renamed("LeakyReLU", slope="negative_slope"),
    more.PReLU: _prelu,
    more.ELU: _same_arguments("ELU"),
    more.SELU: _activation("selu"),
    more.GELU: _gelu,
    more.Swish: _activation("silu"),
    more.Mish: _activation("mish"),
    more.Sigmoid: _activation("sigmoid"),
    more.HardSigmoid: _hard_sigmoid,
    more.HardSwish: _activation("hard_silu"),
    more.Tanh: _activation("tanh"),
    more.Softplus: _activation("softplus"),
    more.Softsign: _activation("softsign"),
    more.Clip: _clip,
    Softmax: _same_arguments("Softmax"),
    Flatten: _same_arguments("Flatten"),
    more.Reshape: _renamed("Reshape", shape="target_shape"),
    more.Permute: _renamed("Permute", axes="dims"),
    more.ZeroPad2D: _frame("ZeroPadding2D", "padding"),
    more.Crop2D: _frame("Cropping2D", "cropping"),
    Dropout: _same_arguments("Dropout"),
    more.SpatialDropout2D: _same_arguments("SpatialDropout2D"),
    more.GaussianNoise: _same_arguments("GaussianNoise"),
    Rescaling: _same_arguments("Rescaling"),
}
"""Each returns Keras's layers for a layer of a class, given it and its input's shape, without N."""
