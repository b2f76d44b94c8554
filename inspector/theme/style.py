"""The look of the windows: a flat ttk theme, light or dark, built on ttk's own "clam".

`apply` makes the themes known and selects one; every ttk widget follows. Beside ttk's own styles
there are:

==================  =====================================================================
``Tool.TButton``    a small button in a bar; likewise ``Tool.TMenubutton``
``Heading.TLabel``  a heading within a panel
``Muted.TLabel``    a remark: descriptions, hints, legends
``Error.TLabel``    what went wrong, and what to do
==================  =====================================================================
"""

import os
import shutil
import subprocess
import sys
import tkinter as tk
from contextlib import suppress
from tkinter import font, ttk

from inspector.theme.colours import DARK, LIGHT, hex_colour

THEMES = {False: ("digits-light", LIGHT), True: ("digits-dark", DARK)}
"""Name and colours of the light and the dark theme."""

SMALL_FONT = "DigitsSmallFont"


def apply(widget: tk.Misc, dark: bool | None = None) -> None:
    """Use the light or the dark theme in all windows of a program.

    Parameters
    ----------
    widget : tk.Misc
        Any widget of the program.
    dark : bool, optional
        Default: the theme in use or, at the first call, the desktop's preference.
    """
    style = ttk.Style(widget)
    for name, look in THEMES.values():
        if name not in style.theme_names():
            style.theme_create(name, parent="clam", settings=_settings(widget, look))
    if dark is None:
        dark = is_dark(widget) if _in_use(style) else prefers_dark()
    name, look = THEMES[dark]
    if style.theme_use() != name:
        style.theme_use(name)
        _lay_out(style)
        _colour_lists(widget, look)


def toggle(widget: tk.Misc) -> None:
    """Change from the light theme to the dark one, or back."""
    apply(widget, not is_dark(widget))


def is_dark(widget: tk.Misc) -> bool:
    """Whether the dark theme is in use."""
    return ttk.Style(widget).theme_use() == THEMES[True][0]


def pixels(widget: tk.Misc, size: float) -> int:
    """Convert a length from 1/96 inch to pixels of the widget's display, at least 1."""
    return max(1, round(size * widget.winfo_fpixels("1i") / 96))


def small_font(widget: tk.Misc) -> str:
    """Return the name of the font of the names below pictures."""
    if SMALL_FONT not in font.names(widget):
        family = font.nametofont("TkDefaultFont", root=widget)["family"]
        widget.tk.call("font", "create", SMALL_FONT, "-family", family, "-size", 7)
    return SMALL_FONT


def prefers_dark() -> bool:
    """Whether the desktop's user asked for dark windows; False where that cannot be known."""
    if sys.platform == "win32":
        import winreg

        key = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
            return winreg.QueryValueEx(opened, "AppsUseLightTheme")[0] == 0
        return False
    if sys.platform == "darwin":
        return "Dark" in _ask("defaults", "read", "-g", "AppleInterfaceStyle")
    if "GTK_THEME" in os.environ:
        return os.environ["GTK_THEME"].endswith((":dark", "-dark"))
    return "dark" in _ask("gsettings", "get", "org.gnome.desktop.interface", "color-scheme")


def _ask(program, *arguments):
    """Return what a program prints; "" if it is not there, fails or takes longer than a second."""
    if shutil.which(program) is None:
        return ""
    try:
        return subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=1, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _in_use(style):
    return style.theme_use() in {name for name, _ in THEMES.values()}


