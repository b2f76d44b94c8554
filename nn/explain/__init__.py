"""What a trained network responds to, and how each of its numbers is computed.

- `inference`: feature maps and gradients of a network at inference;
- `attribution`: which pixels support a class: saliency, Grad-CAM, occlusion;
- `features`: which images activate a channel most: given ones, and one by gradient ascent;
- `breakdown`: the arithmetic behind one number of a layer's output;
- `backward`: the gradients of one image, and the arithmetic and the measured slope of each;
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
