"""Digits in: files of digits, drawings made to look like them, and synthetic pen strokes."""
