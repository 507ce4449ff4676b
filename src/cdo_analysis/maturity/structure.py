"""How many things the items of a dimension measure, and how well their sum measures the first of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.maturity.answers import Floats
from cdo_analysis.maturity.factors import bartlett, kmo, omega, parallel_analysis, standardised_alpha
from cdo_analysis.maturity.polychoric import correlations_of_tables, indicators, pair_tables
from cdo_analysis.maturity.reliability import Scale, complete_answers, correlations, row_weights
from cdo_analysis.maturity.resampling import bootstrap_grams, covariances_of, percentile_interval

REPLICATES = 100
_FEWEST = 20
_ENDS = ((0, "low"), (1, "high"))
_COLUMNS = (
    "omega", "omega_low", "omega_high", "ordinal_alpha", "ordinal_alpha_low", "ordinal_alpha_high", "kmo",
    "bartlett_chi2", "bartlett_df", "bartlett_p", "components",
)  # fmt: skip


def structure(
    responses: pd.DataFrame,
    codebook: Codebook,
    *,
    sample_weight: pd.Series | None = None,
    replicates: int = REPLICATES,
    random_state: int = 0,
) -> pd.DataFrame:
    """Describe the structure of each dimension, over the same respondents and items as :func:`reliability`.

    Parameters
    ----------
    responses : DataFrame of shape (n, items)
    codebook : Codebook
    sample_weight : Series of shape (n,), optional
        Weights indexed like the responses; equal by default. Parallel analysis does not use them.
    replicates : int
        Bootstrap samples behind the intervals.
    random_state : int

    Returns
    -------
    DataFrame
        A row a dimension (index ``dimension``): ``omega`` (McDonald's, one factor), ``ordinal_alpha`` (alpha on
        polychoric correlations), each with its 95 % bootstrap percentile interval (``_low``, ``_high``); ``kmo``;
        Bartlett's test (``bartlett_chi2``, ``bartlett_df``, ``bartlett_p``); ``components``, how many parallel
        analysis keeps. NaN with fewer than two items that vary or 20 respondents who answered them all.

    Raises
    ------
    InputError
        The responses lack an item of a dimension, or a respondent has no weight.

    Notes
    -----
    Ordinal alpha is the reliability that the sum of the traits behind the answers would have, not that of the sum of
    the answers themselves (Chalmers 2018, Educational and Psychological Measurement 78(6), 1056-1071): it is shown
    beside alpha, never in its place.

    See Also
    --------
    cdo_analysis.maturity.factors, cdo_analysis.maturity.polychoric : the methods, with their references.
    """
    weights = row_weights(responses, sample_weight)
    scales = [complete_answers(responses, codebook, dimension.id, weights) for dimension in codebook.dimensions]
    rows = [_describe(scale, replicates, random_state) for scale in scales]
    index = pd.Index([dimension.id for dimension in codebook.dimensions], name="dimension", dtype="str")
    return pd.DataFrame(rows, index=index, columns=list(_COLUMNS), dtype="float64")


def _describe(scale: Scale, replicates: int, random_state: int) -> dict[str, float]:
    """Return the row of one dimension."""
    if len(scale.names) < 2 or len(scale.points) < _FEWEST:
        return {}
    points, weights = scale.points, scale.weights / scale.weights.mean()
    pearson = correlations(points, weights)
    again = bootstrap_grams(points, replicates=replicates, sample_weight=weights, random_state=random_state)
    ordinal, ordinals = _ordinal_alphas(points, weights, replicates, random_state)
    replicated = {"omega": omega(_scaled(covariances_of(again))), "ordinal_alpha": ordinals}
    intervals = {name: percentile_interval(values) for name, values in replicated.items()}
    chi2, df, p = bartlett(pearson, weights.sum() ** 2 / np.square(weights).sum())
    return {
        "omega": float(omega(pearson[np.newaxis])[0]),
        "ordinal_alpha": ordinal,
        **{f"{name}_{end}": interval[place] for name, interval in intervals.items() for place, end in _ENDS},
        "kmo": kmo(pearson),
        "bartlett_chi2": chi2,
        "bartlett_df": df,
        "bartlett_p": p,
        "components": parallel_analysis(points, random_state=random_state),
    }


def _ordinal_alphas(points: Floats, weights: Floats, replicates: int, random_state: int) -> tuple[float, Floats]:
    """Return ordinal alpha, and that of bootstrap samples: the tables of all pairs are in one matrix of products."""
    codes = np.column_stack([np.unique(column, return_inverse=True)[1] for column in points.T])
    levels, shown = codes.max(axis=0) + 1, indicators(codes)
    first = (shown * weights[:, np.newaxis]).T @ shown
    again = bootstrap_grams(shown, replicates=replicates, sample_weight=weights, random_state=random_state)
    grams = np.concatenate([first[np.newaxis], again[:, :-1, :-1]])
    alphas = np.concatenate(
        [standardised_alpha(correlations_of_tables(pair_tables(gram[None], levels), len(levels))) for gram in grams]
    )
    return float(alphas[0]), alphas[1:]


def _scaled(covariances: Floats) -> Floats:
    """Return correlations; an item that does not vary in a replicate is not related to the others there."""
    sd = np.sqrt(np.maximum(np.einsum("bii->bi", covariances), 1e-12))
    scaled = covariances / (sd[:, :, None] * sd[:, None, :])
    scaled[:, *np.diag_indices(sd.shape[1])] = 1.0
    return scaled
