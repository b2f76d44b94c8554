"""Text for the terminal, with control characters escaped, so that no text can move the cursor.

Names of files, members and layers, messages of libraries and of servers come from strangers.
`one_line` is for a message or a field of a record: it stays one line, whatever is in it. `Escaping`
is for a whole stream: it lets line ends, tabs and carriage returns through, for tables and
progress bars.
"""

import errno
import os
import re
import sys
import unicodedata
from typing import Any, TextIO

from guard.names import typed_name

PLAIN = re.compile(r"[ -~]*")
PLAIN_LINES = re.compile(r"[ -~\n\r\t]*")
SPACING = "\n\r\t"
REMEDIES = {
    errno.ENOENT: "check the name",
    errno.EACCES: "change its permissions, or name another",
    errno.EPERM: "change its permissions, or name another",
    errno.EROFS: "name one on another disk",
    errno.EEXIST: "name another folder",  # a file stands where one is made
    errno.EISDIR: "name a file",
    errno.ENOTDIR: "name one whose folders are folders",
    errno.ENOSPC: "make room, or write to another disk",
    errno.EDQUOT: "make room, or write to another disk",
    errno.EFBIG: "make room, or write to another disk",
}
"""What to do about errors of the operating system, which come without a remedy."""


def one_line(text: object) -> str:
    """Return text as one printable line: other characters become ``\\x1b``, ``\\n``, ``\\u202e``.

    Control and format characters, line separators and undecodable bytes of file names are escaped;
    letters, signs and spaces of all languages are not.
    """
    return _escape(str(text), PLAIN, "")


def _escape(text: str, plain: re.Pattern[str], kept: str) -> str:
    if plain.fullmatch(text):  # the usual case
        return text
    return "".join(
        c if c.isprintable() or c in kept or unicodedata.category(c) == "Zs" else _code(c)
        for c in text
    )


def _code(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


class Escaping:
    """A text stream that escapes control characters before they reach another stream.

    Parameters
    ----------
    stream : text stream
    lossy : bool
        Whether to drop what cannot be written, because the stream is full or closed, without an
        error.
    """

    def __init__(self, stream: TextIO, lossy: bool):
        self._stream, self._lossy = stream, lossy
        self.fault: OSError | None = None  # the last error, if it was raised

    def write(self, text: str) -> int:
        """Write text; return its length."""
        escaped = _escape(text, PLAIN_LINES, SPACING)
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._try(self._stream.write, escaped.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def writelines(self, lines) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream."""
        self._try(self._stream.flush)

    def _try(self, function, *arguments):
        try:
            function(*arguments)
        except (OSError, ValueError) as error:  # ValueError: it was closed
            if self._lossy:
                return
            if isinstance(error, BrokenPipeError) or not isinstance(error, OSError):
                raise
            reason = f"cannot write to standard output: {error.strerror}"
            self.fault = OSError(error.errno, reason)
            raise self.fault from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def describe(message: object) -> str:
    """Return a message as text; an `OSError` names its file first, and gets a remedy."""
    if not isinstance(message, OSError) or not message.strerror:
        return str(message)
    text = message.strerror
    if message.filename is not None:
        text = f"{os.fsdecode(message.filename)}: {text}"
    number = message.errno
    plain = number is not None and message.strerror == os.strerror(number)
    remedy = REMEDIES.get(number or 0) if plain else None
    return f"{text}: {remedy}" if remedy else text


def say(program: str, message: object) -> None:
    """Print one line on stderr: ``PROGRAM: MESSAGE``; see `typed_name` and `describe`."""
    line = one_line(f"{typed_name(program)}: {describe(message)}")
    print(line, file=sys.stderr, flush=True)
