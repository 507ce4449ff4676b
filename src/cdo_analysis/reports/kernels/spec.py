"""Tell Jupyter of the kernel that starts at once, and take it back."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from cdo_analysis.errors import PublishError, UsageError
from cdo_analysis.reports.processes import fork_is_possible

NAME = "cdo-analysis"
_LAUNCHER = Path(__file__).resolve().with_name("launcher.py")


def install_kernel(name: str = NAME, *, user: bool = False, prefix: str = sys.prefix) -> Path:
    """Write the kernelspec; return its folder.

    Parameters
    ----------
    name : str
        What ``papermill -k`` and ``jupyter console --kernel`` know it by.
    user : bool
        True: for every Jupyter of this user, in place of those of `prefix`.
    prefix : str
        Environment whose Jupyter offers it.

    Raises
    ------
    UsageError
        Processes cannot be forked on this system, or the name is none.
    PublishError
        It cannot be written.
    """
    if not fork_is_possible():
        raise UsageError("kernels that start at once are forked, which needs Linux; take the kernel 'python3' here.")
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpecManager

    command = [sys.executable, "-S", "-P", str(_LAUNCHER), "{connection_file}"]
    spec = {**get_kernel_dict(), "argv": command, "display_name": "cdo-analysis (prêt)"}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kernel.json").write_text(json.dumps(spec, ensure_ascii=False, indent=1), encoding="utf-8")
        Path(folder).chmod(0o755)
        try:
            made = KernelSpecManager().install_kernel_spec(folder, name, user=user, prefix=None if user else prefix)
        except ValueError as error:
            raise UsageError(f"'{name}' is no name of a kernel; write it in letters, digits and dashes.") from error
        except OSError as error:
            raise PublishError(
                f"the kernel cannot be written to {error.filename}: {error.strerror}; take --user."
            ) from error
    return Path(made)


def remove_kernel(name: str = NAME) -> Path:
    """Remove the kernelspec of a name; return the folder that it was in.

    Raises
    ------
    UsageError
        There is none, or it is not one of ours.
    """
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    manager = KernelSpecManager()
    try:
        found = manager.get_kernel_spec(name)
    except NoSuchKernel:
        raise UsageError(
            f"there is no kernel '{name}'; 'jupyter kernelspec list' names those that are there."
        ) from None
    if not any(word.endswith(_LAUNCHER.name) for word in found.argv):
        raise UsageError(f"the kernel '{name}' is not one of cdo-analysis; remove it with 'jupyter kernelspec remove'.")
    return Path(manager.remove_kernel_spec(name))
