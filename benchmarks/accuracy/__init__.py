"""Digits and non-digits that the network was not trained on. Nothing is trained on them.

===============  ==========================================================================
unipen           pen strokes of people, read from a file and placed on the canvas
deform           these strokes, deformed as if others had written them
scans            scans in the formats of other data sets, made from MNIST's images
optdigits        scans of people's digits, read from a file
numbers          numbers of several digits, made of strokes
number_pictures  numbers of several digits and sheets, made of pictures
number_paths     all divisions of a line of writing, and the right ones among them
photos           pictures as people take them; ``photos_*`` hold the kinds
nondigits        letters, scribbles, blots and lines
===============  ==========================================================================
"""