def _settings(widget, look):
    """Return the settings of a theme, as `ttk.Style.theme_create` takes them."""
    unit = pixels(widget, 1)
    colours = {name: hex_colour(colour) for name, colour in vars(look).items()}
    background, surface, raised = (colours[n] for n in ("background", "surface", "raised"))
    border, text, muted, accent = (colours[n] for n in ("border", "text", "muted", "accent"))
    flat = {"lightcolor": surface, "darkcolor": surface, "bordercolor": border}
    pressed = [("disabled", background), ("pressed", border), ("active", raised)]
    button = {
        "configure": {"background": surface, "padding": (10 * unit, 4 * unit), **flat,
                      "focuscolor": border, "anchor": "center", "relief": "flat"},
        "map": {"background": pressed, "lightcolor": pressed, "darkcolor": pressed,
                "foreground": [("disabled", muted)], "bordercolor": [("focus", accent)]},
    }  # fmt: skip
    chosen = {
        "configure": {"indicatorsize": 11 * unit, "indicatormargin": (0, 0, 5 * unit, 0),
                      "indicatorbackground": surface, "indicatorforeground": accent,
                      "upperbordercolor": muted, "lowerbordercolor": muted, "padding": 2 * unit},
        "map": {"background": [("active", background)],
                "indicatorbackground": [("active", raised), ("selected", surface)]},
    }  # fmt: skip
    field = {
        "configure": {"fieldbackground": surface, "background": surface, **flat,
                      "arrowcolor": muted, "arrowsize": 12 * unit, "insertcolor": text,
                      "padding": (6 * unit, 2 * unit)},
        "map": {"fieldbackground": [("disabled", background), ("readonly", surface)],
                "background": [("active", raised)], "bordercolor": [("focus", accent)],
                "foreground": [("disabled", muted)],
                "selectbackground": [("readonly", surface)],
                "selectforeground": [("readonly", text)]},
    }  # fmt: skip
    bar = {
        "configure": {"troughcolor": background, "bordercolor": background, "background": border,
                      "lightcolor": border, "darkcolor": border, "gripcount": 0,
                      "arrowsize": 11 * unit},
        "map": {name: [("disabled", background), ("active", muted)]
                for name in ("background", "lightcolor", "darkcolor")},
    }  # fmt: skip
    slider = {
        "configure": {"troughcolor": raised, "background": accent, "bordercolor": border,
                      "lightcolor": accent, "darkcolor": accent, "gripcount": 0},
        "map": {"background": [("active", text)]},
    }  # fmt: skip
    tab = {
        "configure": {"background": background, "foreground": muted, "bordercolor": background,
                      "lightcolor": background, "darkcolor": background,
                      "padding": (12 * unit, 5 * unit)},
        "map": {"background": [("selected", surface), ("active", raised)],
                "foreground": [("selected", text), ("active", text)],
                "bordercolor": [("selected", border)],
                "lightcolor": [("selected", accent)], "expand": [("selected", (0,) * 4)]},
    }  # fmt: skip
    plain = {"background": background, "foreground": text, "bordercolor": border,
             "troughcolor": raised, "selectbackground": accent,
             "selectforeground": colours["on_accent"], "font": "TkDefaultFont"}  # fmt: skip
    return {
        ".": {"configure": plain},
        "TButton": button,
        "Tool.TButton": {"configure": {"padding": (7 * unit, 2 * unit)}},
        "TMenubutton": {
            "configure": button["configure"] | {"arrowcolor": muted, "arrowsize": 5 * unit},
            "map": button["map"],
        },
        "Tool.TMenubutton": {"configure": {"padding": (7 * unit, 2 * unit)}},
        "TRadiobutton": chosen,
        "TCheckbutton": chosen,
        "TCombobox": field,
        "TSpinbox": field,
        "TEntry": field,  # of Tk's file dialogs
        "TScrollbar": bar,
        "TScale": slider,
        "TNotebook": {
            "configure": {"bordercolor": border, "lightcolor": background,
                          "darkcolor": background, "tabmargins": (0, 2 * unit, 0, 0)}
        },
        "TNotebook.Tab": tab,
        "TPanedwindow": {"configure": {"background": border}},
        "Sash": {"configure": {"sashthickness": 5 * unit, "gripcount": 0,
                               "lightcolor": background, "bordercolor": background}},
        "Treeview": {
            "configure": {"background": surface, "fieldbackground": surface, "foreground": text,
                          **flat},
            "map": {"background": [("selected", accent)],
                    "foreground": [("selected", colours["on_accent"])]},
        },
        "Heading.TLabel": {"configure": {"font": "TkHeadingFont"}},
        "Muted.TLabel": {"configure": {"foreground": muted}},
        "Error.TLabel": {"configure": {"foreground": colours["mark"]}},
    }  # fmt: skip


def _lay_out(style):
    """Lay out scroll bars without arrows; layouts belong to the theme in use."""
    for way, sides in (("Vertical", "ns"), ("Horizontal", "ew")):
        thumb = (f"{way}.Scrollbar.thumb", {"expand": "1", "sticky": "nswe"})
        trough = (f"{way}.Scrollbar.trough", {"sticky": sides, "children": [thumb]})
        style.layout(f"{way}.TScrollbar", [trough])


def _colour_lists(widget, look):
    """Colour the drop-down lists of comboboxes, of later ones as well: they are not ttk's."""
    options = {
        "background": look.surface, "foreground": look.text,
        "selectBackground": look.accent, "selectForeground": look.on_accent,
    }  # fmt: skip
    for option, colour in options.items():
        widget.option_add(f"*TCombobox*Listbox.{option}", hex_colour(colour))
    waiting = [widget.winfo_toplevel().nametowidget(".")]
    while waiting:
        child = waiting.pop()
        waiting += child.winfo_children()
        if isinstance(child, ttk.Combobox):
            popdown = child.tk.call("ttk::combobox::PopdownWindow", child)
            for option, colour in options.items():
                child.tk.call(f"{popdown}.f.l", "configure", f"-{option.lower()}",
                              hex_colour(colour))  # fmt: skip
