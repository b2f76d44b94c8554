"""What you taught the network: your drawings, and the vote that learned them.

============  =============================================================================
drawings      taught drawings as strokes, and the JSON file that keeps them
store         that file and the trained vote beside it: locked, changed atomically
warps         variations of a drawing, as the same hand might draw it again
rehearsal     digits that the network must go on answering as before, and their features
teacher       trains the vote; `nn.training.vote` is its mathematics
__main__      ``python -m weights.hand``: list, remove, reset, export, import
============  =============================================================================

Only NumPy is imported here: the window must neither wait for numba nor hold it in memory.
"""
