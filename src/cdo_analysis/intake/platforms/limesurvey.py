"""LimeSurvey: question codes or full wordings as headings, dates of 1980 for none, pages for completion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cdo_analysis.intake.columns import TextColumn
from cdo_analysis.intake.records import Records, clean_header

_ROLES = {
    "submitdate": "submitted", "date submitted": "submitted", "date de soumission": "submitted",
    "interviewtime": "duration", "total time": "duration", "temps total": "duration",
}  # fmt: skip
_LAST_PAGE = frozenset({"lastpage", "last page", "derniere page", "dernière page"})
_SEED = frozenset({"seed", "startlanguage", "start language", "langue de départ"})
_CODE = r"[A-Za-z][A-Za-z0-9]*"
_HEADING = re.compile(
    rf"(?P<code>{_CODE})(?:\[(?P<row>[A-Za-z0-9]+(?:_[A-Za-z0-9]+)?)\](?:\[(?P<scale>[A-Za-z0-9]+)\])?)?"
    r"(?:\. (?P<label>\S.*))?"
)
_PLACEHOLDER = "1980-01-01 00:00:00"


def wrote(records: Records) -> bool:
    """Tell whether LimeSurvey wrote the records: its own columns stand at the left."""
    headers = {clean_header(cell).casefold() for cell in records.header}
    return bool(headers & _LAST_PAGE) and bool(headers & _SEED)


def arrange(records: Records, name: str) -> Records:
    """Turn headings to codes with labels, placeholders to blanks; mark the records that were not sent."""
    written = [clean_header(cell) for cell in records.header]
    headings = [heading or f"(column {place})" for place, heading in enumerate(written, start=1)]  # no wording
    headers, labels = zip(*map(read_heading, headings), strict=True)
    roles = {header: _ROLES[header.casefold()] for header in headers if header.casefold() in _ROLES}
    columns = tuple(column.map(lambda text: "" if text == _PLACEHOLDER else text) for column in records.columns)
    return replace(
        records,
        header=list(headers),
        columns=columns,
        platform="limesurvey",
        labels={**records.labels, **{h: label for h, label in zip(headers, labels, strict=True) if label}},
        roles=roles,
        marks={"unfinished": _not_sent(headers, columns, records.numbers)},
    )


def read_heading(heading: str) -> tuple[str, str]:
    """Return the code and the wording of a heading, in any of the forms that the export dialog offers.

    Examples
    --------
    >>> read_heading("A1[SQ001]. Vente en ligne [Oui]"), read_heading("A1[other]"), read_heading("D[1][2]")
    (('A1_SQ001', 'Vente en ligne [Oui]'), ('A1_other', ''), ('D_1_2', ''))
    >>> read_heading("How old are you?")
    ('How old are you?', '')
    """
    found = _HEADING.fullmatch(heading)
    if not found or not (found["row"] or found["label"]):
        return heading, ""
    return "_".join(part for part in (found["code"], found["row"], found["scale"]) if part), found["label"] or ""


def _not_sent(headers: Sequence[str], columns: Sequence[TextColumn], numbers: np.ndarray) -> tuple[int, ...]:
    for header, column in zip(headers, columns, strict=False):
        if _ROLES.get(header.casefold()) == "submitted":
            return tuple(numbers[~column.where(str.strip)].tolist())
    return ()
