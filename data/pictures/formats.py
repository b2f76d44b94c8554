"""Which formats are read, and what a file in another format is, by its first bytes."""

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
"""Formats that are read, under Pillow's names."""

PICTURE = "save it as PNG"
PAGE = "save the page as PNG"
SIGNATURES = (
    (0, b"%PDF", "a PDF", PAGE),
    (0, b"%!PS", "PostScript", PAGE),
    (0, b"PK\3\4", "a ZIP archive or an office document", "save the picture in it as PNG"),
    (0, b"\xd0\xcf\x11\xe0", "an office document", PAGE),
    (4, b"ftypavi", "an AVIF picture", PICTURE),
    (4, b"ftyphe", "a HEIC picture", PICTURE),
    (4, b"ftypmif1", "a HEIC picture", PICTURE),
    (4, b"ftypmsf1", "a HEIC picture", PICTURE),
    (4, b"ftyp", "a film", "save one frame as PNG"),
    (4, b"JXL ", "a JPEG XL picture", PICTURE),
    (0, b"\xff\x0a", "a JPEG XL picture", PICTURE),
    (4, b"jP  ", "a JPEG 2000 picture", PICTURE),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture", PICTURE),
    (0, b"8BPS", "a Photoshop picture", PICTURE),
    (0, b"gimp xcf", "a GIMP picture", PICTURE),
    (0, b"\0\0\1\0", "an icon", PICTURE),
    (0, b"SIMPLE  =", "a FITS picture", PICTURE),
    (0, b"version https://git-lfs", "a Git LFS pointer", "fetch the file itself with git lfs pull"),
    (0, b"\x93NUMPY", "a NumPy array", "name it .npy"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", "if it holds a network, name it with --weights"),
    *((0, b"P%d" % kind + end, "a PNM picture", PICTURE)
      for kind in range(1, 7) for end in (b"\n", b" ", b"\r\n")),
)  # fmt: skip
"""Offset and bytes that begin a file, what it is, and what to do."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
"""Names of pictures that are read."""

OTHER_SUFFIXES = (
    ".pdf", ".ps", ".eps", ".heic", ".heif", ".avif", ".svg", ".jxl", ".jp2", ".j2k", ".psd",
    ".xcf", ".ico", ".pbm", ".pgm", ".ppm", ".pnm", ".docx", ".odt", ".pptx", ".odp",
)  # fmt: skip
"""Names of pictures and pages in formats that are not read."""


def other(content: bytes) -> str | None:
    """Return what a file is and what to do about it, as in "a PDF; save the page as PNG".

    Parameters
    ----------
    content : bytes
        The file, or its beginning.

    Returns
    -------
    str or None
        None if the format is not known.
    """
    if not content:
        return "an empty file; save it again"
    for offset, magic, name, remedy in SIGNATURES:
        if content[offset : offset + len(magic)] == magic:
            return f"{name}; {remedy}"
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return f"a web page; {PAGE}"
    if start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in start):
        return f"an SVG drawing; {PICTURE}"
    return None


def webp_size(content: bytes) -> tuple[int, int] | None:
    """Return the width and height that a WebP file claims; None if it is no WebP.

    Pillow takes memory for them as soon as it opens the file.

    References
    ----------
    RFC 9649, "WebP Image Format", section 2.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    kind, number = content[12:16], int.from_bytes
    if kind == b"VP8X":
        return 1 + number(content[24:27], "little"), 1 + number(content[27:30], "little")
    if kind == b"VP8L":
        bits = number(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = number(content[26:28], "little"), number(content[28:30], "little")
    return width & 0x3FFF, height & 0x3FFF
