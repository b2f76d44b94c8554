"""Input: MNIST, drawings, picture files and synthetic handwriting, all as 28x28 images.

===========  =======================================================================
mnist        find, download and read the four files of MNIST
idx          the file format of MNIST
download     download one file and verify its checksum
canvas       turn pen strokes or a picture into a 28x28 digit that looks like MNIST's
pictures/    open a picture file, find its ink, thin its lines
segments/    read several digits in a drawing or a picture, with the network as a callable
folders      read many picture files, in several processes
tars         find pictures in ``.tar`` archives, without unpacking them
stacks       read many images from one ``.npy`` or ``.npz`` file
synthetic/   draw digits, and drawings that are not digits, from pen strokes
augment      warp images at random
batches      training batches: MNIST mixed with synthetic images, warped
kernels      pixel loops compiled by numba, which no other module here imports
errors       the error that readers raise for input they cannot use
===========  =======================================================================

Images are uint8 (0 is paper, 255 is ink) or float32 (0 is paper, 1 is ink), shape (N, 28, 28).
Of the rest of the project this package imports `guard` alone.
"""
