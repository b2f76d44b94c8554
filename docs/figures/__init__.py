"""The pictures of README.md, docs/tour.md and docs/fast.md, drawn from the shipped network."""
