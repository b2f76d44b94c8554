"""What the second window, `inspector`, is made of: one panel, or one thing they share, per file."""
