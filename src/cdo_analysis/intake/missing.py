"""Why an answer is missing: blank cells told apart into not ticked, not asked, abandoned and passed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdo_analysis.codebook import MISSING_KINDS, Codebook, Condition, Item
from cdo_analysis.intake.coded import ANSWERED, Array, Coded, ReadColumn, spread
from cdo_analysis.intake.issues import IssueLog

_PLACED_BY_PLATFORM = ("weight", "stratum", "started", "submitted", "duration")
_SAID = [MISSING_KINDS.index(kind) for kind in ("dont_know", "refused", "not_applicable", "invalid")]
_KNOWN = [MISSING_KINDS.index(kind) for kind in ("dont_know", "refused", "not_applicable", "not_asked")]
_TICK_CODES = np.array([None, "0", "1"], dtype=object)
_NOT_ASKED, _NO_ANSWER, _ABANDONED = (MISSING_KINDS.index(kind) for kind in ("not_asked", "no_answer", "abandoned"))


def settle_missing(coded: Coded, cells: pd.DataFrame, codebook: Codebook) -> Settled:
    """Tell blank cells apart: not ticked, not asked, abandoned, passed over.

    Parameters
    ----------
    coded : Coded
        As :func:`~cdo_analysis.intake.coding.code_answers` returns it: a blank is ``no_answer``.
    cells : DataFrame
        The export; the order of its columns is the order of the questions.
    codebook : Codebook

    Returns
    -------
    Settled
        A blank option of a tick list counts as "not ticked" where another option of the list was ticked, or where
        the list has no "none of these" option and the respondent went on to later questions. Questions without
        answer that the routing explains are ``not_asked`` (so is an option "not ticked" in a list that was not
        shown); blanks after the last answer are ``abandoned``; other blanks stay ``no_answer``.
    """
    state = _State(coded, cells, codebook)
    for block in _blocks([column.item for column in coded.columns.values()]):
        for item in block:
            state.settle_item(item)
        ticks = [item for item in block if item.tick]
        if ticks:
            state.settle_ticks(ticks)
    return Settled(coded, codebook, state.kinds, state.ticks)


@dataclass(frozen=True)
class Settled:
    """Answers, and why the others are missing, before they are set out as tables.

    Attributes
    ----------
    coded : Coded
    codebook : Codebook
    kinds : dict of str to ndarray of int8
        Item that the export has -> place of the missing kind of each record, ``ANSWERED`` where there is an answer.
    ticks : dict of str to ndarray of int8
        Option of a tick list -> 1 ticked, 0 not ticked, -1 neither.
    """

    coded: Coded
    codebook: Codebook
    kinds: dict[str, np.ndarray]
    ticks: dict[str, np.ndarray]

    def answers(self, name: str) -> pd.Series:
        """Return the answers of all records to one item."""
        return pd.Series(self._values(self.codebook[name], slice(None)), index=self.coded.index)

    def count_answers(self) -> np.ndarray:
        """Return how many answers each record has."""
        counts = np.zeros(len(self.coded.index), dtype=np.int32)
        for kinds in self.kinds.values():
            counts += kinds == ANSWERED
        return counts

    def tables(self, rows: np.ndarray, index: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Set out the records `rows` under the names of `index`.

        Returns
        -------
        responses : DataFrame
            A column an item of the codebook.
        missing : DataFrame of category
            Same shape: why there is no answer, NaN where there is one.
        """
        chosen = slice(None) if rows.all() else rows
        dtype = pd.CategoricalDtype(list(MISSING_KINDS))
        absent = np.full(len(index), _NOT_ASKED, dtype=np.int8)
        answers, missing = {}, {}
        for item in self.codebook:
            answers[item.name] = self._values(item, chosen)
            kinds = self.kinds[item.name][chosen] if item.name in self.kinds else absent
            missing[item.name] = pd.Categorical.from_codes(kinds, dtype=dtype)
        return pd.DataFrame(answers, index=index, copy=False), pd.DataFrame(missing, index=index, copy=False)

    def _values(self, item: Item, rows: np.ndarray | slice) -> Array:
        if item.name in self.ticks:
            return spread(_TICK_CODES, self.ticks[item.name][rows] + np.int8(1))
        return self.coded.answers(item, rows)

    def log_unasked(self, rows: np.ndarray, lines: pd.Series, log: IssueLog) -> None:
        """Write an issue for each answer (in a tick list: each tick) to a question that the routing skips.

        Parameters
        ----------
        rows : ndarray of bool
            Records that count.
        lines : Series of int
            Their lines; index: respondent.
        log : IssueLog
            Only items that the export has are told: what one that it lacks would have said is not known.
        """
        routing = _Routing(self.coded, self.kinds, self.ticks)
        for column in self.coded.columns.values():
            item = column.item
            if not item.asked_if:
                continue
            given = self.ticks[item.name] == 1 if item.tick else self.kinds[item.name] == ANSWERED
            found = (given & ~routing.asked(item))[rows]
            if found.any():
                told = pd.Series(self._values(item, rows), index=lines.index)[found]
                log.add_cells("answered_though_not_asked", told, lines=lines[found], item=item.name)


