"""What a trained network looks at, and how each of its numbers comes about.

- `inference`: the network as it is used: feature maps, and gradients at inference;
- `attribution`: which pixels support a class: saliency, Grad-CAM, occlusion;
- `features`: what a channel responds to: among given images, or in an image made for it;
- `breakdown`: one number of one layer, written out as the arithmetic behind it;
- `rounding`: rounded sums that still add up.

The first three are exported here. All of them compute with the layers' own forward and backward.
"""

from .attribution import grad_cam, gradient_times_input, gradients, occlusion, saliency
from .features import maximise_activation, top_activations
from .inference import inference_twin, map_layers, maps, with_softmax

__all__ = [
    "grad_cam",
    "gradient_times_input",
    "gradients",
    "inference_twin",
    "map_layers",
    "maps",
    "maximise_activation",
    "occlusion",
    "saliency",
    "top_activations",
    "with_softmax",
]
