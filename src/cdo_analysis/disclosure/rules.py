"""The rules: how few companies are too few, and how large one of them may be in a sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from cdo_analysis.errors import UsageError, did_you_mean

Flag = Literal["", "c", "u"]
"""State of a cell: shown, suppressed (``c``), shown but unreliable (``u``)."""


@dataclass(frozen=True)
class DisclosureProfile:
    """Thresholds under which a cell is hidden.

    Attributes
    ----------
    id : str
    count : int
        Fewest companies behind a count or a share.
    mean : int
        Fewest companies behind a mean, a quantile or a benchmark.
    quartiles : int
        Fewest companies behind quartiles.
    largest_share, two_largest_share : float
        Largest part (0 to 1) that one company, and the two largest, may have in a published sum or mean.
    percent : float
        p of the p % rule: the second largest company must not be able to work out the largest one within p %.
    rounding : int
        Published counts are rounded to a multiple of it; 1 leaves them as they are.
    hides_unanimous : bool
        Hide the one answer of a group whose companies all gave it (group disclosure).
    secondary : bool
        False hides small cells alone, which their totals give away: to show what secondary suppression is for.
    reliable : int
        Under this number of companies a shown cell is marked ``u``.
    """

    id: str
    count: int
    mean: int
    quartiles: int = 20
    largest_share: float = 0.85
    two_largest_share: float = 1.0
    percent: float = 0.0
    rounding: int = 1
    hides_unanimous: bool = False
    secondary: bool = True
    reliable: int = 30

    def published(self, n: float) -> float:
        """Return a count as it may be printed: rounded where the profile asks for it.

        Examples
        --------
        >>> PROFILES["opensafely"].published(13), PROFILES["prudent"].published(13)
        (15, 13)
        """
        if self.rounding == 1 or not np.isfinite(n):
            return n
        return self.rounding * int(np.floor(n / self.rounding + 0.5))

    def published_share(self, share: float, n: float) -> float:
        """Return a share as it may be printed: in steps of the companies that counts are rounded to, among `n`.

        Examples
        --------
        >>> round(PROFILES["opensafely"].published_share(0.13, 100), 2)
        0.15
        """
        if self.rounding == 1 or not np.isfinite(share) or n <= 0:
            return share
        step = self.rounding / n
        return float(min(step * np.floor(share / step + 0.5), 1.0))

    def told_by(self, n: int) -> tuple[int, int]:
        """Return the lowest and the highest count that a printed one may stand for."""
        if self.rounding == 1:
            return n, n
        low = int(self.published(n)) - self.rounding // 2
        return max(low, 0), low + self.rounding - 1


PROFILES = {
    "insee": DisclosureProfile("insee", count=3, mean=3),
    "prudent": DisclosureProfile(
        "prudent", count=5, mean=10, two_largest_share=0.90, percent=10.0, hides_unanimous=True
    ),
    "opensafely": DisclosureProfile("opensafely", count=8, mean=10, two_largest_share=0.90, percent=10.0, rounding=5),
}
DEFAULT = "prudent"


def disclosure_profile(name: str = DEFAULT) -> DisclosureProfile:
    """Return the profile called `name` (``insee``, ``prudent``, ``opensafely``).

    Raises
    ------
    UsageError
        No profile has that name.
    """
    if name not in PROFILES:
        raise UsageError(f"there is no disclosure profile '{name}'{did_you_mean(name, PROFILES)}")
    return PROFILES[name]


def is_dominated(amounts: ArrayLike, profile: DisclosureProfile) -> bool:
    """Tell whether a sum or a mean would show what its largest company gave.

    Three rules, on the amounts as they are, weights left aside: the largest has more than its share; the two largest
    have more than theirs; the second largest, which knows itself, could work out the largest within p %
    (``total - x1 - x2 < p % of x1``; Hundepool et al., *Statistical Disclosure Control*, 2012, §4.2).

    Parameters
    ----------
    amounts : array-like of float, shape (n,)
        One a company, in any unit; their size counts, not their sign. Missing ones are left out.
    profile : DisclosureProfile

    Returns
    -------
    bool

    Examples
    --------
    >>> is_dominated([900, 50, 30, 20], PROFILES["insee"]), is_dominated([500, 450, 30, 20], PROFILES["prudent"])
    (True, True)
    >>> is_dominated([40, 30, 20, 10], PROFILES["prudent"])
    False
    """
    sizes = np.sort(np.abs(np.asarray(amounts, dtype=float)))[::-1]
    sizes = sizes[np.isfinite(sizes)]
    total = float(sizes.sum())
    if total <= 0:
        return False
    first, two = float(sizes[0]), float(sizes[:2].sum())
    by_share = first > profile.largest_share * total or two > profile.two_largest_share * total
    return bool(by_share or total - two < profile.percent / 100 * first)
