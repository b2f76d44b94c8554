"""Non-digits unlike those in the training set, and a network's confidence on them."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from data.canvas import RADIUS, SIZE, from_image, from_strokes
from nn import Sequential

LETTERS = "ACEFGHJKMNPQRTUVWXYadefhkmnprtuvwxy&#@%?+*"
"""Letters and signs to print, without those that look like digits: ODlIZSBbqgc."""


def letter(rng: np.random.Generator) -> np.ndarray:
    """Return a printed letter or sign, float32 (28, 28)."""
    picture = Image.new("L", (SIZE, SIZE), 255)
    font = ImageFont.load_default(size=float(rng.uniform(120, 220)))
    sign = LETTERS[rng.integers(len(LETTERS))]
    ImageDraw.Draw(picture).text((SIZE / 2, SIZE / 2), sign, fill=0, font=font, anchor="mm")
    return from_image(picture)


def scribble(rng: np.random.Generator) -> np.ndarray:
    """Return a random walk of the pen that turns back at the canvas's edge, float32 (28, 28)."""
    steps = int(rng.integers(150, 500))
    heading = np.cumsum(rng.normal(0, rng.uniform(0.15, 0.5), steps)) + rng.uniform(0, 7)
    path = 6 * np.cumsum(np.c_[np.cos(heading), np.sin(heading)], axis=0)
    folded = np.abs((path + SIZE / 2) % (2 * SIZE) - SIZE)
    return from_strokes([folded])


def blot(rng: np.random.Generator) -> np.ndarray:
    """Return a filled shape without lines, float32 (28, 28)."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    lobes = sum(
        rng.uniform(0, 0.35) * np.cos(k * angle + rng.uniform(0, 7)) / k for k in range(1, 5)
    )
    radius = rng.uniform(40, 110) * (1 + lobes)
    picture = Image.new("L", (SIZE, SIZE), 255)
    outline = SIZE / 2 + np.c_[radius * np.cos(angle), radius * np.sin(angle)]
    ImageDraw.Draw(picture).polygon([tuple(point) for point in outline], fill=0)
    return from_image(picture.filter(ImageFilter.GaussianBlur(RADIUS / 4)))


def crossing(rng: np.random.Generator) -> np.ndarray:
    """Return two lines that cross at 35 degrees or more near their middles, float32 (28, 28)."""
    first = rng.uniform(0, np.pi)
    second = first + np.radians(rng.uniform(35, 145))
    middle = SIZE / 2 + rng.uniform(-20, 20, 2)
    strokes = []
    for angle in (first, second):
        half = rng.uniform(60, 120) * np.array([np.cos(angle), np.sin(angle)])
        strokes.append(middle + np.linspace(-1, 1, 30)[:, None] * half)
    return from_strokes(strokes)


KINDS = {"letters": letter, "scribbles": scribble, "blots": blot, "crossing lines": crossing}


def confidence(model: Sequential, digits: np.ndarray, number: int) -> dict[str, dict[str, float]]:
    """Compare a network's confidence on non-digits with that on digits.

    Parameters
    ----------
    model : Sequential
    digits : ndarray, float, (N,)
        Its confidence on digits: the highest of the ten probabilities.
    number : int
        Non-digits to draw of each kind; always the same ones.

    Returns
    -------
    dict
        For each of `KINDS` and for "all of them": the "median" confidence, in [0, 1], and the
        "auroc", the area under the ROC curve of telling digits from non-digits by confidence.
    """
    rng = np.random.default_rng(0)
    scores = {
        name: model.predict_proba(np.stack([make(rng) for _ in range(number)])).max(axis=1)
        for name, make in KINDS.items()
    }
    scores["all of them"] = np.concatenate(list(scores.values()))
    return {
        name: {"median": float(np.median(low)), "auroc": auroc(low, digits)}
        for name, low in scores.items()
    }


def auroc(low: np.ndarray, high: np.ndarray) -> float:
    """Return the probability that one of ``high`` exceeds one of ``low``; ties count half.

    This is the area under the ROC curve.

    Parameters
    ----------
    low, high : ndarray, float, (N,) and (M,)

    Returns
    -------
    float

    References
    ----------
    Hanley and McNeil, "The Meaning and Use of the Area under a ROC Curve", 1982.
    """
    order = np.sort(low)
    below = np.searchsorted(order, high, "left") + np.searchsorted(order, high, "right")
    return float(below.mean() / 2 / len(low))
