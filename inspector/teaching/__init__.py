"""Correcting a misread drawing; `weights.hand` keeps and learns what was taught.

- `lessons`: `Lessons`, the first window's keys for it, and the thread in which it is learned;
- `window`: `TaughtWindow`, the list of what was taught, and `TeachButton`, which opens it.
"""
