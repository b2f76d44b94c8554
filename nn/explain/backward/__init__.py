"""The backward pass for one image, and the arithmetic behind each of its numbers.

- `passes`: `backward_pass` runs a network forward and backward for an image and its label, and
  keeps every value and every gradient;
- `loss`, `student`, `windows`, `more`: the arithmetic of a gradient, as `nn.explain.breakdown`
  gives that of an output: of the loss, of the layers of `nn.layers`, of their windows, and of the
  layers of `nn.layers.more`;
- `result`: what these functions share; `arithmetic`: finds the function for a number;
- `slope`: the same gradient measured, by nudging the number.
"""

from .arithmetic import break_down_gradient, break_down_parameter
from .loss import break_down_loss
from .passes import BackwardPass, backward_pass, exact
from .slope import measured_slope

__all__ = [
    "BackwardPass",
    "backward_pass",
    "break_down_gradient",
    "break_down_loss",
    "break_down_parameter",
    "exact",
    "measured_slope",
]
