"""The processes that make reports: forked from a warm one, or each with a plain kernel of its own."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, Protocol

from cdo_analysis.reports.job import Job

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_MOST_OPENED = 4
"""Warm processes that a batch may use up: something that kills each is no accident."""


@dataclass(frozen=True)
class End:
    """How a process ended.

    Attributes
    ----------
    id : str
        Of its job.
    status : int
        Exit code; negative for the signal that killed it.
    peak_kb : float
        Most memory that it held; 0 where that is not known.
    lost : bool
        True where it is not its own doing: the warm process was gone.
    late : bool
        True where it was killed because its time was over, by what started it.
    """

    id: str
    status: int
    peak_kb: float = 0.0
    lost: bool = False
    late: bool = False


class Processes(Protocol):
    """What makes reports."""

    name: str
    grace_s: float
    """Seconds that may pass before a job that was started really runs."""

    def room(self, workers: int) -> int:
        """Return how many jobs may run side by side now, where so many are asked for."""

    def start(self, job: Job) -> None:
        """Start a job."""

    def wait(self, seconds: float) -> list[End]:
        """Return jobs that ended, after so many seconds at most."""

    def kill(self, job: str) -> None:
        """Kill a job and the processes that it started; its end is told by :meth:`wait`."""

    def __enter__(self) -> Processes:
        """Nothing starts before :meth:`start`."""

    def __exit__(self, *_: object) -> None:
        """Kill what is left."""


def fork_is_possible() -> bool:
    """Tell whether this system forks processes safely: macOS has fork, and libraries that do not survive it."""
    return sys.platform == "linux"


def _environment() -> dict[str, str]:
    """Return the environment of a process that makes reports: one thread each, no folder of the user needed."""
    kept = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    home = os.path.expanduser("~")
    if not os.access(home, os.W_OK):
        folder = tempfile.mkdtemp(prefix="cdo-analysis-")
        kept |= dict.fromkeys(("IPYTHONDIR", "MPLCONFIGDIR", "JUPYTER_CONFIG_DIR", "XDG_CACHE_HOME"), folder)
        kept["JUPYTER_RUNTIME_DIR"] = folder
    return kept


class Fork:
    """Reports forked from a warm process (:mod:`cdo_analysis.reports.warm`)."""

    name = "fork"
    grace_s = 0.0

    def __init__(
        self,
        template: str,
        study: str,
        *,
        common: Mapping[str, Any],
        cell_s: float,
        memory_mb: float,
        pdf: bool = False,
    ) -> None:
        options: dict[str, Any] = {"template": template, "study": study, "common": dict(common)}
        options |= {"cell_timeout": cell_s, "memory_mb": memory_mb, "pdf": pdf}
        self.command = [sys.executable, "-m", "cdo_analysis.reports.warm", json.dumps(options)]
        self.environment = _environment()
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self.jobs: dict[str, int] = {}
        self.opened = 0
        self._open()

    def _open(self) -> None:
        self.opened += 1
        self.rest = b""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=self.environment,
            start_new_session=True,
        )

    def room(self, workers: int) -> int:
        """Return `workers`: whoever asks knows the machine."""
        return workers

    def __enter__(self) -> Fork:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait_until_ready(self, seconds: float) -> str:
        """Return why no report can be forked; empty where they can."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for event in self._events(0.5):
                if event["event"] in ("ready", "unsafe"):
                    return str(event["why"])
            if self.process.poll() is not None:
                return f"the warm process ended with {self.process.returncode}: {self._said()}"
        return f"the warm process was not ready within {seconds:g} s"

    def start(self, job: Job) -> None:
        """Start a job; a warm process that was killed is first replaced, a few times."""
        if self.process.poll() is not None and not self.jobs and self.opened < _MOST_OPENED:
            self._close_pipes()
            self._open()
        assert self.process.stdin is not None
        self.jobs[job.id] = 0
        try:
            self.process.stdin.write(f"{job.to_json()}\n".encode())
            self.process.stdin.flush()
        except OSError:  # it is gone: wait tells it
            return

    def wait(self, seconds: float) -> list[End]:
        """Return jobs that ended, after so many seconds at most."""
        ends = []
        for event in self._events(seconds):
            if event["event"] == "started":
                self.jobs[event["id"]] = event["pid"]
            elif event["event"] == "ended":
                self.jobs.pop(event["id"], None)
                ends.append(End(event["id"], event["status"], event["peak_kb"]))
        if not ends and self.process.poll() is not None:
            for pid in self.jobs.values():
                if pid:
                    kill_tree(pid)  # it died with the warm process; what it started may not have
            ends = [End(name, -signal.SIGKILL, lost=True) for name in self.jobs]
            self.jobs.clear()
        return ends

    def kill(self, job: str) -> None:
        """Kill a job and the processes of its session; one that never started is killed with the warm process."""
        pid = self.jobs.get(job, 0)
        if pid:
            kill_tree(pid)
        else:
            self.process.kill()

    def close(self) -> None:
        """End the warm process, and with it what runs."""
        for pid in self.jobs.values():
            if pid:
                kill_tree(pid)
        self._close_pipes()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def _close_pipes(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _events(self, seconds: float) -> list[dict[str, Any]]:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                return []
        read = os.read(self.process.stdout.fileno(), 1 << 16)
        if not read:
            time.sleep(0.05)  # its end is about to be known
        *lines, self.rest = (self.rest + read).split(b"\n")
        return [json.loads(line) for line in lines]

    def _said(self) -> str:
        self.log.seek(0)
        lines = self.log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


class Plain:
    """Each report in a process with a plain Jupyter kernel."""

    name = "kernel"
    grace_s = 0.0

    def __init__(self, *, memory_mb: float) -> None:
        self.memory_mb = memory_mb
        self.jobs: dict[str, subprocess.Popen[bytes]] = {}

    def room(self, workers: int) -> int:
        """Return `workers`: whoever asks knows the machine."""
        return workers

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.jobs):
            self.kill(name)

    def start(self, job: Job) -> None:
        """Start a job."""
        process = subprocess.Popen(
            [sys.executable, "-m", "cdo_analysis.reports.job", str(self.memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=os.name == "posix",
        )
        assert process.stdin is not None
        process.stdin.write(f"{job.to_json()}\n".encode())
        process.stdin.close()
        self.jobs[job.id] = process

    def wait(self, seconds: float) -> list[End]:
        """Return jobs that ended, after so many seconds at most."""
        until = time.monotonic() + seconds
        while True:
            ended = [name for name, process in self.jobs.items() if process.poll() is not None]
            if ended or time.monotonic() > until:
                return [End(name, self.jobs.pop(name).returncode) for name in ended]
            time.sleep(0.05)

    def kill(self, job: str) -> None:
        """Kill a job with its kernel and all that they started."""
        process = self.jobs.get(job)
        if process is not None:
            kill_tree(process.pid)
            process.wait()


def kill_tree(pid: int) -> None:
    """Kill a process, its descendants and its group; those that are gone already are no matter."""
    import psutil

    try:
        everyone = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        everyone = []
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    for process in everyone:
        try:
            process.kill()
        except psutil.Error:
            continue
