"""From text to coded answers: every distinct text of a column is read once, then given to all who wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from cdo_analysis.codebook import MISSING_KINDS, Codebook, Item
from cdo_analysis.intake.clock import ANY_ZONE, Clock
from cdo_analysis.intake.coded import ANSWERED, Coded, ReadColumn
from cdo_analysis.intake.columns import TextColumn, texts_of
from cdo_analysis.intake.company import read_naf, read_siren
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

_PLACES = {kind: place for place, kind in enumerate(MISSING_KINDS)} | {None: ANSWERED}


def code_answers(
    cells: pd.DataFrame,
    codebook: Codebook,
    *,
    declared: Mapping[str, Mapping[str, str]] | None = None,
    clock: Clock = ANY_ZONE,
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
    clock : Clock
        Zones of the times.

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
            columns |= {
                column.item.name: column for column in _read_column(text, items, said.get(header), (known, clock))
            }
    ordered = {item.name: columns[item.name] for item in codebook if item.name in columns}
    return Coded(ordered, cells.index)


_Known = dict[tuple[object, ...], dict[str, Reading]]
"""What was read already: by the ways to read a text, what each text says."""
_Ways = tuple[_Known, Clock]


def _read_column(
    column: TextColumn, items: Sequence[Item], declared: Mapping[str, str] | None, ways: _Ways
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
        yield _hold_mostly_plain(first, column, plain, ways)
        return
    readings = _read_texts(column.texts, first, ways)
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


def _hold_mostly_plain(item: Item, column: TextColumn, plain: np.ndarray, ways: _Ways) -> ReadColumn:
    """Read one by one the texts that do not stand for themselves."""
    texts = np.array(column.texts, dtype=object)
    others = np.flatnonzero(~plain)
    read = _hold(item, column, _read_texts(column.texts, item, ways, only=others.tolist()))
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


def _read_texts(texts: Sequence[str], item: Item, ways: _Ways, *, only: Sequence[int] | None = None) -> list[Reading]:
    """Read the distinct texts of a column (or some); for numbers and dates, all of them show what some mean."""
    known, clock = ways
    chosen = texts if only is None else [texts[place] for place in only]
    if item.kind == "number":
        comma = comma_is_decimal_in(texts)
        same = known.setdefault((item.answers, item.unit, item.bounds, comma), {})
        readings = [same.get(t) or _keep(same, t, read_number(t, item, comma_is_decimal=comma)) for t in chosen]
        return _refuse_shares(readings) if item.unit == "percent" and percentages_mixed(texts) else readings
    if item.kind == "date":
        day_first = not month_first(texts)
        return [read_date(text, day_first=day_first, clock=clock) for text in chosen]
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
        naf, rule = read_naf(text, item.check)
        return Reading(naf or None, None if naf else "invalid", rule)
    if item.check != "siren":
        return Reading(text.strip(), None, "text")
    siren, rule = read_siren(text)
    return Reading(siren or None, None if siren else "invalid", rule)


def identifier_of(text: str, item: Item) -> str:
    """Return the identifier that a cell holds; an empty text where there is no valid one."""
    return str(_read_text(text, item).value or "")
