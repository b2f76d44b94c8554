"""The layers: each file is one idea, its forward and its backward pass, in NumPy alone.

Read them in this order:

- `im2col`: how a convolution becomes one matrix product; `window`: where a sliding window stops;
- `conv`, `pool`, `dense`, `activation` (ReLU, Softmax, Flatten);
- `batchnorm`, `dropout`, `rescaling`;
- `base`: what all have in common; `checks`: of arguments; `init`: the first weights.
"""
