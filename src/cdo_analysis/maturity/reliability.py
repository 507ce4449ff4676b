"""How the items of a dimension hang together: diagnostics of a questionnaire, never a verdict on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtri

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import InputError
from cdo_analysis.maturity.answers import Floats, check_columns, counted_items, counting_scores, measure, worth

UNRELIABLE = 0.6
"""Under this value, with its whole interval, alpha raises a warning (DeVellis, Scale Development: "unacceptable")."""
TOO_CLOSE = 0.85
"""Above this correlation two dimensions hardly measure two things."""

_COLUMNS = (
    "items",
    "n",
    "alpha",
    "alpha_low",
    "alpha_high",
    "mean_correlation",
    "lowest_item_rest",
    "lowest_item",
    "alpha_without",
    "weakest_item",
    "floor_share",
    "ceiling_share",
    "warning",
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
        name), ``alpha_without`` (the largest alpha that leaving one item out gives; three items or more) and
        ``weakest_item`` (which one), ``floor_share`` and ``ceiling_share`` (who gave the lowest answer to every item,
        or the highest; between 0 and 1), ``warning``: ``"item"`` where the whole interval of alpha is under
        :data:`UNRELIABLE` and alpha rises without the weakest item, ``"scale"`` where it does not rise, else empty.
        NaN where fewer than two items or respondents are left.

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
    weights = row_weights(responses, sample_weight)
    scales = [complete_answers(responses, codebook, dimension.id, weights) for dimension in codebook.dimensions]
    index = pd.Index([dimension.id for dimension in codebook.dimensions], name="dimension", dtype="str")
    table = pd.DataFrame([_describe(scale) for scale in scales], index=index, columns=list(_COLUMNS))
    return table.assign(warning=[_warning(row) for _, row in table.iterrows()])


@dataclass(frozen=True)
class Scale:
    """The answers to the items of a dimension by those who answered them all.

    Attributes
    ----------
    names : tuple of str
        Items that do not have the same answer from everybody.
    points : ndarray of shape (n, items)
        Of these items, between 0 and 1.
    weights : ndarray of shape (n,)
    floor_share, ceiling_share : float
        Who gave the lowest answer to every item of the dimension, or the highest; NaN without anybody.
    """

    names: tuple[str, ...]
    points: Floats
    weights: Floats
    floor_share: float = float("nan")
    ceiling_share: float = float("nan")


def complete_answers(responses: pd.DataFrame, codebook: Codebook, dimension: str, weights: Floats) -> Scale:
    """Return the items of a dimension as the score that decides counts them, over those who answered them all.

    Raises
    ------
    InputError
        The responses lack an item of the dimension.
    """
    deciding = counting_scores(codebook).get(dimension)
    earns = deciding is not None and deciding.exclusive == "point"
    items = counted_items(codebook, dimension, "point" if earns else "drop")
    check_columns(responses, items, codebook)
    if not items:
        return Scale((), np.empty((0, 0)), np.empty(0))
    points = np.column_stack([measure(responses[item.name], worth(item)) for item in items])
    complete = np.isfinite(points).all(axis=1) & (weights > 0)
    points, weights = points[complete], weights[complete]
    varies = np.ptp(points, axis=0) > 0 if len(points) else np.zeros(len(items), dtype=bool)
    total = weights.sum() or np.nan
    return Scale(
        names=tuple(item.name for item, keep in zip(items, varies, strict=True) if keep),
        points=points[:, varies],
        weights=weights,
        floor_share=float(weights @ (points == 0.0).all(axis=1) / total),
        ceiling_share=float(weights @ (points == 1.0).all(axis=1) / total),
    )


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
    weights = row_weights(responses, sample_weight)
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
    weights = row_weights(values, sample_weight)
    table = values.to_numpy(dtype="float64", na_value=np.nan)
    known = np.isfinite(table)
    found = np.full((table.shape[1], table.shape[1]), np.nan)
    for i in range(table.shape[1]):
        for j in range(i + 1):
            both = known[:, i] & known[:, j]
            if both.sum() > 1:
                found[i, j] = found[j, i] = correlations(table[both][:, [i, j]], weights[both])[0, 1]
    return pd.DataFrame(found, index=values.columns, columns=values.columns)


def close_dimensions(correlations: pd.DataFrame, limit: float = TOO_CLOSE) -> list[tuple[str, str]]:
    """Return the pairs of dimensions that are correlated above `limit`, closest first.

    Examples
    --------
    >>> table = pd.DataFrame([[1.0, 0.9], [0.9, 1.0]], index=["data", "human"], columns=["data", "human"])
    >>> close_dimensions(table)
    [('human', 'data')]
    """
    table = correlations.to_numpy(dtype="float64")
    rows, columns = np.nonzero(np.tril(np.nan_to_num(table) > limit, -1))
    order = np.argsort(-table[rows, columns], kind="stable")
    return [(str(correlations.index[rows[i]]), str(correlations.columns[columns[i]])) for i in order]


def _describe(scale: Scale) -> dict[str, object]:
    """Return the row of one dimension."""
    found: dict[str, object] = {"items": len(scale.names), "n": len(scale.points)}
    if len(scale.names) > 1:
        found |= _consistency(scale.points, scale.names, scale.weights)
    return found | {"floor_share": scale.floor_share, "ceiling_share": scale.ceiling_share}


def _warning(row: pd.Series) -> str:
    """Return what is wrong with a scale: one item, the scale, or nothing."""
    if not row["alpha_high"] < UNRELIABLE:
        return ""
    return "item" if row["alpha_without"] > row["alpha"] else "scale"


def _consistency(points: Floats, names: Sequence[str], weights: Floats) -> dict[str, object]:
    """Return alpha and the correlations between two or more items that vary."""
    covariance, k = _covariance(points, weights), len(names)
    alpha = _alpha(covariance)
    without = [_alpha(np.delete(np.delete(covariance, i, 0), i, 1)) for i in range(k)] if k > 2 else [np.nan]
    weakest = int(np.nanargmax(without)) if np.isfinite(without).any() else None
    low, high = _feldt(alpha, k, weights.sum() ** 2 / np.square(weights).sum())
    item_rest = [
        correlations(np.column_stack([points[:, i], np.delete(points, i, axis=1).sum(axis=1)]), weights)[0, 1]
        for i in range(k)
    ]
    lowest = int(np.nanargmin(item_rest)) if np.isfinite(item_rest).any() else None
    return {
        "alpha": alpha,
        "alpha_low": low,
        "alpha_high": high,
        "mean_correlation": float((correlations(points, weights).sum() - k) / (k * (k - 1))),
        "lowest_item_rest": np.nan if lowest is None else float(item_rest[lowest]),
        "lowest_item": None if lowest is None else names[lowest],
        "alpha_without": np.nan if weakest is None else without[weakest],
        "weakest_item": None if weakest is None else names[weakest],
    }


def _alpha(covariance: Floats) -> float:
    k, total = len(covariance), covariance.sum()
    return float(k / (k - 1) * (1 - np.trace(covariance) / total)) if total > 0 else float("nan")


def _feldt(alpha: float, items: int, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of alpha: ``(1 - alpha) / (1 - estimate)`` follows Fisher's law."""
    ends = ((1 + level) / 2, (1 - level) / 2)
    low, high = (1 - (1 - alpha) * float(fdtri(n - 1, (n - 1) * (items - 1), end)) for end in ends)
    return low, high


def _covariance(values: Floats, weights: Floats) -> Floats:
    share = weights / weights.sum()
    centred = values - share @ values
    return (centred * share[:, np.newaxis]).T @ centred


def correlations(values: Floats, weights: Floats) -> Floats:
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


def row_weights(responses: pd.DataFrame | pd.Series, sample_weight: pd.Series | None) -> Floats:
    """Return the weights of the rows, 1 by default; an InputError names a respondent without one."""
    if sample_weight is None:
        return np.ones(len(responses))
    weights = sample_weight.reindex(responses.index).to_numpy(dtype="float64", na_value=np.nan)
    if not (weights >= 0).all():
        first = responses.index[~(weights >= 0)][0]
        raise InputError(f"respondent {first!r} has no weight; give the weights the same index as the responses.")
    return weights
