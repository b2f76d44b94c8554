"""The arithmetic of the gradients of `nn.layers.more`."""

import numpy as np

from ...layers import more
from ...layers.more.normalization import LEAST
from .result import copied, local_slope, over_positions, product
from .windows import conv_db, conv_dw, conv_dx

ELEMENT_WISE = (
    more.Sigmoid, more.Tanh, more.LeakyReLU, more.PReLU, more.ELU, more.SELU, more.GELU,
    more.Swish, more.Mish, more.Softplus, more.Softsign, more.HardSigmoid, more.HardSwish,
    more.Clip,
)  # fmt: skip


def _element_wise(layer, x, dout, at, value, train):
    factors = {"dout": float(dout[at]), "slope at x": local_slope(layer, x, at)}
    rule = f"dx = dout x the slope of the function at x = {float(x[at]):.5g}"
    return product("dx", layer, at, value, rule, factors)


def _prelu_parameter(layer, name, x, dout, at, value, train):
    alpha = layer.params["alpha"]
    # An alpha of size 1 along an axis serves the whole axis, and one without it all of it.
    lead = x.ndim - alpha.ndim
    chosen = [slice(None) if n == 1 else i for i, n in zip(at, alpha.shape, strict=True)]
    mine = (*[slice(None)] * lead, *chosen)
    seen = np.minimum(x[mine], 0).astype(np.float64)
    rule = "dalpha = sum of x x dout where x <= 0: there alpha multiplied x"
    arriving = np.where(seen < 0, dout[mine], 0)
    return over_positions("dalpha", layer, at, value, rule, seen, arriving)


def _normalization(layer, x, dout, at, value, train):
    deviation = max(float(np.sqrt(layer.state["var"][at[-1]])), LEAST)
    factors = {"dout": float(dout[at]), "1 / deviation": 1 / deviation}
    return product("dx", layer, at, value, "dx = dout / deviation", factors)


def _moved(layer, x, dout, at, value, train):
    """Break down a layer that moves numbers: say where this one went."""
    places = layer.forward(np.arange(1, x.size + 1).reshape(1, *x.shape))[0]
    found = np.argwhere(places == np.ravel_multi_index(at, x.shape) + 1)
    if len(found):
        rule = f"dx = dout at ({', '.join(map(str, found[0].tolist()))}): the number only moved"
    else:
        rule = "dx = 0: the number was cut off"
    return copied("dx", layer, at, value, rule)


def _global_average(layer, x, dout, at, value, train):
    H, W, _ = x.shape
    factors = {"dout": float(dout[..., at[-1]].item()), f"1 / {H * W}": 1 / (H * W)}
    rule = "dx = dout / n: each of the n values of a channel has the weight 1 / n in its mean"
    return product("dx", layer, at, value, rule, factors)


def _global_max(layer, x, dout, at, value, train):
    winner = tuple(map(int, np.unravel_index(x[..., at[-1]].argmax(), x.shape[:2])))
    if winner == at[:2]:
        rule = "dx = dout: this value is the largest of its channel and takes all"
    else:
        row, column = winner
        rule = f"dx = 0: the largest of the channel, in row {row}, column {column}, takes all"
    return copied("dx", layer, at, value, rule)


def _wide(layer):
    """Return the weights of a grouped or depthwise convolution as those of a `nn.Conv2D`.

    They are 0 between the taps of a dilated kernel and between channels that are not connected.
    Also return what turns an index into the weights into a tap and two channels.
    """
    w, (DH, DW) = layer.params["w"], layer.config["dilation"]
    KH, KW = layer.window.kernel
    C = layer.config.get("in_channels") or layer.config["channels"]
    depthwise = isinstance(layer, more.DepthwiseConv2D)
    OC = C * w.shape[3] if depthwise else w.shape[3]
    kernel = np.zeros((KH, KW, C, OC), w.dtype)

    def place(i, j, first, second):
        if depthwise:
            return (i * DH, j * DW), first, first * w.shape[3] + second
        group = second // (OC // layer.config["groups"])
        return (i * DH, j * DW), group * w.shape[2] + first, second

    for first, second in np.ndindex(w.shape[2:]):
        _, channel, out_channel = place(0, 0, first, second)
        kernel[::DH, ::DW, channel, out_channel] = w[:, :, first, second]
    return kernel, place


def _sparse_conv(layer, x, dout, at, value, train):
    kernel, _ = _wide(layer)
    return conv_dx(layer, kernel[:, :, at[-1]], x, dout, at, value)


def _sparse_conv_parameter(layer, name, x, dout, at, value, train):
    if name == "b":
        return conv_db(layer, dout, at, value)
    _, place = _wide(layer)
    return conv_dw(layer, *place(*at), x, dout, at, value)


GRADIENTS = (
    (more.PReLU, _element_wise, _prelu_parameter),
    (ELEMENT_WISE, _element_wise, None),
    (more.Normalization, _normalization, None),
    ((more.Reshape, more.Permute, more.ZeroPad2D, more.Crop2D), _moved, None),
    (more.GlobalAvgPool2D, _global_average, None),
    (more.GlobalMaxPool2D, _global_max, None),
    ((more.GroupedConv2D, more.DepthwiseConv2D), _sparse_conv, _sparse_conv_parameter),
)
"""For each class the function for ``dx``, and the one for its parameters."""
