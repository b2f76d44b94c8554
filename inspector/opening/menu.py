"""The menu "Open": samples, the tour's 4, MNIST's images, picture files, another network."""

import tkinter as tk
from collections.abc import Callable
from tkinter import filedialog, simpledialog, ttk

from data.errors import DataError
from data.pictures.formats import FORMATS
from inspector.opening import pictures, tour
from inspector.opening.pictures import Opened
from inspector.theme.palette import Palette, hex_colour


class OpenMenu(ttk.Menubutton):
    """A button that drops the menu; its keys work in the whole window.

    Parameters
    ----------
    parent : tk.Misc
    app : gui.App
        The first window; its network reads what is opened.
    on_open : callable
        Called with what was opened.
    on_error : callable
        Called with one line of text if something cannot be opened.
    on_network : callable
        Called when another network is asked for.

    Attributes
    ----------
    menu : tk.Menu
    """

    def __init__(
        self,
        parent: tk.Misc,
        app: tk.Tk,
        on_open: Callable[[Opened], None],
        on_error: Callable[[str], None],
        on_network: Callable[[], None],
    ) -> None:
        super().__init__(parent, text="Open", style="Tool.TMenubutton", direction="above")
        self._app, self._on_open, self._on_error = app, on_open, on_error
        self.menu = tk.Menu(self, tearoff=False, borderwidth=1, relief="flat")
        samples = self._samples = tk.Menu(self.menu, tearoff=False, borderwidth=1, relief="flat")
        for path in pictures.sample_files():
            samples.add_command(label=path.name, command=lambda path=path: self.picture(path))
        add = self.menu.add_command
        self.menu.add_cascade(label="A sample", menu=samples)
        add(label="The tour's 4", command=self.tours_four)
        add(label="An MNIST test image ...", accelerator="Ctrl+M", command=self.ask_number)
        add(label="A picture file ...", accelerator="Ctrl+P", command=self.ask_picture)
        self.menu.add_separator()
        add(label="A second network ...", accelerator="Ctrl+O", command=on_network)
        self["menu"] = self.menu
        top = self.winfo_toplevel()
        for key, command in {
            "m": self.ask_number, "p": self.ask_picture, "o": on_network
        }.items():  # fmt: skip
            top.bind(f"<Control-{key}>", lambda event, command=command: command())

    def colour(self, palette: Palette) -> None:
        """Take the colours of a theme: menus are not ttk's."""
        for menu in (self.menu, self._samples):
            menu.configure(
                background=hex_colour(palette.background), foreground=hex_colour(palette.text),
                activebackground=hex_colour(palette.negative),
                activeforeground=hex_colour(palette.paper),
            )  # fmt: skip

    def picture(self, path) -> None:
        """Open a picture file; if it cannot be read, say why."""
        self._take(pictures.open_picture, path)

    def mnist(self, number: int) -> None:
        """Open one of MNIST's test images."""
        self._take(pictures.open_mnist, number)

    def tours_four(self) -> None:
        """Draw the tour's 4 in the first window."""
        self._app.show_strokes(tour.four(self._app.model))

    def ask_number(self) -> None:
        """Ask for the number of an MNIST test image; without MNIST, say how to get it."""
        try:
            pictures.mnist_folder()
        except DataError as error:
            self._on_error(str(error))
            return
        number = simpledialog.askinteger(
            "MNIST", "Number of the test image, 0 to 9999:", parent=self.winfo_toplevel()
        )
        if number is not None:
            self.mnist(number)

    def ask_picture(self) -> None:
        """Ask for a picture file."""
        endings = " ".join(f"*.{name.lower()}" for name in (*FORMATS, "jpg"))
        path = filedialog.askopenfilename(
            parent=self.winfo_toplevel(), title="Open a picture of a digit or a number",
            filetypes=[("pictures", endings), ("all files", "*")],
        )  # fmt: skip
        if path:
            self.picture(path)

    def _take(self, read, what):
        try:
            opened = read(what, self._app.model.predict_proba)
        except (DataError, OSError, FloatingPointError) as error:
            self._on_error(" ".join(str(error).split()))
        else:
            self._on_open(opened)
