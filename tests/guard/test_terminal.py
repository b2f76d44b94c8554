"""What reaches the terminal: printable characters, whatever a stranger wrote."""

import errno
import io
import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.arguments import Parser
from guard.terminal import REMEDIES, Escaping, describe, one_line

TEXT = st.text(st.characters(), max_size=40) | st.text(
    "\x1b\n\r\t\x07\x9b\u202e\u2028a", max_size=20
)


def is_harmless(character):
    return (
        character == " "
        or unicodedata.category(character)[0] not in "CZ"
        or (unicodedata.category(character) == "Zs")
    )


@given(TEXT)
def test_any_text_becomes_one_printable_line(text):
    line = one_line(text)
    assert all(map(is_harmless, line))
    assert len(line.splitlines()) <= 1


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=40))
def test_text_of_any_language_is_kept(text):
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("a\x1b[2J", r"a\x1b[2J"), ("a\nb\tc", r"a\nb\tc"), ("\u202eexe", r"\u202eexe"),
     ("\udcff", r"\udcff"), ("\x7f\x9b", r"\x7f\x9b")],
)  # fmt: skip
def test_codes_are_those_of_python(text, escaped):
    assert one_line(text) == escaped


@given(TEXT)
def test_a_stream_lets_lines_through_alone(text):
    under = io.StringIO(newline="")
    Escaping(under, lossy=False).write(text)
    assert all(c in "\n\r\t" or is_harmless(c) for c in under.getvalue())


def test_a_stream_escapes_what_it_cannot_encode():
    raw = io.BytesIO()
    stream = Escaping(io.TextIOWrapper(raw, "ascii"), lossy=False)
    stream.write("é\n")
    stream.flush()
    assert raw.getvalue() == b"\\xe9\n"


class Full(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")


def test_a_full_stream_is_an_error_or_dropped():
    Escaping(Full(), lossy=True).write("x")
    with pytest.raises(OSError, match="cannot write to standard output: No space"):
        Escaping(Full(), lossy=False).write("x")


def test_errors_of_a_command_line_are_one_line(capsys):
    with pytest.raises(SystemExit):
        Parser("test").parse_args(["x\x1b[2J\nforged"])
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == r"test: error: unrecognized arguments: x\x1b[2J\nforged"


@pytest.mark.parametrize("number", REMEDIES)
def test_an_error_names_its_file_and_a_remedy(number):
    text = describe(OSError(number, os.strerror(number), "/tmp/a.png"))
    assert text == f"/tmp/a.png: {os.strerror(number)}: {REMEDIES[number]}"
    assert "Errno" not in text


def test_a_reason_of_our_own_gets_no_remedy():
    reason = "a named pipe (FIFO), not an ordinary file"
    assert describe(OSError(errno.EINVAL, reason, b"a.png")) == f"a.png: {reason}"
    assert describe(OSError(errno.ENOSPC, f"full; {reason}", "a")) == f"a: full; {reason}"
    assert describe(OSError("timed out")) == "timed out"
    assert describe(OSError(errno.EBADF, "it is closed")) == "it is closed"
    assert describe(ValueError("a.png: blank")) == "a.png: blank"
