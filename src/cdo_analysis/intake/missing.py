"""Why an answer is missing: blank cells told apart into not ticked, not asked, abandoned and passed over."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from cdo_analysis.codebook import MISSING_KINDS, Codebook, Item
from cdo_analysis.intake.coding import ANSWERED, Coded
from cdo_analysis.intake.issues import IssueLog

_PLACED_BY_PLATFORM = ("weight", "stratum", "submitted", "duration")
_SAID = [MISSING_KINDS.index(kind) for kind in ("dont_know", "refused", "not_applicable", "invalid")]
_KNOWN = [MISSING_KINDS.index(kind) for kind in ("dont_know", "refused", "not_applicable", "not_asked")]
_NOT_ASKED, _NO_ANSWER, _ABANDONED = (MISSING_KINDS.index(kind) for kind in ("not_asked", "no_answer", "abandoned"))


def settle_missing(coded: Coded, cells: pd.DataFrame, codebook: Codebook) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell blank cells apart: not ticked, not asked, abandoned, passed over.

    Parameters
    ----------
    coded : Coded
        As :func:`~cdo_analysis.intake.coding.code_answers` returns it: a blank is ``no_answer``.
    cells : DataFrame of str
        The export; the order of its columns is the order of the questions.
    codebook : Codebook

    Returns
    -------
    responses : DataFrame
        A blank option of a tick list counts as "not ticked" where another option of the list was ticked, or where
        the list has no "none of these" option and the respondent went on to later questions.
    missing : DataFrame of category
        Questions without answer that the routing explains are ``not_asked`` (so is an option "not ticked" in a list
        that was not shown); blanks after the last answer are ``abandoned``; other blanks stay ``no_answer``.
    """
    state = _State(coded, cells, codebook)
    for block in _blocks([column.item for column in coded.columns.values()]):
        for item in block:
            state.settle_item(item)
        ticks = [item for item in block if item.tick]
        if ticks:
            state.settle_ticks(ticks)
    return state.responses(), state.missing()


def log_unasked_answers(
    responses: pd.DataFrame, missing: pd.DataFrame, items: Iterable[Item], lines: pd.Series, log: IssueLog
) -> None:
    """Write an issue for each answer (in a tick list: each tick) to a question that the routing skips.

    Parameters
    ----------
    responses, missing : DataFrame
        As :func:`settle_missing` returns them.
    items : iterable of Item
        The items that the export has: what one that it lacks would have said is not known.
    lines : Series of int
    log : IssueLog
    """
    present = {item.name: item for item in items}
    routed = [item for item in present.values() if item.asked_if]
    routers = {condition.item for item in routed for condition in item.asked_if} & set(present)
    kinds = {name: missing[name].cat.codes.to_numpy() for name in routers}
    answers = {name: responses[name].to_numpy(dtype=object) for name in routers}
    for item in routed:
        found = responses.loc[~_asked(item, answers, kinds, len(responses)), item.name].dropna()
        if item.tick:
            found = found[found.eq("1")]
        log.add_cells("answered_though_not_asked", found, lines=lines, item=item.name)


class _State:
    """Answers and missing kinds of the items that the export has, while they are being settled."""

    def __init__(self, coded: Coded, cells: pd.DataFrame, codebook: Codebook) -> None:
        self.coded = coded
        self.n = len(cells)
        self.kinds = {name: coded.kinds[name].to_numpy(copy=True) for name in coded.columns}
        self.blank = {name: coded.blank[name].to_numpy() for name in coded.columns}
        self.ticks = [name for name, column in coded.columns.items() if column.item.tick]
        routers = {condition.item for item in codebook for condition in item.asked_if} & set(coded.columns)
        self.answers = {
            name: coded.responses[name].to_numpy(dtype=object, copy=True) for name in routers | set(self.ticks)
        }
        self.places = _question_places(cells, codebook)
        self.last = _last_answered(self.kinds, self.places, self.n)

    def settle_item(self, item: Item) -> None:
        """Mark what the routing skipped, then what comes after the last answer."""
        kinds = self.kinds[item.name]
        skipped = (kinds == _NO_ANSWER) & ~self._asked(item)
        kinds[skipped] = _NOT_ASKED
        if item.name in self.places and item.kind != "text":
            kinds[self.blank[item.name] & ~skipped & (self.last < self.places[item.name])] = _ABANDONED

    def settle_ticks(self, block: list[Item]) -> None:
        """Give "not ticked" to the blank options of a list that the respondent saw, and to no other."""
        names = [item.name for item in block]
        ticked = np.any([self.answers[name] == "1" for name in names], axis=0)
        unticked = np.any([self.answers[name] == "0" for name in names], axis=0)
        has_none = any(item.exclusive and not item.dimension for item in block)
        shown = np.all([self._asked(item) for item in block], axis=0)
        for name in names:
            kinds = self.kinds[name]
            passed_by = ~ticked & ~unticked & (kinds == _NO_ANSWER) & (not has_none)
            open_blank = self.blank[name] & np.isin(kinds, [_NO_ANSWER, _ABANDONED])
            self._set(name, open_blank & (ticked | passed_by), "0", ANSWERED)
            self._set(name, (self.answers[name] == "0") & ~shown & ~ticked, None, _NOT_ASKED)

    def _asked(self, item: Item) -> np.ndarray:
        return _asked(item, self.answers, self.kinds, self.n)

    def _set(self, name: str, where: np.ndarray, answer: str | None, kind: int) -> None:
        self.answers[name][where] = answer
        self.kinds[name][where] = kind

    def responses(self) -> pd.DataFrame:
        settled = {name: pd.array(self.answers[name], dtype="str") for name in self.ticks}
        return self.coded.responses.assign(**settled)

    def missing(self) -> pd.DataFrame:
        dtype = pd.CategoricalDtype(list(MISSING_KINDS))
        kinds = self.coded.kinds.assign(**self.kinds)
        columns = {name: pd.Categorical.from_codes(kinds[name].to_numpy(), dtype=dtype) for name in kinds}
        return pd.DataFrame(columns, index=self.coded.responses.index)


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
    last = np.full(n, -1)
    for name, place in places.items():
        answered = (kinds[name] == ANSWERED) | np.isin(kinds[name], _SAID)
        last = np.where(answered, np.maximum(last, place), last)
    return last


def _asked(item: Item, answers: dict[str, np.ndarray], kinds: dict[str, np.ndarray], n: int) -> np.ndarray:
    """Tell who was asked: False only where the routing is known to skip the question."""
    asked = np.ones(n, dtype=bool)
    for condition in item.asked_if:
        if condition.item not in kinds:
            continue
        kind = kinds[condition.item]
        known = (kind == ANSWERED) | np.isin(kind, _KNOWN)
        asked &= ~known | np.isin(answers[condition.item], condition.codes)
    return asked
