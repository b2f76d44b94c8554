"""Which process this is of how many."""

import os

from .processes import SingleProcess

SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
"""Where launchers tell a process how many it is one of: MPICH's and Intel's, Open MPI's, MVAPICH's.
"""


class LaunchError(RuntimeError):
    """The ranks could not find each other; the message says why, in one line."""


def join() -> SingleProcess:
    """Return the processes that train together: one, unless an MPI launcher started more.

    Raises
    ------
    LaunchError
        If it did, but mpi4py is missing, or is made for another MPI.
    """
    size = next((int(os.environ[name]) for name in SIZES if name in os.environ), 1)
    if size == 1:
        return SingleProcess()
    try:
        from .mpi import MPIProcesses
    except (ImportError, RuntimeError) as error:  # the latter: it found no MPI library
        raise LaunchError(
            f"started as one of {size} ranks, but without MPI: {error}; "
            "python -m pip install -e '.[mpi]'"
        ) from None
    processes = MPIProcesses()
    if processes.size != size:
        raise LaunchError(
            f"the launcher started {size} ranks, mpi4py's MPI sees {processes.size}: they are not "
            "of the same MPI; use the mpiexec that was installed beside mpi4py"
        )
    return processes
