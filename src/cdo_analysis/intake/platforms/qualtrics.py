"""Qualtrics: two or three rows of headers, test records of the preview, records that were not finished."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np

from cdo_analysis.errors import InputError
from cdo_analysis.intake.records import Records, clean_header

_ROLES = {"enddate": "submitted", "duration (in seconds)": "duration", "v9": "submitted"}
_PREVIEWS = frozenset({"1", "17", "survey preview", "survey test", "aperçu du sondage", "aperçu de l'enquête"})
_SPAM = frozenset({"8", "spam"})
_UNFINISHED = frozenset({"0", "false", "faux"})
_TRUE = frozenset({"1", "true", "vrai"})
_BOT, _REPEAT, _FRAUD = 0.5, 75, 30
"""As Qualtrics says: reCAPTCHA scores under the first are bots, RelevantID scores from the others repeats, frauds."""


def wrote(records: Records) -> bool:
    """Tell whether Qualtrics wrote the records: a row of import ids, or the old columns V1 to V10."""
    return _ids_row(records) is not None or _is_old(records)


def _ids_row(records: Records) -> int | None:
    for place, row in enumerate(records.row(n) for n in range(min(len(records), 2))):
        if row and all(cell.startswith('{"ImportId"') for cell in row if cell.strip()) and any(map(str.strip, row)):
            return place
    return None


def _is_old(records: Records) -> bool:
    return records.header[:2] == ["V1", "V2"] and len(records) > 0 and records.row(0)[0] == "ResponseID"


def arrange(records: Records, name: str) -> Records:
    """Keep one row of headers and the wordings; mark previews, spam, bots and records that were not finished."""
    headers, first = _headers(records)
    wordings = [clean_header(cell) for cell in records.row(0)] if len(records) else []
    labels = {h: wording for h, wording in zip(headers, wordings, strict=False) if h and wording and wording != h}
    answers = records.take(slice(first, None))
    if not len(answers):
        raise InputError(f"{name} has a header and no answer (0 rows); export the answers too.")
    return replace(
        answers,
        header=headers,
        platform="qualtrics",
        labels={**records.labels, **labels},
        roles={h: _ROLES[h.casefold()] for h in headers if h.casefold() in _ROLES},
        marks=_marks(headers, answers),
    )


def _headers(records: Records) -> tuple[list[str], int]:
    headers = [clean_header(cell) for cell in records.header]
    ids = _ids_row(records)
    if ids is not None:
        return headers, ids + 1
    if _is_old(records):  # V1, V2… say nothing; the second row names them
        second = [clean_header(cell) for cell in records.row(0)]
        return [s if h.startswith("V") and h[1:].isdigit() else h for h, s in zip(headers, second, strict=False)], 1
    return headers, 0


def _marks(headers: Sequence[str], answers: Records) -> dict[str, tuple[int, ...]]:
    columns = {header.casefold(): column for header, column in zip(headers, answers.columns, strict=False)}

    def where(header: str, told: Callable[[str], bool]) -> set[int]:
        found = columns[header].where(told) if header in columns else np.zeros(len(answers), dtype=bool)
        return set(answers.numbers[found].tolist())

    previews = where("status", _says(_PREVIEWS)) | where("distributionchannel", _says({"preview", "test"}))
    spam = where("status", _says(_SPAM)) | where("q_recaptchascore", _under(_BOT))
    doubtful = where("q_ballotboxstuffing", _says(_TRUE)) | where("q_relevantidduplicate", _says(_TRUE))
    doubtful |= where("q_relevantidduplicatescore", _at_least(_REPEAT))
    doubtful |= where("q_relevantidfraudscore", _at_least(_FRAUD))
    unfinished = where("finished", _says(_UNFINISHED))
    marks = {"preview": previews, "spam": spam, "doubtful": doubtful, "unfinished": unfinished}
    return {mark: tuple(sorted(numbers)) for mark, numbers in marks.items()}


def _says(words: Collection[str]) -> Callable[[str], bool]:
    return lambda text: text.strip().casefold() in words


def _under(limit: float) -> Callable[[str], bool]:
    return lambda text: _score(text) < limit  # what is no number is neither under nor over


def _at_least(limit: float) -> Callable[[str], bool]:
    return lambda text: _score(text) >= limit


def _score(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")
