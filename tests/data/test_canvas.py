"""Drawings and pictures come out as MNIST's digits do: measured here by other means than there."""

import functools
import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from data import canvas, mnist

SEVEN = [[(90, 60), (210, 55), (150, 240)], [(110, 150), (190, 145)]]
HOOK = [[(60, 40), (60, 250), (90, 262), (240, 258)]]  # far heavier at the lower left


def box(digit, ink=0.2):
    """Return the height and width, in pixels, of what is darker than `ink`."""
    rows, columns = (np.flatnonzero((digit > ink).any(axis=axis)) for axis in (1, 0))
    return np.ptp(rows) + 1, np.ptp(columns) + 1


def middle(digit):
    y, x = np.indices(digit.shape)
    return (y * digit).sum() / digit.sum(), (x * digit).sum() / digit.sum()


def scaled(strokes, scale, shift=(0, 0)):
    return [[(x * scale + shift[0], y * scale + shift[1]) for x, y in stroke] for stroke in strokes]


@functools.cache
def _seven():
    return drawn(SEVEN, 8, (300, 300), 0, 255)


def picture(strokes=SEVEN, radius=8, size=(300, 300)):
    """Return a drawing; that of the seven is drawn once and copied."""
    if strokes is SEVEN and (radius, size) == (8, (300, 300)):
        return _seven().copy()
    return drawn(strokes, radius, size, 0, 255)


def drawn(strokes, radius, size, ink, paper):
    """Draw strokes with a round pen, four times as large, and shrink that."""
    large = Image.new("L", (4 * size[0], 4 * size[1]), paper)
    draw = ImageDraw.Draw(large)
    for stroke in scaled(strokes, 4):
        draw.line(stroke, fill=ink, width=8 * radius)
        for x, y in stroke:
            reach = 4 * radius
            draw.ellipse([x - reach, y - reach, x + reach, y + reach], fill=ink)
    return large.resize(size, Image.Resampling.BOX)


def distance(a, b):
    """Return by how much of their ink two digits differ, when laid as near as whole pixels go."""
    shifts = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    least = min(np.abs(np.roll(a, shift, (0, 1)) - b).sum() for shift in shifts)
    return least / max(a.sum(), b.sum())


class TestStrokes:
    def test_vertical_line_by_hand(self):
        digit = canvas.from_strokes([[(150, 50), (150, 250)]])
        assert digit.shape == (28, 28)
        assert digit.dtype == np.float32
        assert box(digit)[0] == 20
        across = digit[10:18].sum(axis=1)
        np.testing.assert_allclose(across, canvas.LINE_WIDTH, atol=0.2)
        assert digit.max() == 1
        assert (digit[:, :11] == 0).all()
        assert (digit[:, 18:] == 0).all()

    @pytest.mark.parametrize("strokes", [SEVEN, HOOK, [[(0, 0), (300, 20)]]])
    def test_longest_side_is_20_and_mass_in_the_middle(self, strokes):
        digit = canvas.from_strokes(strokes)
        assert max(box(digit)) == 20
        np.testing.assert_allclose(middle(digit), 14, atol=0.5)

    def test_shape_is_kept(self):
        digit = canvas.from_strokes([[(0, 0), (200, 0), (200, 100), (0, 100), (0, 0)]])
        height, width = box(digit)
        assert width == 20
        assert height == pytest.approx((20 - canvas.LINE_WIDTH) / 2 + canvas.LINE_WIDTH, abs=1)

    @pytest.mark.parametrize(("scale", "shift"), [(0.25, (0, 0)), (1, (64, 32)), (16, (-4096, 8))])
    def test_size_and_place_do_not_matter(self, scale, shift):
        moved = canvas.from_strokes(scaled(SEVEN, scale, shift))
        np.testing.assert_allclose(moved, canvas.from_strokes(SEVEN), atol=1e-4)

    def test_line_is_as_wide_as_mnists(self, mnist_dir):
        """Area over length, where length is that of the middle line, thinned by eye: a straight 1.

        MNIST's upright plain ones are lines whose ink per row, away from both ends, is their width.
        """
        images, labels = mnist.load("test", mnist_dir)
        ones = images[labels == 1] / 255
        upright = ones[(ones > 0.2).any(axis=1).sum(axis=1) <= 5]
        width = np.median(upright[:, 10:18].sum(axis=2))
        assert len(upright) > 100
        assert width == pytest.approx(canvas.LINE_WIDTH, abs=0.6)

    def test_number_of_points_does_not_matter(self):
        dense = [np.linspace((20, 30), (200, 280), 20_000), np.linspace((200, 20), (20, 290), 9000)]
        sparse = [stroke[[0, -1]] for stroke in dense]
        assert np.abs(canvas.from_strokes(dense) - canvas.from_strokes(sparse)).max() < 0.05

    @pytest.mark.parametrize("strokes", [[[(7, 9)]], [[(7, 9), (7, 9)], [(7, 9)]]])
    def test_dot(self, strokes):
        digit = canvas.from_strokes(strokes)
        assert digit.max() > 0.9
        assert digit.sum() == pytest.approx(np.pi * (canvas.LINE_WIDTH / 2) ** 2, rel=0.15)
        np.testing.assert_allclose(middle(digit), 14, atol=0.5)

    def test_dot_beside_a_line(self):
        line = [(0, 0), (0, 100)]
        both = canvas.from_strokes([line, [(60, 50)]])
        assert both.sum() > canvas.from_strokes([line]).sum() + 3

    @pytest.mark.parametrize("strokes", [[], [[]], [[], []]])
    def test_nothing(self, strokes):
        digit = canvas.from_strokes(strokes)
        assert digit.shape == (28, 28)
        assert not digit.any()

    @pytest.mark.parametrize("stroke", [[(1, 2, 3)], [(1, float("nan"))], [1, 2]])
    def test_no_strokes(self, stroke):
        with pytest.raises(ValueError, match="pairs"):
            canvas.from_strokes([stroke])

    def test_input_is_left_alone(self):
        strokes = [np.array(stroke, float) for stroke in SEVEN]
        canvas.from_strokes(strokes)
        np.testing.assert_array_equal(strokes[0], SEVEN[0])


