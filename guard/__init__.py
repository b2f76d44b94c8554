"""Input from strangers, and the program's own processes and streams, kept within bounds.

===============  ==================================================================================
files.py         open ordinary files only; temporary files that the next run clears
budget.py        how much memory, work and time the reading of one file may take
processes.py     child processes: limits from outside, and an end together with their parent
child.py         a module run in such a child, from its first import on
names.py         what a command is called in messages, as a script and installed
terminal.py      text for the terminal: control characters are escaped
arguments.py     command lines whose errors are one line
kernel_cache.py  a cache of compiled kernels that nothing can break
registers.py     the vector registers that kernels are compiled for
commands.py      run a command as a program: its streams, Ctrl-C, its exit status
===============  ==================================================================================

The lowest package of all: it imports the standard library alone, and everything may import it.
"""
