"""The rooms of the house: imports run one way between them, and in no circle."""

import ast
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    ("guard",),
    ("nn.layers", "nn.schedule"),
    ("nn.saving", "nn.loss", "nn.optim"),
    ("nn.model",),
    ("nn.fit", "nn.gradcheck", "nn.fast", "nn.explain", "nn.convert"),
    ("nn.training",),
    ("weights", "recipes"),
    ("experiment", "inspector", "recognise"),
    ("train", "gui"),
    ("benchmarks",),
)
"""What is on a floor imports only what is on it or below. `data`, which knows nothing of `nn`, and
`nn` itself, which collects what is in it, are on none."""

PACKAGES = ("guard", "nn", "data", "weights", "experiment", "inspector", "benchmarks")
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for pattern in ("*.py", *(f"{package}/**/*.py" for package in PACKAGES))
    for path in ROOT.glob(pattern)
}
TESTS = {".".join(path.relative_to(ROOT).parts): path for path in ROOT.glob("tests/**/test_*.py")}
LAYERS_MAY_IMPORT = {
    "nn", "numpy", "collections", "contextvars", "copy", "dataclasses", "math", "operator",
    "typing",
}  # fmt: skip


@cache
def imports(module):
    """Return all that a file imports, as whole names: in functions and for types only, too."""
    path = FILES[module]
    return imported_by(path, module if path.name == "__init__.py" else module.rpartition(".")[0])


def imported_by(path, package="", walk=ast.walk):
    """Return what the code of a file imports; relative names start from ``package``."""
    found = set()
    for node in walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level]
            start = [*(base if node.level else []), *([node.module] if node.module else [])]
            if node.module:  # of a package itself, only its modules are taken
                found.add(".".join(start))
            found |= {".".join([*start, alias.name]) for alias in node.names}
    return found


@cache
def parsed(path):
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def outside_functions(node):
    """Walk over what runs when a file is imported."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child
            yield from outside_functions(child)


def rooms(names):
    """Return the first part of each name."""
    return {name.split(".")[0] for name in names}


def floor_of(module):
    """Return how high a module is; a package on a floor stands for all that is in it."""
    for height, floor in enumerate(FLOORS):
        if any(f"{module}.".startswith(f"{name}.") for name in floor):
            return height
    return None


def test_files_and_lazy_imports_are_found():
    assert {"train", "nn", "nn.layers.conv", "data.mnist", "benchmarks.training"} <= FILES.keys()
    assert {"nn.layers.im2col", "nn.layers.window"} <= imports("nn.layers.conv")
    at_start = imported_by(FILES["gui"], walk=outside_functions)
    assert "inspector.window" in imports("gui") - at_start, "it is imported inside a function"


@pytest.mark.parametrize("module", FILES)
def test_rooms_know_only_what_lies_below(module):
    others = rooms(FILES) - {module.split(".")[0], "guard"}
    found = rooms(imports(module))
    if module.startswith("nn."):
        assert not found & {*others, "tkinter", "matplotlib", "PIL"}
        assert "argparse" not in imported_by(FILES[module], "nn", outside_functions)
    if module.startswith("nn.layers."):
        assert found <= LAYERS_MAY_IMPORT, "layers are NumPy alone"
    if module.startswith("data."):
        assert not found & {*others, "tkinter", "matplotlib"}
    if module.startswith("guard"):
        assert found <= {*sys.stdlib_module_names, "guard"}, "everything may import it"
    if not module.endswith(".kernels"):
        assert not found & {"numba", "llvmlite"}, "only kernels.py knows numba"


def test_imports_make_no_circle():
    modules = FILES.keys() - {"nn"}
    TopologicalSorter({name: imports(name) & modules - {name} for name in modules}).prepare()


def test_every_module_is_on_a_floor():
    for module in FILES:
        if module != "nn" and module.split(".")[0] != "data":
            assert floor_of(module) is not None, module
    for name in (name for floor in FLOORS for name in floor):
        assert name in FILES, "renamed? then rename it here"


def test_no_floor_imports_one_above_it():
    for module in FILES:
        height = floor_of(module)
        if height is not None:
            heights = {name: floor_of(name) for name in imports(module)}
            above = {name for name, other in heights.items() if (other or 0) > height}
            assert not above, module


@pytest.mark.parametrize("name", TESTS)
def test_no_test_module_imports_another(name):
    parts = (part for found in imported_by(TESTS[name]) for part in found.split("."))
    assert not [part for part in parts if part.startswith("test_")]


@pytest.mark.parametrize("name", TESTS)
def test_names_of_tests_have_eight_words(name):
    tree = ast.parse(TESTS[name].read_text(encoding="utf-8"))
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [long for long in names if long.startswith("test_") and long.count("_") > 8]
