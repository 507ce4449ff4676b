"""Which cells of one table are hidden: those of too few companies, and those that would give them away."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

from cdo_analysis.disclosure.rules import DisclosureProfile

_NEAR = 1e-6


def flag_counts(
    counts: pd.Series, profile: DisclosureProfile, *, parents: Mapping[str, str] | None = None
) -> pd.Series:
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
    parents : mapping, optional
        Group of each label of `counts`, where the totals of groups are published too: each hides cells of its own.

    Returns
    -------
    Series of str
        ``c``, ``u`` or empty, indexed like `counts`.

    Examples
    --------
    >>> from cdo_analysis.disclosure import PROFILES
    >>> flag_counts(pd.Series([40, 12, 3, 0]), PROFILES["prudent"]).tolist()
    ['', 'c', 'c', '']
    >>> flag_counts(pd.Series([0, 4]), PROFILES["prudent"]).tolist()
    ['c', 'c']
    """
    numbers = counts.to_numpy(dtype=int)
    groups = pd.Series([(parents or {}).get(str(label), "") for label in counts.index])
    # Groups first: what hides a cell in its group may do for the whole line.
    lines = [np.array(list(found)) for found in groups.groupby(groups).groups.values()] if parents else []
    lines.append(np.arange(len(numbers)))
    hidden, before = (numbers > 0) & (numbers < profile.count), -1
    while profile.secondary and hidden.sum() > before:
        before = int(hidden.sum())
        for places in lines:
            hidden[places] = _protect(numbers[places], hidden[places], profile.count)
    return pd.Series(_flags(numbers, hidden, profile), index=counts.index, dtype="str")


