"""Python, the packages, the files that travel with ours, the kernel that notebooks run in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from cdo_analysis.workbench.doctor.finding import Finding

OLDEST_PYTHON = (3, 11)
KERNEL = "python3"
_KERNEL_STARTS_IN = 60.0
_MOST_NAMED = 4


def check_python(found: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Check that Python is one that the packages support.

    Examples
    --------
    >>> check_python((3, 10, 12)).state
    'failed'
    """
    fields = {"found": ".".join(map(str, found)), "oldest": ".".join(map(str, OLDEST_PYTHON))}
    return Finding("python", *(("failed", "old") if found < OLDEST_PYTHON else ("ok", "ok")), fields)


def check_packages() -> Finding:
    """Check that the packages are there, in versions that this one is known to work with."""
    try:
        wrong = list(_wrong_packages())
    except PackageNotFoundError:
        return Finding("packages", "warning", "not_installed")
    if not wrong:
        return Finding("packages", "ok", "ok", {"version": version("cdo-analysis")})
    more = f", … (+{len(wrong) - _MOST_NAMED})" if len(wrong) > _MOST_NAMED else ""
    return Finding("packages", "failed", "wrong", {"listed": f"{', '.join(wrong[:_MOST_NAMED])}{more}"})


def _wrong_packages() -> Iterator[str]:
    """Yield the packages that are absent, or of a version that is not accepted."""
    from packaging.requirements import Requirement

    for line in requires("cdo-analysis") or ():
        needed = Requirement(line)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(needed.name)
        except PackageNotFoundError:
            yield f"{needed.name} –"
            continue
        if not needed.specifier.contains(found, prereleases=True):
            yield f"{needed.name} {found} ({needed.specifier})"


def check_contents() -> Finding:
    """Check that notebooks and sample came with the package."""
    from cdo_analysis.resources import notebooks_dir, sample_dir

    wanted = {"panorama.ipynb": notebooks_dir(), "enquete-cdo-2026.csv": sample_dir()}
    absent = [name for name, folder in wanted.items() if not (folder / name).is_file()]
    if absent:
        return Finding("contents", "failed", "absent", {"listed": ", ".join(absent)})
    return Finding("contents", "ok", "ok", {"n": str(len(list(notebooks_dir().rglob("*.ipynb"))))})


def check_kernel() -> Finding:
    """Check that the kernel of notebooks starts, and that it finds this package."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec(KERNEL)
    except NoSuchKernel:
        return Finding("kernel", "failed", "absent")
    program = str(spec.argv[0])
    try:
        _ask_kernel("import cdo_analysis")
    except Exception as error:
        fields = {"program": program, "error": " ".join(str(error).split())[:120] or type(error).__name__}
        return Finding("kernel", "failed", "dead", fields)
    return Finding("kernel", "ok", "ok", {"program": Path(program).name})


def _ask_kernel(code: str) -> None:
    """Start a kernel, have it run `code`, and stop it; an error of any of the three is raised."""
    from jupyter_client.manager import start_new_kernel

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    manager, client = start_new_kernel(_KERNEL_STARTS_IN, kernel_name=KERNEL, **quiet)
    try:
        reply = client.execute_interactive(code, timeout=_KERNEL_STARTS_IN, output_hook=lambda _: None)
        if reply["content"]["status"] != "ok":
            raise RuntimeError(reply["content"].get("evalue", "error"))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
