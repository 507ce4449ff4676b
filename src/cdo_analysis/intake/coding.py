"""From text to coded answers: every distinct text of a column is read once, then given to all who wrote it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from cdo_analysis.codebook import MISSING_KINDS, Codebook, Item
from cdo_analysis.intake.columns import TextColumn, texts_of
from cdo_analysis.intake.company import read_naf, read_siren
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.intake.lists import read_list
from cdo_analysis.intake.numbers import comma_is_decimal_in, is_share, percentages_mixed, read_number
from cdo_analysis.intake.plain import PLAIN_RULES, plain_texts
from cdo_analysis.intake.values import (
    Reading,
    is_spreadsheet_error,
    month_first,
    read_choice,
    read_date,
    read_missing,
    read_option,
)

Array = np.ndarray | pd.api.extensions.ExtensionArray

ANSWERED = -1
"""What stands for "there is an answer" among places in ``MISSING_KINDS``."""

_PLAIN = frozenset({"code", "number", "date", "blank", "siren", "naf", "text", "not_ticked", "ticked"})
_NOTED = frozenset({"siren_padded", "siren_from_siret", "siren_from_wrong_siret", "siren_from_vat"})
_INVALID = MISSING_KINDS.index("invalid")
_NO_TEXT = np.array([None], dtype=object)
_NONE = {"number": np.array([np.nan]), "date": np.array(["NaT"], dtype="datetime64[us]")}
_PLACES = {kind: place for place, kind in enumerate(MISSING_KINDS)} | {None: ANSWERED}


@dataclass(frozen=True)
class ReadColumn:
    """A column of the export, read for one item.

    Attributes
    ----------
    item : Item
    texts : sequence of str
        The distinct texts of the column.
    places : ndarray of int
        Place in `texts` of each cell.
    values : ndarray, one a text
        Answers: codes and texts (object, None for none), numbers (float) or dates (datetime64).
    kinds : ndarray of int8, one a text
        Place of the missing kind in ``MISSING_KINDS``, :data:`ANSWERED` where there is an answer.
    rules : ndarray of str, one a text
        How each text was read, or why it was not.
    """

    item: Item
    texts: Sequence[str]
    places: np.ndarray
    values: np.ndarray
    kinds: np.ndarray
    rules: np.ndarray

    def reading(self, place: int) -> Reading:
        """Return how one of the texts was read."""
        kind = int(self.kinds[place])
        value = None if kind != ANSWERED else self.values[place]
        return Reading(value, None if kind == ANSWERED else MISSING_KINDS[kind], str(self.rules[place]))

    def written(self, place: int) -> str:
        """Return what one of the texts was read as, as text; empty where it says that there is no answer."""
        if self.kinds[place] != ANSWERED:
            return ""
        value = self.values[place]
        return str(value.item() if self.item.kind == "date" and hasattr(value, "item") else value)

    def blank(self) -> np.ndarray:
        """Tell in which cells nothing is written."""
        return (self.rules == "blank")[self.places]

    def holds(self, codes: Collection[str]) -> np.ndarray:
        """Tell which cells were read as one of some codes."""
        return np.array([value in codes for value in self.values.tolist()], dtype=bool)[self.places]


@dataclass(frozen=True)
class Coded:
    """The columns of an export, read: what each of their texts says, and which cell holds which text.

    Attributes
    ----------
    columns : dict of str to ReadColumn
        Item -> its column, for the items that the export has.
    index : Index
        Of the records.
    """

    columns: Mapping[str, ReadColumn]
    index: pd.Index

    def answers(self, item: Item, rows: np.ndarray | slice = slice(None)) -> Array:
        """Return the answers of records to one item; all missing where the export does not have it."""
        column = self.columns.get(item.name)
        if column:
            return spread(column.values, column.places[rows])
        none = np.zeros(len(np.zeros(len(self.index), dtype=bool)[rows]), dtype=np.int8)
        return spread(_NONE.get(item.kind, _NO_TEXT), none)


def spread(values: np.ndarray, places: np.ndarray) -> Array:
    """Give each cell the value of its text; texts become a pandas array of text."""
    if values.dtype != object:
        return values[places]
    texts = pa.array(values, type=pa.large_string(), from_pandas=True)
    return pd.StringDtype(na_value=np.nan).__from_arrow__(texts.take(pa.array(places)))


def code_answers(
    cells: pd.DataFrame, codebook: Codebook, *, declared: Mapping[str, Mapping[str, str]] | None = None
) -> Coded:
    """Code every item of `codebook` from the text of `cells`.

    Parameters
    ----------
    cells : DataFrame of category, shape (n, columns)
        One row a record; the categories of a column are its distinct texts. Columns: headers of the export, as the
        codebook writes them.
    codebook : Codebook
    declared : mapping of str to mapping, optional
        By column: codes that the file itself declares missing, each with its label; they keep their reason.

    Returns
    -------
    Coded
        A blank cell is ``no_answer`` until :func:`~cdo_analysis.intake.missing.settle_missing` has looked at it.
    """
    said = declared or {}
    known: _Known = {}
    columns: dict[str, ReadColumn] = {}
    for header, items in _items_by_column(codebook).items():
        if header in cells.columns:
            text = texts_of(cells[header])
            columns |= {column.item.name: column for column in _read_column(text, items, said.get(header), known)}
    ordered = {item.name: columns[item.name] for item in codebook if item.name in columns}
    return Coded(ordered, cells.index)


_Known = dict[tuple[object, ...], dict[str, Reading]]
"""What was read already: by the ways to read a text, what each text says."""


def _read_column(
    column: TextColumn, items: Sequence[Item], declared: Mapping[str, str] | None, known: _Known
) -> Iterator[ReadColumn]:
    """Yield the column of each item; the options of a list in one cell are read together."""
    first = items[0]
    if first.separator:
        lists = [read_list(text, items) for text in column.texts]
        for place, item in enumerate(items):
            yield _hold(item, column, [readings[place] for readings in lists])
        return
    plain = plain_texts(column.texts, first) if not declared else None
    if plain is not None and plain.any():
        yield _hold_mostly_plain(first, column, plain, known)
        return
    readings = _read_texts(column.texts, first, known)
    yield _hold(first, column, _keep_declared(column.texts, readings, first, declared) if declared else readings)


def _hold(item: Item, column: TextColumn, readings: Sequence[Reading]) -> ReadColumn:
    values = np.array([reading.value for reading in readings], dtype=object)
    if item.kind == "number":
        values = values.astype(float)
    elif item.kind == "date":
        values = pd.to_datetime(pd.Series(values, dtype=object)).astype("datetime64[us]").to_numpy()
    kinds = np.array([_PLACES[reading.missing] for reading in readings], dtype=np.int8)
    rules = np.array([reading.rule for reading in readings], dtype=object)
    return ReadColumn(item, column.texts, column.places, values, kinds, rules)


def _hold_mostly_plain(item: Item, column: TextColumn, plain: np.ndarray, known: _Known) -> ReadColumn:
    """Read one by one the texts that do not stand for themselves."""
    texts = np.array(column.texts, dtype=object)
    others = np.flatnonzero(~plain)
    read = _hold(item, column, _read_texts(column.texts, item, known, only=others.tolist()))
    numeric = item.kind == "number"
    values = np.full(len(texts), np.nan) if numeric else texts.copy()
    values[plain] = texts[plain].astype(float) if numeric else texts[plain]
    kinds = np.full(len(texts), ANSWERED, dtype=np.int8)
    rules = np.full(len(texts), PLAIN_RULES[item.check or item.kind], dtype=object)
    values[others], kinds[others], rules[others] = read.values, read.kinds, read.rules
    return ReadColumn(item, column.texts, column.places, values, kinds, rules)


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


def _read_texts(texts: Sequence[str], item: Item, known: _Known, *, only: Sequence[int] | None = None) -> list[Reading]:
    """Read the distinct texts of a column (or some); for numbers and dates, all of them show what some mean."""
    chosen = texts if only is None else [texts[place] for place in only]
    if item.kind == "number":
        comma = comma_is_decimal_in(texts)
        same = known.setdefault((item.answers, item.unit, item.bounds, comma), {})
        readings = [same.get(t) or _keep(same, t, read_number(t, item, comma_is_decimal=comma)) for t in chosen]
        return _refuse_shares(readings) if item.unit == "percent" and percentages_mixed(texts) else readings
    if item.kind == "date":
        day_first = not month_first(texts)
        return [read_date(text, day_first=day_first) for text in chosen]
    if item.kind == "choice" and item.tick:
        return [read_option(text, item) for text in chosen]
    if item.kind == "choice":
        same = known.setdefault((item.answers,), {})
        return [same.get(text) or _keep(same, text, read_choice(text, item)) for text in chosen]
    return [_read_text(text, item) for text in chosen]


def _keep(known: dict[str, Reading], text: str, reading: Reading) -> Reading:
    known[text] = reading
    return reading


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
        low, high = column.item.bounds
        for rule in sorted(set(column.rules[told].tolist())):
            rows = ((column.rules == rule) & told)[places]
            texts = pd.Series([column.texts[place] for place in places[rows]], index=lines.index[rows], dtype=object)
            log.add_cells(rule, texts, lines=lines[rows], item=_name(column.item), bounds=f"{low:g} to {high:g}")


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
