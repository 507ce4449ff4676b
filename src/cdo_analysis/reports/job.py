"""One report, made in the process that was given to it: executed, checked, rendered, and left in a folder.

Nothing here writes where readers look. The last file written, :data:`RESULT`, says what came of it; without it, the
process died.
"""

from __future__ import annotations

import copy
import errno
import hashlib
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cdo_analysis.errors import (
    CdoAnalysisError,
    DisclosureError,
    ProcessDiedError,
    PublishError,
    ReportError,
    TimeLimitError,
)
from cdo_analysis.reports.disclosed import CELLS, WITHHELD, cells_to_withhold, take_cells
from cdo_analysis.reports.formats import SUFFIXES, make_format
from cdo_analysis.reports.private import check_no_secret, folders_of, hide_folders

RESULT, NOTEBOOK, PAGE, FAILED = "result.json", "executed.ipynb", "page.html", "failed.ipynb"

MOST_TEXT = 200_000
"""Characters of printed text that a cell may add to the notebook; the rest is left out, and said."""

MORE_TEXT = "\n… (more was printed)\n"

_MOST_MB = 100
_MOST_ROUNDS = 6
_PR_SET_CHILD_SUBREAPER = 36


def staged(made: str) -> str:
    """Return the name of a format's file in the folder of a job."""
    return f"page.{SUFFIXES[made]}"


Execute = Callable[[Any, Mapping[str, Any], Path], Any]
"""A notebook, values of its parameters and a folder to work in; the executed notebook."""


@dataclass(frozen=True)
class Job:
    """What a process is asked to make.

    Attributes
    ----------
    id : str
    template : str
        What opens the template: its name, or its path.
    values : dict
        Parameters, checked.
    staging : str
        Folder that is there, empty, and nobody else's.
    cell_timeout : float
        Seconds that a cell may take.
    formats : tuple of str
        What is made beside the page: see :mod:`cdo_analysis.reports.formats`.
    """

    id: str
    template: str
    values: dict[str, Any]
    staging: str
    cell_timeout: float
    formats: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the template."""
        return Path(self.template).stem

    def to_json(self) -> str:
        """Return the job on one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Job:
        """Return the job that :meth:`to_json` wrote."""
        known = json.loads(line)
        return cls(**{**known, "formats": tuple(known["formats"])})


def perform(job: Job, execute: Execute) -> int:
    """Make the report of a job; return the exit code of its process.

    0 where the report is there, 1 where the result says why not, and that of :class:`~cdo_analysis.errors.PublishError`
    where not even the result could be written.
    """
    staging = Path(job.staging)
    try:
        result = _make(job, execute, staging)
    except Exception as error:
        result = _failure(job, error)
    except SystemExit:
        result = _failure(job, ReportError(f"{job.name} left before its end (sys.exit); nothing is published."))
    try:
        _write(staging / RESULT, json.dumps(result).encode("utf-8"))
    except OSError:
        return PublishError.exit_code
    return int(result["state"] != "succeeded")


def _make(job: Job, execute: Execute, staging: Path) -> dict[str, Any]:
    import nbformat

    from cdo_analysis.reports.page import render_page
    from cdo_analysis.reports.template import open_template

    logging.getLogger("papermill").setLevel(logging.ERROR)
    template = open_template(job.template)
    source = nbformat.read(template.path, as_version=4)
    notebook, cells = _execute_safely(job, execute, source, staging)
    _write(staging / CELLS, json.dumps(cells, ensure_ascii=False).encode("utf-8"))
    strip(notebook)
    check_no_secret(job.name, notebook)
    hide_folders(notebook, folders_of(job.values, staging))
    title, html = render_page(notebook, template=job.name)
    made = {NOTEBOOK: nbformat.writes(notebook).encode("utf-8"), PAGE: html.encode("utf-8")}
    if len(made[NOTEBOOK]) > _MOST_MB * 1_000_000:
        raise ReportError(f"{job.name} takes {len(made[NOTEBOOK]) // 1_000_000} MB, more than {_MOST_MB}; show less.")
    made |= {staged(name): make_format(name, notebook, html) for name in job.formats}
    for name, data in made.items():
        _write(staging / name, data)
    files = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in made.items()}
    return {"state": "succeeded", "title": title, "template": template.sha256, "files": files}


