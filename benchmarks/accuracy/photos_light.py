"""What light, lens and file do to a sheet: shadow, perspective, blur, noise and JPEG."""

import io

import numpy as np
from PIL import Image, ImageFilter


def gradient(shape: tuple[int, int], rng: np.random.Generator, depth: float = 0.5) -> np.ndarray:
    """Return light that falls off across a sheet: float32 (H, W) in [1 - depth, 1]."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = (np.linspace(-1, 1, length, dtype=np.float32) for length in shape)
    slope = (np.cos(angle) * x + np.sin(angle) * y[:, None]) / np.sqrt(2)
    return 1 - depth * (slope + 1) / 2


def shadow(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return a hard shadow whose edge runs through the middle: float32 (H, W), 1 in the light."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = (np.linspace(-1, 1, length, dtype=np.float32) for length in shape)
    beyond = np.cos(angle) * x + np.sin(angle) * y[:, None] > rng.uniform(-0.2, 0.2)
    return np.where(beyond, np.float32(rng.uniform(0.4, 0.7)), np.float32(1))


def seen_aslant(image: Image.Image, rng: np.random.Generator, most: float = 0.12) -> Image.Image:
    """Return a picture in perspective: its corners moved by up to ``most`` of its sides."""
    W, H = image.size
    corners = np.array([(0, 0), (0, H), (W, H), (W, 0)], float)
    source = corners + rng.uniform(-most, most, (4, 2)) * (W, H) * (1 - 2 * (corners > 0)) / 2
    rows = []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    factors = np.linalg.solve(np.array(rows), source.ravel())
    edge = image.getpixel((0, 0))
    return image.transform(
        image.size, Image.Transform.PERSPECTIVE, factors.tolist(), Image.Resampling.BILINEAR,
        fillcolor=edge,
    )  # fmt: skip


def photographed(
    sheet: np.ndarray, rng: np.random.Generator, blur: float = 0.8, noise: float = 0.015
) -> Image.Image:
    """Return a sheet as a camera takes it: blurred, noisy and saved as JPEG.

    Parameters
    ----------
    sheet : ndarray, float, (H, W) or (H, W, 3)
        Brightness in [0, 1].
    rng : numpy.random.Generator
    blur : float
        Radius, pixels.
    noise : float
        Standard deviation of the brightness.
    """
    image = picture(sheet).filter(ImageFilter.GaussianBlur(blur))
    grain = rng.normal(0, noise, sheet.shape).astype(np.float32)
    return jpeg(picture(np.asarray(image, np.float32) / 255 + grain), int(rng.integers(55, 90)))


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Return a picture after it was saved as JPEG."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def picture(sheet: np.ndarray) -> Image.Image:
    """Return brightness in [0, 1] as a picture of 8 bits."""
    return Image.fromarray(np.rint(np.clip(sheet, 0, 1) * 255).astype(np.uint8))
