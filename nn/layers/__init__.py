"""The layers, each with its forward and backward pass, in NumPy alone.

Read them in this order:

- `im2col`: a convolution as one matrix product; `window`: the positions of a sliding window;
- `conv`, `pool`, `dense`, `activation` (ReLU, Softmax, Flatten);
- `batchnorm`, `dropout`, `rescaling`; `more` has further layers, a file each;
- `base`: the base class; `checks`: checks of arguments; `init`: initial weights.
"""
