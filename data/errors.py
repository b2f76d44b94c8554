"""The error every reader in this package raises for input that it cannot use."""


class DataError(ValueError):
    """Input that cannot be used; the message names it and says what to do, in one line."""