def flag_cross_table(
    counts: pd.DataFrame, profile: DisclosureProfile, *, published: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Flag the cells of a cross-table whose totals, by row and by column, are published.

    Wherever a cell is hidden, its row and its column hide others, as in :func:`flag_counts`. That is only a start: all
    totals together may still give a cell away, so that each small cell is bounded by linear programming, and further
    cells are hidden until no bound proves that a cell is small.

    A row whose companies all gave one answer tells the answer of each of them (group disclosure): profiles that are
    strict about it hide that cell too.

    Parameters
    ----------
    counts : DataFrame of int
        Companies behind each cell; a row a group, a column an answer.
    profile : DisclosureProfile
    published : DataFrame of int, optional
        The same table over more companies, which readers have too: see :func:`flag_differences`.

    Returns
    -------
    DataFrame of str
        ``c``, ``u`` or empty, shaped like `counts`.
    """
    numbers = counts.to_numpy(dtype=int)
    also = _unanimous(numbers) if profile.hides_unanimous else np.zeros(numbers.shape, dtype=bool)
    if published is not None:
        also = also | flag_differences(counts, published, profile.count)
    flags = _flags(numbers, _hide(numbers, profile, sides=2, also=also), profile)
    return pd.DataFrame(flags, index=counts.index, columns=counts.columns, dtype="str")


def _flags(numbers: NDArray[np.int_], hidden: NDArray[np.bool_], profile: DisclosureProfile) -> NDArray[np.str_]:
    return np.where(hidden, "c", np.where((numbers > 0) & (numbers < profile.reliable), "u", ""))


def _unanimous(numbers: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Return the cells that hold all the companies of their row, where there are other columns."""
    several = numbers.shape[1] > 1
    return (numbers > 0) & (numbers == numbers.sum(axis=1, keepdims=True)) & several


def _hide(
    numbers: NDArray[np.int_], profile: DisclosureProfile, *, sides: int, also: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Hide small cells, then others of their lines, then whatever bounds still ask for."""
    small = (numbers > 0) & (numbers < profile.count)
    small_or_told = small if also is None else small | also
    if not profile.secondary:
        return small_or_told
    hidden = _protect_lines(numbers, small_or_told, profile.count, sides)
    while True:
        # One line alone: what is hidden may be anything from zero to all of it, and is enough.
        open_cells = _open_cells(numbers, hidden, profile) if sides == 2 else []
        more = [further for cell in open_cells if (further := _further(numbers, hidden, cell)) is not None]
        if not more:
            return hidden
        hidden = hidden.copy()
        hidden[more[0]] = True
        hidden = _protect_lines(numbers, hidden, profile.count, sides)


def _protect_lines(numbers: NDArray[np.int_], hidden: NDArray[np.bool_], fewest: int, sides: int) -> NDArray[np.bool_]:
    before = -1
    while hidden.sum() > before:
        before = int(hidden.sum())
        hidden = _protect_rows(numbers, hidden, fewest)
        if sides == 2:
            hidden = _protect_rows(numbers.T, hidden.T, fewest).T
    return hidden


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


def _open_cells(
    numbers: NDArray[np.int_], hidden: NDArray[np.bool_], profile: DisclosureProfile
) -> list[tuple[int, int]]:
    """Return the small cells whose bounds are too low or too close, given what the totals leave for hidden ones.

    Totals are those of :func:`_told_lines`.
    """
    fewest, cells = profile.count, np.argwhere(hidden)
    if not len(cells):
        return []
    left = np.array([[line[tuple(cell)] for cell in cells] for line in _told_lines(numbers, profile)], dtype=float)
    left = left[left.any(axis=1)]
    held = numbers[tuple(cells.T)]
    seen = _Seen(left, left @ held, held.astype(float))
    found = []
    for place in map(int, np.flatnonzero((held > 0) & (held < fewest))):
        if not seen.reaches(place, fewest) or not seen.is_wide(place, fewest - 1):
            found.append((int(cells[place, 0]), int(cells[place, 1])))
    return found


def _told_lines(numbers: NDArray[np.int_], profile: DisclosureProfile) -> list[NDArray[np.bool_]]:
    """Return the lines whose totals are known: everything, and each row and column whose total may be shown."""
    lines = [np.ones(numbers.shape, dtype=bool)]
    for side in (0, 1):
        totals = numbers.sum(axis=1 - side)
        for line in np.flatnonzero(~_hide(totals[None, :], profile, sides=1)[0]):
            lines.append(np.indices(numbers.shape)[side] == line)
    return lines


class _Seen:
    """Values that hidden cells took in tables that keep the totals; asked one by one, each answer tells of others."""

    def __init__(self, left: NDArray[np.float64], totals: NDArray[np.float64], held: NDArray[np.float64]) -> None:
        self.left, self.totals = left, totals
        self.low, self.high = held.copy(), held.copy()

    def reaches(self, place: int, fewest: float) -> bool:
        """Tell whether a cell may be as large as a shown one."""
        if self.high[place] >= fewest - _NEAR or self._pull(place, -1.0):
            return True
        return bool(self.high[place] >= fewest - _NEAR)

    def is_wide(self, place: int, width: float) -> bool:
        """Tell whether the bounds of a cell are far enough apart."""
        if self.high[place] - self.low[place] >= width - _NEAR or self._pull(place, 1.0):
            return True
        return bool(self.high[place] - self.low[place] >= width - _NEAR)

    def _pull(self, place: int, sign: float) -> bool:
        """Push a cell to one end; True where nothing holds it."""
        goal = np.zeros(len(self.low))
        goal[place] = sign
        found = linprog(goal, A_eq=self.left, b_eq=self.totals, method="highs")
        if found.x is None:
            return True
        self.low, self.high = np.minimum(self.low, found.x), np.maximum(self.high, found.x)
        return False


def _further(numbers: NDArray[np.int_], hidden: NDArray[np.bool_], cell: tuple[int, int]) -> tuple[int, int] | None:
    """Return the smallest shown cell of the lines of a cell, one with somebody first; None where all is hidden."""
    row, column = cell
    lines = [(row, other) for other in range(numbers.shape[1])]
    lines += [(other, column) for other in range(numbers.shape[0])]
    shown = [place for place in lines if not hidden[place]]
    return min(shown, key=lambda place: (numbers[place] == 0, numbers[place]), default=None)


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
    >>> from cdo_analysis.disclosure import PROFILES
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