class TestImage:
    expected = canvas.from_strokes(SEVEN)

    def test_like_the_strokes(self):
        assert distance(canvas.from_image(picture()), self.expected) < 0.25

    @pytest.mark.parametrize("radius", [2, 4, 8, 16, 24])
    def test_every_pen_becomes_mnists(self, radius):
        digit = canvas.from_image(picture([[(150, 40), (150, 260)]], radius))
        assert max(box(digit)) == pytest.approx(20, abs=1)
        assert 1.6 < digit[10:18].sum(axis=1).mean() < 6
        np.testing.assert_allclose(middle(digit), 14, atol=0.5)

    @pytest.mark.parametrize("size", [40, 100, 900])
    def test_every_size(self, size):
        drawing = picture(scaled(SEVEN, size / 300), max(1, size // 37), (size, size))
        assert distance(canvas.from_image(drawing), self.expected) < 0.3

    def test_loop_filled_by_a_thick_pen_stays_a_blot(self):
        """Thinned, it would shrink to a bare line, and a 6 be read as a 1."""
        six = [(140, 60), (125, 150), (140, 190), (165, 175), (150, 155), (128, 165)]
        digit = canvas.from_image(picture([six], 16))
        widest = digit.sum(axis=1).max()
        assert widest > 1.6 * np.median(digit.sum(axis=1)[8:13])

    def test_blot_of_no_lines_is_left_a_blot(self):
        """Thinned, a disc would shrink to a dot, and that be drawn again as a short line."""
        blot = Image.new("L", (300, 300), 255)
        ImageDraw.Draw(blot).ellipse((90, 60, 210, 180), fill=0)
        digit = canvas.from_image(blot)
        assert box(digit) == (20, 20)
        assert digit.sum() == pytest.approx(np.pi * 10**2, rel=0.05)

    def test_place_does_not_matter(self):
        corner = picture(scaled(SEVEN, 0.5, (-40, -20)), 5)
        assert distance(canvas.from_image(corner), self.expected) < 0.3

    def test_light_on_dark(self):
        drawing = picture()
        inverted = canvas.from_image(ImageOps.invert(drawing))
        np.testing.assert_allclose(inverted, canvas.from_image(drawing), atol=0.02)

    @pytest.mark.parametrize("mode", ["1", "P", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F"])
    def test_modes(self, mode):
        expected = canvas.from_image(picture())
        assert (
            distance(canvas.from_image(picture().convert(mode, dither=Image.Dither.NONE)), expected)
            < 0.1
        )

    @pytest.mark.parametrize("order", ["<u2", ">u2"])
    def test_16_bit(self, order):
        deep = Image.fromarray((np.asarray(picture(), np.uint16) * 257).astype(order))
        np.testing.assert_allclose(canvas.from_image(deep), canvas.from_image(picture()), atol=0.02)

    def test_unit_floats(self):
        unit = Image.fromarray(np.asarray(picture(), np.float32) / 255)
        np.testing.assert_allclose(canvas.from_image(unit), canvas.from_image(picture()), atol=0.02)

    @pytest.mark.parametrize("ink", ["black", "white", "red"])
    def test_ink_on_nothing(self, ink):
        transparent = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
        transparent.paste(ink, mask=ImageOps.invert(picture()))
        expected = canvas.from_image(picture())
        np.testing.assert_allclose(canvas.from_image(transparent), expected, atol=0.05)

    def test_transparent_palette(self):
        palette = ImageOps.invert(picture()).quantize(16)
        file = io.BytesIO()
        palette.save(
            file, "PNG", transparency=0
        )  # index 0 is the paper: the darkest or the lightest
        assert distance(canvas.from_image(Image.open(file)), self.expected) < 0.3

    def test_exif_rotation(self):
        lying = picture().rotate(90, expand=True)
        exif = Image.Exif()
        exif[0x0112] = 6  # shown after a quarter turn clockwise
        file = io.BytesIO()
        lying.save(file, "PNG", exif=exif)
        np.testing.assert_array_equal(
            canvas.from_image(Image.open(file)), canvas.from_image(picture())
        )

    @pytest.mark.parametrize("light", [False, True])
    @pytest.mark.parametrize("contrast", [0.25, 0.7])
    def test_uneven_light(self, light, contrast):
        """A ramp, a shadow's edge and noise: a photograph; the ink darkens what light there is."""
        ink = 1 - np.asarray(picture(), float) / 255
        y, x = np.indices(ink.shape) / 300
        paper = (0.9 - 0.4 * x) * (1 - 0.4 / (1 + np.exp(-40 * (y - x / 2 - 0.3))))
        photo = paper * (1 - contrast * ink)
        photo = (1 - photo if light else photo) + np.random.default_rng(0).normal(
            0, 0.01, ink.shape
        )
        digit = canvas.from_image(Image.fromarray((photo * 255).clip(0, 255).astype(np.uint8)))
        assert distance(digit, self.expected) < 0.4

    def test_specks_are_not_ink(self):
        dusty = picture()
        for spot in [(5, 5), (290, 20), (20, 280), (250, 295)]:
            dusty.paste(0, (*spot, spot[0] + 3, spot[1] + 3))
        np.testing.assert_allclose(
            canvas.from_image(dusty), canvas.from_image(picture()), atol=0.02
        )

    def test_parts_apart_are_kept(self):
        apart = [[(80, 40), (80, 260)], [(140, 40), (220, 40)]]
        assert distance(canvas.from_image(picture(apart)), canvas.from_strokes(apart)) < 0.25

    @pytest.mark.parametrize("value", [0, 128, 255])
    def test_blank(self, value):
        assert not canvas.from_image(Image.new("L", (300, 200), value)).any()

    def test_blank_paper_in_a_photograph(self):
        y, x = np.indices((200, 300))
        noise = np.random.default_rng(1).normal(0, 3, y.shape)
        paper = (90 + 0.3 * x + 0.2 * y + noise).astype(np.uint8)
        assert not canvas.from_image(Image.fromarray(paper)).any()

    @pytest.mark.parametrize("size", [(1, 1), (1, 50), (3, 2), (2000, 1)])
    def test_tiny(self, size):
        for value in (0, 255):
            strange = Image.new("L", size, 255)
            strange.putpixel((size[0] // 2, size[1] // 2), value)
            digit = canvas.from_image(strange)
            assert digit.shape == (28, 28)
            assert ((digit >= 0) & (digit <= 1)).all()  # false for NaN as well

    def test_mnists_own_images_stay_as_they_are(self, mnist_dir):
        images, _ = mnist.load("test", mnist_dir)
        change = [
            np.abs(canvas.from_image(Image.fromarray(image)) - image / 255.0).max()
            for image in images[:100]
        ]
        assert np.mean(np.array(change) < 0.15) > 0.9

    def test_bilevel_scan(self, mnist_dir):
        """32 by 32, black on white, the digit from rim to rim."""
        images, _ = mnist.load("test", mnist_dir)
        far = []
        for image in images[:40]:
            rows, columns = np.nonzero(image.any(axis=1))[0], np.nonzero(image.any(axis=0))[0]
            digit = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
            scan = Image.new("L", (32, 32))
            digit = ImageOps.contain(digit, (32, 32))
            scan.paste(digit, ((32 - digit.width) // 2, (32 - digit.height) // 2))
            found = canvas.from_image(scan.point(lambda v: 255 if v < 128 else 0).convert("1"))
            far.append(distance(found, image / 255.0))
        assert np.median(far) < 0.3
