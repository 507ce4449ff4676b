"""JupyterLab, with a launcher that offers the notebooks of the workbench."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from cdo_analysis.errors import PublishError, UsageError
from cdo_analysis.workbench.tiles import load_tiles, write_extension

# Nothing is asked of the network: no news, no search for a newer version, no catalogue of extensions.
QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
_NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
_ROOT_OPTION = "--allow-root"


def start_lab(folder: Path, words: Sequence[str] = (), *, study: str = "") -> None:
    """Run JupyterLab on a folder until it is stopped.

    Parameters
    ----------
    folder : Path
        Where the working copies go; it is made where it does not exist.
    words : sequence of str
        What is passed to JupyterLab as it stands (``--no-browser``, ``--port``, …).
    study : str, optional
        The study that the copies open, in place of the bundled sample.

    Raises
    ------
    UsageError
        The user is root and `words` does not say that this is meant.
    PublishError
        The folder cannot be made.
    """
    refuse_root(words)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PublishError(f"{folder} cannot be made: {error.strerror}; name another folder.") from error
    with tempfile.TemporaryDirectory(prefix="cdo-analysis-lab-") as own:
        environment = lab_environment(Path(own), study=study)
        with _with_environment(environment):
            from jupyterlab.labapp import LabApp

            LabApp.launch_instance([str(folder), *QUIET, *words])


def refuse_root(words: Sequence[str]) -> None:
    """Say before JupyterLab does, and in one sentence, that it does not run as root unless it is told to.

    Raises
    ------
    UsageError
    """
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root and not any(word.startswith((_ROOT_OPTION, "--ServerApp.allow_root")) for word in words):
        raise UsageError(
            "JupyterLab does not run as root, who may change any file of the machine; run it as an ordinary user, "
            "or, in a container, with: cdo-analysis lab -- --allow-root."
        )


def lab_environment(own: Path, *, study: str = "") -> dict[str, str]:
    """Write in the folder `own` what JupyterLab reads at start, and return the variables that make it read that.

    The settings of the user stay as they are, and win over these.
    """
    settings = own / "config" / "labconfig"
    settings.mkdir(parents=True)
    write_extension(own / "data" / "labextensions" / "cdo-analysis", load_tiles(), study=study)
    (settings / "default_setting_overrides.json").write_text(json.dumps(_NO_NEWS), encoding="utf-8")
    return {
        "JUPYTER_PATH": _before(str(own / "data"), "JUPYTER_PATH"),
        "JUPYTER_CONFIG_PATH": _before(str(own / "config"), "JUPYTER_CONFIG_PATH"),
    }


def _before(path: str, variable: str) -> str:
    return os.pathsep.join(filter(None, [path, os.environ.get(variable, "")]))


@contextmanager
def _with_environment(values: Mapping[str, str]) -> Iterator[None]:
    earlier = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in earlier.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
