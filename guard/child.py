"""Run a module in a child process that ends with its parent, while it still imports, too.

``python -m guard.child PARENT MODULE ARGUMENT...``: PARENT is the parent's process id, and the
parent alone holds the other end of stdin open. The imports of a module may take seconds.
"""

import os
import runpy
import sys

from guard.processes import end_with_parent

if __name__ == "__main__":
    end_with_parent(lambda: os.read(0, 1), int(sys.argv[1]))
    del sys.argv[:2]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
