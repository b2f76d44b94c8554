"""What the line below the bars says."""

import numpy as np

from inspector.probabilities import describe_margin


def test_it_names_the_first_two_and_margin():
    probabilities = np.array([0, 0, 0, 0, 0.55, 0, 0, 0, 0.05, 0.4])
    assert describe_margin(probabilities) == "4 or 9: 4 leads by 15.0 points of 100"
