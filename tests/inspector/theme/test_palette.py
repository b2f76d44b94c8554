"""The colour map for numbers."""

import numpy as np

from inspector.theme.palette import brightness, levels
from tests.windows import LIGHT


def test_colours_show_sign_and_size():
    table = LIGHT.numbers.astype(int)
    assert tuple(table[levels(0.0, 1)]) == LIGHT.paper
    assert tuple(table[levels(2.0, 2)]) == LIGHT.positive
    assert tuple(table[levels(-2.0, 2)]) == LIGHT.negative
    assert tuple(table[levels(99.0, 2)]) == LIGHT.positive
    darker = [brightness(table[levels(share, 1)]) for share in np.linspace(0, 1, 20)]
    assert darker == sorted(darker, reverse=True)
    assert levels(np.zeros(3), 0).tolist() == levels(np.array([0.0] * 3), 1).tolist()
    assert levels(np.array([np.nan, np.inf]), 1).tolist() == [128, 254]


def test_each_channel_may_have_its_own_limit():
    values = np.array([[[0.5, 5.0]]])
    own = levels(values, np.array([0.5, 5.0]))
    assert own.ravel().tolist() == [254, 254]
    assert levels(values, 5.0).ravel().tolist() == [128 + 13, 254]
