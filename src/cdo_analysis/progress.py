"""What long work is doing, in one line that goes when it is done; shown to a person who waits, never in a report.

The line is written to standard error where that is a terminal, and to the output of a cell where somebody sits before
the notebook: a front end that can answer a question (``allow_stdin``) is one, papermill, nbclient and Voilà are not.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Step = Callable[[str], None]
Write = Callable[[str], None]

PATIENCE = 1.0
"""Seconds of work before anything is shown."""

_EVERY = 0.5
_WIDTH = 78


@contextmanager
def progress(title: str, *, patience: float = PATIENCE) -> Iterator[Step]:
    r"""Show `title` and the step at hand while a block runs, from its second second on; nothing stays afterwards.

    Parameters
    ----------
    title : str
        What is being done: "reading export.csv".
    patience : float
        Seconds before anything is shown.

    Yields
    ------
    callable
        To be called with the name of each step as it starts.

    Examples
    --------
    >>> with progress("reading export.csv") as step:
    ...     step("answers")
    """
    write = _writer()
    if write is None:
        yield lambda _: None
        return
    line = _Line(title, write, patience)
    line.start()
    try:
        yield line.name
    finally:
        line.stop()


class _Line:
    """A line that a thread of its own keeps up to date."""

    def __init__(self, title: str, write: Write, patience: float) -> None:
        self.title, self.write, self.patience = title, write, patience
        self.step, self.begin, self.shown = "", time.monotonic(), False
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def name(self, step: str) -> None:
        self.step = step

    def stop(self) -> None:
        self.done.set()
        self.thread.join()
        if self.shown:
            self.write("")

    def _run(self) -> None:
        wait = self.patience
        while not self.done.wait(wait):
            seconds = time.monotonic() - self.begin
            what = f"{self.title}: {self.step}" if self.step else self.title
            self.write(f"{what[: _WIDTH - 8]} ({seconds:.0f} s)")
            self.shown, wait = True, _EVERY


def _writer() -> Write | None:
    """Return what shows a line in place of the last one; None where nobody is there to read it."""
    shell = _shell()
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return _in_cell() if getattr(kernel, "_allow_stdin", False) else None
    if not getattr(sys.stderr, "isatty", lambda: False)():
        return None
    return _on_terminal


def _on_terminal(text: str) -> None:
    print(f"\r{text:<{_WIDTH}}" + ("" if text else "\r"), end="", file=sys.stderr, flush=True)


def _shell() -> Any:
    """Return the IPython that runs this code, without loading IPython where it does not."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None and hasattr(module, "get_ipython") else None


def _in_cell() -> Write:
    """Return what writes to one output of the cell; an empty text leaves that output empty."""
    from IPython.display import display  # only ever reached from within a kernel

    handle: list[Any] = []

    def write(text: str) -> None:
        bundle = {"text/plain": text}
        if handle:
            handle[0].update(bundle, raw=True)
        else:
            handle.append(display(bundle, raw=True, display_id=True))

    return write
