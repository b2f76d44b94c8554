"""Picture files: opened safely, searched for ink, traced as lines.

=====  ============================================================================
open   open a picture file that may be damaged or hostile; enforce limits on its size
ink    separate the ink from the paper, and cut out the digit
lines  measure the width of lines, and thin them to their centre lines
=====  ============================================================================

`data.canvas.from_image` combines them.
"""
