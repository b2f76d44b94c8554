"""Find out whether this process was started by an MPI launcher, and return its communicator."""

import os

from .processes import SingleProcess

SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
"""Environment variables in which launchers give the number of ranks: MPICH and Intel MPI, Open
MPI, MVAPICH."""

MAX_RANKS = 1_000_000


class LaunchError(RuntimeError):
    """MPI could not be set up; the message says why, in one line."""


def join() -> SingleProcess:
    """Return the processes that train together.

    Returns
    -------
    SingleProcess
        An `nn.training.mpi.MPIProcesses` if an MPI launcher started more than one rank.

    Raises
    ------
    LaunchError
        If an environment variable holds no number, or a launcher started several ranks, but
        mpi4py is missing or uses another MPI library.
    """
    found = ((name, os.environ[name]) for name in SIZES if name in os.environ)
    name, text = next(found, ("", "1"))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= MAX_RANKS):
        raise LaunchError(
            f"{name}={text[:40]!r} is not a number of ranks; start with mpiexec, or unset {name}"
        )
    size = int(text)
    if size == 1:
        return SingleProcess()
    try:
        from .mpi import MPIProcesses
    except (ImportError, RuntimeError) as error:  # RuntimeError: mpi4py found no MPI library
        raise LaunchError(
            f"started as one of {size} ranks, but MPI is not available: {error}; "
            "install it: python -m pip install mpi4py mpich"
        ) from None
    processes = MPIProcesses()
    if processes.size != size:
        raise LaunchError(
            f"the launcher started {size} ranks, mpi4py's MPI sees {processes.size}: they are "
            "different MPI libraries; use the mpiexec that was installed with mpi4py"
        )
    return processes
