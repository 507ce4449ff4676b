"""One test for the whole survey: does the outcome depend on the arm at all? No claim about a firm without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLIPS = 999
"""Random changes of sign that the statistics are compared with."""


@dataclass(frozen=True)
class EffectTest:
    """Whether arms differ, on average or for some firms.

    Attributes
    ----------
    means, differences : float
        p-value of equal means of all arms; of equal effects for all firms, each alone.
    p_value : float
        Of no difference between arms for any firm: the smaller of the two, corrected for having looked twice.
    """

    means: float
    differences: float
    p_value: float


def find_effect(
    scores: NDArray[np.float64],
    propensity: NDArray[np.float64],
    features: NDArray[np.float64],
    *,
    random_state: int = 0,
) -> EffectTest:
    """Test that no firm's outcome depends on the arm.

    Parameters
    ----------
    scores : ndarray of shape (n_firms, n_arms)
        Doubly robust scores.
    propensity : ndarray of shape (n_firms, n_arms)
    features : ndarray of shape (n_firms, n_features)
        What effects may differ by.
    random_state : int
        Draws the changes of sign.

    Returns
    -------
    EffectTest

    Notes
    -----
    Under the null, ``e_d (score_d - sum_b e_b score_b)`` has mean zero for every firm, whatever the firm is, so that
    changing its sign leaves it as likely: the statistics of the survey are compared with those of random signs (wild
    bootstrap). One statistic is about the means of the arms, the other about their slopes; the smaller p-value is
    compared with the smaller p-values of the random signs (Westfall and Young, 1993).
    """
    middle = (propensity * scores).sum(axis=1, keepdims=True)
    pulls = propensity * (scores - middle)
    white = _whiten(features)
    slopes = np.concatenate([pulls * column[:, None] for column in white.T], axis=1)
    signs = np.random.default_rng(random_state).choice([-1.0, 1.0], size=(FLIPS + 1, len(scores)))
    signs[0] = 1.0
    found = np.stack([_quadratic(signs @ pulls, pulls), _squares(signs @ slopes, slopes)])
    ranks = _upper_shares(found)
    smallest = _upper_shares(-ranks.min(axis=0)[None])[0]
    return EffectTest(float(ranks[0, 0]), float(ranks[1, 0]), float(smallest[0]))


def _whiten(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return uncorrelated columns of variance 1 that span the centred features."""
    left, spread, _ = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    return left[:, spread > 1e-8 * max(spread.max(initial=0.0), 1e-300)] * np.sqrt(len(features))


def _quadratic(sums: NDArray[np.float64], parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each row's squared length in the metric of the parts' covariance."""
    return np.einsum("bi,ij,bj->b", sums, np.linalg.pinv(parts.T @ parts, hermitian=True), sums, optimize=True)


def _squares(sums: NDArray[np.float64], parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of each row's squares, each in units of its variance."""
    variance = (parts**2).sum(axis=0)
    kept = variance > 0
    return (sums[:, kept] ** 2 / variance[kept]).sum(axis=1)


def _upper_shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, row by row, the share of values that are at least as large as each."""
    ordered = np.sort(values, axis=1)
    places = np.stack([np.searchsorted(row, own, side="left") for row, own in zip(ordered, values, strict=True)])
    return (values.shape[1] - places) / values.shape[1]
