"""Training on all cores and on several machines; a stopped run is resumed bit for bit.

The loop itself is in `nn/fit.py`: batch, forward, loss, backward, step. This package adds what a
long training needs. Read the files in this order:

==============  ================================================================================
trainer.py      one step: cut the batch into shards, sum their gradients, update the weights
early.py        gradients that are sent to other processes while the rest is still computed
ema.py          exponential moving average (EMA) of the weights
progress.py     epoch, step and running totals of a run, and the history of its epochs
checkpoint.py   checkpoint files: written atomically, with a checksum, validated when read
run.py          a run: steps and epochs, a checkpoint every minute, stopping and resuming
calibration.py  temperature scaling: probabilities that match how often the answer is right
processes.py    the collective operations of training, for a single process
mpi.py          the same operations over MPI; the only file that imports mpi4py
launch.py       which of the two applies: was this process started by an MPI launcher?
vote.py         teach a trained network a few drawings: train its last dense layer alone
==============  ================================================================================
"""
