"""The parts of `train.py`, `recognise.py` and `gui.py`, except the network and its training (`nn`).

===============  ===============================================================================
options.py       the command-line options, the lookup of --resume, and the command that resumes
arguments.py     argument types for argparse, shared by all commands
digits.py        MNIST split into training, validation and test digits; synthetic stand-ins
settings.py      what the result of a run depends on: checkpoints of other settings are refused
engine.py        choose fast or plain layers; compile the kernels of the fast ones
report.py        history as CSV; evaluation of a model: accuracy by digit and worst mistakes
charts.py        loss and accuracy over the epochs, as a picture
side_jobs.py     run charts and notes so that their errors do not end the training
===============  ===============================================================================

For `recognise.py` and `gui.py`:

====================  ==========================================================================
recognise_options.py  the command-line options of `recognise.py`
gui_options.py        the command-line options of `gui.py`
reading.py            read pictures, archives and stacks, in batches
answers.py            answers as lines, as JSON and drawn on the pictures; notes on doubtful ones
table.py              answers as a table in a file, with which a killed run is resumed
origin.py             how the rows of a table were read: others are not added to them
====================  ==========================================================================

``--watch`` shows how a network learns:

===============  ===============================================================================
live.py          record a run and draw it in another process while it trains
recorder.py      measure every tenth step: loss, update-to-weight ratios, probabilities, filters
notes.py         the file of these notes: its arrays, reading and writing
live_charts.py   charts of the notes
watch.py         command: ``python -m experiment.watch RUN`` shows a run's notes in a window
===============  ===============================================================================
"""
