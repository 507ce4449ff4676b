"""The study that was published: its summary, kept with the package, with its date and the command that made it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

import pandas as pd

from cdo_analysis.datasets import load_worlds
from cdo_analysis.resources import package_dir

_TABLE, _STORY = "published.csv", "published.json"


@dataclass(frozen=True)
class PublishedStudy:
    """The published study.

    Attributes
    ----------
    summary : DataFrame
        From :func:`~cdo_analysis.proof.summarise`.
    date : str
        Day on which it was run.
    command : str
        What made it.
    worlds_version : str
        Version of ``worlds.toml``.
    """

    summary: pd.DataFrame
    date: str
    command: str
    worlds_version: str


def published_results() -> PublishedStudy:
    """Return the study that was published."""
    folder = package_dir("proof")
    story = json.loads((folder / _STORY).read_text(encoding="utf-8"))
    return PublishedStudy(pd.read_csv(folder / _TABLE), story["date"], story["command"], story["worlds_version"])


def publish(summary: pd.DataFrame, *, command: str) -> None:
    """Keep a summary in the package as the published study.

    Parameters
    ----------
    summary : DataFrame
        From :func:`~cdo_analysis.proof.summarise`.
    command : str
        What made it.
    """
    folder = package_dir("proof")
    summary.to_csv(folder / _TABLE, index=False, float_format="%.4g", lineterminator="\n")
    version = next(iter(load_worlds().values())).tables["version"]
    story = {"date": date.today().isoformat(), "command": command, "worlds_version": version}
    (folder / _STORY).write_text(json.dumps(story, indent=2) + "\n", encoding="utf-8")
