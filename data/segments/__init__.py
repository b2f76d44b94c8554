"""Several digits in a drawing or a picture: found, divided and read in order.

========  ===========================================================================
symbols   what was found: `Reading`, its `Line`, its `Symbol`
strokes   from pen strokes to digits in reading order
pictures  from a picture to digits in reading order
page      pieces of ink in a picture, as parts of lines of writing
cells     take off printed boxes around digits
lines     group boxes into lines of writing
signs     minus signs, decimal points and specks
cuts      candidate cuts through ink where two digits may touch
graph     where digits of a line may meet, and the candidates between
row       divide a line of writing into digits: the best path by dynamic programming
========  ===========================================================================

The network is a callable that maps images (N, 28, 28) to probabilities (N, 10). So the package is a
part of `data`, which knows nothing of `nn`. The same code serves the plain layers of the window and
the fast ones of the benchmarks.
"""
