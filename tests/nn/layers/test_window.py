"""Windows: how they read their arguments, and "same" padding by hand."""

import pytest

from nn import Conv2D, MaxPool2D
from nn.layers.window import Window


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "positions"),
    [  # worked by hand: ceil(size / stride) positions, the odd pixel below or to the right
        (28, 3, 1, (1, 1), 28),
        (28, 2, 1, (0, 1), 28),
        (28, 3, 2, (0, 1), 14),
        (7, 5, 2, (2, 2), 4),
        (5, 2, 3, (0, 0), 2),
        (5, 1, 2, (0, 0), 3),
    ],
)
def test_same_padding_by_hand(size, kernel, stride, padding, positions):
    window = Window.of((kernel, 1), (stride, 1), "same")
    assert window.padding(size, 1) == (padding, (0, 0))
    assert window.output_size(size, 1) == (positions, 1)


def test_an_int_stands_for_a_pair():
    assert Window.of(3, 2, 1) == Window((3, 3), (2, 2), (1, 1))
    assert Window.of([3, 2], (2, 1), (0, 1)) == Window((3, 2), (2, 1), (0, 1))


def test_a_pair_pads_each_side_apart():
    window = Window.of(3, 1, [[0, 1], (2, 2)])
    assert window.pad == ((0, 1), 2)
    assert window.padding(5, 5) == ((0, 1), (2, 2))
    assert Window.of(3, 1, ((1, 1), (1, 1))).pad == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1, 0), "at least 1"),
        ((3, 0, 0), "stride must be at least 1"),
        ((3, 1, -1), "pad must be at least 0"),
        ((3, 1, (1, -1)), "pad must be at least 0"),
        ((3, 1, "valid"), "'valid'"),
        ((3, 1, 0.5), "pad must be an int or a pair of ints"),
        ((3, 1, ((0, 1, 2), 0)), "pad must be an int or a pair of ints"),
        ((3, 1, ((0, -1), 0)), "pad must be at least 0"),
        ((3, (1, 1, 1), 0), "stride must be an int or a pair of ints"),
        ((None, 1, 0), "int or a pair"),
    ],
)
def test_refuses_what_is_no_window(arguments, message):
    with pytest.raises(ValueError, match=message):
        Window.of(*arguments)


def test_a_layer_names_its_own_argument():
    with pytest.raises(ValueError, match="kernel_size must be at least 1"):
        Conv2D(1, 1, 0)
    with pytest.raises(ValueError, match="size must be an int"):
        MaxPool2D("x")
