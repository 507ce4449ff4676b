"""The warm process: everything imported, the study opened, the cells above the parameters run; reports fork from it.

Reads jobs on standard input, one a line, and writes events on standard output: ``ready`` or ``unsafe`` (with why), then
``started`` and ``ended`` for each job. When standard input closes, whoever asked is gone: what runs is killed.
Only a process of one Python thread, with libraries that survive a fork, may be forked from; :func:`unsafe` tells.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import selectors
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

_NEVER_AFTER = ("polars", "duckdb", "lightgbm", "ray", "torch", "tensorflow")
"""Libraries whose threads hang in a forked process once they have run."""

_IRI_GRAMMAR = "rfc3987_syntax"
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
        sys.modules[_IRI_GRAMMAR] = None  # type: ignore[assignment]
        import nbformat

        from cdo_analysis.errors import UsageError
        from cdo_analysis.reports import shell
        from cdo_analysis.reports.formats.pdf import warm_up as warm_up_pdf
        from cdo_analysis.reports.template import open_template

        self.events, self.options = events, options
        self.shell = shell.open_shell()
        template = nbformat.read(open_template(options["template"]).path, as_version=4)
        self.shared = shell.run_shared(self.shell, template.cells, timeout=options["cell_timeout"])
        if options["study"]:
            from cdo_analysis.exhibits import warm_up
            from cdo_analysis.pipeline import open_study

            warm_up(open_study(options["study"]))
        if options["pdf"]:
            with contextlib.suppress(UsageError):  # each report says it for itself
                warm_up_pdf()
        self.running: dict[int, tuple[str, int]] = {}
        self.selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Fork for each job that comes; tell when one ends."""
        gc.collect()
        gc.freeze()  # pages that the collector never touches stay shared between processes
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asked, who tells us
        self.selector.register(0, selectors.EVENT_READ)
        rest = b""
        while True:
            for key, _ in self.selector.select():
                if key.fd != 0:
                    self._ended(key.fd)
                    continue
                read = os.read(0, 1 << 16)
                if not read:
                    self._kill_all()
                    return
                *lines, rest = (rest + read).split(b"\n")
                for line in lines:
                    self._start(line.decode("utf-8"))

    def _start(self, line: str) -> None:
        from cdo_analysis.reports.job import Job

        job = Job.from_json(line)
        ours, theirs = os.pipe()  # closed with the process that holds its other end: how an end is noticed
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(ours)
            self._child(job, parent)
        os.close(theirs)
        self.running[ours] = (job.id, pid)
        self.selector.register(ours, selectors.EVENT_READ)
        print(json.dumps({"event": "started", "id": job.id, "pid": pid}), file=self.events)

    def _child(self, job: Any, parent: int) -> None:
        """Make one report and leave; nothing of the parent is run again."""
        code = 1
        try:
            os.setsid()
            _die_with(parent)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            _limit_memory(self.options["memory_mb"])
            _reseed(job.values)
            from cdo_analysis.reports.job import perform

            code = perform(job, self._execute)
        except BaseException as error:
            print(f"{job.id}: {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _execute(self, notebook: Any, values: Mapping[str, Any], staging: Path) -> Any:
        import papermill

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
        )

    def _ended(self, pipe: int) -> None:
        name, pid = self.running.pop(pipe)
        self.selector.unregister(pipe)
        os.close(pipe)
        _, status, used = os.wait4(pid, 0)
        ended = {"event": "ended", "id": name, "status": os.waitstatus_to_exitcode(status), "peak_kb": used.ru_maxrss}
        print(json.dumps(ended), file=self.events)

    def _kill_all(self) -> None:
        for _, pid in self.running.values():
            for kill in (os.killpg, os.kill):
                try:
                    kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue


def _die_with(parent: int) -> None:
    """Ask the system (Linux) to kill this process with its parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _limit_memory(megabytes: float) -> None:
    """Let this process take so much memory on top of what it started with."""
    if megabytes and sys.platform == "linux":
        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limit = now + int(megabytes * 1_000_000)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


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
