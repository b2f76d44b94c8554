"""The themes: both are readable, every widget follows, the desktop's preference is asked for."""

from types import SimpleNamespace

import pytest

from inspector.theme import style
from inspector.theme.colours import DARK, LIGHT, hex_colour
from inspector.theme.palette import Palette
from tests.conftest import need

tk, ttk = need("tkinter"), need("tkinter.ttk")


def luminance(colour):
    """Relative luminance of a colour, in [0, 1] (WCAG 2.1)."""
    parts = [value / 255 for value in colour]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast of two colours, from 1 to 21 (WCAG 2.1)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture
def root(display, monkeypatch):
    monkeypatch.setattr(style, "prefers_dark", lambda: False)
    root = tk.Tk()
    yield root
    root.destroy()


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_text_contrast_meets_wcag_aa(look):
    for behind in (look.background, look.surface, look.raised):
        assert contrast(look.text, behind) > 4.5
    for behind in (look.background, look.surface):
        assert contrast(look.muted, behind) > 4.5
    assert contrast(look.on_accent, look.accent) > 4.5
    for colour in (look.positive, look.negative, look.mark, look.accent):
        assert contrast(colour, look.paper) > 3  # graphics


def test_every_widget_follows_the_theme(root):
    box = ttk.Combobox(root, values=["a"])
    popdown = root.tk.call("ttk::combobox::PopdownWindow", box)
    for dark, look in ((False, LIGHT), (True, DARK), (False, LIGHT)):
        style.apply(root, dark)
        assert style.is_dark(root) == dark
        for kind in ("TFrame", "TLabel"):
            assert ttk.Style(root).lookup(kind, "background") == hex_colour(look.background)
        listed = root.tk.call(f"{popdown}.f.l", "cget", "-background")
        assert str(listed) == hex_colour(look.surface)
        later = ttk.Combobox(root, values=["a"])
        popped = root.tk.call("ttk::combobox::PopdownWindow", later)
        listed = root.tk.call(f"{popped}.f.l", "cget", "-foreground")
        assert str(listed) == hex_colour(look.text)
        palette = Palette.of(root)
        assert (palette.background, palette.text) == (look.background, look.text)
        assert (palette.positive, palette.negative) == (look.positive, look.negative)


def test_first_call_takes_the_desktops_preference(root, monkeypatch):
    monkeypatch.setattr(style, "prefers_dark", lambda: True)
    style.apply(root)
    assert style.is_dark(root)
    style.toggle(root)
    style.apply(root)  # a second window: the choice stays
    assert not style.is_dark(root)


def test_desktops_preference_is_read(monkeypatch):
    monkeypatch.setattr(style.sys, "platform", "linux")
    for theme, dark in (("Adwaita:dark", True), ("Yaru-dark", True), ("Adwaita", False)):
        monkeypatch.setenv("GTK_THEME", theme)
        assert style.prefers_dark() == dark
    monkeypatch.delenv("GTK_THEME")
    monkeypatch.setattr(style.shutil, "which", lambda program: program)
    for answer, dark in (("'prefer-dark'\n", True), ("'default'\n", False)):
        monkeypatch.setattr(
            style.subprocess, "run", lambda *a, said=answer, **k: SimpleNamespace(stdout=said)
        )
        assert style.prefers_dark() == dark
    monkeypatch.setattr(style.shutil, "which", lambda program: None)
    assert not style.prefers_dark()


def test_lengths_scale_with_the_display(root):
    assert style.pixels(root, 96) == round(root.winfo_fpixels("1i"))
    assert style.pixels(root, 0.001) == 1
