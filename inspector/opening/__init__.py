"""Digits from elsewhere than the pen.

- `menu`: `OpenMenu`, the button and its keys;
- `pictures`: samples, MNIST's images and picture files, with the digits found in them;
- `tour`: the drawing that docs/tour.md follows.
"""
