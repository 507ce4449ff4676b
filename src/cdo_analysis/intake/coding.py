"""From text to coded answers: every distinct text of a column is read once, then given to all who wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdo_analysis.codebook import MISSING_KINDS, Codebook, Item
from cdo_analysis.intake.company import read_naf, read_siren
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.intake.lists import read_list
from cdo_analysis.intake.numbers import comma_is_decimal_in, is_share, percentages_mixed, read_number
from cdo_analysis.intake.values import (
    Reading,
    is_spreadsheet_error,
    month_first,
    read_choice,
    read_date,
    read_missing,
    read_option,
)

ANSWERED = -1
"""What stands for "there is an answer" among places in ``MISSING_KINDS``."""

_PLAIN = frozenset({"code", "number", "date", "blank", "siren", "naf", "text", "not_ticked", "ticked"})
_NOTED = frozenset({"siren_padded", "siren_from_siret", "siren_from_wrong_siret", "siren_from_vat"})
_PLACES = {kind: place for place, kind in enumerate(MISSING_KINDS)} | {None: ANSWERED}


@dataclass(frozen=True)
class ReadColumn:
    """A column of the export, read for one item.

    Attributes
    ----------
    item : Item
    texts : list of str
        The distinct texts of the column.
    places : ndarray of int
        Place in `texts` of each cell.
    readings : list of Reading
        How each text was read.
    """

    item: Item
    texts: list[str]
    places: np.ndarray
    readings: list[Reading]

    def values(self, index: pd.Index) -> pd.Series:
        """Return the answers: codes and texts as text, numbers as floats, dates as timestamps."""
        values = [reading.value for reading in self.readings]
        if self.item.kind == "number":
            return pd.Series(np.array(values, dtype=float)[self.places], index=index)
        if self.item.kind == "date":
            dates = pd.to_datetime(pd.Series(values, dtype=object)).astype("datetime64[us]")
            return pd.Series(dates.to_numpy()[self.places], index=index)
        texts = pd.array(np.array(values, dtype=object), dtype="str")
        return pd.Series(texts.take(self.places), index=index)

    def kinds(self) -> np.ndarray:
        """Return the place of each missing kind in ``MISSING_KINDS``, :data:`ANSWERED` where there is an answer."""
        return np.array([_PLACES[reading.missing] for reading in self.readings], dtype=np.int8)[self.places]

    def blank(self) -> np.ndarray:
        """Tell where nothing is written."""
        return np.array([reading.rule == "blank" for reading in self.readings], dtype=bool)[self.places]


@dataclass(frozen=True)
class Coded:
    """Answers coded, and why the others are missing.

    Attributes
    ----------
    responses : DataFrame
        A column an item of the codebook.
    kinds : DataFrame of int8
        Same shape: place in ``MISSING_KINDS``, :data:`ANSWERED` where there is an answer.
    blank : DataFrame of bool
        Same shape: True where nothing was written.
    columns : dict of str to ReadColumn
        Item -> its column, for the items that the export has.
    """

    responses: pd.DataFrame
    kinds: pd.DataFrame
    blank: pd.DataFrame
    columns: Mapping[str, ReadColumn]


def code_answers(
    cells: pd.DataFrame, codebook: Codebook, *, declared: Mapping[str, Mapping[str, str]] | None = None
) -> Coded:
    """Code every item of `codebook` from the text of `cells`.

    Parameters
    ----------
    cells : DataFrame of str, shape (n, columns)
        One row a record. Columns: headers of the export, as the codebook writes them.
    codebook : Codebook
    declared : mapping of str to mapping, optional
        By column: codes that the file itself declares missing, each with its label; they keep their reason.

    Returns
    -------
    Coded
        An item whose column is not in the export is ``not_asked``; a blank cell is ``no_answer`` until
        :func:`~cdo_analysis.intake.missing.settle_missing` has looked at it.
    """
    columns = {column.item.name: column for column in _read_columns(cells, codebook, declared or {})}
    absent = np.full(len(cells), MISSING_KINDS.index("not_asked"), dtype=np.int8)
    values, kinds, blank = {}, {}, {}
    for item in codebook:
        column = columns.get(item.name)
        values[item.name] = column.values(cells.index) if column else _empty(item, cells.index)
        kinds[item.name] = column.kinds() if column else absent
        blank[item.name] = column.blank() if column else np.ones(len(cells), dtype=bool)
    return Coded(
        pd.DataFrame(values, index=cells.index),
        pd.DataFrame(kinds, index=cells.index),
        pd.DataFrame(blank, index=cells.index),
        columns,
    )


def _read_columns(
    cells: pd.DataFrame, codebook: Codebook, declared: Mapping[str, Mapping[str, str]]
) -> Iterator[ReadColumn]:
    """Yield the column of each item; the options of a list in one cell are read together."""
    for header, items in _items_by_column(codebook).items():
        if header not in cells.columns:
            continue
        places, distinct = pd.factorize(cells[header].to_numpy(dtype=object))
        texts = [str(text) for text in distinct]
        if items[0].separator:
            lists = [read_list(text, items) for text in texts]
            for place, item in enumerate(items):
                yield ReadColumn(item, texts, places, [readings[place] for readings in lists])
        else:
            readings = _read_texts(texts, items[0])
            if header in declared:
                readings = _keep_declared(texts, readings, items[0], declared[header])
            yield ReadColumn(items[0], texts, places, readings)


def _keep_declared(
    texts: Sequence[str], readings: Sequence[Reading], item: Item, declared: Mapping[str, str]
) -> list[Reading]:
    """Give the codes that the file declares missing the kind that their label says; the codebook's word wins."""
    own = {answer.code for answer in item.answers}
    return [
        _declared_missing(declared[text]) if text in declared and text not in own else reading
        for text, reading in zip(texts, readings, strict=True)
    ]


