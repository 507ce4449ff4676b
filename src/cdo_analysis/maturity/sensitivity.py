"""How far a score and its band depend on choices: the weights of the dimensions, one answer, compensation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from cdo_analysis.codebook import Codebook, Item, Score
from cdo_analysis.errors import UsageError
from cdo_analysis.maturity.answers import Floats, counted_items, measure, worth
from cdo_analysis.maturity.reliability import correlations, row_weights
from cdo_analysis.maturity.scores import band_places, score_maturity

WEIGHT_SD = 0.05
DRAWS = 1000
_ROWS = 4096


def sensitivity(
    responses: pd.DataFrame,
    codebook: Codebook,
    *,
    score: str = "",
    weight_sd: float = WEIGHT_SD,
    draws: int = DRAWS,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return, for each respondent, how much a score moves and how often its band changes.

    Two questions, asked apart. *Weights*: dimensions count alike in the score; what if their weights were drawn from a
    symmetric Dirichlet law, in which each has the standard deviation `weight_sd`? *One answer*: what if one of the
    answers given, any of them, were the next lower or the next higher on its scale (for a tick, the other one)? All
    such changes count alike, and all are computed: nothing is drawn.

    Parameters
    ----------
    responses : DataFrame of shape (n, items)
    codebook : Codebook
    score : str
        Id of the score; the main one by default.
    weight_sd : float
        Standard deviation of the weight of a dimension; 0.05 is five percentage points.
    draws : int
        Draws of weights.
    random_state : int

    Returns
    -------
    DataFrame
        Indexed like the responses: ``weights_sd`` (in the unit of the score) and ``weights_flip`` (probability that
        the band changes), ``answer_sd`` and ``answer_flip``. NaN where the score is not given; ``weights_*`` where it
        averages no dimensions, ``*_flip`` where it has no bands.

    Raises
    ------
    UsageError
        The codebook has no score, or `weight_sd` is not possible for that many dimensions.

    References
    ----------
    Saisana, Saltelli and Tarantola (2005), Uncertainty and sensitivity analysis techniques as tools for the quality
    assessment of composite indicators, Journal of the Royal Statistical Society A 168(2), 307-323; OECD and JRC
    (2008), Handbook on Constructing Composite Indicators.
    """
    chosen = codebook.score(score) if score else codebook.main_score
    if chosen is None:
        raise UsageError(f"codebook '{codebook.id}' has no score whose sensitivity could be measured.")
    scores = score_maturity(responses, replace(codebook, scores=(chosen,))).values
    value, starts = scores[chosen.id].to_numpy(dtype="float64"), np.array([band.start for band in chosen.bands])
    found = dict.fromkeys(("weights_sd", "weights_flip"), np.full(len(responses), np.nan))
    if len(chosen.dimensions) > 1 and not chosen.items:
        parts = scores[list(chosen.dimensions)].to_numpy(dtype="float64")
        found["weights_sd"], found["weights_flip"] = weight_sensitivity(
            parts, starts, weight_sd=weight_sd, draws=draws, random_state=random_state
        )
    found["answer_sd"], found["answer_flip"] = _answer_sensitivity(responses, codebook, chosen, value=value)
    return pd.DataFrame(found, index=responses.index)


def weight_sensitivity(
    parts: Floats, starts: Floats, *, weight_sd: float = WEIGHT_SD, draws: int = DRAWS, random_state: int = 0
) -> tuple[Floats, Floats]:
    """Return how much a mean of parts moves, and how often its band changes, when the weights of the parts move.

    Parameters
    ----------
    parts : ndarray of shape (n, d)
        What the score averages; a row with NaN gets NaN.
    starts : ndarray of shape (b,)
        Where the bands start, lowest first; empty for no bands.
    weight_sd, draws, random_state
        As in :func:`sensitivity`.

    Returns
    -------
    sd : ndarray of shape (n,)
        Exact: the standard deviation of the parts of the row, divided by the square root of one plus the
        concentration of the Dirichlet law.
    flip : ndarray of shape (n,)
        Share of the draws in which the band is another one.

    Raises
    ------
    UsageError
        No Dirichlet law of that many parts gives a weight that standard deviation.

    Examples
    --------
    >>> sd, flip = weight_sensitivity(np.array([[40.0, 60.0]]), np.array([0.0, 50.0]))  # (60 - 40) * 0.05
    >>> sd.round(6).tolist(), bool(0.4 < flip[0] < 0.6)
    ([1.0], True)
    """
    d = parts.shape[1]
    concentration = (d - 1) / (d * weight_sd) ** 2 - 1 if weight_sd > 0 else -1.0
    if concentration <= 0:
        most = np.sqrt(d - 1) / d
        raise UsageError(f"weight_sd is {weight_sd:g}; for {d} dimensions, give more than 0 and less than {most:.2g}.")
    sd = parts.std(axis=1) / np.sqrt(concentration + 1)
    if not len(starts):
        return sd, np.full(len(parts), np.nan)
    rng = np.random.default_rng(random_state)
    weights = rng.dirichlet(np.full(d, concentration / d), size=draws)
    flip = np.empty(len(parts))
    for start in range(0, len(parts), _ROWS):
        block = parts[start : start + _ROWS]
        now = band_places(block.mean(axis=1), starts)
        flip[start : start + _ROWS] = (band_places(block @ weights.T, starts) != now[:, np.newaxis]).mean(axis=1)
    return sd, np.where(np.isfinite(sd), flip, np.nan)


