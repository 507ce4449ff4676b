"""What the profiles of any partition are: valeurs-tests, shares both ways, means with intervals, typical answers.

A valeur-test tells how far the share or mean of a profile is from that of all respondents, in deviations of a random
draw of as many of them: beyond 2 in size, chance would seldom do it. Of active variables, which made the profiles, it
describes and tests nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import hypergeom, norm

from cdo_analysis.errors import UsageError

Floats = NDArray[np.float64]

StandardError = Callable[[Floats, NDArray[np.bool_]], float]
"""Of the weighted mean of values over the respondents of a profile: all values and who is in it -> standard error."""

BEYOND_NORMAL = 1e-290
"""Under this, probabilities of the hypergeometric law are rounding: the normal law takes over."""

NUMBER_COLUMNS = (
    "profile",
    "variable",
    "n",
    "mean",
    "standard_error",
    "low",
    "high",
    "overall",
    "deviation",
    "overall_deviation",
    "v_test",
    "p_value",
)

TWO_SIDED_95 = float(norm.ppf(0.975))


def describe_categories(
    labels: ArrayLike,
    answers: pd.DataFrame,
    *,
    sample_weight: ArrayLike | None = None,
    active: Collection[str] = (),
    n_effective: float | None = None,
) -> pd.DataFrame:
    """Describe profiles by the answers of their members, as ``catdes`` of the R package FactoMineR does.

    Parameters
    ----------
    labels : array of int, of shape (n_respondents,)
        Profile of each respondent; one labelled -1 belongs to none and is left out.
    answers : DataFrame of shape (n_respondents, n_items)
        Categories; NaN where missing, and then left out of the shares of that item.
    sample_weight : array of shape (n_respondents,), optional
        Survey weights.
    active : collection of str
        The items that made the profiles; the others are supplementary.
    n_effective : float, optional
        How many respondents the weighted sample is worth, such as n over the design effect; the valeurs-tests are
        those of so many. Default: the number of respondents.

    Returns
    -------
    DataFrame, a row a profile, an item and a category
        ``profile``, ``item``, ``category``; ``role``: ``"active"`` or ``"supplementary"``; ``n``: respondents of the
        profile that gave it; ``share_in_profile``: weighted share of the profile that gives this answer;
        ``share_of_answer``: weighted share of those who give it that belong to the profile; ``overall``: weighted
        share of all respondents that give it; ``v_test``; ``p_value``: two-sided, of the hypergeometric law, weighted
        counts being rounded. Sorted by profile, then by decreasing `v_test`.

    References
    ----------
    Morineau (1984), "Note sur la caractérisation statistique d'une classe et les valeurs-tests", Bulletin technique du
    Centre de statistique et d'informatique appliquées 2(1-2).

    Examples
    --------
    >>> erp = pd.DataFrame({"erp": ["no"] * 5 + ["yes"] * 5})
    >>> describe_categories([0] * 5 + [1] * 5, erp)[["profile", "category", "share_in_profile", "v_test"]].round(2)
       profile category  share_in_profile  v_test
    0        0       no               1.0    2.88
    1        0      yes               0.0   -2.88
    2        1      yes               1.0    2.88
    3        1       no               0.0   -2.88
    """
    groups, weights = _check(labels, answers, sample_weight, n_effective)
    n_groups = int(groups.max()) + 1
    parts = [_count_item(groups, answers[item], weights, n_groups) for item in answers]
    parts = [part.assign(role="active" if part["item"].iloc[0] in active else "supplementary") for part in parts]
    table = pd.concat(parts, ignore_index=True)
    table[["v_test", "p_value"]] = np.column_stack(
        _test_counts(*(table[name].to_numpy() for name in ("both", "in_profile", "gave", "total")))
    )
    table = table.assign(
        share_in_profile=table["both"] / table["in_profile"],
        share_of_answer=table["both"] / table["gave"],
        overall=table["gave"] / table["total"],
    )
    kept = ["profile", "item", "category", "role", "n", "share_in_profile", "share_of_answer", "overall"]
    return table.sort_values(["profile", "v_test"], ascending=[True, False], kind="stable", ignore_index=True)[
        [*kept, "v_test", "p_value"]
    ]


def _check(
    labels: ArrayLike, table: pd.DataFrame, sample_weight: ArrayLike | None, n_effective: float | None
) -> tuple[NDArray[np.int64], Floats]:
    """Return labels, and weights that sum to the number of respondents of the profiles; 0 outside them."""
    groups = np.asarray(labels, dtype=np.int64)
    weights = np.ones(len(table)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if not len(groups) == len(table) == len(weights):
        raise UsageError(
            f"there are {len(groups)} labels, {len(table)} rows and {len(weights)} weights; give those of the same "
            "respondents, in the same order"
        )
    weights = np.where(groups >= 0, weights, 0.0)
    if not weights.any():
        raise UsageError(
            "no respondent has both a profile and a weight above 0; give labels from 0 and weights above 0"
        )
    n = np.count_nonzero(weights) if n_effective is None else n_effective
    return groups, weights * (n / weights.sum())


def _count_item(groups: NDArray[np.int64], answers: pd.Series, weights: Floats, n_groups: int) -> pd.DataFrame:
    codes, categories = pd.factorize(answers, sort=True)
    kept = (codes >= 0) & (weights > 0)
    cells, size = groups[kept] * len(categories) + codes[kept], n_groups * len(categories)
    both = np.bincount(cells, weights=weights[kept], minlength=size).reshape(n_groups, -1)
    counts = np.bincount(cells, minlength=size)
    in_profile, gave = both.sum(axis=1), both.sum(axis=0)
    table = pd.DataFrame(
        {
            "profile": np.repeat(np.arange(n_groups), len(categories)),
            "item": answers.name,
            "category": np.tile(np.asarray(categories), n_groups),
            "n": counts,
            "both": both.ravel(),
            "in_profile": np.repeat(in_profile, len(categories)),
            "gave": np.tile(gave, n_groups),
            "total": both.sum(),
        }
    )
    return table[table["gave"].gt(0) & table["in_profile"].gt(0)]


def _test_counts(both: Floats, in_profile: Floats, gave: Floats, total: Floats) -> tuple[Floats, Floats]:
    x, k, m, n = (np.rint(values) for values in (both, in_profile, gave, total))
    at = hypergeom.pmf(x, n, k, m)
    p = np.minimum(1.0, np.minimum(2 * hypergeom.cdf(x - 1, n, k, m) + at, 2 * hypergeom.sf(x, n, k, m) + at))
    above = both / in_profile > gave / total
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = np.where(above, -1, 1) * norm.ppf(p / 2)
        spread = in_profile * (total - in_profile) / (total - 1) * (gave / total) * (1 - gave / total)
        normal = (both - in_profile * gave / total) / np.sqrt(spread)
    v = np.where(p > BEYOND_NORMAL, exact, normal)
    # A category that everybody gives, or a profile that holds everybody, differs from nothing.
    return np.where(np.isfinite(v), v, 0.0), p


def describe_numbers(
    labels: ArrayLike,
    numbers: pd.DataFrame,
    *,
    sample_weight: ArrayLike | None = None,
    standard_error: StandardError | None = None,
    n_effective: float | None = None,
) -> pd.DataFrame:
    """Describe profiles by the means of their members, with intervals.

    Parameters
    ----------
    labels, sample_weight, n_effective
        As in :func:`describe_categories`.
    numbers : DataFrame of shape (n_respondents, n_variables)
        Scores or other numbers; NaN where missing, and then left out of the means of that variable.
    standard_error : callable, optional
        Gives the standard error of a mean over a profile, called with all values of a variable and a boolean array
        that says who is in the profile and has a value: that of the survey's design, where it is known. Default: that
        of respondents drawn independently with these weights (linearised).

    Returns
    -------
    DataFrame, a row a profile and a variable
        ``profile``, ``variable``; ``n``: respondents with a value; ``mean``; ``standard_error``; ``low``, ``high``:
        95 % interval, by the normal law; ``overall``: mean of all respondents; ``deviation`` and
        ``overall_deviation``: weighted standard deviations; ``v_test`` and ``p_value``, as ``catdes`` of FactoMineR.
        Sorted by profile, then by decreasing `v_test`.

    Examples
    --------
    >>> score = pd.DataFrame({"dma": [10.0, 20.0, 60.0, 70.0]})
    >>> describe_numbers([0, 0, 1, 1], score)[["profile", "mean", "overall"]]
       profile  mean  overall
    0        0  15.0     40.0
    1        1  65.0     40.0
    """
    groups, weights = _check(labels, numbers, sample_weight, n_effective)
    error = standard_error or _linearised(weights)
    rows = []
    for name in numbers:
        values = numbers[name].to_numpy(np.float64)
        known = ~np.isnan(values) & (weights > 0)
        for profile in range(int(groups.max()) + 1):
            inside = known & (groups == profile)
            if inside.any():
                figures = _describe_mean(values, weights, known, inside)
                rows.append({"profile": profile, "variable": name, **figures, "standard_error": error(values, inside)})
    table = pd.DataFrame(rows)
    table["low"] = table["mean"] - TWO_SIDED_95 * table["standard_error"]
    table["high"] = table["mean"] + TWO_SIDED_95 * table["standard_error"]
    table["p_value"] = 2 * norm.sf(table["v_test"].abs())
    return table.sort_values(["profile", "v_test"], ascending=[True, False], kind="stable", ignore_index=True)[
        [*NUMBER_COLUMNS]
    ]


def _describe_mean(
    values: Floats, weights: Floats, known: NDArray[np.bool_], inside: NDArray[np.bool_]
) -> dict[str, float]:
    overall, spread = _mean_and_deviation(values[known], weights[known])
    mean, deviation = _mean_and_deviation(values[inside], weights[inside])
    total, mass = float(weights[known].sum()), float(weights[inside].sum())
    scale = float(np.sqrt(max(total - mass, 0.0) / (total - 1) / mass)) * spread
    return {
        "n": int(inside.sum()),
        "mean": mean,
        "overall": overall,
        "deviation": deviation,
        "overall_deviation": spread,
        "v_test": (mean - overall) / scale if scale > 0 else 0.0,
    }


def _mean_and_deviation(values: Floats, weights: Floats) -> tuple[float, float]:
    mean = float(np.average(values, weights=weights))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))


def _linearised(weights: Floats) -> StandardError:
    n = int(np.count_nonzero(weights))

    def standard_error(values: Floats, inside: NDArray[np.bool_]) -> float:
        share = weights[inside] / weights[inside].sum()
        influence = share * (values[inside] - share @ values[inside])
        return float(np.sqrt(n / max(n - 1, 1) * influence @ influence))

    return standard_error
