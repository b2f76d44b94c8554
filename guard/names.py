"""The names of the commands: a script of the checkout, ``train.py``, is ``digits-train`` installed.

Messages name a command as the user typed it, so that the user can type it again.
"""

import sys
from pathlib import Path

INSTALLED = {
    "gui.py": "digits",
    "recognise.py": "digits-recognise",
    "train.py": "digits-train",
}
"""The installed command of each script."""


def typed_name(script: str) -> str:
    """Return the name of a script in messages: that of its installed command if one is running.

    A name that is not in `INSTALLED` is returned as it is.
    """
    is_installed = Path(sys.argv[0]).name in INSTALLED.values()
    return INSTALLED.get(script, script) if is_installed else script


def typed_command(script: str) -> str:
    """Return what starts a script: ``python train.py`` or ``digits-train``; see `typed_name`."""
    name = typed_name(script)
    return f"python {name}" if name == script else name
