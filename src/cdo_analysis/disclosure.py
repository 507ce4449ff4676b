"""Which cells may be shown: the one place that knows how few companies are too few.

A cell is tested on the number of distinct companies behind it, never on weighted numbers. The rules are those of
the French official statistical service (not fewer than three units, no unit above 85 % of a total; Cocoes, 7 July
1960), made stricter in the default profile. They are taken as good practice: a private survey is not bound by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

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
    largest_share : float
        Largest part (0 to 1) that one company may have in a published sum.
    reliable : int
        Under this number of companies a shown cell is marked ``u``.
    """

    id: str
    count: int
    mean: int
    quartiles: int = 20
    largest_share: float = 0.85
    reliable: int = 30


PROFILES = {
    "insee": DisclosureProfile("insee", count=3, mean=3),
    "prudent": DisclosureProfile("prudent", count=5, mean=10),
    "opensafely": DisclosureProfile("opensafely", count=8, mean=10),
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


def flag_counts(counts: pd.Series, profile: DisclosureProfile) -> pd.Series:
    """Flag the cells of one distribution whose total is published.

    A cell from 1 to ``profile.count - 1`` companies is suppressed. Where that hides a single cell, the total gives it
    away: the next smallest cell is suppressed with it. Zero is shown: nobody is behind it.

    Parameters
    ----------
    counts : Series of int
        Companies behind each cell of the distribution.
    profile : DisclosureProfile

    Returns
    -------
    Series of str
        ``c``, ``u`` or empty, indexed like `counts`.

    Examples
    --------
    >>> flag_counts(pd.Series([40, 12, 3, 0]), PROFILES["prudent"]).tolist()
    ['', 'c', 'c', '']
    """
    numbers = counts.to_numpy()
    hidden = (numbers > 0) & (numbers < profile.count)
    shown = (numbers > 0) & ~hidden
    if hidden.sum() == 1 and shown.any():
        hidden[np.flatnonzero(shown)[numbers[shown].argmin()]] = True
    flags = np.where(hidden, "c", np.where((numbers > 0) & (numbers < profile.reliable), "u", ""))
    return pd.Series(flags, index=counts.index, dtype="str")


def flag_means(counts: pd.Series, profile: DisclosureProfile) -> pd.Series:
    """Flag means (or benchmarks) by the number of companies behind each.

    Parameters
    ----------
    counts : Series of int
    profile : DisclosureProfile

    Returns
    -------
    Series of str
        ``c``, ``u`` or empty, indexed like `counts`.

    Examples
    --------
    >>> flag_means(pd.Series([200, 12, 9]), PROFILES["prudent"]).tolist()
    ['', 'u', 'c']
    """
    numbers = counts.to_numpy()
    flags = np.where(numbers < profile.mean, "c", np.where(numbers < profile.reliable, "u", ""))
    return pd.Series(flags, index=counts.index, dtype="str")


def hide(table: pd.DataFrame, columns: list[str], *, flag: str = "flag") -> pd.DataFrame:
    """Return `table` with NaN in `columns` wherever its `flag` column says ``c``.

    Examples
    --------
    >>> hide(pd.DataFrame({"n": [3, 50], "share": [0.1, 0.9], "flag": ["c", ""]}), ["n", "share"])["n"].tolist()
    [nan, 50.0]
    """
    hidden = table[flag].eq("c")
    return table.assign(**{name: table[name].where(~hidden) for name in columns})


def count_hidden(*tables: pd.DataFrame) -> tuple[int, int]:
    """Return how many cells the tables hide, and how many they have."""
    flags = [table["flag"] for table in tables if "flag" in table]
    return sum(int(f.eq("c").sum()) for f in flags), sum(len(f) for f in flags)
