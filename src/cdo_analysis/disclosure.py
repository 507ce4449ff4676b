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
from numpy.typing import ArrayLike, NDArray

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

    A cell from 1 to ``profile.count - 1`` companies is suppressed. The total would give away a single hidden cell, and
    would show how few companies are behind several: the next smallest cells are suppressed with it, until two cells
    at least and ``profile.count`` companies are hidden. Zero is shown, nobody being behind it, unless it is all that
    can hide a cell.

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
    >>> flag_counts(pd.Series([0, 4]), PROFILES["prudent"]).tolist()
    ['c', 'c']
    """
    return pd.Series(flag_cross_table(counts.to_frame().T, profile).to_numpy()[0], index=counts.index, dtype="str")


def flag_cross_table(
    counts: pd.DataFrame, profile: DisclosureProfile, *, published: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Flag the cells of a cross-table whose totals, by row and by column, are published.

    Parameters
    ----------
    counts : DataFrame of int
        Companies behind each cell.
    profile : DisclosureProfile
    published : DataFrame of int, optional
        The same table over more companies, which readers have too: see :func:`flag_differences`.

    Returns
    -------
    DataFrame of str
        ``c``, ``u`` or empty, shaped like `counts`: wherever a cell is hidden, its row and its column hide others, as
        in :func:`flag_counts`.
    """
    numbers = counts.to_numpy(dtype=int)
    hidden = (numbers > 0) & (numbers < profile.count)
    if published is not None:
        hidden |= flag_differences(counts, published, profile.count)
    before = -1
    while hidden.sum() > before:
        before = int(hidden.sum())
        hidden = _protect_rows(numbers, hidden, profile.count)
        hidden = _protect_rows(numbers.T, hidden.T, profile.count).T
    flags = np.where(hidden, "c", np.where((numbers > 0) & (numbers < profile.reliable), "u", ""))
    return pd.DataFrame(flags, index=counts.index, columns=counts.columns, dtype="str")


def _protect_rows(numbers: NDArray[np.int_], hidden: NDArray[np.bool_], fewest: int) -> NDArray[np.bool_]:
    return np.array([_protect(row, flags, fewest) for row, flags in zip(numbers, hidden, strict=True)], dtype=bool)


def _protect(numbers: NDArray[np.int_], hidden: NDArray[np.bool_], fewest: int) -> NDArray[np.bool_]:
    """Hide more cells of a line until its total gives nothing away; a zero only where there is nothing else."""
    hidden = hidden.copy()
    while hidden.any() and (hidden.sum() < 2 or numbers[hidden].sum() < fewest):
        shown = np.flatnonzero(~hidden & (numbers > 0))
        zeros = np.flatnonzero(~hidden & (numbers == 0))
        if shown.size:
            hidden[shown[numbers[shown].argmin()]] = True
        elif zeros.size and hidden.sum() < 2:
            hidden[zeros[0]] = True
        else:
            break
    return hidden


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


def flag_differences(counts: ArrayLike, published: ArrayLike, fewest: int) -> NDArray[np.bool_]:
    """Tell which cells of a filtered table give away, beside the unfiltered one, a few companies by difference.

    Parameters
    ----------
    counts : array-like of int
        Companies behind each cell of the filtered table.
    published : array-like of int
        Companies behind the same cells without the filter.
    fewest : int
        Fewest companies that a difference may rest on: ``count`` or ``mean`` of the profile.

    Returns
    -------
    ndarray of bool
        True where the filter takes away from 1 to ``fewest - 1`` companies, and leaves some: where it leaves none, the
        difference is the published cell, which is hidden or shown by itself.

    Examples
    --------
    >>> flag_differences([40, 12, 7, 0], [42, 12, 30, 3], fewest=5).tolist()
    [True, False, False, False]
    """
    left = np.asarray(counts)
    away = np.asarray(published) - left
    return np.asarray((left > 0) & (away > 0) & (away < fewest))


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
