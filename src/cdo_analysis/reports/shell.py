"""Cells executed in this very process, with the outputs that a kernel would give them: a papermill engine.

A report runs here in a process of its own, forked from one that has everything imported; nothing is spoken over
sockets. What papermill promises holds: the parameters cell, a normal notebook, an error that names its cell.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import signal
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import nbformat
from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_output
from papermill.engines import Engine, papermill_engines
from traitlets import Type
from traitlets.config import Config

from cdo_analysis.reports.job import MORE_TEXT, MOST_TEXT

ENGINE = "cdo-shell"
"""Name of the engine for papermill."""


class CellTimeoutError(RuntimeError):
    """A cell ran for longer than it may."""


class _Stream(io.TextIOBase):
    """Standard output or error of the cells, kept in the order of the other outputs."""

    def __init__(self, shell: CellShell, name: str) -> None:
        self.shell, self.name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.shell.print_text(self.name, text)
        return len(text)


class _Publisher(DisplayPublisher):
    """Keeps what cells display."""

    def publish(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **_: Any) -> None:  # type: ignore[override]
        shell = self.shell
        shell.kept.append(new_output("display_data", json_clean(encode_images(data)), metadata=metadata or {}))

    def clear_output(self, wait: bool = False) -> None:
        self.shell.kept.clear()


class _Hook(DisplayHook):
    """Keeps the value of the last expression of a cell."""

    def write_output_prompt(self) -> None:
        """Prompts are the kernel's."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        data = json_clean(encode_images(format_dict))
        shell = cast(CellShell, self.shell)
        shell.kept.append(new_output("execute_result", data, execution_count=shell.number, metadata=md_dict or {}))

    def finish_displayhook(self) -> None:
        """Nothing was printed."""


class CellShell(InteractiveShell):
    """An IPython shell that keeps the outputs of a cell as a notebook writes them."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def init_io(self) -> None:
        """Start with no output kept."""
        self.kept: list[Any] = []
        self.number = 0

    def print_text(self, name: str, text: str) -> None:
        """Keep printed text, up to :data:`~cdo_analysis.reports.job.MOST_TEXT` characters a cell."""
        printed = sum(len(output["text"]) for output in self.kept if output["output_type"] == "stream")
        if printed > MOST_TEXT:
            return
        if printed + len(text) > MOST_TEXT:
            text = f"{text[: MOST_TEXT - printed]}{MORE_TEXT}"
        if self.kept and self.kept[-1].get("name") == name:
            self.kept[-1]["text"] += text
        elif text:
            self.kept.append(new_output("stream", name=name, text=text))

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.kept.append(new_output("error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb)))

    def run(self, source: str, *, timeout: float) -> tuple[int, list[Any]]:
        """Run a cell and return its number and its outputs."""
        self.kept = []
        self.number = self.execution_count
        streams = (
            contextlib.redirect_stdout(_Stream(self, "stdout")),
            contextlib.redirect_stderr(_Stream(self, "stderr")),
        )
        with streams[0], streams[1], _time_limit(timeout):
            self.run_cell(source, store_history=True, silent=False)
        return self.number, self.kept


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise where the block takes longer; code that swallows the error meets the limit of the whole run."""

    def stop(_: int, __: types.FrameType | None) -> None:
        raise CellTimeoutError(f"the cell took more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def open_shell() -> CellShell:
    """Return the shell of this process, with figures drawn as a kernel draws them."""
    config = Config()
    config.HistoryManager.enabled = False
    shell: CellShell = CellShell.instance(config=config)
    from matplotlib_inline.backend_inline import configure_inline_support

    configure_inline_support(shell, "inline")
    builtins.input = _no_input
    return shell


def _no_input(*_: object) -> str:
    raise RuntimeError("a report asks nothing: input() has no answer in an unattended run")


@dataclass(frozen=True)
class Shared:
    """What the cells above the parameters gave, run once for many reports.

    Attributes
    ----------
    cells : int
        How many cells stand above the parameters cell.
    results : mapping of int to (int, outputs)
        Number and outputs of each code cell among them.
    """

    cells: int = 0
    results: Mapping[int, tuple[int, list[Any]]] = field(default_factory=dict)


def run_shared(shell: CellShell, cells: Sequence[Any], *, timeout: float) -> Shared:
    """Run the cells above the parameters cell, which no parameter can change."""
    above = next((i for i, c in enumerate(cells) if "parameters" in c["metadata"].get("tags", [])), 0)
    results = {i: shell.run(c["source"], timeout=timeout) for i, c in enumerate(cells[:above]) if _runs(c)}
    return Shared(above, results)


def _runs(cell: Any) -> bool:
    return cell["cell_type"] == "code" and bool(cell["source"].strip())


class ShellEngine(Engine):
    """Runs the cells of a notebook in this process, those above the parameters only if they have not run yet."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, shell: CellShell, shared: Shared, cell_timeout: float, **rest: Any
    ) -> None:
        """Execute every cell until one fails; the notebook is then kept where `failed` says."""
        for index, cell in enumerate(nb_man.nb.cells):
            if not _runs(cell):
                continue
            nb_man.cell_start(cell, index)
            if index < shared.cells:
                cell.execution_count, cell.outputs = shared.results[index]
            else:
                cell.execution_count, cell.outputs = shell.run(cell.source, timeout=cell_timeout)
            if any(output["output_type"] == "error" for output in cell.outputs):
                nb_man.cell_exception(cell, index)
                nbformat.write(nb_man.nb, rest["failed"])
                return
            nb_man.cell_complete(cell, index)


papermill_engines.register(ENGINE, ShellEngine)
