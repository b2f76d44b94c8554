"""Arguments and arrays of Keras's layers, checked. An unsupported value is an error."""

from collections.abc import Sequence
from typing import Any

from ..builder import Builder
from .structure import Config

Arrays = Sequence[Any]
"""Arrays of a layer in Keras's order: each has a shape and is read by ``array[...]``."""


class KerasBuilder(Builder):
    """A builder that knows which version of Keras wrote the file, 2 or 3."""

    def __init__(self, shape: tuple[int, ...], keras: int):
        super().__init__(shape)
        self.keras = keras
        self.has_channels = len(shape) != 2


def require(config: Config, **supported) -> None:
    """Raise ValueError unless each argument is missing or has the one supported value."""
    for name, value in supported.items():
        given = config.get(name, value)
        given = tuple(given) if isinstance(given, list) else given
        if given != value:
            raise ValueError(f"{name}={given!r} is not supported, only {value!r}")


def by_name(names: tuple[str, ...], arrays: Arrays) -> dict[str, Any]:
    """Return arrays by name; raise ValueError if there are more or fewer."""
    if len(arrays) != len(names):
        raise ValueError(f"it has {len(arrays)} arrays and needs {len(names)}: {', '.join(names)}")
    return dict(zip(names, arrays, strict=True))


def number(value: Any) -> float:
    """Return a number of the configuration; old files hold some as arrays."""
    value = value.get("value") if isinstance(value, dict) else value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


def padding_of(build: KerasBuilder, config: Config) -> int | str | tuple:
    """Return ``pad``; a ZeroPad2D just before is taken into it."""
    padding = config.get("padding", "valid")
    if padding not in ("valid", "same"):
        raise ValueError(f"padding={padding!r} is not supported, only 'valid' and 'same'")
    return "same" if padding == "same" else build.take_padding() or 0


def with_bias(config: Config, arrays: Arrays, *names: str) -> dict[str, Any]:
    """Return the arrays by name, with ``b`` the last if the layer has a bias."""
    return by_name((*names, "b") if config.get("use_bias", True) else names, arrays)
