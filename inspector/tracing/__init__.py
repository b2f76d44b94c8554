"""Which numbers of a network depend on which.

- `path`: `trace`, a number's path back to the pixels and on to the answer;
- `fields`: `fields`, the part of each earlier map that a number depends on;
- `looks`: `look`, what a number looks at: the map before it, and its part of the input.
"""
