"""What a report is published as beside its page: PDF, and its tables for a spreadsheet (XLSX, CSV).

All formats are made from the executed notebook, so that none shows a number that the page does not show. What drives
runs imports this module alone; what a format needs is loaded by the process that makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cdo_analysis.errors import UsageError, did_you_mean

SUFFIXES = {"pdf": "pdf", "xlsx": "xlsx", "csv": "csv.zip"}
"""Formats that may be asked for, and how their files end; the page (HTML) and the notebook are always made."""

_PAGE = "html"


def read_formats(asked: str | Iterable[str]) -> tuple[str, ...]:
    """Return the formats that are asked for beside the page, each once, in the order of :data:`SUFFIXES`.

    Parameters
    ----------
    asked : str or iterable of str
        Names, parted by commas where it is one text.

    Raises
    ------
    UsageError
        There is no such format.

    Examples
    --------
    >>> read_formats("html, csv,pdf")
    ('pdf', 'csv')
    """
    words = asked.split(",") if isinstance(asked, str) else list(asked)
    names = {word.strip().lower() for word in words} - {"", _PAGE}
    for name in sorted(names):
        if name not in SUFFIXES:
            raise UsageError(f"there is no format '{name}'{did_you_mean(name, [_PAGE, *SUFFIXES])}")
    return tuple(name for name in SUFFIXES if name in names)


def make_format(name: str, notebook: Mapping[str, Any], page: str) -> bytes:
    """Return a report in one format: the same notebook and page give the same bytes.

    Parameters
    ----------
    name : str
        One of :data:`SUFFIXES`.
    notebook : mapping
        The executed notebook.
    page : str
        The HTML page made from it.

    Raises
    ------
    UsageError
        What this format needs is not on this machine.
    """
    if name == "pdf":
        from cdo_analysis.reports.formats.pdf import to_pdf

        return to_pdf(page)
    from cdo_analysis.reports.formats.tables import read_document

    document = read_document(notebook)
    if name == "xlsx":
        from cdo_analysis.reports.formats.workbook import to_xlsx

        return to_xlsx(document)
    from cdo_analysis.reports.formats.comma import to_csv

    return to_csv(document)
