"""More layers, for models of other systems and for experiments; a file each.

- element-wise: `sigmoid`, `tanh`, `leaky_relu`, `prelu`, `elu`, `selu`, `gelu`, `swish`, `mish`,
  `softplus`, `softsign`, `hard_sigmoid`, `hard_swish`, `clip`;
- shapes: `reshape`, `permute`, `zero_pad`, `crop`;
- sums over windows: `grouped_conv` (groups and dilation), `depthwise_conv`, `global_pool`;
- statistics of the training data: `normalization`;
- noise in training: `spatial_dropout`, `gaussian_noise`.

`cases` has one example of each, which the gradient check and the tests share. A layer of this
folder follows the rules of `nn.layers.base`; fused networks run it as it is.
"""

from .clip import Clip
from .crop import Crop2D
from .depthwise_conv import DepthwiseConv2D
from .elu import ELU
from .gaussian_noise import GaussianNoise
from .gelu import GELU
from .global_pool import GlobalAvgPool2D, GlobalMaxPool2D
from .grouped_conv import GroupedConv2D
from .hard_sigmoid import HardSigmoid
from .hard_swish import HardSwish
from .leaky_relu import LeakyReLU
from .mish import Mish
from .normalization import Normalization
from .permute import Permute
from .prelu import PReLU
from .reshape import Reshape
from .selu import SELU
from .sigmoid import Sigmoid
from .softplus import Softplus
from .softsign import Softsign
from .spatial_dropout import SpatialDropout2D
from .swish import Swish
from .tanh import Tanh
from .zero_pad import ZeroPad2D

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Clip",
    "Crop2D",
    "DepthwiseConv2D",
    "GaussianNoise",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GroupedConv2D",
    "HardSigmoid",
    "HardSwish",
    "LeakyReLU",
    "Mish",
    "Normalization",
    "PReLU",
    "Permute",
    "Reshape",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "SpatialDropout2D",
    "Swish",
    "Tanh",
    "ZeroPad2D",
]