def _declared_missing(label: str) -> Reading:
    said = read_missing(label)
    return Reading(None, said.missing if said else "no_answer", "declared_missing")


def _items_by_column(codebook: Codebook) -> dict[str, list[Item]]:
    items: dict[str, list[Item]] = {}
    for item in codebook:
        items.setdefault(item.column, []).append(item)
    return items


def _read_texts(texts: Sequence[str], item: Item) -> list[Reading]:
    """Read the distinct texts of a column; for numbers and dates, the whole column shows what some cells mean."""
    if item.kind == "number":
        comma = comma_is_decimal_in(texts)
        readings = [read_number(text, item, comma_is_decimal=comma) for text in texts]
        return _refuse_shares(readings) if item.unit == "percent" and percentages_mixed(texts) else readings
    if item.kind == "date":
        day_first = not month_first(texts)
        return [read_date(text, day_first=day_first) for text in texts]
    if item.kind == "choice":
        return [read_option(text, item) if item.tick else read_choice(text, item) for text in texts]
    return [_read_text(text, item) for text in texts]


def _refuse_shares(readings: Sequence[Reading]) -> list[Reading]:
    """Refuse what may be a share among percentages."""
    unsure = Reading(missing="invalid", rule="share_or_percent")
    return [unsure if isinstance(r.value, float) and is_share(r.value) else r for r in readings]


def _read_text(text: str, item: Item) -> Reading:
    """Read a text or an identifier; in an identifier a word such as "NSP" says that there is none."""
    if not text.strip():
        return Reading(missing="no_answer", rule="blank")
    if is_spreadsheet_error(text):
        return Reading(missing="invalid", rule="unknown_answer")
    if item.kind == "text":
        return Reading(text, None, "text")
    missing = read_missing(text)
    if missing:
        return missing
    if item.check.startswith("naf"):
        naf, rule = read_naf(text)
        return Reading(naf or None, None if naf else "invalid", rule)
    if item.check != "siren":
        return Reading(text.strip(), None, "text")
    siren, rule = read_siren(text)
    return Reading(siren or None, None if siren else "invalid", rule)


def identifier_of(text: str, item: Item) -> str:
    """Return the identifier that a cell holds; an empty text where there is no valid one."""
    return str(_read_text(text, item).value or "")


def _empty(item: Item, index: pd.Index) -> pd.Series:
    if item.kind == "number":
        return pd.Series(np.nan, index=index, dtype=float)
    if item.kind == "date":
        return pd.Series(pd.NaT, index=index, dtype="datetime64[us]")
    return pd.Series(None, index=index, dtype="str")


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
        for text, reading, n in zip(column.texts, column.readings, counts, strict=True):
            after = "" if reading.value is None else str(reading.value)
            if n and (after != text or reading.missing):
                rows.append((name, text, after, reading.missing or "", reading.rule, int(n)))
    return pd.DataFrame(rows, columns=["item", "before", "after", "missing", "rule", "n"])


# --- what is told of the reading --------------------------------------------------------------------------------


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
        rows += [
            (_name(column.item), text, "" if r.value is None else str(r.value), r.rule, int(n))
            for text, r, n in zip(column.texts, column.readings, counts, strict=True)
            if n and r.rule not in _PLAIN and r.missing != "invalid"
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
        rules = [r.rule if r.missing == "invalid" or r.rule in _NOTED else "" for r in column.readings]
        places = column.places[kept]
        low, high = column.item.bounds
        for rule in sorted(set(rules) - {""}):
            rows = np.array([r == rule for r in rules])[places]
            texts = pd.Series([column.texts[place] for place in places[rows]], index=lines.index[rows], dtype=object)
            log.add_cells(rule, texts, lines=lines, item=_name(column.item), bounds=f"{low:g} to {high:g}")


def count_unreadable(coded: Coded) -> dict[str, int]:
    """Return how many cells could not be read, by rule; a list in one cell counts once."""
    counts: dict[str, int] = {}
    for column in _told_once(coded.columns):
        n = np.bincount(column.places, minlength=len(column.texts))
        for reading, cells in zip(column.readings, n, strict=True):
            if reading.missing == "invalid" and cells:
                counts[reading.rule] = counts.get(reading.rule, 0) + int(cells)
    return counts


def _told_once(columns: Mapping[str, ReadColumn]) -> Iterator[ReadColumn]:
    """Yield the columns, those of a list in one cell once."""
    told: set[str] = set()
    for column in columns.values():
        if not column.item.separator or column.item.block not in told:
            told.add(column.item.block)
            yield column


def _name(item: Item) -> str:
    return item.block if item.separator else item.name
