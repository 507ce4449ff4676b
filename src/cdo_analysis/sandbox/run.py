"""One parser, in a process of its own, with limits of memory and time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from cdo_analysis.errors import InputError

Parser = Literal["workbook", "page", "statistics", "columnar"]

MEMORY_BYTES = 1_000_000_000
CPU_SECONDS = 10
WALL_SECONDS = 60
"""Longer than the processor time: a busy machine is no fault of the file."""
LARGEST_RESULT = 600_000_000

_WAY_OUT = "save it again, or export the answers as CSV"


def parse(parser: Parser, data: bytes, name: str, **options: Any) -> dict[str, Any]:
    """Parse the bytes of a file in a child process.

    Parameters
    ----------
    parser : {'workbook', 'page', 'statistics', 'columnar'}
        Module of this package; its function ``read`` gets the path of a copy of the file, its name and `options`.
    data : bytes
    name : str
        Name of the file, for the errors.
    **options
        What the parser takes besides; it must be JSON.

    Returns
    -------
    dict
        What the parser returned.

    Raises
    ------
    InputError
        The parser refused the file, died, or went beyond its memory or time.
    """
    with tempfile.TemporaryDirectory(prefix="cdo-analysis-") as folder:
        source, result = Path(folder) / "in", Path(folder) / "out.json"
        source.write_bytes(data)
        order: dict[str, Any] = {"parser": parser, "name": name, "options": options}
        order |= {"memory": MEMORY_BYTES, "seconds": CPU_SECONDS, "largest": LARGEST_RESULT}
        status = _run(folder, json.dumps(order))
        found = _result(result)
    if found is None:
        raise InputError(f"{name} could not be read: {_why(status)}; it is damaged or too large: {_WAY_OUT}.")
    if "error" in found:
        raise InputError(found["error"])
    return found


def _run(folder: str, order: str) -> int | None:
    """Run the child to its end; return its status, None where its time was up."""
    command = [sys.executable, "-P", "-m", "cdo_analysis.sandbox.child"]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_IO_THREADS"), "1")
    try:
        done = subprocess.run(
            command,
            input=order.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **threads},
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def _result(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _why(status: int | None) -> str:
    """Return why there is no result, in words.

    Examples
    --------
    >>> _why(-11), _why(None)
    ('its parser was stopped by SIGSEGV', 'its parser ran for more than 60 s')
    """
    if status is None:
        return f"its parser ran for more than {WALL_SECONDS} s"
    if status < 0:
        cause = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
        too_long = -status in (getattr(signal, "SIGXCPU", -1), getattr(signal, "SIGKILL", -1))
        return f"its parser used more than {CPU_SECONDS} s" if too_long else f"its parser was stopped by {cause}"
    return f"its parser ended with status {status}"
