"""Which process this is of how many."""

import os

from .processes import Alone

SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
"""Where launchers tell a process how many it is one of: MPICH's and Intel's, Open MPI's, MVAPICH's.
"""


class RanksError(RuntimeError):
    """The ranks could not find each other; the message says why, in one line."""


def join() -> Alone:
    """Return this process's rank: `Alone`, unless an MPI launcher started it as one of many.

    Raises
    ------
    RanksError
        If it did, but mpi4py is missing, or is made for another MPI.
    """
    size = next((int(os.environ[name]) for name in SIZES if name in os.environ), 1)
    if size == 1:
        return Alone()
    try:
        from .mpi import Ranks
    except (ImportError, RuntimeError) as error:  # the latter: it found no MPI library
        raise RanksError(
            f"started as one of {size} ranks, but without MPI: {error}; "
            "python -m pip install -e '.[mpi]'"
        ) from None
    ranks = Ranks()
    if ranks.size != size:
        raise RanksError(
            f"the launcher started {size} ranks, mpi4py's MPI sees {ranks.size}: they are not of "
            "the same MPI; use the mpiexec that was installed beside mpi4py"
        )
    return ranks
