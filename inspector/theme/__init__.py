"""How the windows look.

- `colours`: the project's colours, as numbers; charts and the tour's pictures use them, too;
- `style`: the ttk theme, light and dark;
- `palette`: `Palette`, what a window draws with: the theme's colours, and those of numbers.
"""
