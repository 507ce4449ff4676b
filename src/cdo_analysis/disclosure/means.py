"""Do published means show the mean of a few companies? Sums and counts are bounded together, by linear programming.

Unknown are, for each cell of the joint table, how many companies it holds and the sum of what they scored, which lies
between as many lowest and as many highest scores. A published mean ties the two. The smallest and the largest mean that
a group may have is a ratio of the two, solved as one linear program (Charnes and Cooper, 1962).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from cdo_analysis.disclosure.counts import Opening
from cdo_analysis.disclosure.facts import Cell, Fact
from cdo_analysis.disclosure.joint import build_joint
from cdo_analysis.disclosure.rules import DisclosureProfile

LEAST_PERCENT = 10.0
"""Bounds of a hidden mean must leave that much of the scale open on each side, at least."""


@dataclass(frozen=True)
class _Group:
    """Those of `all_of` who are not of `less`: a hidden group, or what two published ones leave."""

    all_of: Cell
    less: Cell | None = None


def audit_means(facts: Iterable[Fact], profile: DisclosureProfile) -> tuple[Opening, ...]:
    """Return the groups of too few companies whose mean the published means give away.

    Two sorts of groups are looked at: those of which a report hides the mean, and those that are left when a group of
    which the mean is published is taken out of a larger one. Each score is looked at on its own.

    Parameters
    ----------
    facts : iterable of Fact
    profile : DisclosureProfile

    Returns
    -------
    tuple of Opening
    """
    listed = list(facts)
    counts = [fact for fact in listed if fact.measure == "count" and not fact.hidden]
    items = dict.fromkeys(fact.item for fact in listed if fact.measure == "mean")
    found: list[Opening] = []
    for item in items:
        means = [fact for fact in listed if fact.measure == "mean" and fact.item == item]
        found += _audit_item(means, counts, profile)
    return tuple(found)


def _audit_item(means: list[Fact], counts: list[Fact], profile: DisclosureProfile) -> list[Opening]:
    told = [fact for fact in means if not fact.hidden]
    exact = {fact.cell: int(fact.low or 0) for fact in counts if fact.low == fact.high}
    groups = {_Group(fact.cell) for fact in means if fact.hidden}
    groups |= {_Group(all_of, less) for all_of, less in _nested(told, exact, profile.mean)}
    if not groups or not told:
        return []
    program = _Program(told, counts, groups)
    return [opening for group in sorted(groups, key=str) for opening in program.look(group, profile)]


def _nested(told: list[Fact], exact: dict[Cell, int], fewest: int) -> Iterable[tuple[Cell, Cell]]:
    """Yield pairs of published groups, one inside the other, that leave a few companies between them."""
    cells = list(dict.fromkeys(fact.cell for fact in told if fact.cell in exact))
    for one in cells:
        for other in cells:
            if one != other and (one & other) == other and 0 < exact[one] - exact[other] < fewest:
                yield one, other


class _Program:
    """The linear program of one score: counts, then sums, then one column that scales both."""

    def __init__(self, told: list[Fact], counts: list[Fact], groups: Iterable[_Group]) -> None:
        self.told = list({fact.said: fact for fact in told}.values())
        cells = [fact.cell for fact in told] + [cell for group in groups for cell in (group.all_of, group.less) if cell]
        named = {name for cell in cells for name in cell.variables}
        self.counts = list({fact.said: fact for fact in counts if set(fact.cell.variables) <= named}.values())
        self.joint = build_joint([*cells, *(fact.cell for fact in self.counts)])
        self.low, self.high = self.told[0].scale
        self.equal, self.below = self._rows()

    def _rows(self) -> tuple[sp.csr_array, sp.csr_array]:
        """Return what must be zero, and what must not be positive."""
        agreed, size = self.joint.agreements(), self.joint.size
        nothing, one = sp.csr_array(agreed.shape), sp.eye_array(size, format="csr")
        column = sp.csr_array((agreed.shape[0], 1))
        equal = [sp.hstack([agreed, nothing, column]), sp.hstack([nothing, agreed, column])]
        told = self.joint.matrix([fact.cell for fact in self.told])
        ends = [
            (np.array([getattr(fact, end) for fact in self.told]), sign) for end, sign in (("high", 1), ("low", -1))
        ]
        scaled = [sp.hstack([-sign * sp.diags_array(end) @ told, sign * told]) for end, sign in ends]
        below = [sp.hstack([self.low * one, -one]), sp.hstack([-self.high * one, one]), *scaled]
        below = [sp.hstack([part, sp.csr_array((part.shape[0], 1))]) for part in below]
        printed = self.joint.matrix([fact.cell for fact in self.counts])
        empty = sp.csr_array(printed.shape)
        for end, sign in (("high", 1.0), ("low", -1.0)):
            values = np.array([getattr(fact, end) for fact in self.counts], dtype=float)
            below.append(sp.hstack([sign * printed, empty, sp.csr_array(-sign * values[:, None])]))
        return sp.csr_array(sp.vstack(equal)), sp.csr_array(sp.vstack(below))

    def look(self, group: _Group, profile: DisclosureProfile) -> list[Opening]:
        """Return the opening of a group, if it is one."""
        low, high = self._end(group, 1.0), self._end(group, -1.0)
        if low is None or high is None:
            return []
        needed = 2 * max(profile.percent, LEAST_PERCENT) / 100 * (self.high - self.low)
        if high - low >= needed:
            return []
        places = tuple(dict.fromkeys(fact.place for fact in self.told))
        item = self.told[0].item if group.less is None else f"{self.told[0].item} outside [{group.less}]"
        return [Opening(group.all_of, low, high, places, "mean", item)]

    def _end(self, group: _Group, sign: float) -> float | None:
        size = self.joint.size
        inside = np.zeros(size)
        inside[self.joint.row(group.all_of)] += 1.0
        if group.less is not None:
            inside[self.joint.row(group.less)] -= 1.0
        whole = sp.csr_array(np.concatenate([inside, np.zeros(size + 1)])[None, :])
        right = np.zeros(self.equal.shape[0] + 1)
        right[-1] = 1.0
        goal = sign * np.concatenate([np.zeros(size), inside, [0.0]])
        rows = {"A_eq": sp.vstack([self.equal, whole]), "b_eq": right}
        found = linprog(goal, A_ub=self.below, b_ub=np.zeros(self.below.shape[0]), **rows, method="highs")
        return None if found.x is None else sign * float(found.fun)
