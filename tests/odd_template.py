"""A template whose body is given: what the tests of unattended runs make faults with."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_notebook

COVER = "view.cover('Un titre', '', ['Des mots.'])"
CLI = [sys.executable, "-c", "from cdo_analysis.cli import main; main()"]


def write_template(
    folder: Path, *body: str, name: str = "odd", above: str = "import cdo_analysis as cdo", more: str = ""
) -> str:
    """Write a template whose body stands between a parameters cell and a cover; return its path."""
    parameters = new_code_cell(f'study: str = "sample"\n{more}', metadata={"tags": ["parameters"]})
    cells = [new_code_cell(above), parameters, new_code_cell("view = cdo.view(cdo.open_study(study))")]
    notebook = new_notebook(cells=[*cells, *(new_code_cell(source) for source in body), new_code_cell(COVER)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # nbformat draws one at random
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return str(path)


def running(word: str) -> list[int]:
    """Return the processes that live and have a word in their command."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if process.info["status"] != psutil.STATUS_ZOMBIE and word in " ".join(process.info["cmdline"] or []):
            found.append(process.pid)
    return found


def wait_for(happens: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something happens; fail where it does not."""
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.05)
