"""Picture files: opened safely, searched for a digit, traced as lines.

==========  ============================================================================
open        open a picture file that may be damaged or hostile; enforce limits on its size
formats     the formats that are read, and names of others
headers     what decoding a picture costs, from its headers
tone        the brightness of a picture of any mode
region      the sheet, panel or box that holds the digit
paper       the brightness of the paper, and the contrast of the ink
photograph  the same for unevenly lit paper
rules       take off lines and frames that are not part of the digit
grids       take off a box or grid that the digit crosses
pieces      connected pieces of a mask, and morphology
ink         find the digit with these, and cut it out
lines       measure the width of lines, thin them and make them narrower
==========  ============================================================================

`data.canvas.from_image` combines them.
"""
