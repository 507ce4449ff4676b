"""Doubts that need the whole questionnaire: near doubles, long runs of one answer, answers that exclude each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cdo_analysis.codebook import Codebook, Consistency, Limit
from cdo_analysis.intake.issues import IssueLog

NEARLY_ALL = 0.97
FEWEST_IN_COMMON = 30
LONG_STRING = 15
FEWEST_SCALE_ANSWERS = 4
_LARGEST_GROUP = 300
"""Respondents who agree on a whole part of the questionnaire: beyond, the part tells nobody apart."""


def near_duplicates(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Flag respondents whose answers are nearly all those of an earlier one.

    The questions are cut into as many parts as two near doubles may differ in, and one more: they must then agree on a
    whole part, so that only respondents who do are compared. The time is linear in respondents but for such groups.

    Parameters
    ----------
    responses : DataFrame
        As in :class:`~cdo_analysis.intake.Survey`.
    codebook : Codebook
    lines : Series of int
    log : IssueLog

    Returns
    -------
    Series of bool
    """
    names = [item.name for item in codebook if item.kind == "choice"]
    flagged = pd.Series(False, index=responses.index)
    if len(names) < FEWEST_IN_COMMON or len(responses) < 2:
        return flagged
    codes = np.column_stack([_places(responses[name], codebook[name].codes) for name in names])
    for later, earlier, alike in _near_pairs(codes):
        respondent = responses.index[later]
        if not flagged.iloc[later]:
            flagged.iloc[later] = True
            log.add(
                "near_duplicate",
                respondent=str(respondent),
                line=int(lines.iloc[later]),
                value=f"{alike:.0%}",
                kept=int(lines.iloc[earlier]),
            )
    return flagged


def _near_pairs(codes: np.ndarray) -> list[tuple[int, int, float]]:
    width = codes.shape[1]
    if width < FEWEST_IN_COMMON:
        return []
    parts = np.array_split(np.arange(width), int(width * (1 - NEARLY_ALL)) + 1)
    pairs: dict[tuple[int, int], float] = {}
    for part in parts:
        for group in _groups(np.ascontiguousarray(codes[:, part])):
            _compare(codes[group], group, pairs)
    return [(later, earlier, alike) for (later, earlier), alike in sorted(pairs.items())]


def _groups(part: np.ndarray) -> list[np.ndarray]:
    """Return the rows that are equal and say something, group by group."""
    rows = part.view(np.dtype((np.void, part.dtype.itemsize * part.shape[1]))).ravel()
    _, group, counts = np.unique(rows, return_inverse=True, return_counts=True)
    order = np.argsort(group, kind="stable")
    starts = np.cumsum(counts) - counts
    answered = (part >= 0).mean(axis=1) > 0.5
    found = (order[start : start + n] for start, n in zip(starts, counts, strict=True) if 1 < n <= _LARGEST_GROUP)
    return [rows for rows in found if answered[rows[0]]]


def _compare(codes: np.ndarray, places: np.ndarray, pairs: dict[tuple[int, int], float]) -> None:
    for later in range(1, len(places)):
        both = (codes[:later] >= 0) & (codes[later] >= 0)
        common = both.sum(axis=1)
        same = ((codes[:later] == codes[later]) & both).sum(axis=1)
        enough = (common >= FEWEST_IN_COMMON) & (same >= NEARLY_ALL * common)
        for earlier in np.flatnonzero(enough)[:1]:
            pairs[int(places[later]), int(places[earlier])] = float(same[earlier] / common[earlier])


def long_strings(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Flag those who gave one and the same answer to many scale questions in a row, whatever grid they are in.

    The lowest answer of a scale does not count: "never" throughout may well be true. A question without an answer
    ends a run.
    """
    scales = [item for item in codebook if not item.tick and len(item.codes) >= FEWEST_SCALE_ANSWERS and item.stem]
    flagged = pd.Series(False, index=responses.index)
    if len(scales) < LONG_STRING:
        return flagged
    run = np.zeros(len(responses), dtype=np.int16)
    longest, before = run.copy(), np.full(len(responses), -1, dtype=np.int16)
    known = tuple(dict.fromkeys(code for item in scales for code in item.codes))
    for item in scales:
        answers = _places(responses[item.name], known)
        said = (answers >= 0) & (answers != known.index(item.codes[0]))
        run = np.where(said & (answers == before), run + np.int16(1), said.astype(np.int16))
        longest = np.maximum(longest, run)
        before = answers
    flagged[:] = longest >= LONG_STRING
    runs = pd.Series(longest, index=responses.index)[flagged].astype(str)
    log.add_cells("long_string", runs, lines=lines, item="")
    return flagged


def _places(answers: pd.Series, codes: Sequence[str]) -> np.ndarray:
    """Return the place of each answer among the codes of a question, -1 where it has none."""
    found = pc.index_in(pa.array(answers, type=pa.large_string(), from_pandas=True), pa.array(codes, pa.large_string()))
    return np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int16)


def inconsistent(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Flag respondents of whom a rule of ``[[consistency]]`` is broken."""
    flagged = pd.Series(False, index=responses.index)
    for rule in codebook.consistency:
        broken = _sum_broken(responses, rule) if rule.sum_of else _all_hold(responses, rule.never)
        names = [limit.item for limit in rule.never] or list(rule.sum_of)
        shown = responses.loc[broken, names].apply(
            lambda row: ", ".join(f"{name} = {row[name]}" for name in row.index), axis=1, result_type="reduce"
        )
        log.add_cells("inconsistent", shown, lines=lines, item=names[0], label=rule.label.en or rule.label.fr)
        flagged |= broken
    return flagged


def _all_hold(responses: pd.DataFrame, limits: tuple[Limit, ...]) -> pd.Series:
    held = pd.Series(True, index=responses.index)
    for limit in limits:
        answers = responses[limit.item]
        held &= answers.isin(limit.codes) if limit.codes else (answers > limit.above) & (answers < limit.below)
    return held


def _sum_broken(responses: pd.DataFrame, rule: Consistency) -> pd.Series:
    """Tell whose sum is out of bounds; a part that is missing can only make it too low, which is then not held."""
    parts = responses[list(rule.sum_of)]
    total = parts.sum(axis=1)
    low, high = rule.bounds
    return (total > high) | ((total < low) & parts.notna().all(axis=1))


def drop_off(missing: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Tell where respondents left the questionnaire.

    Parameters
    ----------
    missing : DataFrame of category
        As in :class:`~cdo_analysis.intake.Survey`.
    codebook : Codebook

    Returns
    -------
    DataFrame
        A row a question that is the first of those abandoned, in the order of the questionnaire: item, n, share (of
        all respondents, 0 to 1).
    """
    names = [item.name for item in codebook if item.name in missing.columns]
    gone = (missing[names] == "abandoned").to_numpy()
    first = np.where(gone.any(axis=1), gone.argmax(axis=1), -1)
    counts = np.bincount(first[first >= 0], minlength=len(names))
    rows = [(name, int(n), n / len(missing)) for name, n in zip(names, counts, strict=True) if n]
    return pd.DataFrame(rows, columns=["item", "n", "share"])
