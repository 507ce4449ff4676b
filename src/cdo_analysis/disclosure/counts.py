"""Does what is published show what a cell hides? Every group that facts cross is bounded by linear programming.

A group is *open* where its bounds prove that it holds somebody, and fewer companies than a count needs; a hidden group
also where its bounds are too close together, or all below what would be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.disclosure.facts import KNOWN, Cell, Fact
from cdo_analysis.disclosure.knowledge import Extreme, Knowledge, whole
from cdo_analysis.disclosure.rules import DisclosureProfile

_NEAR = 1e-6
_LOOKS = 1
_MOST_CROSSED = 5_000

Kind = Literal["shown", "computed", "mean"]


@dataclass(frozen=True)
class Opening:
    """A group that published facts open.

    Attributes
    ----------
    cell : Cell
    low, high : float
        What it must be between.
    places : tuple of str
        Where the facts that open it are printed.
    kind : {'shown', 'computed', 'mean'}
        Printed as such, worked out from others, or a mean that is worked out.
    item : str
        Of what the mean is.
    facts : tuple of Fact
        The facts that open it, for a count that is worked out.
    """

    cell: Cell
    low: float
    high: float
    places: tuple[str, ...]
    kind: Kind = "computed"
    item: str = ""
    facts: tuple[Fact, ...] = field(default=(), repr=False, compare=False)

    @property
    def key(self) -> tuple[Cell, str, str]:
        """What the opening is, wherever it comes from."""
        return self.cell, self.kind, self.item

    def __str__(self) -> str:
        if self.kind == "mean":
            said = f"the mean of {self.item} among [{self.cell}] lies between {self.low:.1f} and {self.high:.1f}"
        else:
            between = f"{self.low:.0f}" if self.low == self.high else f"{self.low:.0f} to {self.high:.0f}"
            said = f"[{self.cell}] has {between} companies"
        return f"{said}, by {' and '.join(self.places)}"


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes
    ----------
    openings : tuple of Opening
    cells : int
        Groups that were bounded.
    hidden : int
        Of these, how many some report hides.
    programs : int
        Linear programs that were solved.
    exact : bool
        False where a joint table was too large to be taken whole.
    """

    openings: tuple[Opening, ...] = ()
    cells: int = 0
    hidden: int = 0
    programs: int = 0
    exact: bool = True


def audit_counts(facts: Iterable[Fact], profile: DisclosureProfile) -> Audit:
    """Bound every group that the facts hide or cross, and return those that they open.

    Parameters
    ----------
    facts : iterable of Fact
        All that was published of a wave, and what is to be.
    profile : DisclosureProfile

    Returns
    -------
    Audit

    Raises
    ------
    DisclosureError
        The facts contradict each other.
    """
    counts = [fact for fact in facts if fact.measure == "count"]
    if not counts:
        return Audit()
    hidden = list(dict.fromkeys(fact.cell for fact in counts if fact.hidden))
    return _Search(Knowledge(counts, hidden), hidden, profile).run(_shown(counts, profile))


def _shown(facts: Sequence[Fact], profile: DisclosureProfile) -> list[Opening]:
    """Return the groups whose printed count is itself too small."""
    small = [fact for fact in facts if fact.low is not None and fact.high is not None]
    small = [fact for fact in small if fact.low >= 1 and fact.high < profile.count]  # type: ignore[operator]
    return [Opening(fact.cell, fact.low or 0, fact.high or 0, (fact.place,), "shown") for fact in small]


class _Search:
    """The groups whose safety is still to be shown, and the programs that show it.

    A table that agrees with the facts and has nobody in a group, or enough, proves that the facts do not open it: each
    program gives such a table, which clears many groups at once; what none clears is bounded on its own.
    """

    def __init__(self, knowledge: Knowledge, hidden: Sequence[Cell], profile: DisclosureProfile) -> None:
        self.knowledge, self.profile = knowledge, profile
        crossed = [cell for cell in crossed_cells(knowledge) if cell not in set(hidden)]
        self.cells: list[Cell] = [*hidden, *crossed]
        self.rows = knowledge.joint.matrix(self.cells)
        self.is_hidden = np.arange(len(self.cells)) < len(hidden)
        self.low = np.full(len(self.cells), np.inf)
        self.high = np.full(len(self.cells), -np.inf)
        self.programs = 0

    def run(self, shown: list[Opening]) -> Audit:
        """Look at all groups."""
        self._look_around()
        openings = list(shown)
        known = {opening.cell for opening in shown}
        for place in np.flatnonzero(~self._cleared()):
            if not self._cleared()[place] and self.cells[place] not in known:
                openings += self._bound(int(place))
        hidden = int(self.is_hidden.sum())
        return Audit(tuple(openings), len(self.cells), hidden, self.programs, self.knowledge.joint.exact)

    def _look_around(self) -> None:
        """Solve a few programs that pull all groups one way, then at random ones."""
        if not self.cells:
            return
        pulls = [np.ones(len(self.cells)), np.where(self.is_hidden, 1.0, 0.0)]
        rng = np.random.default_rng(0)
        pulls += [rng.uniform(-1, 1, len(self.cells)) for _ in range(_LOOKS)]
        for pull in pulls:
            for sign in (1.0, -1.0):
                self._solve(sign * (self.rows.T @ pull), largest=True)

    def _solve(self, weights: NDArray[np.float64], *, largest: bool) -> Extreme:
        end = self.knowledge.extreme(weights, largest=largest)
        self.programs += 1
        if np.isfinite(end.value):
            seen = self.rows @ end.counts
            self.low, self.high = np.minimum(self.low, seen), np.maximum(self.high, seen)
        return end

    def _cleared(self) -> NDArray[np.bool_]:
        """Tell which groups some table shows to be safe."""
        enough = self.high >= self.profile.count - _NEAR
        wide = (self.high - self.low >= self.profile.count - 1 - _NEAR) | (self.low >= self.profile.count - _NEAR)
        return np.where(self.is_hidden, enough & wide, enough | (self.low <= _NEAR))

    def _bound(self, place: int) -> list[Opening]:
        weights = np.zeros(self.rows.shape[1])
        weights[self.knowledge.joint.row(self.cells[place])] = 1.0
        high = self._solve(weights, largest=True)
        if not self.is_hidden[place] and self._cleared()[place]:
            return []
        low = self._solve(weights, largest=False)
        least, most = whole(low.value, high.value)
        if not self._is_open(place, least, most):
            return []
        needed = tuple(dict.fromkeys((*self.knowledge.needed(low), *self.knowledge.needed(high))))
        return [
            Opening(self.cells[place], least, most, tuple(dict.fromkeys(fact.place for fact in needed)), facts=needed)
        ]

    def _is_open(self, place: int, low: float, high: float) -> bool:
        if high < 1 or low >= self.profile.count:
            return False
        if not self.is_hidden[place]:
            return low >= 1 and high < self.profile.count
        return high < self.profile.count or high - low < self.profile.count - 1


def crossed_cells(knowledge: Knowledge) -> list[Cell]:
    """Return the groups of one category of each variable that some fact names together, answers alone."""
    found: dict[Cell, None] = {}
    for scope in dict.fromkeys(fact.cell.variables for fact in knowledge.facts):
        named = [[c for c in knowledge.joint.categories[v] if not c.startswith("(")] for v in scope]
        if not scope or np.prod([len(names) for names in named]) > _MOST_CROSSED:
            continue
        for values in product(*(names or [KNOWN] for names in named)):
            found[Cell.of(dict(zip(scope, values, strict=True)))] = None
    return list(found)
