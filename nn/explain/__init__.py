"""Why this answer, and what does a layer look for? Questions to a trained network, in use.

- `inference`: the network in use, and what each of its layers gives;
- `attribution`: which pixels speak for a class (saliency, Grad-CAM, occlusion);
- `features`: what a channel answers to most, among images or in one made for it;
- `breakdown`: one number of one layer, written out as the sum that it is;
- `rounding`: sums that add up as they are shown.
"""

from .attribution import grad_cam, gradient_times_input, gradients, occlusion, saliency
from .features import maximise_activation, top_activations
from .inference import in_use, map_layers, maps, with_softmax

__all__ = [
    "grad_cam",
    "gradient_times_input",
    "gradients",
    "in_use",
    "map_layers",
    "maps",
    "maximise_activation",
    "occlusion",
    "saliency",
    "top_activations",
    "with_softmax",
]
