"""Read digits and numbers from pictures: ``python recognise.py FILE...``.

Each picture gives one line, ``FILE<TAB>DIGIT<TAB>PROBABILITY``; with ``--json``, one object of an
array, with the probabilities of all ten digits. A number is read as one, and a sheet gives a line
for each line of writing. A picture that cannot be read gives one line on stderr, the others are
still read, and the exit status is 1. A doubtful answer is noted on stderr. Folders and stacks of
any size are read in constant memory on all cores, except that images of a stack that are not 28x28
are prepared on one core.
"""

if __name__ == "__main__":  # before the imports below, which Ctrl-C may interrupt
    from guard.commands import begin

    begin()

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tqdm import tqdm

import weights
from data.errors import DataError
from experiment import answers as written
from experiment import origin, table
from experiment.reading import read, recognise
from experiment.recognise_options import parse
from guard.commands import run, streams
from guard.names import typed_name
from guard.terminal import describe, one_line, say
from nn import ModelFileError

__all__ = ["main", "read", "recognise"]


def _counted(answers, bar):
    for answer in answers:
        yield answer
        bar.update()


def _samples() -> str:
    """Return the folder of the shipped pictures, relative to this one if it lies below."""
    here, folder = Path.cwd(), weights.SAMPLES
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see ``python recognise.py --help``."""
    with streams():
        return _recognise(parse(argv))


def _recognise(args: argparse.Namespace) -> int:
    unread = 0

    def complain(error: Exception) -> None:
        nonlocal unread
        unread += 1  # counted, not kept: there may be millions
        note(describe(error))

    def note(line: str) -> None:
        tqdm.write(one_line(f"{typed_name('recognise.py')}: {line}"), file=sys.stderr)

    def expect(images: int) -> None:
        bar.total = (bar.total or 0) + images

    write = written.as_json if args.json else written.as_lines
    done: frozenset[str] | set[str] = frozenset()
    # The bar and the answers cannot share a terminal.
    hidden = sys.stdout.isatty() or not sys.stderr.isatty()
    try:
        model = weights.load(args.weights, args.pixels)
        names = args.files or [_samples()]
        with ExitStack() as stack:
            if args.output:
                made = origin.describe(model, args.weights, args.pixels, args.digits)
                write, done = stack.enter_context(table.writing(args.output, args.resume, made))
            bar = stack.enter_context(tqdm(disable=hidden, delay=1, unit=" images", leave=False))
            several: set[str] = set()
            answers = recognise(
                model, names, complain, args.jobs, expect, args.digits, several.add, done
            )
            answers = written.doubted(answers, args.doubt, several, note)
            if args.marked:
                answers = written.marked(answers, args.marked, complain)
            write(_counted(answers, bar))
    except BrokenPipeError:  # as in `| head`: the reader has read enough
        pass
    except (DataError, ModelFileError, OSError) as error:
        say("recognise.py", error)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if unread else 0


if __name__ == "__main__":
    run(main, "recognise.py")
