"""Where a company stands among its peers: the narrowest group that is large enough, itself left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cdo_analysis.errors import UsageError
from cdo_analysis.maturity.answers import Floats
from cdo_analysis.maturity.reliability import row_weights

STEP = 5.0


def peer_percentiles(
    values: pd.Series,
    groups: pd.DataFrame,
    *,
    widening: Sequence[Sequence[str]],
    fewest: int,
    sample_weight: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the weighted share of its peers that each company is ahead of.

    Peers are those of the first group of `widening` that has `fewest` companies with a value, the company itself left
    out; all companies where none has. Ties count half. What is shown is rounded to :data:`STEP` points, so that the
    value of one peer cannot be read from it.

    Parameters
    ----------
    values : Series of shape (n,)
        A score; companies without one have no percentile and are nobody's peers.
    groups : DataFrame of shape (n, k)
        What makes peers: sector, size. A missing value makes none.
    widening : sequence of sequences of str
        Columns of `groups`, narrowest first: ``[["sector", "size"], ["sector"], ["size"]]``.
    fewest : int
        Peers that a group needs.
    sample_weight : Series of shape (n,), optional
        Weights indexed like the values; equal by default.

    Returns
    -------
    DataFrame
        Indexed like the values: ``percentile``, ``low``, ``high`` (Wilson 95 % interval with the effective number of
        peers; between 0 and 100, rounded), ``peers`` (their number), ``level`` (place in `widening`; its length where
        the peers are all companies). NaN and -1 where there is no value, or no peer.

    Raises
    ------
    UsageError
        `fewest` is under 1, or `widening` names a column that `groups` lacks.

    References
    ----------
    Korn and Graubard (1998), Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data, Survey Methodology 24(2), 193-201, on the effective number.

    Examples
    --------
    >>> values = pd.Series([10.0, 20.0, 30.0, 40.0, 90.0])
    >>> groups = pd.DataFrame({"sector": ["a", "a", "a", "a", "b"]})
    >>> table = peer_percentiles(values, groups, widening=[["sector"]], fewest=3)
    >>> table[["percentile", "peers", "level"]].values.tolist()
    [[0.0, 3.0, 0.0], [35.0, 3.0, 0.0], [65.0, 3.0, 0.0], [100.0, 3.0, 0.0], [100.0, 4.0, 1.0]]
    """
    _check(groups, widening, fewest)
    weights, score = row_weights(values, sample_weight), values.to_numpy(dtype="float64")
    known = np.isfinite(score) & (weights > 0)
    found = {name: np.full(len(values), np.nan) for name in ("percentile", "low", "high", "peers")}
    level = np.full(len(values), -1)
    for place, columns in enumerate([*widening, []]):
        waiting = known & (level < 0)
        for members in _groups(groups, columns, known):
            served = members[waiting[members]]
            if len(members) > (1 if not columns else fewest) and len(served):
                ahead = _shares_ahead(score[members], weights[members])
                for name, column in zip(found, ahead, strict=True):
                    found[name][served] = column[waiting[members]]
                level[served] = place
    for name in ("percentile", "low", "high"):
        found[name] = np.round(100 * found[name] / STEP) * STEP
    return pd.DataFrame(found | {"level": level}, index=values.index)


def _check(groups: pd.DataFrame, widening: Sequence[Sequence[str]], fewest: int) -> None:
    if fewest < 1:
        raise UsageError(f"fewest is {fewest}; a group of peers needs at least 1.")
    for name in {name for columns in widening for name in columns}:
        if name not in groups:
            raise UsageError(f"peers are sought by '{name}', which is not among {', '.join(map(str, groups))}.")


def _groups(groups: pd.DataFrame, columns: Sequence[str], known: np.ndarray) -> list[np.ndarray]:
    """Return the positions of the companies with a value, group by group."""
    if not columns:
        return [np.flatnonzero(known)]
    whole = known & groups[list(columns)].notna().all(axis=1).to_numpy()
    codes = groups[list(columns)].groupby(list(columns), sort=False, observed=True, dropna=False).ngroup().to_numpy()
    positions = np.flatnonzero(whole)
    order = positions[np.argsort(codes[positions], kind="stable")]
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(order) else []


def _shares_ahead(score: Floats, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return, for each member of a group, the share of the others below it, its interval and their number."""
    order = np.argsort(score, kind="stable")
    cumulated = np.concatenate([[0.0], np.cumsum(weights[order])])
    below = cumulated[np.searchsorted(score[order], score, side="left")]
    up_to = cumulated[np.searchsorted(score[order], score, side="right")]
    others = weights.sum() - weights
    share = np.clip((below + (up_to - below - weights) / 2) / others, 0.0, 1.0)
    effective = np.square(others) / (np.square(weights).sum() - np.square(weights))
    return share, *wilson(share, effective), np.full(len(score), len(score) - 1.0)


def wilson(share: Floats, n: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return Wilson's interval of a share, which stays between 0 and 1.

    Examples
    --------
    >>> low, high = wilson(np.array([0.0]), np.array([10.0]))  # z2 / (n + z2) = 3.8415 / 13.8415
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0], [0.2775])
    """
    z = float(ndtri((1 + level) / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
