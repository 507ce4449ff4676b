"""Qualtrics: two or three rows of headers, test records of the preview, records that were not finished."""

from __future__ import annotations

from dataclasses import replace

from cdo_analysis.errors import InputError
from cdo_analysis.intake.records import Records, clean_header

_ROLES = {"enddate": "submitted", "duration (in seconds)": "duration", "v9": "submitted"}
_PREVIEWS = frozenset({"1", "17", "survey preview", "survey test", "aperçu du sondage", "aperçu de l'enquête"})
_SPAM = frozenset({"8", "spam"})
_UNFINISHED = frozenset({"0", "false", "faux"})
_BOT = 0.5
"""Recaptcha scores under this are bots, says Qualtrics."""


def wrote(records: Records) -> bool:
    """Tell whether Qualtrics wrote the records: a row of import ids, or the old columns V1 to V10."""
    return _ids_row(records) is not None or _is_old(records)


def _ids_row(records: Records) -> int | None:
    for place, row in enumerate(records.rows[1:3], start=1):
        if row and all(cell.startswith('{"ImportId"') for cell in row if cell.strip()) and any(map(str.strip, row)):
            return place
    return None


def _is_old(records: Records) -> bool:
    return records.rows[0][:2] == ["V1", "V2"] and len(records.rows) > 1 and records.rows[1][0] == "ResponseID"


def arrange(records: Records, name: str) -> Records:
    """Keep one row of headers and the wordings; mark previews, spam, bots and records that were not finished."""
    headers, first = _headers(records)
    wordings = [clean_header(cell) for cell in records.rows[1]]
    labels = {h: wording for h, wording in zip(headers, wordings, strict=False) if h and wording and wording != h}
    rows, numbers = records.rows[first:], records.numbers[first:]
    if not rows:
        raise InputError(f"{name} has a header and no answer (0 rows); export the answers too.")
    return replace(
        records,
        rows=[headers, *rows],
        numbers=[records.numbers[0], *numbers],
        platform="qualtrics",
        labels={**records.labels, **labels},
        roles={h: _ROLES[h.casefold()] for h in headers if h.casefold() in _ROLES},
        marks=_marks(headers, rows, numbers),
    )


def _headers(records: Records) -> tuple[list[str], int]:
    headers = [clean_header(cell) for cell in records.rows[0]]
    ids = _ids_row(records)
    if ids is not None:
        return headers, ids + 1
    if _is_old(records):  # V1, V2… say nothing; the second row names them
        second = [clean_header(cell) for cell in records.rows[1]]
        return [s if h.startswith("V") and h[1:].isdigit() else h for h, s in zip(headers, second, strict=False)], 2
    return headers, 1


def _marks(headers: list[str], rows: list[list[str]], numbers: list[int]) -> dict[str, tuple[int, ...]]:
    places = {header.casefold(): place for place, header in enumerate(headers)}

    def where(column: str, told: frozenset[str]) -> tuple[int, ...]:
        place = places.get(column)
        cells = ((n, row[place].strip().casefold()) for n, row in zip(numbers, rows, strict=True)
                 if place is not None and place < len(row))  # fmt: skip
        return tuple(n for n, cell in cells if cell in told)

    previews = set(where("status", _PREVIEWS)) | set(where("distributionchannel", frozenset({"preview", "test"})))
    return {
        "preview": tuple(sorted(previews)),
        "spam": tuple(sorted({*where("status", _SPAM), *_bots(places.get("q_recaptchascore"), rows, numbers)})),
        "unfinished": where("finished", _UNFINISHED),
    }


def _bots(place: int | None, rows: list[list[str]], numbers: list[int]) -> list[int]:
    found = []
    for number, row in zip(numbers, rows, strict=True):
        try:
            if place is not None and float(row[place].replace(",", ".")) < _BOT:
                found.append(number)
        except (ValueError, IndexError):
            continue
    return found
