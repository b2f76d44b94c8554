"""Digits and non-digits that the network was not trained on. Nothing is trained or chosen on them.

===============  =================================================================================
unipen           read pen strokes from UNIPEN text, and place them on the window's canvas
scans            scale MNIST's images to scans of other sizes and depths
photos           make pictures with lines, frames, light and noise around a digit, by kind
numbers          write digits of one writer beside one another, from far apart to touching
number_pictures  make pictures of numbers, and sheets of digits
nondigits        draw letters, scribbles, blots and crossing lines; measure confidence on them
===============  =================================================================================
"""
