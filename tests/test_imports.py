"""Imports run one way: commands, then training and explaining, the model, the layers, windows."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("nn", "data", "weights", "experiment", "inspector", "benchmarks")
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for pattern in ("*.py", *(f"{package}/**/*.py" for package in PACKAGES))
    for path in ROOT.glob(pattern)
}

FLOORS = (
    ("nn.layers", "nn.schedule"),
    ("nn.saving", "nn.loss", "nn.optim"),
    ("nn.model",),
    ("nn.fast", "nn.explain", "nn.convert", "nn.gradcheck", "nn.fit"),
    ("nn.training",),
    ("weights", "recipes"),
    ("experiment", "inspector", "recognise"),
    ("train", "gui"),
    ("benchmarks",),
)  # fmt: skip


def imports(module, *, at_start=False):
    """Return what a file imports, as whole names; with ``at_start`` only what its import runs."""
    path = FILES[module]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in _outside_functions(tree) if at_start else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level]
            start = [*(base if node.level else []), *([node.module] if node.module else [])]
            found.add(".".join(start))
            found |= {".".join([*start, alias.name]) for alias in node.names}
    return found


def _outside_functions(node):
    for child in ast.iter_child_nodes(node):
        for_types = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if not for_types and not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child
            yield from _outside_functions(child)


def names_in(module, *libraries, **how):
    """Return which of some libraries a file imports."""
    return {name.split(".")[0] for name in imports(module, **how)} & set(libraries)


def test_the_files_are_found():
    assert {"train", "nn", "nn.layers.conv", "data.mnist", "benchmarks.training"} <= FILES.keys()
    assert {"nn.layers.im2col", "nn.layers.window"} <= imports("nn.layers.conv")
    later = imports("benchmarks.results") - imports("benchmarks.results", at_start=True)
    assert "matplotlib.figure" in later


@pytest.mark.parametrize("module", FILES)
def test_rooms_know_only_what_lies_below(module):
    room = module.split(".")[0]
    others = {name.split(".")[0] for name in FILES} - {room}
    if room == "nn":
        assert not names_in(module, *others, "tkinter", "matplotlib", "PIL")
        assert not names_in(module, "argparse", at_start=True)
    if room == "data":
        assert not names_in(module, *others, "tkinter", "matplotlib")
    if not module.endswith(".kernels"):
        assert not names_in(module, "numba", "llvmlite"), "only kernels.py knows numba"


def test_imports_make_no_circle():
    TopologicalSorter(
        {
            module: {name for name in imports(module, at_start=True) if name in FILES} - {module}
            for module in FILES
            if FILES[module].name != "__init__.py"
        }
    ).prepare()


def floor_of(module):
    """Return how high a module is; a package on a floor stands for all that is in it."""
    for height, floor in enumerate(FLOORS):
        if any(f"{module}.".startswith(f"{name}.") for name in floor):
            return height
    return None


def test_every_module_is_on_a_floor():
    for module in FILES:
        if module != "nn" and module.split(".")[0] != "data":  # `nn` collects what is below it
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
