"""Synthetic training images, drawn from pen strokes: digits and non-digits.

===========  ===============================================================
glyphs       the forms in which people write the ten digits, as text
handwriting  draw these forms with the variation of human handwriting
nondigits    draw letters, signs, scribbles and blots, labelled as no digit
===========  ===============================================================

`data.batches` mixes them into training batches.
"""
