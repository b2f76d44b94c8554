"""The pictures of README.md and docs/tour.md, drawn from the shipped network."""
