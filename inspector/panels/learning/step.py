"""What one step of learning did: the bars before and after, ten samples, the weights changed."""

import tkinter as tk
from tkinter import font, ttk

from PIL import Image, ImageTk

from inspector.panels.learning.report import Report, sample_digits
from inspector.parts.wheel import bind_wheel
from inspector.theme.palette import Palette, hex_colour, pixels
from inspector.theme.style import small_font

HINT = "Say what the drawing is, then press Return: one step of learning, on this drawing alone."
FULL = 150  # length of a bar for probability 1, 1/96 inch, at most
ZOOM = 1.6  # of a sample's picture
CHANGE = "before → after"  # above numbers that changed


class StepView(ttk.Frame):
    """Draws a `Report` on one scrolled canvas.

    Attributes
    ----------
    canvas : tk.Canvas
    report : Report or None
    """

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        self.report: Report | None = None
        self.canvas = tk.Canvas(self, highlightthickness=0, width=1, height=1)
        scrollbar = ttk.Scrollbar(self, command=self.canvas.yview)
        self.canvas.configure(yscrollcommand=scrollbar.set)
        scrollbar.pack(side="right", fill="y")
        self.canvas.pack(side="left", fill="both", expand=True)
        bind_wheel(self.canvas, lambda step: self.canvas.yview_scroll(2 * step, "units"))
        self.canvas.bind("<Configure>", lambda event: self._draw())
        self._photos: list[ImageTk.PhotoImage] = []
        self._palette: Palette | None = None
        self._margin, self._key = pixels(self, 8), ()

    def show(self, report: Report | None, palette: Palette) -> None:
        """Show a report, or how to get one."""
        self.report, self._palette = report, palette
        self._draw()

    def _draw(self):
        """Draw the report, unless it is drawn already."""
        report, palette, width = self.report, self._palette, self.canvas.winfo_width()
        key = id(report), id(palette), width
        if palette is None or key == self._key:
            return
        self._key, canvas, self._y = key, self.canvas, self._margin
        canvas.delete("all")
        self._photos.clear()
        canvas.configure(background=hex_colour(palette.background))
        self._line = font.nametofont("TkDefaultFont", root=self).metrics("linespace")
        if report is None:
            self._write(HINT)
        else:
            before, after = report.losses
            self._write(f"Step {report.number}: learning rate {report.lr:.2g}", "TkHeadingFont")
            self._write(
                f"loss of {report.label}: {before:.4f} before, {after:.4f} after\n"
                f"change {after - before:+.4f}; a straight slope would give {report.promised:+.4f}"
            )
            self._draw_bars(report)
            self._draw_samples(report)
            self._list_weights(report)
        canvas.configure(scrollregion=(0, 0, max(width, 1), self._y + self._margin))

    def _write(self, text, style="TkDefaultFont"):
        item = self.canvas.create_text(
            self._margin, self._y, text=text, anchor="nw", font=style, fill=self._colour("text"),
            width=max(0, self.canvas.winfo_width() - 2 * self._margin),
        )  # fmt: skip
        self._y = self.canvas.bbox(item)[3] + pixels(self, 3)

    def _colour(self, name):
        return hex_colour(getattr(self._palette, name))

    def _draw_bars(self, report):
        """Draw two bars for each digit: the probability before, and after."""
        self._write("probabilities: before (outline), after (filled)")
        canvas, line = self.canvas, self._line
        said = font.nametofont("TkDefaultFont", root=self).measure("00.00 → 000.00 %")
        room = canvas.winfo_width() - 2 * self._margin - 2 * line - said
        full = max(line, min(pixels(self, FULL), room))
        canvas.create_text(
            self._margin + line + full + line // 2, self._y, anchor="nw",
            fill=self._colour("text"), text=CHANGE,
        )  # fmt: skip
        self._y += line
        for digit, (before, after) in enumerate(zip(*report.probabilities, strict=True)):
            y, x = self._y + digit * line, self._margin + line
            colour = self._colour("positive" if digit == report.label else "negative")
            canvas.create_text(
                x - line // 3, y + line // 2, text=str(digit), anchor="e", fill=self._colour("text")
            )
            canvas.create_rectangle(
                x, y + 3, x + round(after * full), y + line - 3, width=0, fill=colour, tags="after"
            )
            canvas.create_rectangle(
                x, y + 1, x + round(before * full), y + line - 1, outline=self._colour("text"),
                tags="before",
            )  # fmt: skip
            canvas.create_text(
                x + full + line // 2, y + line // 2, anchor="w", fill=self._colour("text"),
                text=f"{100 * before:.2f} → {100 * after:.2f} %",
            )  # fmt: skip
        self._y += 10 * line + self._margin

    def _draw_samples(self, report):
        """Draw the sample digits, each with the probability of the right digit."""
        self._write("what it did to ten other digits: probability of the right one, in %")
        side, gap = pixels(self, 28 * ZOOM), self._margin
        small = font.nametofont(small_font(self), root=self)
        height = side + 3 * small.metrics("linespace") + gap  # a misread digit has a third line
        cell = max(side, small.measure("before 100.0")) + gap
        across = max(1, (self.canvas.winfo_width() - gap) // cell)
        rows = zip(sample_digits(), report.samples, report.sample_answers, strict=True)
        for index, ((digit, image), (before, after), (_, answer)) in enumerate(rows):
            x = self._margin + index % across * cell
            y = self._y + index // across * height
            picture = self._palette.ink(image).resize((side, side), Image.Resampling.NEAREST)
            self._photos.append(ImageTk.PhotoImage(picture, master=self))
            self.canvas.create_image(x, y, image=self._photos[-1], anchor="nw")
            right = answer == digit
            text = f"before {100 * before:.1f}\nafter {100 * after:.1f}"
            text += "" if right else f"\nread as {answer}"
            self.canvas.create_text(
                x, y + side + 1, text=text, anchor="nw", tags="sample", font=small,
                fill=self._colour("text" if right else "mark"),
            )  # fmt: skip
        self._y += -(-len(sample_digits()) // across) * height

    def _list_weights(self, report):
        self._write(f"the parameters that changed most: {CHANGE}")
        lines = [
            f"layer {w.layer:>2} {w.name:<5} {','.join(map(str, w.at)):<11}"
            f"{w.before:+.5f} → {w.after:+.5f}"
            for w in report.weights
        ]
        self._write("\n".join(lines), "TkFixedFont")
