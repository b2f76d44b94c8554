"""A system that computes nothing, for tests of the worker."""

import os


class Fake:
    """Do nothing where others work."""

    def __init__(self, job, start_fails=False):
        if start_fails:
            raise RuntimeError("no such processor\nand more that nobody reads")
        self.job = job

    def work(self, milliseconds, times):
        """Return what was asked for."""
        print("noise that must not reach the reader")
        return milliseconds, times, self.job.threads

    def threads_in_environment(self):
        """Return what the libraries are told."""
        return os.environ["OMP_NUM_THREADS"]

    def fail(self):
        """Raise an exception."""
        raise ValueError("asked to fail")

    def vanish(self):
        """End the process, as a crash would."""
        os._exit(7)
