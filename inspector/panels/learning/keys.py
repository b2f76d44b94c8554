"""The keys of the Learning panel; they work while it is the visible one."""

import tkinter as tk
from collections.abc import Callable

KEYS = {  # the panel's method and its arguments
    "<space>": ("play", ()),
    "<Left>": ("turn", (-1,)),
    "<Right>": ("turn", (1,)),
    "<Up>": ("shift", (-1,)),
    "<Down>": ("shift", (1,)),
    "<End>": ("show_all", ()),
    "<Return>": ("learn", ()),
    "<BackSpace>": ("undo", ()),
    "<r>": ("all_back", ()),
    **{f"<Key-{digit}>": ("name", (digit,)) for digit in range(10)},
    **{f"<KP_{digit}>": ("name", (digit,)) for digit in range(10)},
}
OWN_KEYS = {  # widgets that use such keys themselves
    "TButton", "TRadiobutton", "TCheckbutton", "TScale", "TCombobox", "TEntry", "TSpinbox",
}  # fmt: skip


def bind_keys(panel: tk.Widget) -> None:
    """Bind `KEYS` to methods of a panel, in its window.

    Left and Right belong to the tabs while one of them has the focus, unless the panel is shown
    step by step.
    """
    for key, (method, arguments) in KEYS.items():
        panel.winfo_toplevel().bind(key, _act(panel, getattr(panel, method), arguments), add=True)
    for key in ("<Left>", "<Right>"):
        method, arguments = KEYS[key]
        turn = _act(panel, getattr(panel, method), arguments)
        panel.master.bind(key, lambda event, turn=turn: _instead_of_tabs(panel, turn, event))


def _instead_of_tabs(panel, turn, event):
    """Turn to another stage, and keep the event from the tabs."""
    if not panel.winfo_viewable() or panel.player.current is None:
        return None
    turn(event)
    return "break"


def _act(panel: tk.Widget, method: Callable[..., None], arguments: tuple) -> Callable:
    def act(event):
        if panel.winfo_viewable() and event.widget.winfo_class() not in OWN_KEYS:
            method(*arguments)

    return act
