"""Brightness of a picture of any mode, in which ink of any colour stands out from its paper."""

import warnings

import numpy as np
from PIL import Image, ImageFilter, ImageOps

WORKING_SIDE = 400  # pixels: larger pictures are shrunk to this side
SAMPLE = 64  # pixels: side of the picture whose colours are looked at
BLUR = SAMPLE // 16  # pixels: reach of the mean that is taken for the light
COLOURED = 0.15  # between the channels of a pixel: a picture with less is grey
COLOUR_GAIN = 1.5  # a colour axis must show this many times the contrast of the brightness


def grey(image: Image.Image, side: int = WORKING_SIDE) -> np.ndarray:
    """Return a picture's brightness, upright, with sides of at most ``side`` pixels.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode. Transparent pixels become black if the opaque ones are bright, else white.
    side : int

    Returns
    -------
    ndarray, float32, (H, W)
        0 is black, 1 is white.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is harmless
        image = ImageOps.exif_transpose(image)
    if image.mode == "LAB":  # Pillow cannot convert it to grey, but its first channel is grey
        image = image.getchannel("L")
    if image.mode[0] in "IF":
        values = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
        top = values.max(initial=0)
        full = 65535 if image.mode[0] == "I" and top > 255 else 255 if top > 1 else 1
        return _shrink(Image.fromarray(values / max(full, top)), side)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        size, nearest = (SAMPLE, SAMPLE), Image.Resampling.NEAREST
        alpha, tone = (
            np.asarray(part.resize(size, nearest))
            for part in (image.getchannel("A"), image.convert("L"))
        )
        bright = (alpha > 127).any() and tone[alpha > 127].mean() > 127
        paper = Image.new("RGBA", image.size, "black" if bright else "white")
        image = Image.alpha_composite(paper, image)
    brightness = _shrink(image.convert("L"), side) / np.float32(255)
    if image.mode in ("1", "L", "LA", "I;16"):
        return brightness
    return _in_colour(image, brightness, side)


def _in_colour(image, brightness, side):
    """Return the colour axis along which lines stand out, if much more than in the brightness.

    Light changes slowly from place to place, and lines do not: the axis is the principal
    component of the colours after a high pass, which removes shades and most of a glare.
    """
    small = image.convert("RGB")
    small.thumbnail((SAMPLE, SAMPLE), Image.Resampling.BOX)
    colours = np.asarray(small, np.float64).reshape(-1, 3) / 255
    if np.ptp(colours, axis=1).max() < COLOURED:
        return brightness
    light = np.asarray(small.filter(ImageFilter.BoxBlur(BLUR)), np.float64).reshape(-1, 3) / 255
    colours -= light
    values, axes = np.linalg.eigh(np.cov(colours.T) if len(colours) > 1 else np.eye(3))
    axis = axes[:, -1] / np.abs(axes[:, -1]).sum()
    axis *= 1 if axis.sum() >= 0 else -1  # white stays above black
    seen = (colours @ [0.299, 0.587, 0.114]).std()
    if np.sqrt(values[-1]) * np.linalg.norm(axis) < COLOUR_GAIN * seen:
        return brightness
    bands = [_shrink(band, side) / np.float32(255) for band in image.convert("RGB").split()]
    shown = sum(weight * band for weight, band in zip(axis, bands, strict=True))
    return (shown - axis.clip(max=0).sum()).astype(np.float32)


def _shrink(image, side):
    """Return a picture as float32, shrunk to ``side`` with a box filter if it is larger."""
    factor = max(image.size) / side
    image = image.convert("F")
    if factor > 1:
        size = [max(1, round(length / factor)) for length in image.size]
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=3)
    return np.asarray(image)
