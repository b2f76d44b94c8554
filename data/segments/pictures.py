"""From a picture to digits in reading order.

A picture is prepared without the network, so that other processes can do it. This finds one digit
in it and, if there may be several, the page of pieces. Then the network reads the page.
One piece of ink that is no wider than a digit is looked at again only if the network is uncertain
of it: it may be two digits that touch.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

from data import canvas
from data.errors import DataError
from data.pictures import ink, tone
from data.pictures.lines import line_width
from data.pictures.open import check_size
from data.pictures.pieces import label
from data.segments import cuts, row
from data.segments import page as pages
from data.segments.page import Page
from data.segments.symbols import Line, Reading

ONE = 1.8  # logarithm of the odds that a picture in which one digit was found has no more
TINY = 32  # pixels: a picture no larger than this holds one digit
WIDE = 1.1  # width over height: ink that is wider may be several digits
NARROW = 0.7  # width over height: ink that is wider may be two digits that touch
CERTAIN = 0.95  # probability of one digit: ink that has it is not looked at again
TALL = 0.5  # of the ink's height: two pieces that are higher may be two digits
PART = 0.25  # of the ink's longer side: a piece whose longer side is less is no digit
SURE = 0.5  # median probability of the digits of a picture in which no single digit was found

CROWD = 25  # pieces of ink: a picture of more is no digit
MOST_READ = 800  # candidates that the network reads for a picture: more are noise or text

DIGITS = ("auto", "one", "many")
"""Whether a picture holds one digit or a number: decided by its ink, or known."""


class Prepared(NamedTuple):
    """A picture, before the network has seen it.

    Attributes
    ----------
    digit : ndarray, float32, (28, 28), or None
        The digit if there is one; None if there is none, or if there are many for certain.
    page : Page or None
        Its ink, if there may be several digits.
    trouble : str
        Why there is no digit; empty if there is one.
    several : bool
        Whether there are several pieces of ink side by side, or above one another.
    wide : bool
        Whether the ink is as wide as two digits that touch; see `is_unsure`.
    """

    digit: np.ndarray | None
    page: Page | None = None
    trouble: str = ""
    several: bool = False
    wide: bool = False


def prepare(image: Image.Image, digits: str = "auto", again: bool = False) -> Prepared:
    """Find the digit or the digits in a picture.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode, upright.
    digits : str
        One of `DIGITS`.
    again : bool
        Whether to find the page also of ink that looks like one digit; see `is_unsure`.

    Raises
    ------
    DataError
        If there is no digit; the message does not name the picture.
    """
    check_size(image, "the image")
    if digits == "many":
        return Prepared(None, pages.find(image))
    found = ink.find(tone.grey(image))
    digit = None if found.digit is None else canvas.like_mnist(found.digit)
    several = max(image.size) > TINY and (digit is None or _may_be_several(found.digit))
    wide = max(image.size) > TINY and digit is not None and _is_wide(found.digit, NARROW)
    page = None
    if digits == "auto" and (several or again):
        try:
            page = pages.find(image)
        except DataError as error:
            several = False
            if isinstance(error, pages.CrowdedError) and (digit is None or _is_crowd(found.digit)):
                raise
    if digit is None and page is None:
        raise DataError(found.trouble)
    return Prepared(digit, page, found.trouble, several, wide and digits == "auto")


def is_unsure(picture: Prepared, proba: np.ndarray) -> bool:
    """Return whether a picture that looks like one digit is to be prepared ``again``.

    Parameters
    ----------
    picture : Prepared
    proba : ndarray, float32, (10,)
        What the network answered to ``picture.digit``.
    """
    return picture.page is None and picture.wide and proba.max() < CERTAIN


def read(picture: Prepared, proba: np.ndarray | None, classify: row.Classify) -> Reading | None:
    """Read the digits of a picture that has a page.

    Parameters
    ----------
    picture : Prepared
    proba : ndarray, float32, (10,), or None
        What the network answered to ``picture.digit``.
    classify : callable
        Maps images (N, 28, 28) to probabilities (N, 10).

    Returns
    -------
    Reading or None
        Boxes are in pixels of the picture's file, upright; None if it holds one digit, or no
        number, see `is_crowded`.
    """
    page = picture.page
    assert page is not None
    limited = row.limited(classify, MOST_READ)
    try:
        found = [
            row.read(blocks, height, page.draw, limited)
            for blocks, height in zip(page.lines, page.heights, strict=True)
        ]
    except row.TooManyError:
        return None
    many = Reading(
        Line(symbol._replace(box=page.in_picture(symbol.box)) for symbol in line)
        for _, line in found
        if line
    )
    read_digits = [symbol.probability for symbol in many.symbols if symbol.image is not None]
    if proba is None and not picture.trouble:  # "many"
        return many if read_digits else None
    if proba is None:
        return many if read_digits and np.median(read_digits) >= SURE else None
    if is_crowded(picture) and np.median(read_digits or 0) < SURE:
        return None
    score = sum(score for score, _ in found)
    one = row.as_one(page.lines, page.heights, proba)
    return many if len(many.symbols) > 1 and score > one + ONE else None


def is_crowded(picture: Prepared) -> bool:
    """Return whether there is too much ink for one digit: what is no number is then text."""
    return picture.page is not None and sum(map(len, picture.page.lines)) > CROWD


def _is_crowd(digit):
    """Return whether what was taken for a digit is many pieces of ink."""
    return len(label(digit > ink.SOLID).area) > CROWD


def _is_wide(digit, least):
    """Return whether ink is more than ``least`` times as wide as high, and no bar or blot."""
    H, W = digit.shape
    return bool(least * H < W and line_width(digit) < cuts.SOLID * H)


def _may_be_several(digit):
    """Return whether the ink of a picture may be several digits, by its shape alone."""
    H, W = digit.shape
    if _is_wide(digit, WIDE):
        return True
    pieces = label(digit > ink.SOLID)
    if (pieces.size[:, 0] >= TALL * H).sum() > 1:
        return True
    top, left, low, right = pieces.box[pieces.size.max(axis=1) >= PART * max(H, W)].T
    side_by_side = left[:, None] >= right
    above_one_another = top[:, None] >= low
    return bool(side_by_side.any() or above_one_another.any())
