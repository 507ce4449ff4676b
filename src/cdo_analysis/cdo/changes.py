"""Which change within a firm's reach would make another arrangement lead."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.cdo.acceptability import count_leads
from cdo_analysis.cdo.advice import Advice, draw_weights
from cdo_analysis.cdo.reasons import answers_of, position_of
from cdo_analysis.reference import Arrangements, Criterion, Rules

MOST_TRIALS = 200
"""Whole numbers tried in place of an answer, at most; the step grows with what lies within reach."""

_NOBODY = -1
"""Stands for the leader where nothing is feasible."""

_AT_ONCE = 8
"""Answers tried before looking whether one of them changes the leader: the nearest often does."""


@dataclass(frozen=True)
class Change:
    """The smallest change of one answer that makes another arrangement lead.

    Attributes
    ----------
    criterion : str
    before, after : float
        The answer today, and the nearest one with another leader, in the unit of the criterion.
    arrangement : str
        What then leads.
    """

    criterion: str
    before: float
    after: float
    arrangement: str


class _Firm(NamedTuple):
    """What trials start from: the scores of each option under each weight, the weights, the answers."""

    scores: NDArray[np.float64]
    weights: NDArray[np.float64]
    answers: dict[str, float | str]


def what_would_change(advice: Advice, rules: Rules, arrangements: Arrangements, firm: str) -> tuple[Change, ...]:
    """Return, for each answer within the firm's reach, the smallest change that makes another arrangement lead.

    One answer is changed at a time (budget, leader's time, team: the criteria with a ``reach``), over whole numbers,
    the points of the rules and the minima of the arrangements, by no more than the larger of its reach and of itself.
    The weights are those of the advice, so that nothing but the answer differs.

    Parameters
    ----------
    advice : Advice
    rules : Rules
    arrangements : Arrangements
    firm : str

    Returns
    -------
    tuple of Change
        Smallest relative change first; empty where the advice would stay. An unanswered criterion has none.
    """
    row, _ = position_of(advice, firm, arrangements.ids[0])
    weights = draw_weights(rules, draws=advice.draws, random_state=advice.random_state, experts=advice.experts)
    scores = np.nan_to_num(advice.suitability[row]).T @ weights.T
    one = _Firm(scores, weights, answers_of(advice, firm))
    (leader,) = _leaders(scores[None], advice.feasible.to_numpy()[row][None])
    changes = []
    for position, criterion in enumerate(rules.criteria):
        before = one.answers.get(criterion.id)
        if criterion.reach > 0 and before is not None and not isinstance(before, str):
            for answer, then in _trials(one, position, rules, arrangements):
                if then not in (leader, _NOBODY):
                    changes.append(Change(criterion.id, before, answer, arrangements.ids[then]))
                    break
    return tuple(sorted(changes, key=lambda c: abs(c.after - c.before) / max(rules[c.criterion].reach, c.before)))


def _trials(firm: _Firm, position: int, rules: Rules, arrangements: Arrangements) -> Iterator[tuple[float, int]]:
    """Yield the answers to try, nearest first, and which option then leads (-1 where none can)."""
    criterion = rules.criteria[position]
    before = float(firm.answers[criterion.id])
    grid = _grid(criterion, before, rules, arrangements)
    points, rows = np.array(criterion.points, dtype="float64"), list(criterion.suitability.values())
    gains = np.column_stack([np.interp(grid, points, row) - np.interp(before, points, row) for row in rows])
    for start in range(0, len(grid), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        scores = firm.scores + gains[block, :, None] * firm.weights[:, position]
        feasible = _feasible(firm, criterion.id, grid[block], rules, arrangements)
        yield from zip(grid[block].tolist(), _leaders(scores, feasible), strict=True)


def _leaders(scores: NDArray[np.float64], feasible: NDArray[np.bool_]) -> list[int]:
    """Return the option that leads most often in each table of scores; the first of those that tie, -1 for none."""
    counts = count_leads(scores.copy(), feasible, math.lcm(*range(1, scores.shape[1] + 1)))
    return [
        int(first) if most > 0 else _NOBODY
        for first, most in zip(counts.argmax(axis=1), counts.max(axis=1), strict=True)
    ]


def _feasible(
    firm: _Firm, changed: str, answers: NDArray[np.float64], rules: Rules, arrangements: Arrangements
) -> NDArray[np.bool_]:
    """Return which options are feasible with each answer to the criterion `changed`; unknown ones rule none out."""
    feasible = np.ones((len(answers), len(arrangements.ids)), dtype=bool)
    for rule in rules.feasibility:
        minima = np.array([option.needs[rule.need].value for option in arrangements])
        own = (
            answers if rule.criterion == changed else np.array([firm.answers.get(rule.criterion, np.nan)], dtype=float)
        )
        feasible &= ~((own[:, None] < minima) & (minima > 0))
    return feasible


def _grid(criterion: Criterion, before: float, rules: Rules, arrangements: Arrangements) -> NDArray[np.float64]:
    """Return the answers to try, nearest first: whole numbers, points of the rules, minima of the arrangements."""
    needs = [rule.need for rule in rules.feasibility if rule.criterion == criterion.id]
    minima = [option.needs[need].value for need in needs for option in arrangements]
    reach = max(criterion.reach, before)
    low, high = max(0.0, before - reach), before + reach
    whole = np.arange(np.floor(low), high + 1, max(1.0, np.ceil((high - low) / MOST_TRIALS)))
    grid = np.unique([*whole, *(float(point) for point in criterion.points), *minima])
    grid = grid[(grid >= low) & (grid <= high) & (grid != before)]
    return grid[np.argsort(np.abs(grid - before), kind="stable")]
