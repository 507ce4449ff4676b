"""The notebooks that reports are made from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

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


def template_names() -> list[str]:
    """Return the names of the templates that ship with the package."""
    return sorted(path.stem for path in notebooks_dir().glob("*.ipynb"))


def open_template(name: str) -> Template:
    """Open a template by name.

    Raises
    ------
    UsageError
        There is no such template, or it does not have exactly one ``parameters`` cell.
    """
    if name not in template_names():
        raise UsageError(f"there is no report '{name}'{did_you_mean(name, template_names())}")
    path = notebooks_dir() / f"{name}.ipynb"
    data = path.read_bytes()
    cells = json.loads(data)["cells"]
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise UsageError(f"{path.name} has {len(tagged)} cells tagged 'parameters'; tag exactly one.")
    source = tagged[0]["source"]
    text = source if isinstance(source, str) else "".join(source)
    return Template(name, path, parse_parameters(text, name), hashlib.sha256(data).hexdigest())
