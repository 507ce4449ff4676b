"""What was published of a study: the reports to delete or to make again when one of its respondents is forgotten."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = ".runs"


@dataclass(frozen=True)
class Published:
    """A report that stands in a folder.

    Attributes
    ----------
    files : tuple of Path
        Its page and its notebook, those that are there, and its manifest.
    study : str
        Id of the study that it was made from.
    company : str
        The company that it is about; empty for a report of totals and means.
    """

    files: tuple[Path, ...]
    study: str
    company: str


def find_published(folder: str | Path, studies: Collection[str]) -> list[Published]:
    """Return the reports under a folder that were made from some studies, by their manifests.

    Parameters
    ----------
    folder : str or Path
        Where reports are published; folders in it are looked into.
    studies : collection of str
        Ids.

    Returns
    -------
    list of Published
        By name. A manifest that cannot be read is passed over: it names no study.
    """
    found = []
    for manifest in sorted(Path(folder).rglob(f"{_FOLDER}/*.json")):
        told = _read(manifest)
        if told.get("study") in studies:
            base = manifest.parent.parent / str(told.get("report", manifest.stem))
            files = [base.with_name(f"{base.name}{end}") for end in (".html", ".pdf", ".ipynb")]
            company = str((told.get("parameters") or {}).get("company", ""))
            kept = tuple(file for file in files if file.is_file())
            found.append(Published((*kept, manifest), str(told["study"]), company))
    return found


def _read(manifest: Path) -> dict[str, Any]:
    try:
        told = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
