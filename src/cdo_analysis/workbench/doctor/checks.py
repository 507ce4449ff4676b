"""The list of the checks, and their run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cdo_analysis.workbench.doctor import machine, rendering, software
from cdo_analysis.workbench.doctor.finding import Finding

CHECKS: Mapping[str, Callable[[], Finding]] = {
    "python": software.check_python,
    "packages": software.check_packages,
    "contents": software.check_contents,
    "kernel": software.check_kernel,
    "pdf": rendering.check_pdf,
    "fonts": rendering.check_fonts,
    "browser": rendering.check_browser,
    "encoding": machine.check_encoding,
    "folders": machine.check_folders,
    "disk": machine.check_disk,
    "memory": machine.check_memory,
    "cores": machine.check_cores,
    "threads": machine.check_threads,
    "time_zone": machine.check_time_zone,
    "fork": machine.check_fork,
    "user": machine.check_user,
}


def examine() -> list[Finding]:
    """Run every check, in order; one that breaks is told as failed, and the others are still run."""
    return [_run(name, check) for name, check in CHECKS.items()]


def _run(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:
        return Finding(name, "failed", "broke", {"error": f"{type(error).__name__}: {error}"[:200]})
