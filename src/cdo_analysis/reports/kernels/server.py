"""The warm process that kernels are forked from: one a user, started on demand, gone when nobody needs it.

A connection is a kernel: the launcher at its other end asks for it, passes its own standard files, and sends signals;
when the connection closes, the kernel is killed. Only the same user is served. If the code of the package or the
installed libraries change, this process forks no more, and the next launcher starts another.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
import select
import selectors
import signal
import socket
import sys
import sysconfig
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from cdo_analysis.reports.children import Children, Ended, kill_group
from cdo_analysis.reports.kernels.launcher import lock, peer_of
from cdo_analysis.resources import package_dir

_IDLE_S = 1_800.0
_SLOWEST_REQUEST_S = 5.0
_FIRST = (
    *("pandas", "pyarrow.parquet", "scipy.stats", "sklearn.cluster", "sklearn.linear_model", "sklearn.ensemble"),
    *("matplotlib.pyplot", "seaborn", "ipykernel.kernelapp", "ipykernel.ipkernel"),
    *("cdo_analysis.pipeline", "cdo_analysis.exhibits", "cdo_analysis.intake", "cdo_analysis.weighting"),
)
"""What analysts import first; not the backend of matplotlib, which looks for a kernel when it is imported."""


def main() -> None:
    """Serve launchers on the socket that was handed over, until none came for a while."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    if os.fork():
        os._exit(0)  # nobody's child: who kills all that one kernel started must not kill this
    before = fingerprint()
    why = _warm_up()
    _Server(listening, sys.argv[2], before, why).serve()


def fingerprint() -> str:
    """Return what changes when the code of the package, or the installed libraries, do."""
    digest = hashlib.sha256()
    for folder, _, names in sorted(os.walk(package_dir("."))):
        if not folder.endswith("__pycache__"):
            for name in sorted(names):
                found = os.stat(os.path.join(folder, name))
                digest.update(f"{folder}/{name}:{found.st_mtime_ns}:{found.st_size}\n".encode())
    for kind in ("purelib", "platlib"):
        with contextlib.suppress(OSError):
            digest.update(str(os.stat(sysconfig.get_path(kind)).st_mtime_ns).encode())
    return digest.hexdigest()


def _warm_up() -> str:
    """Import what kernels will; return why none may be forked from here, empty where they may."""
    from importlib import import_module

    from cdo_analysis.reports.warm import IRI_GRAMMAR, unsafe

    sys.modules[IRI_GRAMMAR] = None  # type: ignore[assignment]
    for name in _FIRST:
        import_module(name)
    del sys.modules[IRI_GRAMMAR]
    return unsafe()


