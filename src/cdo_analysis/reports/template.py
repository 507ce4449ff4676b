"""The notebooks that reports are made from."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.reports.parameters import Parameter, parse_parameters
from cdo_analysis.resources import notebooks_dir


@dataclass(frozen=True)
class Template:
    """A papermill template.

    Attributes
    ----------
    name : str
    path : Path
    parameters : dict of str to Parameter
    sha256 : str
    """

    name: str
    path: Path
    parameters: dict[str, Parameter]
    sha256: str

    @property
    def reference(self) -> str:
        """What :func:`open_template` opens it by, from any folder."""
        bundled = self.path.parent == notebooks_dir()
        return self.name if bundled else str(self.path.resolve())


def template_names() -> list[str]:
    """Return the names of the templates that ship with the package."""
    return sorted(path.stem for path in notebooks_dir().glob("*.ipynb"))


def open_template(name: str | Path) -> Template:
    """Open a template: one that ships with the package by its name, or any notebook by its path.

    Raises
    ------
    UsageError
        There is no such template, it was executed already, or it is not fit for unattended runs: it must have exactly
        one cell tagged ``parameters``, and none tagged ``raises-exception``, which would hide a failure.
    """
    path = Path(name)
    if path.suffix != ".ipynb":
        if name not in template_names():
            raise UsageError(f"there is no report '{name}'{did_you_mean(str(name), template_names())}")
        path = notebooks_dir() / f"{name}.ipynb"
    elif not _PLAIN.fullmatch(path.stem):
        raise UsageError(f"{path.name} names reports; write it in letters, digits, dashes and underscores.")
    elif path.stem == "index":
        raise UsageError("index.ipynb would be published where the page of the folder stands; give it another name.")
    data, cells = _read(path)
    source = _parameters_cell(path, cells)
    return Template(path.stem, path, parse_parameters(source, path.stem), hashlib.sha256(data).hexdigest())


_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def _read(path: Path) -> tuple[bytes, list[dict[str, Any]]]:
    try:
        data = path.read_bytes()
        return data, list(json.loads(data)["cells"])
    except OSError as error:
        raise UsageError(f"the template {path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not a notebook; give a file that Jupyter opens.") from error


def _parameters_cell(path: Path, cells: list[dict[str, Any]]) -> str:
    tags = [cell.get("metadata", {}).get("tags", []) for cell in cells]
    if any("injected-parameters" in each for each in tags):
        raise UsageError(f"{path.name} was executed already; give the template that it was made from.")
    if any("raises-exception" in each for each in tags):
        raise UsageError(f"{path.name} has a cell tagged 'raises-exception', which would hide a failure; untag it.")
    tagged = [cell for cell, each in zip(cells, tags, strict=True) if "parameters" in each]
    if len(tagged) != 1:
        raise UsageError(f"{path.name} has {len(tagged)} cells tagged 'parameters'; tag exactly one.")
    return "".join(tagged[0]["source"])
