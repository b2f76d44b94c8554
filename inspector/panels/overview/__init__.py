"""The panel that opens first: all layers side by side, from the drawing to the answer.

- `panel`: `OverviewPanel`, the panel;
- `columns`: `Columns`, the canvas: a column per stage, the connections between them, the path;
- `column`: one column of maps;
- `stages`: what each column shows of the network.
"""
