"""The warm process: everything imported, the study opened, the cells above the parameters run; reports fork from it.

Reads jobs on standard input, one a line, and writes events on standard output: ``ready`` or ``unsafe`` (with why), then
``started`` and ``ended`` for each job. When standard input closes, whoever asked is gone: what runs is killed.
Only a process of one Python thread, with libraries that survive a fork, may be forked from; :func:`unsafe` tells.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cdo_analysis.reports.children import Children

if TYPE_CHECKING:
    from cdo_analysis.reports.job import Job

_NEVER_AFTER = ("polars", "duckdb", "lightgbm", "ray", "torch", "tensorflow")
"""Libraries whose threads hang in a forked process once they have run."""

IRI_GRAMMAR = "rfc3987_syntax"
"""Compiled at import for 0.8 s, to check the form of web addresses that no notebook of ours has."""


def main() -> None:
    """Serve reports of one template and study until standard input closes."""
    options = json.loads(sys.argv[1])
    events = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        server = _Server(options, events)
    except Exception as error:  # said to whoever asked, who falls back to plain kernels and shows the same error
        print(json.dumps({"event": "unsafe", "why": f"{type(error).__name__}: {error}"}), file=events)
        return
    why = unsafe()
    print(json.dumps({"event": "unsafe" if why else "ready", "why": why}), file=events)
    if not why:
        server.serve()


def unsafe() -> str:
    """Return why no process may be forked from this one; empty where it may."""
    import threading

    if not hasattr(os, "fork"):
        return "this system has no fork"
    if threading.active_count() > 1:
        names = ", ".join(thread.name for thread in threading.enumerate()[1:])
        return f"the cells above the parameters left threads running ({names})"
    used = [name for name in _NEVER_AFTER if name in sys.modules]
    if used:
        return f"{', '.join(used)} may have started threads that a forked process waits for in vain"
    from threadpoolctl import threadpool_info

    several = {pool["internal_api"] for pool in threadpool_info() if pool["num_threads"] > 1}
    return f"{', '.join(sorted(several))} uses several threads" if several else ""


class _Server:
    """Forks a process for each job and tells when it ended."""

    def __init__(self, options: Mapping[str, Any], events: TextIO) -> None:
        sys.modules[IRI_GRAMMAR] = None  # type: ignore[assignment]
        import nbformat

        from cdo_analysis.errors import UsageError
        from cdo_analysis.reports import shell
        from cdo_analysis.reports.formats.pdf import warm_up as warm_up_pdf
        from cdo_analysis.reports.template import open_template

        self.events, self.options = events, options
        self.shell = shell.open_shell()
        template = open_template(options["template"])
        cells = nbformat.read(template.path, as_version=4).cells
        self.shared = shell.run_shared(self.shell, cells, timeout=options["cell_timeout"])
        if options["study"]:
            from cdo_analysis.exhibits import rehearse, warm_up
            from cdo_analysis.pipeline import open_study

            seen = {name: options["common"][name] for name in ("language", "disclosure") if name in options["common"]}
            prepare = rehearse if "company" in template.parameters else warm_up
            prepare(open_study(options["study"]), **seen)
        if options["pdf"]:
            with contextlib.suppress(UsageError):  # each report says it for itself
                warm_up_pdf()
        self.children = Children()
        self.jobs: dict[int, str] = {}
        self.selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Fork for each job that comes; tell when one ends."""
        gc.collect()
        gc.freeze()  # pages that the collector never touches stay shared between processes
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asked, who tells us
        self.selector.register(0, selectors.EVENT_READ)
        self.selector.register(self.children, selectors.EVENT_READ)
        rest = b""
        while True:
            for key, _ in self.selector.select():
                if key.fd != 0:
                    self._tell_ended()
                    continue
                read = os.read(0, 1 << 16)
                if not read:
                    self.children.kill_all()
                    return
                *lines, rest = (rest + read).split(b"\n")
                for line in lines:
                    self._start(line.decode("utf-8"))

    def _start(self, line: str) -> None:
        from cdo_analysis.reports.job import Job

        job = Job.from_json(line)
        pid = self.children.start(partial(self._make, job))
        self.jobs[pid] = job.id
        print(json.dumps({"event": "started", "id": job.id, "pid": pid}), file=self.events)

    def _make(self, job: Job) -> int:
        """Make one report, in the process that was forked for it."""
        from cdo_analysis.reports.job import limit_memory, perform

        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        limit_memory(self.options["memory_mb"])
        _reseed(job.values)
        return perform(job, self._execute)

    def _execute(self, notebook: Any, values: Mapping[str, Any], staging: Path) -> Any:
        import papermill

        from cdo_analysis.reports.job import FAILED
        from cdo_analysis.reports.shell import ENGINE

        return papermill.execute_notebook(
            notebook,
            None,
            parameters=dict(values),
            engine_name=ENGINE,
            kernel_name="python3",
            cwd=str(staging),
            progress_bar=False,
            shell=self.shell,
            shared=self.shared,
            cell_timeout=self.options["cell_timeout"],
            failed=staging / FAILED,
        )

    def _tell_ended(self) -> None:
        for end in self.children.ended():
            told = {"event": "ended", "id": self.jobs.pop(end.pid), "status": end.status, "peak_kb": end.peak_kb}
            print(json.dumps(told), file=self.events)


def _reseed(values: Mapping[str, Any]) -> None:
    """Give each report random numbers of its own, the same ones each time it is made."""
    import hashlib
    import random

    import numpy as np

    name = json.dumps(values, sort_keys=True)
    seed = int.from_bytes(hashlib.sha256(name.encode("utf-8")).digest()[:4], "big")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - what cells may use, without a generator of their own


if __name__ == "__main__":
    main()
