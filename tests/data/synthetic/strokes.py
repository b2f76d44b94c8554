"""Strokes as the tests of synthetic handwriting look at them: every family's, many at once."""

import numpy as np

from data.synthetic.forms import FORMS
from data.synthetic.parts import Hand

MANY = 3000


def written(label, name, n=MANY):
    """Return a family's strokes, each complex (n, vertices), x + 1j y with y down."""
    (form,) = (form for form in FORMS if (form.label, form.name) == (label, name))
    return vertices(form.write(Hand(n, np.random.default_rng(0))), n)


def vertices(strokes, n=MANY):
    """Return each stroke's vertices as one array, complex (n, vertices)."""
    return [
        np.stack([np.broadcast_to(point, n) for point, _ in stroke], axis=1) for stroke in strokes
    ]


def reaches(values, low, high):
    """Say whether values go from ``low`` to ``high`` and leave no tenth of that out."""
    values = np.asarray(values)
    counts, _ = np.histogram(values, bins=np.linspace(low, high, 11))
    return bool((counts > 0).all())
