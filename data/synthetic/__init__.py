"""Synthetic training images, drawn from pen strokes: digits and non-digits.

===========  ===============================================================
parts        strokes and the parts of digits: stem, flag, bar, bowl, hook
lines        generators of 1, 4 and 7
bowls        generators of 0, 6, 8 and 9
waists       generators of 2, 3 and 5
forms        all forms of the ten digits and their frequencies
pens         draw strokes with pens and scanners of many kinds
handwriting  draw forms with the variation of human handwriting
nondigits    draw letters, signs, scribbles, blots and pairs of digits, labelled as no digit
touching     draw touching digits and parts of digits, labelled as no digit
===========  ===============================================================

`data.batches` mixes them into training batches.
"""
