"""Do predicted probabilities come true? Out of fold, weighted: curve, Brier score, log-loss against the shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.logit import Matrix

BINS = 10
"""Bins of a calibration curve: about the same number of predictions in each."""

_Z = 1.959963984540054


def calibration_curve(predicted: Matrix, y: NDArray[np.int64], w: Matrix, *, bins: int = BINS) -> pd.DataFrame:
    """Return, for predictions of about the same size, the share that came true.

    Parameters
    ----------
    predicted : ndarray of shape (n_firms, n_options)
        Probabilities of each option, from a model that has not seen the firm.
    y : ndarray of int
        Position of what each firm has.
    w : ndarray of float
    bins : int
        At most; fewer where predictions tie.

    Returns
    -------
    DataFrame
        A row a bin, lowest predictions first: ``predicted`` (mean), ``observed`` (weighted share that came true),
        ``low``, ``high`` (95 %, between 0 and 1), ``n`` (predictions), ``firms`` (companies that have the option of
        one of these predictions).

    Notes
    -----
    The predictions of all options are pooled: a firm counts once an option. Intervals sum its residuals over its
    predictions, which are not independent, and suppose firms drawn one by one with these weights.

    Examples
    --------
    >>> half = np.full((4, 2), 0.5)
    >>> calibration_curve(half, np.array([0, 0, 1, 0]), np.ones(4))[["predicted", "observed", "n"]].values.tolist()
    [[0.5, 0.5, 8.0]]
    """
    true = np.zeros(predicted.shape)
    true[np.arange(len(y)), y] = 1.0
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, bins + 1)[1:-1]))
    bin_of = np.searchsorted(edges, predicted, side="left")
    rows = []
    for position in np.unique(bin_of):
        inside = bin_of == position
        weights = inside * w[:, None]
        total = weights.sum()
        observed = float((weights * true).sum() / total)
        moves = (weights * (true - observed)).sum(axis=1) / total
        error = float(np.sqrt((moves**2).sum() * len(y) / max(len(y) - 1, 1)))
        low, high = max(0.0, observed - _Z * error), min(1.0, observed + _Z * error)
        mean = float((weights * predicted).sum() / total)
        rows.append((mean, observed, low, high, int(inside.sum()), int((true * inside).sum())))
    return pd.DataFrame(rows, columns=["predicted", "observed", "low", "high", "n", "firms"])


def brier_score(predicted: Matrix, y: NDArray[np.int64], w: Matrix) -> float:
    """Return the weighted mean of the squared errors, summed over options: 0 (certain and right) to 2.

    References
    ----------
    Brier, Monthly Weather Review 78(1), 1950.

    Examples
    --------
    >>> brier_score(np.array([[0.8, 0.2], [0.5, 0.5]]), np.array([0, 1]), np.ones(2))  # (0.08 + 0.5) / 2
    0.29
    """
    errors = predicted.copy()
    errors[np.arange(len(y)), y] -= 1.0
    return float(w @ (errors**2).sum(axis=1) / w.sum())
