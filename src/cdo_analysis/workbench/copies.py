"""Working copies of the notebooks: what is installed is never opened itself."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from cdo_analysis.resources import notebooks_dir

_STUDY_LINE = re.compile(r'^study: str = ".*?"', re.M)


def prepare_notebook(path: Path, *, study: str = "") -> str:
    """Return the text of a notebook, with the study that it is to open.

    Parameters
    ----------
    path : Path
    study : str, optional
        Written in the cell tagged ``parameters``, in place of the bundled sample; nothing is changed by default, nor
        in a notebook that opens no study.

    Returns
    -------
    str
        JSON.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if study:
        for cell in notebook["cells"]:
            if "parameters" in cell["metadata"].get("tags", []):
                cell["source"] = name_study("".join(cell["source"]), study)
    return f"{json.dumps(notebook, indent=1, ensure_ascii=False)}\n"


def name_study(source: str, study: str) -> str:
    r"""Return a cell of parameters with another study.

    Examples
    --------
    >>> name_study('study: str = "sample"\nlanguage: str = "fr"', "mon étude")
    'study: str = "mon étude"\nlanguage: str = "fr"'
    """
    line = f"study: str = {json.dumps(study, ensure_ascii=False)}"
    return _STUDY_LINE.sub(lambda _: line, source, count=1)


def copy_notebooks(folder: Path, *, study: str = "") -> list[Path]:
    """Copy the notebooks to where they can be changed; those that are there already stay as they are.

    Returns
    -------
    list of Path
        The copies that were made.
    """
    source, made = notebooks_dir(), []
    for notebook in sorted(_shipped(source)):
        copy = folder / notebook.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if copy.exists():
            continue
        if study:
            copy.write_text(prepare_notebook(notebook, study=study), encoding="utf-8")
        else:
            shutil.copyfile(notebook, copy)
        made.append(copy)
    return made


def _shipped(source: Path) -> list[Path]:
    """Return the notebooks of the folder and of its folders, without what Jupyter keeps beside them."""
    found = [*source.glob("*.ipynb"), *source.glob("*/*.ipynb")]
    return [path for path in found if not path.parent.name.startswith(".")]