def compensation(parts: pd.DataFrame) -> pd.DataFrame:
    """Return three ways to sum up dimensions, from the one that lets strength hide weakness to the one that does not.

    Parameters
    ----------
    parts : DataFrame of shape (n, d)
        Dimensions of a score, none of them negative.

    Returns
    -------
    DataFrame
        ``arithmetic`` (mean), ``geometric`` (mean; 0 where a dimension is 0) and ``minimum``; NaN where a dimension
        is not given.

    Examples
    --------
    >>> compensation(pd.DataFrame({"data": [4.0, 0.0], "human": [9.0, 50.0]})).round(3).values.tolist()
    [[6.5, 6.0, 4.0], [25.0, 0.0, 0.0]]
    """
    values = parts.to_numpy(dtype="float64")
    with np.errstate(divide="ignore"):  # the logarithm of 0 is -inf, and its exponential 0 again
        geometric = np.exp(np.log(values).mean(axis=1))
    summed = {"arithmetic": values.mean(axis=1), "geometric": geometric, "minimum": values.min(axis=1)}
    return pd.DataFrame(summed, index=parts.index)


def rank_correlations(values: pd.DataFrame, *, sample_weight: pd.Series | None = None) -> pd.DataFrame:
    """Return Spearman's rank correlations over the rows that have every value.

    Parameters
    ----------
    values : DataFrame of shape (n, k)
    sample_weight : Series of shape (n,), optional
        Weights of the rows in the correlation of the ranks; equal by default.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1.0, 2.0, 3.0, None], "b": [1.0, 8.0, 27.0, 5.0], "c": [3.0, 2.0, 1.0, 4.0]})
    >>> rank_correlations(table).round(6).loc["a"].tolist()
    [1.0, 1.0, -1.0]
    """
    weights = row_weights(values, sample_weight)
    table = values.to_numpy(dtype="float64")
    whole = np.isfinite(table).all(axis=1)
    if whole.sum() < 2:
        return pd.DataFrame(np.nan, index=values.columns, columns=values.columns)
    ranks = np.column_stack([rankdata(column) for column in table[whole].T])
    return pd.DataFrame(correlations(ranks, weights[whole]), index=values.columns, columns=values.columns)


# --- one answer -------------------------------------------------------------------------------------------------------


def _answer_sensitivity(
    responses: pd.DataFrame, codebook: Codebook, score: Score, *, value: Floats
) -> tuple[Floats, Floats]:
    """Return the root mean square of the change and the share of changes of band, over all neighbouring answers."""
    starts = np.array([band.start for band in score.bands])
    now = band_places(value, starts)
    squares, flips, moves = np.zeros(len(value)), np.zeros(len(value)), np.zeros(len(value))
    for change in _changes(responses, codebook, score):
        possible = np.isfinite(change)
        moved = np.where(possible, change, 0.0)
        moves += possible
        squares += np.square(moved)
        flips += possible & (band_places(value + moved, starts) != now)
    known = np.isfinite(value) & (moves > 0)
    moves = np.where(known, moves, np.nan)
    return np.sqrt(squares / moves), flips / moves if len(starts) else np.full(len(value), np.nan)


def _changes(responses: pd.DataFrame, codebook: Codebook, score: Score) -> Iterator[Floats]:
    """Return, item by item, what the next lower and the next higher answer would add to the score; NaN for none."""
    earned = {item.name: _earned(responses, item, score) for item in _items(codebook, score)}
    shares = _shares(earned, codebook, score)
    for item in _items(codebook, score):
        worths = worth(item, score.method, score.exclusive).values()
        levels = np.unique([float(w == 1.0) for w in worths] if score.method == "count" else list(worths))
        answer = earned[item.name]
        place = np.searchsorted(levels, np.nan_to_num(answer))
        for step in (-1, 1):
            other = place + step
            exists = (other >= 0) & (other < len(levels)) & np.isfinite(answer)
            neighbour = levels[np.clip(other, 0, len(levels) - 1)]
            yield np.where(exists, (neighbour - answer) * shares[item.name], np.nan)


def _items(codebook: Codebook, score: Score) -> list[Item]:
    if score.items:
        return [codebook[name] for name in score.items]
    return [item for name in score.dimensions for item in counted_items(codebook, name, score.exclusive)]


def _earned(responses: pd.DataFrame, item: Item, score: Score) -> Floats:
    earned = measure(responses[item.name], worth(item, score.method, score.exclusive))
    return np.where(np.isfinite(earned), earned == 1.0, np.nan) if score.method == "count" else earned


def _shares(earned: Mapping[str, Floats], codebook: Codebook, score: Score) -> dict[str, Floats]:
    """Return what one unit of each item is worth in the score of each respondent."""
    measured = {name: np.isfinite(values).astype(float) for name, values in earned.items()}
    if score.method == "count":
        return {name: np.ones_like(values) for name, values in measured.items()}
    if score.items:
        total = np.sum(list(measured.values()), axis=0)
        return {name: 1 / np.maximum(total, 1) for name in earned}
    shares: dict[str, Floats] = {}
    for dimension in score.dimensions:
        blocks: dict[str, list[str]] = {}
        for item in counted_items(codebook, dimension, score.exclusive):
            blocks.setdefault(item.block if score.method == "points" else dimension, []).append(item.name)
        counts = {block: np.sum([measured[name] for name in names], axis=0) for block, names in blocks.items()}
        known = np.sum([count > 0 for count in counts.values()], axis=0)
        scale = (100.0 if score.method == "points" else 1.0) / len(score.dimensions)
        for block, names in blocks.items():
            share = scale / np.maximum(known, 1) / np.maximum(counts[block], 1)
            shares |= dict.fromkeys(names, share)
    return shares
