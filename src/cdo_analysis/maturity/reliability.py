"""How the items of a dimension hang together: diagnostics of a questionnaire, never a verdict on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import fdtri

from cdo_analysis.codebook import Codebook, Item
from cdo_analysis.errors import InputError
from cdo_analysis.maturity.answers import Floats, check_columns, counted_items, counting_scores, measure, worth

_COLUMNS = (
    "items",
    "n",
    "alpha",
    "alpha_low",
    "alpha_high",
    "mean_correlation",
    "lowest_item_rest",
    "lowest_item",
    "floor_share",
    "ceiling_share",
)


def reliability(responses: pd.DataFrame, codebook: Codebook, *, sample_weight: pd.Series | None = None) -> pd.DataFrame:
    """Describe the internal consistency of each dimension.

    Items are taken as points between 0 and 1, so that a ticked option and a level from 0 to 5 have the same reach.
    Respondents with an answer to every item are used; items to which all of them gave the same answer are left out.

    Cronbach's alpha supposes that the items reflect one and the same thing. A tick list of practices (the DMA's, the
    DII's) is formative: it adds up what a company does, and a low alpha there says that practices do not come
    together, not that they are badly measured. Alpha is then a diagnostic, no threshold of acceptance; it also grows
    with the number of items alone.

    Parameters
    ----------
    responses : DataFrame of shape (n, items)
        Tidy responses: codes as text, missing where there is no answer.
    codebook : Codebook
    sample_weight : Series of shape (n,), optional
        Weights indexed like the responses; equal by default. With weights, the interval of alpha counts the effective
        number of respondents (Kish).

    Returns
    -------
    DataFrame
        A row a dimension (index ``dimension``): ``items`` (with different answers), ``n`` (who answered them all),
        ``alpha``, ``alpha_low``, ``alpha_high`` (95 %, Feldt), ``mean_correlation`` (between items),
        ``lowest_item_rest`` (smallest correlation of an item with the sum of the others) and ``lowest_item`` (its
        name), ``floor_share`` and ``ceiling_share`` (who gave the lowest answer to every item, or the highest;
        between 0 and 1). NaN where fewer than two items or respondents are left.

    Raises
    ------
    InputError
        The responses lack an item of a dimension, or a respondent has no weight.

    References
    ----------
    Cronbach (1951), Psychometrika 16, 297-334; Feldt, Woodruff and Salih (1987), Applied Psychological Measurement
    11(1), 93-103; Diamantopoulos and Winklhofer (2001), Journal of Marketing Research 38(2), 269-277, on formative
    measures.
    """
    weights = _weights(responses, sample_weight)
    deciding = counting_scores(codebook)
    rows = []
    for dimension in codebook.dimensions:
        earns = dimension.id in deciding and deciding[dimension.id].exclusive == "point"
        items = counted_items(codebook, dimension.id, "point" if earns else "drop")
        check_columns(responses, items, codebook)
        rows.append(_describe(responses, items, weights))
    index = pd.Index([dimension.id for dimension in codebook.dimensions], name="dimension", dtype="str")
    return pd.DataFrame(rows, index=index, columns=list(_COLUMNS))


def item_statistics(
    responses: pd.DataFrame, codebook: Codebook, *, sample_weight: pd.Series | None = None
) -> pd.DataFrame:
    """Return the mean and spread of each item that a dimension or a score counts.

    Parameters
    ----------
    responses : DataFrame of shape (n, items)
    codebook : Codebook
    sample_weight : Series of shape (n,), optional
        Weights indexed like the responses; equal by default.

    Returns
    -------
    DataFrame
        A row an item (index ``item``): ``dimension`` (empty where it has none), ``n`` (who answered), ``mean`` and
        ``sd``, on the scale of the questionnaire, reversed where the item is.

    Raises
    ------
    InputError
        The responses lack an item, or a respondent has no weight.

    Examples
    --------
    >>> from cdo_analysis.codebook import load_codebook
    >>> book = load_codebook("itflex-csem")
    >>> answers = pd.DataFrame({item.name: ["1", "3", None] for item in book.items})
    >>> item_statistics(answers, book).loc["itcomp1", ["n", "mean"]].tolist()
    [2.0, 2.0]
    """
    weights = _weights(responses, sample_weight)
    counted = {name for score in codebook.scores for name in score.items}
    items = [item for item in codebook.items if item.dimension or item.name in counted]
    check_columns(responses, items, codebook)
    rows = []
    for item in items:
        value = measure(responses[item.name], item.values)
        mean, sd = _mean_sd(value[np.isfinite(value)], weights[np.isfinite(value)])
        rows.append((item.dimension, int(np.isfinite(value).sum()), mean, sd))
    index = pd.Index([item.name for item in items], name="item", dtype="str")
    return pd.DataFrame(rows, index=index, columns=["dimension", "n", "mean", "sd"])


def score_correlations(values: pd.DataFrame, *, sample_weight: pd.Series | None = None) -> pd.DataFrame:
    """Return the correlations between dimensions or scores, each over the respondents who have both.

    Parameters
    ----------
    values : DataFrame of shape (n, scores)
        Columns of :attr:`MaturityScores.values`.
    sample_weight : Series of shape (n,), optional
        Weights indexed like the values; equal by default.

    Returns
    -------
    DataFrame of shape (scores, scores)
        Pearson correlations; NaN where a score does not vary.

    Raises
    ------
    InputError
        A respondent has no weight.

    Examples
    --------
    >>> values = pd.DataFrame({"data": [10.0, 20.0, 30.0], "human": [5.0, 10.0, 15.0]})
    >>> score_correlations(values).round(3)
           data  human
    data    1.0    1.0
    human   1.0    1.0
    """
    weights = _weights(values, sample_weight)
    table = values.to_numpy(dtype="float64", na_value=np.nan)
    known = np.isfinite(table)
    correlations = np.full((table.shape[1], table.shape[1]), np.nan)
    for i in range(table.shape[1]):
        for j in range(i + 1):
            both = known[:, i] & known[:, j]
            if both.sum() > 1:
                correlations[i, j] = correlations[j, i] = _correlation(table[both][:, [i, j]], weights[both])[0, 1]
    return pd.DataFrame(correlations, index=values.columns, columns=values.columns)


def _describe(responses: pd.DataFrame, items: Sequence[Item], weights: Floats) -> dict[str, object]:
    """Return the row of one dimension."""
    if not items:
        return {"items": 0, "n": 0}
    points = np.column_stack([measure(responses[item.name], worth(item)) for item in items])
    complete = np.isfinite(points).all(axis=1) & (weights > 0)
    points, weights = points[complete], weights[complete]
    varies = np.ptp(points, axis=0) > 0 if len(points) else np.zeros(len(items), dtype=bool)
    names = [item.name for item, keep in zip(items, varies, strict=True) if keep]
    total = weights.sum() or np.nan
    return {
        "items": len(names),
        "n": len(points),
        **(_consistency(points[:, varies], names, weights) if len(names) > 1 else {}),
        "floor_share": float(weights @ (points == 0.0).all(axis=1) / total),
        "ceiling_share": float(weights @ (points == 1.0).all(axis=1) / total),
    }


def _consistency(points: Floats, names: Sequence[str], weights: Floats) -> dict[str, object]:
    """Return alpha and the correlations between two or more items that vary."""
    covariance, k = _covariance(points, weights), len(names)
    total_variance = covariance.sum()
    alpha = k / (k - 1) * (1 - np.trace(covariance) / total_variance) if total_variance > 0 else np.nan
    low, high = _feldt(alpha, k, weights.sum() ** 2 / np.square(weights).sum())
    item_rest = [
        _correlation(np.column_stack([points[:, i], np.delete(points, i, axis=1).sum(axis=1)]), weights)[0, 1]
        for i in range(k)
    ]
    lowest = int(np.nanargmin(item_rest)) if np.isfinite(item_rest).any() else None
    return {
        "alpha": float(alpha),
        "alpha_low": low,
        "alpha_high": high,
        "mean_correlation": float((_correlation(points, weights).sum() - k) / (k * (k - 1))),
        "lowest_item_rest": np.nan if lowest is None else float(item_rest[lowest]),
        "lowest_item": None if lowest is None else names[lowest],
    }


def _feldt(alpha: float, items: int, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of alpha: ``(1 - alpha) / (1 - estimate)`` follows Fisher's law."""
    ends = ((1 + level) / 2, (1 - level) / 2)
    low, high = (1 - (1 - alpha) * float(fdtri(n - 1, (n - 1) * (items - 1), end)) for end in ends)
    return low, high