@dataclass(frozen=True)
class _Routing:
    """Who was asked what, as far as the answers say it."""

    coded: Coded
    kinds: dict[str, np.ndarray]
    ticks: dict[str, np.ndarray]

    def asked(self, item: Item) -> np.ndarray:
        """Tell who was asked: False only where the routing is known to skip the question."""
        asked = np.ones(len(self.coded.index), dtype=bool)
        for condition in item.asked_if:
            if condition.item not in self.kinds:
                continue
            kind = self.kinds[condition.item]
            known = (kind == ANSWERED) | _is_one_of(kind, _KNOWN)
            asked &= ~known | self._chose(condition)
        return asked

    def _chose(self, condition: Condition) -> np.ndarray:
        if condition.item in self.ticks:
            codes = [int(code) for code in condition.codes if code in ("0", "1")]
            return _is_one_of(self.ticks[condition.item], codes)
        return self.coded.columns[condition.item].holds(condition.codes)


class _State:
    """Answers and missing kinds of the items that the export has, while they are being settled."""

    def __init__(self, coded: Coded, cells: pd.DataFrame, codebook: Codebook) -> None:
        columns = coded.columns
        self.columns = columns
        self.kinds = {name: column.kinds[column.places] for name, column in columns.items()}
        self.ticks = {name: _ticks(column) for name, column in columns.items() if column.item.tick}
        self.places = _question_places(cells, codebook)
        self.last = _last_answered(self.kinds, self.places, len(cells))
        self.routing = _Routing(coded, self.kinds, self.ticks)

    def settle_item(self, item: Item) -> None:
        """Mark what the routing skipped, then what comes after the last answer."""
        kinds = self.kinds[item.name]
        if item.asked_if:
            kinds[(kinds == _NO_ANSWER) & ~self.routing.asked(item)] = _NOT_ASKED
        if item.name in self.places and item.kind != "text":
            left = (self.last < self.places[item.name]) & (kinds != _NOT_ASKED)
            if left.any():
                kinds[left & self.columns[item.name].blank()] = _ABANDONED

    def settle_ticks(self, block: list[Item]) -> None:
        """Give "not ticked" to the blank options of a list that the respondent saw, and to no other."""
        names = [item.name for item in block]
        ticked = np.any([self.ticks[name] == 1 for name in names], axis=0)
        unticked = np.any([self.ticks[name] == 0 for name in names], axis=0)
        has_none = any(item.exclusive and not item.dimension for item in block)
        shown = np.all([self.routing.asked(item) for item in block], axis=0)
        for name in names:
            kinds, own = self.kinds[name], self.ticks[name]
            passed_by = ~ticked & ~unticked & (kinds == _NO_ANSWER) & (not has_none)
            open_blank = self.columns[name].blank() & _is_one_of(kinds, [_NO_ANSWER, _ABANDONED])
            passed = open_blank & (ticked | passed_by)
            np.copyto(own, np.int8(0), where=passed)
            np.copyto(kinds, np.int8(ANSWERED), where=passed)
            unseen = (own == 0) & ~shown & ~ticked
            np.copyto(own, np.int8(-1), where=unseen)
            np.copyto(kinds, np.int8(_NOT_ASKED), where=unseen)


def _ticks(column: ReadColumn) -> np.ndarray:
    known = {"1": 1, "0": 0}
    return np.array([known.get(value, -1) for value in column.values.tolist()], dtype=np.int8)[column.places]


def _is_one_of(kinds: np.ndarray, wanted: Sequence[int]) -> np.ndarray:
    """Tell which small whole numbers are among a few; quicker than np.isin."""
    found = np.zeros(len(kinds), dtype=bool)
    for kind in wanted:
        found |= kinds == kind
    return found


def _blocks(items: Iterable[Item]) -> list[list[Item]]:
    """Return the batteries and single items in the order of the questionnaire, in which routers come first."""
    blocks: dict[str, list[Item]] = {}
    for item in items:
        blocks.setdefault(item.block, []).append(item)
    return list(blocks.values())


def _question_places(cells: pd.DataFrame, codebook: Codebook) -> dict[str, int]:
    """Return the place of each question in the export; what the platform writes by itself is not a question."""
    places = {header: place for place, header in enumerate(cells.columns)}
    by_platform = {getattr(codebook.roles, role) for role in _PLACED_BY_PLATFORM}
    asked = [
        item
        for item in codebook
        if item.column in places and item.kind != "identifier" and item.name not in by_platform
    ]
    return {item.name: places[item.column] for item in asked}


def _last_answered(kinds: dict[str, np.ndarray], places: dict[str, int], n: int) -> np.ndarray:
    """Return the place of the last question that each respondent answered, in words or by saying why not; -1: none."""
    last = np.full(n, -1, dtype=np.int32)
    for name, place in sorted(places.items(), key=lambda pair: pair[1]):
        np.copyto(last, np.int32(place), where=(kinds[name] == ANSWERED) | _is_one_of(kinds[name], _SAID))
    return last
