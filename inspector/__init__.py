"""The second window: what the network computes for a drawing, shown while it is drawn.

The window and its panels:

- `window`: `Inspector`, the window that F2 opens; it follows the strokes of the first window;
- `overview`: all layers side by side, and the path of one number from the answer to the pixels;
- `layers`: the feature maps of every layer, and the arithmetic behind one of their numbers;
- `learning`: the backward pass, step by step; a step of learning; parts switched off;
- `why`: which pixels support a digit (saliency, gradient x input, occlusion, Grad-CAM);
- `filters`: a layer's kernels, the images that activate a channel most, gradient ascent;
- `compare`: the same drawing read by a second network.

What they are built from:

- `network`: `Network`, a trained network with its feature maps and its dead channels;
- `drawing`: `Snapshot`, one drawing with the network that reads it;
- `header`: `Header`, the upper part of the window: input and probabilities;
- `input`: `InputView`, the drawing, the 28x28 input computed from it, and the map before a number;
- `path`: `trace`, a number's path back to the pixels and on to the answer;
- `fields`, `looks`: what part of the earlier maps a number depends on;
- `open_menu`, `opening`: `OpenMenu`, which shows samples, MNIST's images and picture files;
- `tour`: the drawing that docs/tour.md follows;
- `row`: `RowView`, the digits of a number, one of which can be selected;
- `probabilities`: `ProbabilityBars`, a bar per digit;
- `maps`: `LayerMaps`, the feature maps of all layers, one number of which can be selected;
- `walls`, `layout`: `Walls`, which draws them, and `Layout`, where each number is;
- `arithmetic`: `ArithmeticView`, the sum behind one number, term by term;
- `sheet`: `Sheet`, the scrolled canvas of text, grids and tables that the arithmetic is drawn on;
- `kernel_view`: `KernelView`, the weights of a layer as pictures;
- `flow`: `Flow`, widgets side by side, in as many lines as they need;
- `threads`: `one_thread`, BLAS on one thread;
- `tiles`: `Tiling`, the positions of numbers in a grid of feature maps or kernels;
- `colours`: the project's colours, as numbers; the tour's pictures use them, too;
- `style`: the ttk theme of all windows, light and dark;
- `palette`: `Palette`, what a window draws with: the theme's colours, and those of numbers;
- `idle`: `IdleWork`, long computations in small steps while the window is idle.

Importing any of them imports neither numba nor matplotlib.
"""
