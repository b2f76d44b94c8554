"""The panels of the second window, in the order of their tabs.

- `overview`: all layers side by side, and the path of one number from the answer to the pixels;
- `layers`: the feature maps of every layer, and the arithmetic behind one of their numbers;
- `learning`: the backward pass, step by step; a step of learning; parts switched off;
- `why`: which pixels support a digit (saliency, gradient x input, occlusion, Grad-CAM);
- `filters`: a layer's kernels, the images that activate a channel most, gradient ascent;
- `compare`: the same drawing read by a second network; `fresh` makes two of them on the spot.
"""
