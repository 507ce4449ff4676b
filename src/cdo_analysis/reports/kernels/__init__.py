"""A Jupyter kernel that starts at once: forked from a process that has everything imported.

Jupyter starts :mod:`.launcher`, which imports the standard library only; it asks the process of :mod:`.server`, one a
user, started on demand, to fork a kernel. :mod:`.spec` tells Jupyter.
"""
