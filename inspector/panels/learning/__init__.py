"""The panel in which a gradient travels back and the network takes a step of learning.

- `panel`: `LearningPanel`, the panel;
- `state`, `report`: the copy of the network that learns, and what a step changed;
- `rows`, `layout`, `pass_view`: the arrays of a pass beside their gradients;
- `steps`, `scene`, `frames`: the pass step by step, and what it shows;
- `sheet`, `terms`, `slope`: one gradient written out, and measured;
- `step`, `controls`, `keys`: what a step did; buttons and keys.
"""
