"""What can be worked out from published facts: the smallest and the largest value that a group may have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linprog

from cdo_analysis.disclosure.facts import Cell, Fact
from cdo_analysis.disclosure.joint import Joint, build_joint
from cdo_analysis.errors import DisclosureError

_NEAR = 1e-6


@dataclass(frozen=True)
class Extreme:
    """One end of what a number may be.

    Attributes
    ----------
    value : float
    counts : ndarray
        Counts of all the columns that reach it.
    prices : ndarray
        Of each told fact, first those that say one number, then the others: what holds the end where it is.
    """

    value: float
    counts: NDArray[np.float64]
    prices: NDArray[np.float64]


class Knowledge:
    """The tables of counts that agree with published facts.

    Parameters
    ----------
    facts : iterable of Fact
        Counts that are printed; hidden ones and means say nothing here.
    cells : iterable of Cell
        Groups that will be asked for, besides those of the facts.
    """

    def __init__(self, facts: Iterable[Fact], cells: Iterable[Cell] = ()) -> None:
        told = [fact for fact in facts if fact.measure == "count" and not fact.hidden]
        self.facts = list({fact.said: fact for fact in reversed(told)}.values())[::-1]
        self.joint: Joint = build_joint([*(fact.cell for fact in self.facts), *cells])
        exact = [fact.low == fact.high for fact in self.facts]
        self._fixed = [fact for fact, one in zip(self.facts, exact, strict=True) if one]
        self._ranged = [fact for fact, one in zip(self.facts, exact, strict=True) if not one]

    @cached_property
    def _agreed(self) -> sp.csr_array:
        return self.joint.agreements()

    @cached_property
    def _equal(self) -> tuple[sp.csr_array, NDArray[np.float64]]:
        agreed = self._agreed
        told = self.joint.matrix([fact.cell for fact in self._fixed])
        right = np.array([*np.zeros(agreed.shape[0]), *(fact.low or 0.0 for fact in self._fixed)])
        return sp.csr_array(sp.vstack([agreed, told])), right

    @cached_property
    def _below(self) -> tuple[sp.csr_array, NDArray[np.float64]]:
        told = self.joint.matrix([fact.cell for fact in self._ranged])
        ends = [*(fact.high or 0.0 for fact in self._ranged), *(-(fact.low or 0.0) for fact in self._ranged)]
        return sp.csr_array(sp.vstack([told, -told])), np.array(ends)

    def extreme(self, weights: NDArray[np.float64], *, largest: bool) -> Extreme:
        """Return the largest, or the smallest, weighted sum of counts that agrees with the facts.

        Parameters
        ----------
        weights : ndarray, shape (joint.size,)
        largest : bool

        Raises
        ------
        DisclosureError
            No table agrees with the facts: they contradict each other.
        """
        sign = -1.0 if largest else 1.0
        (below, ends), (equal, right) = self._below, self._equal
        ranged = {"A_ub": below, "b_ub": ends} if len(ends) else {}
        # These programs are small and alike: simplifying them first takes longer than solving them.
        found = linprog(sign * weights, A_eq=equal, b_eq=right, **ranged, method="highs", options={"presolve": False})
        if found.status == 3:
            return Extreme(np.inf if largest else 0.0, np.zeros(self.joint.size), np.zeros(len(self.facts)))
        if found.x is None:
            raise DisclosureError(
                "the published cells contradict each other, so that they cannot be audited; nothing is published."
            )
        prices = np.abs(found.eqlin.marginals[self._agreed.shape[0] :])
        ranging = np.abs(found.ineqlin.marginals).reshape(2, -1).sum(axis=0) if len(ends) else np.zeros(0)
        return Extreme(sign * float(found.fun), np.asarray(found.x), np.concatenate([prices, ranging]))

    def needed(self, end: Extreme) -> tuple[Fact, ...]:
        """Return the facts without which a number could go further."""
        told = [*self._fixed, *self._ranged]
        return tuple(fact for fact, price in zip(told, end.prices, strict=True) if price > _NEAR)

    def weights_of(self, cell: Cell) -> NDArray[np.float64]:
        """Return 1 for each column of a group, 0 elsewhere."""
        weights = np.zeros(self.joint.size)
        weights[self.joint.row(cell)] = 1.0
        return weights

    def bounds(self, cell: Cell) -> tuple[int, float]:
        """Return the smallest and the largest whole number of respondents that a group may have.

        Examples
        --------
        >>> told = [Fact("", Cell.of(a="1"), 40, 40), Fact("", Cell(), 43, 43)]
        >>> Knowledge(told, [Cell.of(a="2")]).bounds(Cell.of(a="2"))
        (0, 3.0)
        """
        weights = self.weights_of(cell)
        low, high = (self.extreme(weights, largest=side).value for side in (False, True))
        return whole(low, high)


def whole(low: float, high: float) -> tuple[int, float]:
    """Return the whole numbers from `low` to `high`, as a pair of ends."""
    return int(np.ceil(low - _NEAR)), float(np.floor(high + _NEAR)) if np.isfinite(high) else np.inf
