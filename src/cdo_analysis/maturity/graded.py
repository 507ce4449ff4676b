"""The graded response score of each dimension: items may differ in difficulty and in how much they say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.graded import fit_graded
from cdo_analysis.maturity.answers import Floats, counted_items, counting_scores, measure, worth
from cdo_analysis.maturity.reliability import row_weights

_FEWEST = 50


def graded_scores(
    responses: pd.DataFrame, codebook: Codebook, *, sample_weight: pd.Series | None = None
) -> pd.DataFrame:
    """Return the graded response score of each dimension, fitted on these respondents.

    Parameters
    ----------
    responses : DataFrame of shape (n, items)
    codebook : Codebook
    sample_weight : Series of shape (n,), optional
        Weights indexed like the responses; equal by default.

    Returns
    -------
    DataFrame
        Indexed like the responses: a column a dimension with three items or more that vary, theta (mean 0, standard
        deviation 1 in the population of the model), NaN for who answered no item of it or where fewer than 50 did.
    """
    weights = row_weights(responses, sample_weight)
    found = pd.DataFrame(index=responses.index)
    for dimension, score in counting_scores(codebook).items():
        items = counted_items(codebook, dimension, score.exclusive)
        points = np.column_stack([measure(responses[item.name], worth(item)) for item in items])
        codes = np.column_stack([_ranks(column) for column in points.T])
        codes = codes[:, np.nanmax(np.nan_to_num(codes), axis=0) > 0]
        answered = np.isfinite(codes).any(axis=1)
        if codes.shape[1] < 3 or answered.sum() < _FEWEST:
            continue
        used = answered & (weights > 0)
        model = fit_graded(codes[used], sample_weight=weights[used])
        found[dimension] = np.where(answered, model.score(codes)[0], np.nan)
    return found


def _ranks(column: Floats) -> Floats:
    known = np.isfinite(column)
    ranks = np.full(len(column), np.nan)
    ranks[known] = np.unique(column[known], return_inverse=True)[1]
    return ranks
