"""What the second window and its panels are built from.

- `header`: `Header`, the upper part of the window: input and probabilities;
- `input`: `InputView`, the drawing, the 28x28 input computed from it, and the map before a number;
- `probabilities`: `ProbabilityBars`, a bar per digit;
- `row`: `RowView`, the digits of a number, one of which can be selected;
- `maps`: `LayerMaps`, the feature maps of all layers, one number of which can be selected;
- `drawn_maps`, `layout`: `DrawnMaps`, which draws them, and `Layout`, where each number is;
- `tiles`: `Tiling`, the positions of numbers in a grid of feature maps or kernels;
- `arithmetic`: `ArithmeticView`, the sum behind one number, term by term;
- `sheet`: `Sheet`, the scrolled canvas of text, grids and tables that the arithmetic is drawn on;
- `kernel_view`: `KernelView`, the weights of a layer as pictures;
- `gallery`: `Gallery`, pictures of digits side by side, each with a number below it;
- `scrolled`: `Scrolled`, a frame that scrolls where it is higher than its room;
- `wheel`: `bind_wheel`, the wheel of a mouse on every system;
- `flow`: `Flow`, widgets side by side, in as many lines as they need.
"""
