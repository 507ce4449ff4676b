"""Ranges as people write them ("10-49", "moins de 10", "250 et plus"), and the dates that spreadsheets make of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from cdo_analysis.codebook import Answer

Band = tuple[float, float]

_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "−": "-",
                             "œ": "oe", "æ": "ae"})  # fmt: skip
_COUNT = r"([0-9]{1,3}(?:[ .][0-9]{3})+|[0-9]+)"
_REST = r" ?([a-z€%' ]*)"
_FROM_TO = re.compile(rf"(?:de |entre |from |between )?{_COUNT} ?(?:-|a|et|to|and) ?{_COUNT}{_REST}")
_UNDER = re.compile(rf"(?:<|moins de|less than|under|fewer than) ?{_COUNT}{_REST}")
_UP_TO = re.compile(rf"(?:<=|≤|jusqu'a|au plus|up to|at most) ?{_COUNT}{_REST}")
_OVER = re.compile(rf"(?:>|plus de|more than|over) ?{_COUNT}{_REST}")
_AT_LEAST = re.compile(rf"(?:>=|≥|au moins|at least) ?{_COUNT}{_REST}|{_COUNT}{_REST}(?:\+|et plus|ou plus|or more)")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ t]00:00:00)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_MONTH_YEAR = re.compile(r"([a-z]{3,9})\.?[-/ ]([0-9]{2})")
_DAY_MONTH = re.compile(r"([0-9]{1,2})[-/ ]([a-z]{3,9})\.?")
_MONTH = re.compile(r"[^\W\d_]{3}")
_MONTHS = {
    "jan": 1, "janv": 1, "feb": 2, "fev": 2, "fevr": 2, "mar": 3, "mars": 3, "apr": 4, "avr": 4, "avril": 4, "may": 5,
    "mai": 5, "jun": 6, "juin": 6, "jul": 7, "juil": 7, "aug": 8, "aou": 8, "aout": 8, "sep": 9, "sept": 9, "oct": 10,
    "nov": 11, "dec": 12,
}  # fmt: skip


def fold(text: str) -> str:
    r"""Return `text` without case, accents, invisible characters, repeated spaces and the variants of typography.

    Examples
    --------
    >>> fold("  Très\u00a0ÉLEVÉ — l’Œuvre ")
    "tres eleve - l'oeuvre"
    """
    if text.isascii():
        return " ".join(text.casefold().split())
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_TYPOGRAPHY))
    seen = "".join(c for c in plain if unicodedata.category(c) not in {"Mn", "Cf"})
    return " ".join(seen.split())


def band_of(text: str) -> Band | None:
    """Return the range that a text says, in whole numbers, both ends included; None where it says none.

    Examples
    --------
    >>> band_of("10 à 49 salariés"), band_of("moins de 10"), band_of("250 et plus"), band_of("une dizaine")
    ((10.0, 49.0), (0.0, 9.0), (250.0, inf), None)
    """
    folded = fold(text)
    if found := _FROM_TO.fullmatch(folded):
        low, high = _count(found[1]), _count(found[2])
        return (low, high) if low <= high else None
    if found := _UP_TO.fullmatch(folded):
        return 0.0, _count(found[1])
    if found := _AT_LEAST.fullmatch(folded):
        return _count(found[1] or found[3]), float("inf")
    if found := _UNDER.fullmatch(folded):
        return 0.0, _count(found[1]) - 1
    if found := _OVER.fullmatch(folded):
        return _count(found[1]) + 1, float("inf")
    return None


def _count(digits: str) -> float:
    return float(digits.replace(" ", "").replace(".", ""))


@lru_cache(maxsize=1024)
def bands_of(answers: tuple[Answer, ...]) -> dict[Band, Answer]:
    """Return the answers whose code or label is a range, by range; a range that two answers say is left out."""
    found: dict[Band, Answer | None] = {}
    for answer in answers:
        texts = (answer.code, answer.label.fr, answer.label.en)
        for band in {band for text in texts if text and (band := band_of(text))}:
            found[band] = answer if band not in found else None
    return {band: answer for band, answer in found.items() if answer is not None}


def ranges_behind(text: str) -> Sequence[Band]:
    """Return the ranges that a spreadsheet may have turned to this date: "10-49" became 1 October 2049.

    Examples
    --------
    >>> ranges_behind("2049-10-01"), ranges_behind("oct.-49"), ranges_behind("2026-09-01"), ranges_behind("5-24")
    ([(1.0, 10.0), (10.0, 49.0)], [(10.0, 49.0)], [(1.0, 9.0), (9.0, 26.0)], [])
    """
    if "-" not in text and "/" not in text and not _MONTH.search(text):
        return []
    folded = fold(text)
    pairs: list[tuple[int, int]] = []
    if found := _ISO.fullmatch(folded):
        year, month, day = map(int, found.groups())
        pairs = [(month, year % 100)] * (day == 1) + [(day, month), (month, day)]
    elif found := _DAY_FIRST.fullmatch(folded):
        day, month, year = map(int, found.groups())
        pairs = [(month, year % 100)] * (day == 1) + [(day, month), (month, day)]
    elif (found := _MONTH_YEAR.fullmatch(folded)) and found[1] in _MONTHS:
        pairs = [(_MONTHS[found[1]], int(found[2]))]
    elif (found := _DAY_MONTH.fullmatch(folded)) and found[2] in _MONTHS:
        pairs = [(int(found[1]), _MONTHS[found[2]])]
    return sorted({(float(low), float(high)) for low, high in pairs if low < high})
