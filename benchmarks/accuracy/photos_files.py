"""Pictures whose files are special: transparent, of other depths and modes, turned by EXIF.

See `photos_kinds` for what a scene is.
"""

import io

import numpy as np
from PIL import Image

from .photos_ink import Digit
from .photos_kinds import SIDE, Kinds
from .photos_light import picture

FILES = Kinds()

ORIENTATION = 0x0112  # tag of EXIF
TURNED = {  # orientation: how a picture is stored that is to be shown upright
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}


def _ink(digit, rng):
    return digit.ink(rng, int(rng.integers(60, SIDE)), rng.uniform(0.4, 0.85))


@FILES.kind("real transparency")
def transparent(digit: Digit, rng):
    ink = _ink(digit, rng)
    tone = picture(np.full_like(ink, rng.choice([0, 0.2, 0.8, 1])))
    if rng.random() < 0.5:
        return Image.merge("LA", (tone, picture(ink)))
    behind = picture(np.full_like(ink, rng.choice([0, 1])))  # under what is transparent
    behind.paste(tone, mask=picture(ink).point(lambda value: 255 * (value > 0)))
    return Image.merge("RGBA", (behind, behind, behind, picture(ink)))


@FILES.kind("16 bits, CMYK or palette")
def modes(digit: Digit, rng):
    ink = _ink(digit, rng)
    grey = 1 - ink if rng.random() < 0.5 else ink
    mode = str(rng.choice(["I;16", "CMYK", "P"]))
    if mode == "I;16":
        top = float(rng.choice([4095, 65535]))  # of 12 or 16 bits
        return Image.fromarray(np.rint(grey * top).astype(np.uint16))
    if mode == "P":
        return picture(grey).convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    file = io.BytesIO()
    picture(grey).convert("RGB").convert("CMYK").save(file, "TIFF")
    return Image.open(file)


@FILES.kind("two tones, dithered or not")
def one_bit(digit: Digit, rng):
    ink = _ink(digit, rng)
    paper = rng.uniform(0.85, 1)
    grey = picture(paper * (1 - rng.uniform(0.8, 1) * ink))
    dither = Image.Dither.FLOYDSTEINBERG if rng.random() < 0.5 else Image.Dither.NONE
    return grey.convert("1", dither=dither)


@FILES.kind("turned by its EXIF")
def turned(digit: Digit, rng):
    image = picture(1 - _ink(digit, rng))
    orientation = int(rng.choice(list(TURNED)))
    stored = image.transpose(TURNED[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    file = io.BytesIO()
    stored.save(file, "JPEG", quality=85, exif=exif)
    return Image.open(file)
