"""What is told of how an export was read: recodings, cells that cannot be read, and the log that does it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

import numpy as np
import pandas as pd

from cdo_analysis.codebook import MISSING_KINDS, Item
from cdo_analysis.intake.coded import ANSWERED, Coded, ReadColumn
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.reference.activities import load_naf

_PLAIN = frozenset({"code", "number", "date", "blank", "siren", "naf", "text", "not_ticked", "ticked"})
_NOTED = frozenset({"siren_padded", "siren_from_siret", "siren_from_wrong_siret", "siren_from_vat"})
_INVALID = MISSING_KINDS.index("invalid")


def list_readings(columns: Mapping[str, ReadColumn], kept: np.ndarray) -> pd.DataFrame:
    """List every text of the records that count which does not stand for itself, with what it was read as.

    Returns
    -------
    DataFrame
        A row an item and a text: item, before, after (``""`` for none), missing (its kind, or ``""``), rule, n.
    """
    rows = []
    for name, column in columns.items():
        counts = np.bincount(column.places[kept], minlength=len(column.texts))
        for place in np.flatnonzero((counts > 0) & ~_stands_for_itself(column)).tolist():
            reading, text, after = column.reading(place), column.texts[place], column.written(place)
            if after != text or reading.missing:
                rows.append((name, text, after, reading.missing or "", reading.rule, int(counts[place])))
    return pd.DataFrame(rows, columns=["item", "before", "after", "missing", "rule", "n"])


def list_recodings(columns: Mapping[str, ReadColumn], kept: np.ndarray) -> pd.DataFrame:
    """List what was read otherwise than as it stands.

    Parameters
    ----------
    columns : dict of str to ReadColumn
    kept : ndarray of bool
        Records that count.

    Returns
    -------
    DataFrame
        A row an item and a text: item, before, after (empty where it says that there is no answer), rule, n.
    """
    rows = []
    for column in _told_once(columns):
        counts = np.bincount(column.places[kept], minlength=len(column.texts))
        told = (counts > 0) & ~np.isin(column.kinds, _INVALID) & ~_among(column.rules, _PLAIN)
        rows += [
            (_name(column.item), column.texts[place], column.written(place), column.rules[place], int(counts[place]))
            for place in np.flatnonzero(told).tolist()
        ]
    return pd.DataFrame(rows, columns=["item", "before", "after", "rule", "n"])


def log_unreadable(columns: Mapping[str, ReadColumn], lines: pd.Series, kept: np.ndarray, log: IssueLog) -> None:
    """Write an issue for each cell that could not be read, or whose SIREN had to be mended.

    Parameters
    ----------
    columns : dict of str to ReadColumn
    lines : Series of int
        Line of each record that counts; index: respondent.
    kept : ndarray of bool
        Which records count, among those that were read.
    log : IssueLog
    """
    for column in _told_once(columns):
        told = (column.kinds == _INVALID) | _among(column.rules, _NOTED)
        if not told.any():
            continue
        places = column.places[kept]
        for rule in sorted(set(column.rules[told].tolist())):
            rows = ((column.rules == rule) & told)[places]
            texts = pd.Series([column.texts[place] for place in places[rows]], index=lines.index[rows], dtype=object)
            log.add_cells(rule, texts, lines=lines[rows], item=_name(column.item), **words_of(column.item))


def words_of(item: Item) -> dict[str, str]:
    """Return what the sentences of the rules say of an item."""
    low, high = item.bounds
    versions = load_naf()
    return {
        "bounds": f"{low:g} to {high:g}",
        "version": versions[item.check].label.en if item.check in versions else "the nomenclature",
    }


def count_unreadable(coded: Coded) -> dict[str, int]:
    """Return how many cells could not be read, by rule; a list in one cell counts once."""
    counts: dict[str, int] = {}
    for column in _told_once(coded.columns):
        if not (column.kinds == _INVALID).any():
            continue
        n = np.bincount(column.places, minlength=len(column.texts))
        for place in np.flatnonzero((column.kinds == _INVALID) & (n > 0)).tolist():
            rule = str(column.rules[place])
            counts[rule] = counts.get(rule, 0) + int(n[place])
    return counts


def _among(rules: np.ndarray, wanted: AbstractSet[str]) -> np.ndarray:
    """Tell which rules are among some; the rules of a column are few."""
    found = [rules == rule for rule in wanted & set(rules.tolist())]
    return np.any(found, axis=0) if found else np.zeros(len(rules), dtype=bool)


def _stands_for_itself(column: ReadColumn) -> np.ndarray:
    """Tell which texts were certainly read as they are, so that nobody need look at each of them."""
    if column.item.kind in ("number", "date"):
        return np.zeros(len(column.texts), dtype=bool)
    return (column.kinds == ANSWERED) & (column.values == np.array(column.texts, dtype=object))


def _told_once(columns: Mapping[str, ReadColumn]) -> Iterator[ReadColumn]:
    """Yield the columns, those of a list in one cell once."""
    told: set[str] = set()
    for column in columns.values():
        if not column.item.separator or column.item.block not in told:
            told.add(column.item.block)
            yield column


def _name(item: Item) -> str:
    return item.block if item.separator else item.name
