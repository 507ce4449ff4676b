"""LimeSurvey: question codes or full wordings as headings, dates of 1980 for none, pages for completion."""

from __future__ import annotations

import re
from dataclasses import replace

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
    headers = {clean_header(cell).casefold() for cell in records.rows[0]}
    return bool(headers & _LAST_PAGE) and bool(headers & _SEED)


def arrange(records: Records, name: str) -> Records:
    """Turn headings to codes with labels, placeholders to blanks; mark the records that were not sent."""
    written = [clean_header(cell) for cell in records.rows[0]]
    headings = [heading or f"(column {place})" for place, heading in enumerate(written, start=1)]  # no wording
    headers, labels = zip(*map(read_heading, headings), strict=True)
    roles = {header: _ROLES[header.casefold()] for header in headers if header.casefold() in _ROLES}
    rows = [["" if cell == _PLACEHOLDER else cell for cell in row] for row in records.rows[1:]]
    return replace(
        records,
        rows=[list(headers), *rows],
        platform="limesurvey",
        labels={**records.labels, **{h: label for h, label in zip(headers, labels, strict=True) if label}},
        roles=roles,
        marks={"unfinished": _not_sent(list(headers), rows, records.numbers[1:])},
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


def _not_sent(headers: list[str], rows: list[list[str]], numbers: list[int]) -> tuple[int, ...]:
    sent = next((place for place, header in enumerate(headers) if _ROLES.get(header.casefold()) == "submitted"), None)
    if sent is None:
        return ()
    return tuple(n for n, row in zip(numbers, rows, strict=True) if not (row[sent].strip() if sent < len(row) else ""))
