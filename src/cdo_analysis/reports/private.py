"""What a published file must not tell: folders of the machine that made it, and secrets of its environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cdo_analysis.errors import ReportError

SECRET = re.compile(r"pass(word|wd|phrase)|token|secret|api_?key|mot_?de_?passe", re.IGNORECASE)
"""Names of parameters and of environment variables that hold what nobody else may read."""

_SHORTEST = 8
_PICTURES = ("image/png", "image/jpeg")


def folders_of(values: Mapping[str, Any], staging: Path) -> dict[str, str]:
    """Return what stands for each folder of this machine that a report knows: a study is told by its name alone."""
    paths = [value for value in values.values() if isinstance(value, str) and Path(value).is_absolute()]
    known = {str(staging): ".", str(staging.parent.parent): ".", str(Path.home()): "~"}
    known |= {path: Path(path).name for path in paths}
    return {path: name for path, name in known.items() if len(Path(path).parts) > 1}


def hide_folders(notebook: Any, known: Mapping[str, str]) -> None:
    """Put, in the sources and outputs of a notebook, a name in place of each known folder."""
    longest = sorted(known, key=len, reverse=True)
    found = re.compile(rf"(?<![\w.~-])({'|'.join(map(re.escape, longest))})(?![\w-])")

    def change(text: str) -> str:
        if not any(folder in text for folder in longest):  # a search for plain text is much faster
            return text
        return found.sub(lambda match: known[match[1]], text)

    for cell in notebook["cells"]:
        cell["source"] = change(cell["source"])
        if "outputs" in cell:
            cell["outputs"] = _changed(cell["outputs"], change)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_changed(each, change) for each in value]
    if isinstance(value, dict):
        kept = {key: each if key in _PICTURES else _changed(each, change) for key, each in value.items()}
        return type(value)(kept)
    return value


def check_no_secret(template: str, notebook: Mapping[str, Any]) -> None:
    """Make sure that no output shows the value of an environment variable that is named like a secret.

    Raises
    ------
    ReportError
        One does; the variable is named, its value is not.
    """
    secrets = {name: value for name, value in os.environ.items() if SECRET.search(name) and len(value) >= _SHORTEST}
    if not secrets:
        return
    for text in _texts([cell.get("outputs", []) for cell in notebook["cells"]]):
        for name, value in secrets.items():
            if value in text:
                raise ReportError(f"{template} shows the value of the environment variable {name}; take that cell out.")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in _PICTURES:
                yield from _texts(each)
