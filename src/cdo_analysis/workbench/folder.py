"""A study folder: notebooks to change, places for data and reports, and what keeps raw data out of git."""

from __future__ import annotations

import shutil
from pathlib import Path

from cdo_analysis.errors import PublishError
from cdo_analysis.resources import package_dir
from cdo_analysis.workbench.copies import copy_notebooks

_PLACES = ("data", "questionnaire", "reports")


def make_study_folder(folder: Path) -> list[Path]:
    """Make a study folder for those who start elsewhere than in JupyterLab's launcher.

    Parameters
    ----------
    folder : Path
        It must not exist yet, or be empty: nothing is ever overwritten.

    Returns
    -------
    list of Path
        What was made, in order.

    Raises
    ------
    PublishError
        The folder holds something, is a file, or cannot be written.
    """
    try:
        _refuse_what_is_there(folder)
        folder.mkdir(parents=True, exist_ok=True)
        made = [_place(folder / name) for name in _PLACES]
        model = package_dir("workbench") / "study_folder"
        for source in sorted(path for path in model.rglob("*") if path.is_file()):
            # A file named .gitignore in the sources would be obeyed there.
            target = folder / source.relative_to(model).with_name(source.name.replace("dot_", "."))
            shutil.copyfile(source, target)
            made.append(target)
        return [*made, *copy_notebooks(folder / "notebooks")]
    except OSError as error:
        raise PublishError(f"{folder} cannot be written: {error.strerror}; name another folder.") from error


def _refuse_what_is_there(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise PublishError(f"{folder} is not empty, and nothing in it is overwritten; name a new folder.")
    if folder.exists() and not folder.is_dir():
        raise PublishError(f"{folder} is a file; name a new folder.")


def _place(folder: Path) -> Path:
    folder.mkdir()
    return folder
