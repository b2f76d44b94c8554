"""The pictures of docs/tour.md, drawn from the shipped network: ``python -m docs.figures``."""
