"""The error that the readers in this package raise."""


class DataError(ValueError):
    """Input that cannot be used; one line names it, the fault and the remedy."""
