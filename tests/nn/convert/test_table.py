"""The tables of layers in docs/models.md are those that the code makes."""

from pathlib import Path

from nn import layers
from nn.convert.table import BEGIN, END, examples, table
from nn.saving.modelfile import _layer_types

PAGE = Path(__file__).parents[3] / "docs" / "models.md"


def test_page_has_the_tables_of_the_code():
    text = PAGE.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == table()


def test_every_layer_is_in_the_table():
    public = {
        name for name, kind in _layer_types().items() if kind.__module__.startswith(layers.__name__)
    }
    assert {type(layer).__name__ for layer, _ in examples()} == public