class _Server:
    """Forks a kernel for each launcher that asks."""

    def __init__(self, listening: socket.socket, stem: str, before: str, why: str) -> None:
        self.listening, self.stem, self.before, self.why = listening, stem, before, why
        self.children = Children()
        self.kernels: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.last = time.monotonic()
        self.idle_s = float(os.environ.get("CDO_ANALYSIS_KERNEL_IDLE_S", _IDLE_S))
        self.retired = False

    def serve(self) -> None:
        """Answer until there is no kernel and no launcher for so long, or until this process is out of date."""
        gc.collect()
        gc.freeze()  # pages that the collector never touches stay shared between processes
        self.listening.setblocking(False)
        self.selector.register(self.listening, selectors.EVENT_READ)
        self.selector.register(self.children, selectors.EVENT_READ)
        while self.kernels or not self._may_leave():
            for key, _ in self.selector.select(1.0 if not self.kernels else None):
                if key.fileobj is self.listening:
                    self._accept()
                elif key.fileobj is self.children:
                    for end in self.children.ended():
                        self._tell(end)
                else:
                    self._hear(key.data)

    def _may_leave(self) -> bool:
        """Tell whether nobody needs this process; nobody can find it then."""
        if self.retired:
            return True
        if time.monotonic() - self.last < self.idle_s:
            return False
        held = lock(f"{self.stem}.lock")
        try:
            asked = select.select([self.listening], [], [], 0)[0]  # while the lock is held nobody else can come
            if not asked:
                self._retire()
            return self.retired
        finally:
            os.close(held)

    def _retire(self) -> None:
        self.retired = True
        self.selector.unregister(self.listening)
        self.listening.close()
        for suffix in (".sock", ".log"):
            with contextlib.suppress(OSError):
                os.unlink(f"{self.stem}{suffix}")

    def _accept(self) -> None:
        try:
            connection, _ = self.listening.accept()
        except BlockingIOError:
            return
        self.last = time.monotonic()
        connection.settimeout(_SLOWEST_REQUEST_S)
        asked, files = {}, list[int]()
        try:
            if peer_of(connection) == os.getuid():
                _, files, _, _ = socket.recv_fds(connection, 1, 3)
                asked = json.loads(_line(connection))
            if not asked or len(files) != 3:
                connection.close()
            elif self.why or fingerprint() != self.before:
                self._refuse(connection)
            else:
                self._fork(connection, asked, files)
        except (OSError, ValueError):
            connection.close()
        finally:
            for file in files:
                os.close(file)

    def _refuse(self, connection: socket.socket) -> None:
        """Send a launcher away: for good, or to another process, of the code as it is now."""
        held = None if self.why else lock(f"{self.stem}.lock")
        try:
            if held is not None:
                self._retire()
            _say(connection, {"event": "unsafe" if self.why else "stale", "why": self.why})
            connection.close()
        finally:
            if held is not None:
                os.close(held)

    def _fork(self, connection: socket.socket, asked: dict[str, Any], files: Sequence[int]) -> None:
        pid = self.children.start(partial(self._be_kernel, asked, files))
        connection.settimeout(None)
        self.kernels[pid] = connection
        self.selector.register(connection, selectors.EVENT_READ, pid)
        _say(connection, {"event": "started", "pid": pid})

    def _be_kernel(self, asked: dict[str, Any], files: Sequence[int]) -> int:
        """Run a kernel, in the process that was forked for it, as if its launcher had become it."""
        for other in (self.listening, *self.kernels.values()):
            other.close()
        self.selector.close()
        for place, file in enumerate(files):
            os.dup2(file, place)
            os.close(file)
        os.environ.clear()
        os.environ.update(asked["env"])
        os.umask(asked["umask"])
        with contextlib.suppress(OSError):
            os.chdir(asked["cwd"])
        time.tzset()
        gc.unfreeze()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _as_fresh()
        return _run_kernel(asked["file"])

    def _hear(self, pid: int) -> None:
        """Send on the signals that a launcher names; kill the kernel of one that is gone."""
        try:
            read = self.kernels[pid].recv(4096)
        except OSError:
            read = b""
        for number in read.split():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, int(number))
        if not read:
            self.selector.unregister(self.kernels[pid])
            kill_group(pid)

    def _tell(self, end: Ended) -> None:
        connection = self.kernels.pop(end.pid)
        self.last = time.monotonic()
        with contextlib.suppress(KeyError):
            self.selector.unregister(connection)
        with contextlib.suppress(OSError):
            _say(connection, {"event": "ended", "status": end.status})
        connection.close()


def _line(connection: socket.socket) -> bytes:
    read = b""
    while not read.endswith(b"\n"):
        more = connection.recv(1 << 16)
        if not more:
            return b"{}"
        read += more
    return read


def _say(connection: socket.socket, told: dict[str, Any]) -> None:
    connection.sendall(json.dumps(told).encode() + b"\n")


def _as_fresh() -> None:
    """Give a forked process what a new one has: random numbers of its own, and threads for linear algebra."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    np.random.seed()  # noqa: NPY002 - what cells may use, without a generator of their own
    threadpool_limits(int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0))))


def _run_kernel(file: str) -> int:
    import atexit

    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher", "-f", file]
    code: Any = 0
    try:
        app = IPKernelApp.instance(parent_handle=os.getppid())
        app.initialize(sys.argv[1:])
        app.start()
    except SystemExit as left:
        code = left.code
    finally:
        atexit._run_exitfuncs()  # os._exit does not
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    main()
