"""The tour, its pictures and exercises, and what was measured."""
