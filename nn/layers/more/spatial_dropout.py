"""Spatial dropout: in training, set whole channels to zero instead of single values.

Neighbouring pixels of a map are much alike: a single lost value is known from those around it, a
lost channel is not.
"""

from ..dropout import Dropout


class SpatialDropout2D(Dropout):
    """Set each channel of each image to zero with probability ``rate`` in training.

    Parameters
    ----------
    rate, rng
        As in `nn.Dropout`.

    References
    ----------
    Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015, section 3.2.
    """

    def _forward(self, x, train):
        """Return ``x`` itself or, in training, ``x`` times the scaled mask, (N, 1, 1, C)."""
        if not train:
            return x, None
        N, _, _, C = x.shape
        rate = self.config["rate"]
        kept = self.rng.random((N, 1, 1, C)) >= rate
        scale = kept * x.dtype.type(1 / (1 - rate))
        return x * scale, scale

    def _input_axes(self, ndim):
        return "N", "H", "W", "C"
