"""What Jupyter starts in place of a kernel: it has one forked from the warm process, and stands in for it.

Imports the standard library only, and little of it: this is what makes a kernel start at once. Signals go to the
kernel; its end is ours, with the same code; if this process dies, the warm one kills the kernel. Where no kernel can be
forked, this process becomes a plain one, and says why.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import selectors
import signal
import socket
import stat
import struct
import sys
from typing import Any, NoReturn

_READ_AT_IMPORT = ("PYTHON", "LC_", "LANG", "LD_", "MPL", "MATPLOTLIB", "NUMBA_", "ARROW_")
"""Variables of the environment that libraries read when they are imported: another value needs another warm process."""

_FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCONT")
_TRIES = 3
_LONGEST_PATH = 100


class CannotForkError(Exception):
    """No kernel can be forked; why, in a few words."""


def main() -> None:
    """Be the kernel of the connection file that is named, from outside, until it ends."""
    connection_file = sys.argv[1]
    try:
        _stand_in(connection_file)
    except (CannotForkError, OSError) as why:
        print(f"cdo-analysis: a plain kernel is started, because {why}", file=sys.stderr)
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", "-f", connection_file])


def _stand_in(connection_file: str) -> NoReturn:
    parent, wake = os.getppid(), _signals()
    for _ in range(_TRIES):
        warm = _connect(Meeting())
        told = _ask(warm, connection_file)
        if told["event"] == "started":
            _follow(warm, wake, parent)
        if told["event"] == "unsafe":
            raise CannotForkError(told["why"])
    raise CannotForkError("the warm process ended each time that it was asked")


def _signals() -> int:
    """Note signals instead of dying of them; return what can be read from when one came."""
    wake, woken = os.pipe()
    for end in (wake, woken):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(woken)
    for name in _FORWARDED:
        signal.signal(getattr(signal, name), lambda *_: None)
    return wake


class Meeting:
    """Where launchers and the warm process of a user find each other: a folder that is theirs alone.

    Raises
    ------
    CannotForkError
        The folder is open to others, or its name is too long for a socket.
    """

    def __init__(self) -> None:
        base = os.environ.get("XDG_RUNTIME_DIR", "")
        if not os.path.isdir(base) or not os.access(base, os.W_OK):
            base = os.environ.get("TMPDIR", "/tmp")
        folder = os.path.join(base, f"cdo-analysis-{os.getuid()}")
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise CannotForkError(f"{folder} is not a folder of this user alone")
        read = {name: value for name, value in sorted(os.environ.items()) if name.startswith(_READ_AT_IMPORT)}
        made_of = json.dumps([sys.executable, os.path.abspath(__file__), read])
        self.stem = os.path.join(folder, hashlib.sha256(made_of.encode("utf-8", "surrogateescape")).hexdigest()[:12])
        self.socket, self.lock, self.log = f"{self.stem}.sock", f"{self.stem}.lock", f"{self.stem}.log"
        if len(os.fsencode(self.socket)) > _LONGEST_PATH:
            raise CannotForkError(f"{folder} is too long a name for a socket; set TMPDIR to a shorter one")


def lock(path: str) -> int:
    """Return a file that is locked, once nobody else holds it, until it is closed."""
    file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def _connect(meeting: Meeting) -> socket.socket:
    """Return a connection to the warm process, which is started where there is none."""
    held = lock(meeting.lock)
    try:
        warm = socket.socket(socket.AF_UNIX)
        try:
            warm.connect(meeting.socket)
        except (FileNotFoundError, ConnectionRefusedError):
            _start(meeting)
            warm.connect(meeting.socket)
    finally:
        os.close(held)
    if peer_of(warm) != os.getuid():
        raise CannotForkError(f"{meeting.socket} belongs to another user")
    return warm


def peer_of(connection: socket.socket) -> int:
    """Return the user at the other end, as the system knows it."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def _start(meeting: Meeting) -> None:
    """Start the warm process; its socket listens already, so that nobody has to wait for it to be ready."""
    if os.path.lexists(meeting.socket):
        os.unlink(meeting.socket)
    with socket.socket(socket.AF_UNIX) as listening:
        before = os.umask(0o177)
        try:
            listening.bind(meeting.socket)
        finally:
            os.umask(before)
        listening.listen(64)
        _spawn(meeting, listening.fileno())


def _spawn(meeting: Meeting, listening: int) -> None:
    import subprocess

    one_thread = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JPY_")}
    kept |= dict.fromkeys(one_thread, "1") | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    command = [sys.executable, "-P", "-m", "cdo_analysis.reports.kernels.server", str(listening), meeting.stem]
    with open(os.open(meeting.log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as log:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=kept,
            cwd="/",
            pass_fds=[listening],
            start_new_session=True,
        )
    if done.returncode:  # it comes back at once, and works on in the background
        raise CannotForkError(f"the warm process did not start; {meeting.log} says why")


def _ask(warm: socket.socket, connection_file: str) -> dict[str, Any]:
    """Ask for a kernel with this process's environment, folder and files; return the first answer."""
    before = os.umask(0)
    os.umask(before)
    asked = {"file": os.path.abspath(connection_file), "env": dict(os.environ), "cwd": os.getcwd(), "umask": before}
    try:
        socket.send_fds(warm, [b"\n"], [0, 1, 2])
        warm.sendall(json.dumps(asked).encode() + b"\n")
        answer = _line(warm)
    except (BrokenPipeError, ConnectionResetError):
        answer = b""
    return json.loads(answer) if answer else {"event": "gone"}


def _line(warm: socket.socket) -> bytes:
    read = b""
    while not read.endswith(b"\n"):
        more = warm.recv(4096)
        if not more:
            return b""
        read += more
    return read


def _follow(warm: socket.socket, wake: int, parent: int) -> NoReturn:
    """Send signals on until the kernel ends, then end as it did; end too when whoever started us is gone."""
    selector = selectors.DefaultSelector()
    selector.register(warm, selectors.EVENT_READ)
    selector.register(wake, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select(1.0):
            if key.fd == wake:
                for number in os.read(wake, 64):
                    warm.sendall(b"%d\n" % number)
            else:
                answer = _line(warm)
                _end_as(json.loads(answer)["status"] if answer else -signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _end_as(status: int) -> NoReturn:
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status if status >= 0 else 1)


if __name__ == "__main__":
    main()