def _execute_safely(job: Job, execute: Execute, source: Any, staging: Path) -> tuple[Any, list[Any]]:
    """Execute a notebook; where its tables together open a cell, again with more cells hidden, until they do not.

    What still opens one after a few rounds is left to the audit that precedes publication, which refuses it.
    """
    withheld: list[Any] = []
    with _withholding() as withhold:
        for _ in range(_MOST_ROUNDS):
            notebook = execute(copy.deepcopy(source), job.values, staging)
            (staging / FAILED).unlink(missing_ok=True)
            check_complete(job.name, notebook)
            cells = take_cells(notebook)
            more = cells_to_withhold(cells, job.values, withheld)
            if not more:
                break
            withheld += more
            withhold(withheld)
    return notebook, cells


@contextmanager
def _withholding() -> Iterator[Callable[[list[Any]], None]]:
    """Tell the views of this process, and of its kernel, which groups to hide besides; nothing is left behind."""
    before = os.environ.pop(WITHHELD, None)
    try:
        yield lambda cells: os.environ.update({WITHHELD: json.dumps(cells)})
    finally:
        os.environ.pop(WITHHELD, None)
        if before is not None:
            os.environ[WITHHELD] = before


def _write(path: Path, data: bytes) -> None:
    """Write a file and wait until the disk has it, so that a full one is an error here and not after publication."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _failure(job: Job, error: Exception) -> dict[str, Any]:
    said = explain(job.name, error)
    return {
        "state": "failed",
        "kind": _kind(error),
        "error": type(said).__name__,
        "exit_code": said.exit_code,
        "message": str(said),
        "cell": getattr(error, "exec_count", None),
        "traceback": _plain("".join(traceback.format_exception(error))[-20_000:]),
    }


def _kind(error: Exception) -> str:
    name = getattr(error, "ename", type(error).__name__)
    if name == "MemoryError":
        return "out_of_memory"
    if name == "DeadKernelError":
        return "process_died"
    if _not_started(error):
        return "not_started"
    if "Timeout" in name:
        return "timeout"
    if isinstance(error, OSError):
        return "disk_full" if error.errno == errno.ENOSPC else "cannot_write"
    return "notebook_error"


def explain(template: str, error: Exception) -> CdoAnalysisError:
    """Return the error that says in one sentence why a template did not run to its end."""
    from papermill.exceptions import PapermillExecutionError

    if isinstance(error, CdoAnalysisError):
        return error
    if isinstance(error, PapermillExecutionError):
        text = _plain(error.evalue).strip()
        ours = {CdoAnalysisError.__name__} | {cls.__name__ for cls in CdoAnalysisError.__subclasses__()}
        why = text if error.ename in ours else f"{error.ename}: {text}".rstrip(": ")
        if error.ename == "CellTimeoutError":
            return TimeLimitError(f"{template} stopped in cell {error.exec_count}: {text}.")
        if error.ename == DisclosureError.__name__:
            return DisclosureError(f"{template} stopped in cell {error.exec_count}: {why}")
        return ReportError(f"{template} stopped in cell {error.exec_count}: {why}")
    name = type(error).__name__
    if name == "DeadKernelError":
        return ProcessDiedError(f"{template}: its kernel died; nothing is published. Was there enough memory?")
    if _not_started(error):
        return ProcessDiedError(f"{template}: its kernel did not start ({_plain(str(error)).strip()}).")
    if "Timeout" in name:  # before OSError, of which Python's own is one
        return TimeLimitError(f"{template}: {_said_of_time(_plain(str(error)))}")
    if isinstance(error, OSError):
        return PublishError(_not_written(template, error.strerror))
    return ReportError(f"{template} did not run to its end ({type(error).__name__}: {_plain(str(error))}).")


def _not_started(error: Exception) -> bool:
    """Tell whether it is what jupyter_client says of a kernel that never answered: no fault of the notebook."""
    return (
        type(error) is RuntimeError
        and "Kernel" in str(error)
        and ("died before" in str(error) or "respond" in str(error))
    )


def _said_of_time(text: str) -> str:
    """Return what nbclient says of a cell that took too long: its first sentence, and the first line of the cell."""
    said, _, cell = text.strip().partition("-------------------\n")
    first = cell.strip().partition("\n")[0]
    return f"{said.splitlines()[0]}{f' It starts with: {first}' if first else ''}"


def _not_written(template: str, why: str | None) -> str:
    return f"{template} cannot be written: {why}; free some space, or choose another --out."


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def check_complete(template: str, notebook: Mapping[str, Any]) -> None:
    """Make sure that every cell ran and that none ended in an error.

    Raises
    ------
    ReportError
        One did not, though nothing was raised: a kernel that dies can look so.
    """
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    if any(cell.get("execution_count") is None for cell in code):
        raise ReportError(f"{template}: a cell did not run, though no error was reported; nothing is published.")
    if any(output["output_type"] == "error" for cell in code for output in cell["outputs"]):
        raise ReportError(f"{template}: a cell ended in an error; nothing is published.")


def strip(notebook: Any) -> None:
    """Leave out what changes from run to run and from machine to machine: times, paths, messages of libraries."""
    notebook["metadata"].pop("papermill", None)
    notebook["metadata"]["language_info"] = {"name": "python"}
    for cell in notebook["cells"]:
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["id"] = "injected-parameters"  # papermill draws one at random
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        if cell["cell_type"] == "code":
            kept = _capped(cell["outputs"])
            cell["outputs"] = [output for output in kept if output.get("name") != "stderr"]


def _capped(outputs: list[Any]) -> list[Any]:
    """Return outputs with the first :data:`MOST_TEXT` characters of what was printed."""
    printed, kept = 0, []
    for output in outputs:
        if output["output_type"] == "stream":
            if printed > MOST_TEXT:
                continue
            left = MOST_TEXT - printed
            printed += len(output["text"])
            if printed > MOST_TEXT:
                output["text"] = f"{output['text'][:left]}{MORE_TEXT}"
        kept.append(output)
    return kept


def limit_memory(megabytes: float) -> None:
    """Let this process, and those that it starts, take so much memory each on top of what this one has now."""
    if megabytes and sys.platform == "linux":
        import resource

        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limit = now + int(megabytes * 1_000_000)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def in_kernel(notebook: Any, values: Mapping[str, Any], staging: Path, *, cell_timeout: float) -> Any:
    """Execute a notebook in a plain Jupyter kernel."""
    import papermill
    from traitlets.config import Config

    # Files that only this user can open, where the system has them; else TCP.
    config = Config({"KernelManager": {"transport": "ipc"}} if os.name == "posix" else {})
    return papermill.execute_notebook(
        notebook,
        str(staging / FAILED),  # what is published is written from what comes back
        parameters=dict(values),
        kernel_name="python3",
        cwd=str(staging),
        progress_bar=False,
        execution_timeout=cell_timeout,
        shutdown_kernel="immediate",
        request_save_on_cell_execute=False,
        config=config,
    )


def main() -> None:
    """Make the report of the job on standard input, in a plain kernel; its first argument is the limit of memory."""
    from functools import partial

    job = Job.from_json(sys.stdin.readline())
    _adopt_orphans()
    limit_memory(float(sys.argv[1]))
    code = perform(job, partial(in_kernel, cell_timeout=job.cell_timeout))
    _end_children()
    sys.exit(code)


def _adopt_orphans() -> None:
    """Become (Linux) the parent of processes whose own has gone, so that they can be found."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _end_children() -> None:
    """Kill what the kernel left behind."""
    import contextlib

    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()


if __name__ == "__main__":
    main()
