"""One adapter per peer. Each is imported only in the process that measures it."""