def _covariance(values: Floats, weights: Floats) -> Floats:
    share = weights / weights.sum()
    centred = values - share @ values
    return (centred * share[:, np.newaxis]).T @ centred


def _correlation(values: Floats, weights: Floats) -> Floats:
    """Return weighted Pearson correlations; NaN for what does not vary (but for rounding)."""
    covariance = _covariance(values, weights)
    sd = np.sqrt(covariance.diagonal())
    sd = np.where(sd > 1e-12 * np.abs(values).max(axis=0), sd, np.nan)
    return covariance / np.outer(sd, sd)


def _mean_sd(values: Floats, weights: Floats) -> tuple[float, float]:
    if not weights.sum():
        return float("nan"), float("nan")
    mean = float(weights @ values / weights.sum())
    n = len(values)
    variance = float(weights @ np.square(values - mean) / weights.sum())
    return mean, float(np.sqrt(variance * n / (n - 1))) if n > 1 else float("nan")


def _weights(responses: pd.DataFrame, sample_weight: pd.Series | None) -> Floats:
    if sample_weight is None:
        return np.ones(len(responses))
    weights = sample_weight.reindex(responses.index).to_numpy(dtype="float64", na_value=np.nan)
    if not (weights >= 0).all():
        first = responses.index[~(weights >= 0)][0]
        raise InputError(f"respondent {first!r} has no weight; give the weights the same index as the responses.")
    return weights
