"""Processes forked from this one: they start apart, their end is noticed, and what they started ends with them.

For a process of one thread that waits for events: give it to a selector, and ask :meth:`Children.ended` when it wakes.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Ended:
    """A process that ended.

    Attributes
    ----------
    pid : int
    status : int
        Exit code; negative for the signal that killed it.
    peak_kb : float
        Most memory that it held.
    """

    pid: int
    status: int
    peak_kb: float


class Children:
    """Processes forked from this one, each the leader of a session of its own."""

    def __init__(self) -> None:
        self.pids: set[int] = set()
        self.wake, self.woken = os.pipe()
        for end in (self.wake, self.woken):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def fileno(self) -> int:
        """Return what can be read from when a process ended: for a selector."""
        return self.wake

    def start(self, work: Callable[[], int]) -> int:
        """Fork a process that does `work` and leaves with the code it returns; return its number."""
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._live_apart(work, parent)
        self.pids.add(pid)
        return pid

    def _live_apart(self, work: Callable[[], int], parent: int) -> None:
        """Do the work and leave; nothing of the parent is run again."""
        code = 1
        try:
            os.setsid()
            _die_with(parent)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(self.wake)
            os.close(self.woken)
            code = work()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def ended(self) -> list[Ended]:
        """Return the processes that ended since the last call; what they left running in their group is killed."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.wake, 4096):
                pass
        found = []
        for pid in list(self.pids):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            kill_group(pid)  # before its number is free for another
            _, status, used = os.wait4(pid, 0)
            self.pids.discard(pid)
            found.append(Ended(pid, os.waitstatus_to_exitcode(status), used.ru_maxrss))
        return found

    def kill_all(self) -> None:
        """Kill every process that runs, with its group."""
        for pid in self.pids:
            kill_group(pid)


def kill_group(pid: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to a process and its group; those that are gone already are no matter."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, number)


def _die_with(parent: int) -> None:
    """Ask the system (Linux) to kill this process with its parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
