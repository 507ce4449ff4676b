"""The machine: encoding, folders, disk, memory, cores and threads, time zone, fork, user."""

from __future__ import annotations

import locale
import os
import shutil
import sys
import tempfile
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

from cdo_analysis.workbench.doctor.finding import Finding, State

_MB = 1024 * 1024
DISK_NEEDED_MB, DISK_WANTED_MB = 300, 2_000
MEMORY_NEEDED_MB, MEMORY_WANTED_MB = 700, 2_000
"""The largest process of the main job takes some 420 MB, and JupyterLab with one kernel about as much."""

_ACCENTED = "é.txt"
_ZONE = "Europe/Paris"
_THREADS = "OMP_NUM_THREADS"


def check_encoding() -> Finding:
    """Check that files and output are written in UTF-8."""
    wrong = {
        "files": locale.getpreferredencoding(False),
        "names": sys.getfilesystemencoding(),
        "output": sys.stdout.encoding or "utf-8",
    }
    wrong = {what: found for what, found in wrong.items() if found.lower().replace("-", "") != "utf8"}
    if wrong:
        return Finding("encoding", "failed", "other", {"found": ", ".join(dict.fromkeys(wrong.values()))})
    return Finding("encoding", "ok")


def check_folders() -> Finding:
    """Check that the folders that are written to can be."""
    closed = [str(folder) for folder in _folders() if not _is_writable(folder)]
    if closed:
        return Finding("folders", "failed", "closed", {"listed": ", ".join(closed)})
    return Finding("folders", "ok")


def _folders() -> Iterator[Path]:
    """Yield where reports, the cache and temporary files go; of what does not exist, the parent that does."""
    import platformdirs

    for folder in (Path.cwd(), Path(platformdirs.user_cache_dir("cdo-analysis")), Path(tempfile.gettempdir())):
        yield next(
            path for path in (folder, *folder.parents) if os.path.exists(path)
        )  # which does not raise where one may not look


def _is_writable(folder: Path) -> bool:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix="cdo-analysis-", suffix=_ACCENTED) as file:
            file.write(b"x")
    except OSError:
        return False
    return True


def check_disk() -> Finding:
    """Check that there is room where reports, the cache and temporary files go."""
    free, folder = min((shutil.disk_usage(folder).free / _MB, str(folder)) for folder in _folders())
    state = _enough(free, DISK_NEEDED_MB, DISK_WANTED_MB)
    return Finding("disk", state, "ok" if state == "ok" else "little", {"mb": free, "folder": folder})


def check_memory() -> Finding:
    """Check that there is memory for a study and its reports, within the limits of the process and of its container."""
    mb = min(_memory_limits()) / _MB
    state = _enough(mb, MEMORY_NEEDED_MB, MEMORY_WANTED_MB)
    return Finding("memory", state, "ok" if state == "ok" else "little", {"mb": mb})


def _memory_limits() -> Iterator[float]:
    import psutil

    yield psutil.virtual_memory().available
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        path = Path(file)
        if path.is_file() and path.read_text().strip().isdigit():
            yield float(path.read_text())
    if sys.platform != "win32":
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            yield limit


def _enough(found: float, needed: float, wanted: float) -> State:
    if found < needed:
        return "failed"
    return "ok" if found >= wanted else "warning"


def check_cores() -> Finding:
    """Tell how many cores this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding("cores", "ok", "ok" if cores > 1 else "one", {"n": str(cores)})


def check_threads() -> Finding:
    """Check that linear algebra is not spread over threads that wait for each other: reports are made side by side."""
    import numpy as np
    from threadpoolctl import threadpool_info

    np.linalg.norm(np.eye(2))  # what loads the library
    threads = max((int(pool["num_threads"]) for pool in threadpool_info()), default=1)
    if threads > 1:
        return Finding("threads", "warning", "several", {"n": str(threads), "variable": _THREADS})
    return Finding("threads", "ok")


def check_time_zone() -> Finding:
    """Check that the time zone of the machine exists, and that zones can be read: reports are due on local days."""
    named = os.environ.get("TZ", "").lstrip(":")
    try:
        zoneinfo.ZoneInfo(_ZONE)
        if named and not named.startswith("/") and not _is_posix_rule(named):
            zoneinfo.ZoneInfo(named)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return Finding("time_zone", "failed", "unknown", {"name": named or _ZONE})
    import time

    return Finding("time_zone", "ok", "ok", {"name": time.tzname[0]})


def _is_posix_rule(zone: str) -> bool:
    """Tell whether a zone is a rule (``CET-1CEST``), which needs no table."""
    return any(character.isdigit() for character in zone) and "/" not in zone


def check_fork() -> Finding:
    """Tell whether reports can be made in processes forked from a warm one."""
    return Finding("fork", "ok") if hasattr(os, "fork") else Finding("fork", "warning", "none")


def check_user() -> Finding:
    """Tell that JupyterLab refuses root, who is the user of most containers."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return Finding("user", "warning", "root") if is_root else Finding("user", "ok")
