"""What the pages name is there: links, files, modules, and the README's own promises."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from data import mnist
from data.synthetic import handwriting

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def named(pattern):
    """Return each page with each text in it that a pattern finds."""
    found = {
        (page.relative_to(ROOT).as_posix(), text)
        for page in PAGES
        for text in re.findall(pattern, page.read_text(encoding="utf-8"))
    }
    assert len(found) > 10
    return sorted(found)


FUNCTIONS = named(r"((?:`[\w.]+`(?:,| and)?\s)+)(?:of each layer;? )?in\s+\[`([\w/]+\.py)`\]")


@pytest.mark.parametrize(("page", "link"), named(r"\]\((?!https?:)([^)#]+)"))
def test_link_leads_to_a_file(page, link):
    assert ((ROOT / page).parent / link).exists()


@pytest.mark.parametrize(("page", "file"), named(r"`((?:[\w.-]+/)+(?:[\w-]+\.(?:py|md|npz))?)`"))
def test_file_named_is_there(page, file):
    if file not in ("runs/", "nn/layers/NAME.py"):  # made by the reader
        assert (ROOT / file).exists()


@pytest.mark.parametrize(("page", "found"), FUNCTIONS)
def test_function_is_in_the_file_named(page, found):
    names, file = found
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    for name in re.findall(r"`([\w.]+)`", names):
        item = module
        for part in name.split("."):
            item = getattr(item, part)
        defined = getattr(item, "__module__", module.__name__)
        assert defined == module.__name__, f"{page}: {name} is defined in {defined}"


@pytest.mark.parametrize(("page", "fewest"), [("docs/tour.md", 12), ("docs/fast.md", 7)])
def test_pages_name_enough_functions(page, fewest):
    assert sum(where == page for where, _ in FUNCTIONS) >= fewest


@pytest.mark.parametrize(
    ("page", "module"), named(r"python -m\s+((?:nn|data|docs|tests|\w+)[\w.]*)")
)
def test_module_of_a_command_is_there(page, module):
    if module not in ("pip", "pytest"):
        assert importlib.util.find_spec(module) is not None


def test_example_of_the_readme_runs(monkeypatch, capsys):
    (example,) = re.findall(r"^```python\n(.+?)^```", README, re.M | re.S)
    digits = handwriting.batch(64, np.random.default_rng(0))
    monkeypatch.setattr(mnist, "load", lambda split: digits)
    exec(example, {})
    first, second, accuracy = capsys.readouterr().out.splitlines()
    assert float(second.removeprefix("loss ")) < float(first.removeprefix("loss "))
    assert 0 <= float(accuracy) <= 1


def test_readme_is_short_and_keeps_its_two_commands():
    assert len(README.splitlines()) <= 100
    assert "\npython -m pip install -e . && python gui.py\n" in README
    assert "\npython -m pip install -e '.[test]' && python -m pytest\n" in README
