"""What you taught the network: ``python -m weights.hand list``.

The window learns what was changed here at its next start, or with the next drawing it is taught.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import weights
from data.errors import DataError
from guard.arguments import Parser
from guard.commands import begin, run, streams
from guard.terminal import one_line, say
from nn import ModelFileError
from weights.hand import store
from weights.hand.store import Hand
from weights.hand.teacher import Teacher

PROGRAM = "python -m weights.hand"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 2 after an error."""
    with streams():
        args = _parser().parse_args(argv)
        try:
            args.run(Hand(args.hand or store.user_file()), args)
        except (DataError, ModelFileError, OSError) as error:
            say(PROGRAM, error)
            return 2
    return 0


def _list(hand, args):
    drawings = hand.drawings()
    for drawing in drawings:
        strokes = len(drawing.strokes)
        fields = (drawing.number, drawing.label, f"read as {drawing.read}", drawing.taught,
                  f"{strokes} stroke{'s' * (strokes != 1)}")  # fmt: skip
        print("\t".join(map(one_line, fields)))
    print(f"{hand.path}: {_count(drawings)} taught", file=sys.stderr)


def _remove(hand, args):
    print(f"{hand.path}: {_count(hand.remove(set(args.number)))} left")


def _reset(hand, args):
    moved = hand.reset()
    print(f"{hand.path}: nothing was taught" if moved is None else f"everything moved to {moved}")


def _export(hand, args):
    drawings = hand.drawings()
    model = weights.load()
    if args.file.suffix == ".npz":
        model = Teacher(model, hand).learn()
    store.export(args.file, model, drawings)
    print(f"{args.file}: {_count(drawings)}")


def _import(hand, args):
    before = len(hand.drawings())
    drawings = hand.include(store.read(args.file))
    print(f"{hand.path}: {len(drawings) - before} new, {_count(drawings)} taught")


def _count(drawings):
    return f"{len(drawings)} drawing{'s' * (len(drawings) != 1)}"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(PROGRAM, description=__doc__.split(":")[0] + ".")
    parser.add_argument(
        "--hand", type=Path, metavar="FILE", help="a .json file of drawings (default: your own)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name, run, about):
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(run=run)
        return command

    add("list", _list, "list the drawings: number, label, what it was read as, day, strokes")
    command = add("remove", _remove, "remove drawings by their numbers")
    command.add_argument("number", type=int, nargs="+", metavar="NUMBER")
    add("reset", _reset, "forget everything; the file is kept under another name")
    command = add("export", _export, "write the drawings to a .json, or the network to a .npz file")
    command.add_argument("file", type=Path, metavar="FILE")
    command = add("import", _import, "add the drawings in a .json file that was exported")
    command.add_argument("file", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    begin()
    run(main, PROGRAM)
