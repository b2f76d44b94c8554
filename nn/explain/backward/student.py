"""The arithmetic of the gradients of `nn.layers`: a function for ``dx``, one for parameters."""

import math

import numpy as np

from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.pool import AvgPool2D, MaxPool2D
from ...layers.rescaling import Rescaling
from ..breakdown.result import Breakdown
from ..breakdown.sums import weighted_sum
from ..rounding import add_up, decimals_for, round_to
from .result import copied, kind_of, local_slope, over_positions, product, summed
from .windows import avg_pool_dx, conv_db, conv_dw, conv_dx, max_pool_dx


def _conv(layer, x, dout, at, value, train):
    return conv_dx(layer, layer.params["w"][:, :, at[-1]], x, dout, at, value)


def _conv_parameter(layer, name, x, dout, at, value, train):
    if name == "b":
        return conv_db(layer, dout, at, value)
    *tap, channel, out_channel = at
    return conv_dw(layer, tuple(tap), channel, out_channel, x, dout, at, value)


def _max_pool(layer, x, dout, at, value, train):
    return max_pool_dx(layer, x, dout, at, value)


def _avg_pool(layer, x, dout, at, value, train):
    return avg_pool_dx(layer, x, dout, at, value)


def _dense(layer, x, dout, at, value, train):
    w = layer.params["w"][at[0]].astype(np.float64)
    names = [f"output {j}" for j in range(len(w))]
    factors = list(zip(dout.tolist(), w.tolist(), strict=True))
    total = weighted_sum(value, names, dout * w, others="{} other outputs", factors=factors)
    rule = "dx = dout @ w.T: sum of each output's gradient x the weight that leads to it"
    return summed("dx", layer, at, value, rule, total)


def _dense_parameter(layer, name, x, dout, at, value, train):
    if name == "b":
        return copied("db", layer, at, value, "db = dout: the bias was added once")
    k, j = at
    factors = {f"x[{k}]": float(x[k]), f"dout[{j}]": float(dout[j])}
    rule = "dw = x.T dout: the weight's input x the gradient of its output"
    return product("dw", layer, at, value, rule, factors)


def _relu(layer, x, dout, at, value, train):
    passed = x[at] > 0
    rule = (
        "dx = dout: x > 0, so the gradient passes"
        if passed
        else "dx = 0: x <= 0, so the output stayed 0 and the gradient is blocked"
    )
    digits = decimals_for(float(x[at]), float(dout[at]))
    notes = tuple((n, round_to(float(a[at]), digits)) for n, a in (("x", x), ("dout", dout)))
    return copied("dx", layer, at, value, rule, notes)


def _softmax(layer, x, dout, at, value, train):
    """Break down a softmax inside a network; that of the loss is in `loss`."""
    (k,) = at
    p = np.exp(x.astype(np.float64) - x.max())
    p /= p.sum()
    terms = p[k] * dout[k], -p[k] * float(p @ dout)
    shown = round_to(value, decimals_for(value, *terms))
    total = add_up((f"p[{k}] x dout[{k}]", f"-p[{k}] x sum of p x dout"), terms, shown)
    rule = "dx = p x (dout - sum of p x dout): raising one logit lowers the other probabilities"
    return summed("dx", layer, at, value, rule, total)


def _statistics(layer, x, c, train):
    """Return the mean and standard deviation of a channel that BatchNorm divided by."""
    if train:
        values = x[..., c].astype(np.float64)
        mean, var = float(values.mean()), float(values.var())
    else:
        mean, var = (float(layer.state[name][c]) for name in ("mean", "var"))
    return mean, math.sqrt(var + layer.config["eps"])


def _batchnorm(layer, x, dout, at, value, train):
    c = at[-1]
    mean, std = _statistics(layer, x, c, train)
    gamma, arriving = float(layer.params["gamma"][c]), float(dout[at])
    if not train:
        rule = "dx = dout x gamma / std: at inference, mean and std are constants"
        factors = {"dout": arriving, "gamma / std": gamma / std}
        digits = decimals_for(gamma, std)
        notes = [(n, round_to(v, digits)) for n, v in (("gamma", gamma), ("std", std))]
        return product("dx", layer, at, value, rule, factors, notes)
    x_hat = (x[..., c].astype(np.float64) - mean) / std
    mine, mean_dout = float(x_hat[at[:-1]]), float(dout[..., c].mean())
    mean_both = float((dout[..., c] * x_hat).mean())
    scale = gamma / std
    names = "dout", "-mean(dout)", "-x_hat x mean(dout x x_hat)"
    values = scale * arriving, -scale * mean_dout, -scale * mine * mean_both
    numbers = {"gamma / std": scale, "dout": arriving, "mean(dout)": mean_dout, "x_hat": mine,
               "mean(dout x x_hat)": mean_both}  # fmt: skip
    shown = round_to(value, decimals_for(value, *values))
    digits = decimals_for(*numbers.values())
    rule = (
        "dx = gamma / std x (dout - mean(dout) - x_hat x mean(dout x x_hat)): in training, a value "
        "also moves the mean and the variance"
    )
    notes = tuple((name, round_to(number, digits)) for name, number in numbers.items())
    total = add_up([f"gamma / std x ({name})" for name in names], values, shown)
    return Breakdown(kind_of(layer, "dx"), at, value, shown, rule, total, notes)


def _batchnorm_parameter(layer, name, x, dout, at, value, train):
    (c,) = at
    arriving = np.atleast_1d(dout[..., c])
    if name == "beta":
        rule = "dbeta = sum of dout over the channel: beta was added to each of its values"
        return over_positions("dbeta", layer, at, value, rule, None, arriving)
    mean, std = _statistics(layer, x, c, train)
    x_hat = (np.atleast_1d(x[..., c]).astype(np.float64) - mean) / std
    rule = "dgamma = sum over the channel of x_hat x dout: gamma multiplied each x_hat"
    return over_positions("dgamma", layer, at, value, rule, x_hat, arriving)


def _dropout(layer, x, dout, at, value, train):
    scale = local_slope(layer, x, at)
    if not train:
        return copied("dx", layer, at, value, "dx = dout: at inference, nothing is dropped")
    if scale == 1:
        return copied("dx", layer, at, value, "dx = dout: this layer changes no slope")
    if scale == 0:
        return copied("dx", layer, at, value, "dx = 0: this value was dropped, so it moved nothing")
    factors = {"dout": float(dout[at]), "1 / (1 - rate)": scale}
    rule = "dx = dout / (1 - rate): this value was kept, and enlarged"
    return product("dx", layer, at, value, rule, factors)


def _flatten(layer, x, dout, at, value, train):
    index = int(np.ravel_multi_index(at, x.shape))
    return copied("dx", layer, at, value, f"dx = dout[{index}]: only the shape changes")


def _rescaling(layer, x, dout, at, value, train):
    factors = {"dout": float(dout[at]), "scale": layer.config["scale"]}
    return product("dx", layer, at, value, "dx = dout x scale", factors)


GRADIENTS = (
    (Conv2D, _conv, _conv_parameter),
    (MaxPool2D, _max_pool, None),
    (AvgPool2D, _avg_pool, None),
    (Dense, _dense, _dense_parameter),
    (ReLU, _relu, None),
    (Softmax, _softmax, None),
    (BatchNorm, _batchnorm, _batchnorm_parameter),
    (Dropout, _dropout, None),
    (Flatten, _flatten, None),
    (Rescaling, _rescaling, None),
)
"""For each class the function for ``dx``, and the one for its parameters."""
