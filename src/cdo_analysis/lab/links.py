"""Links to reports, to be followed from a cell."""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cdo_analysis.reports import Report


@dataclass(frozen=True)
class ReportLinks:
    """Links to some reports; in a terminal, their titles and files.

    Attributes
    ----------
    reports : tuple of Report
    """

    reports: tuple[Report, ...]

    def __repr__(self) -> str:
        return "\n".join(f"{report.title}\n  {_beside(report.html)}" for report in self.reports)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        lines = [
            f'<p><a href="{quote(_beside(report.html))}" target="_blank">{escape(report.title)}</a></p>'
            for report in self.reports
        ]
        return {"text/html": "".join(lines), "text/plain": repr(self)}


def report_links(*reports: Report) -> ReportLinks:
    """Return links to reports, which open beside the notebook.

    Parameters
    ----------
    *reports : Report
        What :func:`~cdo_analysis.reports.report` returned.

    Examples
    --------
    >>> report_links(Report("Qualité", Path("rapports/quality.html"), Path("rapports/quality.ipynb")))
    Qualité
      rapports/quality.html
    """
    return ReportLinks(reports)


def _beside(path: Path) -> str:
    """Return a path as seen from the folder of the notebook: JupyterLab follows no other."""
    return Path(os.path.relpath(path)).as_posix()
