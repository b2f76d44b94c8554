"""Drawings and pictures come out as MNIST's digits do, by measures independent of the code."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from data import canvas, mnist
from tests.pictures import SEVEN, box, distance, middle, picture, scaled

HOOK = [[(60, 40), (60, 250), (90, 262), (240, 258)]]  # far heavier at the lower left


class TestStrokes:
    def test_vertical_line_by_hand(self):
        digit = canvas.from_strokes([[(150, 50), (150, 250)]])
        assert digit.shape == (28, 28)
        assert digit.dtype == np.float32
        assert box(digit)[0] == 20
        across = digit[10:18].sum(axis=1)
        np.testing.assert_allclose(across, canvas.LINE_WIDTH, atol=0.2)
        assert digit.max() > 0.95
        assert (digit[:, :11] == 0).all()
        assert (digit[:, 18:] == 0).all()

    @pytest.mark.parametrize("strokes", [SEVEN, HOOK, [[(0, 0), (300, 20)]]])
    def test_longest_side_is_20_and_mass_is_centred(self, strokes):
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
        """The ink per row of MNIST's upright plain ones, away from both ends, is their width."""
        images, labels = mnist.load("test", mnist_dir)
        ones = images[labels == 1] / 255
        upright = ones[(ones > 0.2).any(axis=1).sum(axis=1) <= 5]
        width = np.median(upright[:, 10:18].sum(axis=2))
        assert len(upright) > 100
        assert width == pytest.approx(canvas.LINE_WIDTH, abs=0.6)

    def test_number_of_points_does_not_matter(self):
        dense = [np.linspace((20, 40), (200, 280), 20_000), np.linspace((200, 20), (20, 290), 9000)]
        sparse = [stroke[[0, -1]] for stroke in dense]
        assert np.abs(canvas.from_strokes(dense) - canvas.from_strokes(sparse)).max() < 0.05

    @pytest.mark.parametrize("strokes", [[[(7, 9)]], [[(7, 9), (7, 9)], [(7, 9)]]])
    def test_a_dot_is_a_disc(self, strokes):
        digit = canvas.from_strokes(strokes)
        assert digit.max() > 0.75
        assert digit.sum() == pytest.approx(np.pi * (canvas.LINE_WIDTH / 2) ** 2, rel=0.15)
        np.testing.assert_allclose(middle(digit), 14, atol=0.5)

    def test_a_dot_beside_a_line_is_kept(self):
        both = canvas.from_strokes([[(0, 0), (0, 100)], [(60, 50)]])
        columns = both.sum(axis=0)
        line = columns.argmax()
        assert columns[line + 3 :].sum() == pytest.approx(np.pi * (canvas.LINE_WIDTH / 2) ** 2, 0.2)

    @pytest.mark.parametrize("strokes", [[], [[]], [[], []]])
    def test_nothing_drawn_is_blank(self, strokes):
        digit = canvas.from_strokes(strokes)
        assert digit.shape == (28, 28)
        assert not digit.any()

    @pytest.mark.parametrize("stroke", [[(1, 2, 3)], [(1, float("nan"))], [1, 2]])
    def test_what_is_no_stroke_is_refused(self, stroke):
        with pytest.raises(ValueError, match="pairs"):
            canvas.from_strokes([stroke])

    def test_input_is_left_alone(self):
        strokes = [np.array(stroke, float) for stroke in SEVEN]
        canvas.from_strokes(strokes)
        np.testing.assert_array_equal(strokes[0], SEVEN[0])


class TestImage:
    expected = canvas.from_strokes(SEVEN)

    def test_a_picture_reads_like_its_strokes(self):
        assert distance(canvas.from_image(picture()), self.expected) < 0.25

    @pytest.mark.parametrize("radius", [2, 4, 8, 16, 24])
    def test_every_pen_becomes_mnists(self, radius):
        digit = canvas.from_image(picture([[(150, 40), (150, 260)]], radius))
        assert max(box(digit)) == pytest.approx(20, abs=1)
        assert 1.6 < digit[10:18].sum(axis=1).mean() < 6
        np.testing.assert_allclose(middle(digit), 14, atol=0.5)

    @pytest.mark.parametrize("size", [40, 100, 900])
    def test_pictures_of_every_size_read_alike(self, size):
        drawing = picture(scaled(SEVEN, size / 300), max(1, size // 37), (size, size))
        assert distance(canvas.from_image(drawing), self.expected) < 0.3

    def test_loop_filled_by_thick_pen_stays_filled(self):
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

    def test_mnists_own_images_stay_as_they_are(self, mnist_dir):
        images, _ = mnist.load("test", mnist_dir)
        change = [
            np.abs(canvas.from_image(Image.fromarray(image)) - image / 255.0).max()
            for image in images[:100]
        ]
        assert np.mean(np.array(change) < 0.15) > 0.9

    def test_a_bilevel_scan_reads_like_mnist(self, mnist_dir):
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
