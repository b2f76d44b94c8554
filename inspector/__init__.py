"""The second window: what the network computes for a drawing, shown while it is drawn.

- `window`: `Inspector`, the window that F2 opens; it follows the strokes of the first window;
- `panels`: the tabs of the window: all layers, their maps, learning, why, filters, compare;
- `parts`: what the window and its panels are built from: input, bars, maps, written-out sums;
- `tracing`: which earlier numbers a number depends on, and which later ones it moves;
- `opening`: digits from elsewhere: samples, MNIST's images, picture files, the tour's 4;
- `teaching`: correcting a misread drawing: the thread that learns it, and the list of corrections;
- `theme`: colours, and the ttk theme, light and dark;
- `network`: `Network`, a trained network with its feature maps and its dead channels;
- `drawing`: `Snapshot`, one drawing with the network that reads it;
- `idle`: `Later`, a call that ends with its widget; `IdleWork`, long computations in small steps;
- `threads`: `one_thread`, BLAS on one thread.

Importing any of them imports neither numba nor matplotlib.
"""
