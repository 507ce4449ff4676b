"""Latent classes whose answers shift along their order: the same classes at a fraction of the parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cdo_analysis.profiles.likelihood import split_posterior
from cdo_analysis.profiles.packing import PSEUDO_COUNT, Floats, Patterns

MAX_ITER, ENOUGH = 200, 1e-3
"""EM ends when an iteration gains less than this: a comparison by BIC needs no more."""

NEWTON_STEPS = 6


@dataclass(frozen=True)
class OrderedClasses:
    """Classes where the log-odds of an answer against the one below differ between classes by one number an item.

    Attributes
    ----------
    shares : ndarray of shape (n_classes,)
    probabilities : ndarray of shape (n_classes, n_categories)
    log_likelihood : float
    n_parameters : int
    bic : float
    """

    shares: Floats
    probabilities: Floats
    log_likelihood: float
    n_parameters: int
    bic: float


def fit_ordered_classes(patterns: Patterns, counts: Floats, start: tuple[Floats, Floats]) -> OrderedClasses:
    """Fit ordered classes by EM from a solution without order.

    An item of m ordered answers costs ``m - 1 + k - 1`` parameters in k classes instead of ``k (m - 1)``: with
    answers on six levels, the BIC compares classes and a continuum fairly. Yes/no items are as in any latent classes.

    Parameters
    ----------
    patterns : Patterns
        The distinct answers, categories in order.
    counts : ndarray of shape (n_patterns,)
        Their weights, summing to the number of respondents.
    start : tuple of ndarrays
        Shares (n_classes,) and probabilities (n_classes, n_categories) to start from.

    Returns
    -------
    OrderedClasses

    References
    ----------
    Magidson, Vermunt (2004), "Latent class models", in Kaplan (ed.), Handbook of Quantitative Methodology: ordinal
    indicators through adjacent-category logits.
    """
    shares, probabilities = start
    before = -np.inf
    for step in range(MAX_ITER):
        joint = (patterns.packing.sum_logs(np.log(probabilities)) + np.log(shares)).T
        posterior, log_likelihood = split_posterior(joint)
        reached = float(counts @ log_likelihood)
        # The first likelihood is that of the start, which the order of the answers did not constrain yet.
        if step > 1 and reached - before < ENOUGH:
            break
        before = reached
        posterior = posterior * counts
        shares = (posterior.sum(axis=1) + PSEUDO_COUNT) / (counts.sum() + len(shares) * PSEUDO_COUNT)
        expected = np.stack([patterns.count_answers(part) for part in posterior])
        probabilities = _shift_items(patterns, expected, probabilities)
    k = len(shares)
    parameters = k - 1 + sum(min(k * (m - 1), m - 1 + k - 1) for m in patterns.sizes)
    bic = parameters * float(np.log(counts.sum())) - 2 * reached
    return OrderedClasses(shares, probabilities, reached, parameters, bic)


def _shift_items(patterns: Patterns, expected: Floats, before: Floats) -> Floats:
    """Return the probabilities of every item that fit the expected counts (n_classes, n_categories) best."""
    probabilities = patterns.normalise(expected)
    for first, size in zip(patterns.first, patterns.sizes, strict=True):
        if size > 2:
            place = slice(first, first + size)
            probabilities[:, place] = shift_answers(expected[:, place], before[:, place])
    return probabilities


def shift_answers(counts: Floats, before: Floats) -> Floats:
    """Return probabilities (k, m) of the form ``exp(a_r + b_c r)`` that fit counts (k, m): a few Newton steps.

    Examples
    --------
    >>> fitted = shift_answers(np.array([[30.0, 10.0, 10.0], [10.0, 10.0, 30.0]]), np.full((2, 3), 1 / 3))
    >>> (fitted[0] * 50 + fitted[1] * 50).round(3).tolist()
    [40.0, 20.0, 40.0]
    """
    k, m = counts.shape
    counts = counts + PSEUDO_COUNT / m
    design = _shift_design(k, m)
    beta = np.linalg.lstsq(design[:, k:], np.log(np.maximum(before, 1e-3)).ravel(), rcond=None)[0]
    size = counts.sum(axis=1, keepdims=True)
    for _ in range(NEWTON_STEPS):
        scores = (design[:, k:] @ beta).reshape(k, m)
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        x = design[:, k:].reshape(k, m, -1)
        centred = x - np.einsum("cr,crp->cp", p, x)[:, None]
        information = np.einsum("cr,crp,crq->pq", size * p, centred, centred) + 1e-9 * np.eye(x.shape[2])
        step = np.linalg.solve(information, np.einsum("cr,crp->p", counts - size * p, x))
        beta = beta + np.clip(step, -2.0, 2.0)
    scores = (design[:, k:] @ beta).reshape(k, m)
    p = np.exp(np.clip(scores - scores.max(axis=1, keepdims=True), -30.0, 0.0))
    return p / p.sum(axis=1, keepdims=True)


def _shift_design(k: int, m: int) -> Floats:
    """Return columns: k intercepts (not estimated), m - 1 answers, k - 1 shifts along the ranks."""
    answer, group = np.tile(np.arange(m), k), np.repeat(np.arange(k), m)
    columns = [group == c for c in range(k)] + [answer == r for r in range(1, m)]
    shifts = [(group == c) * answer / (m - 1) for c in range(1, k)]
    return np.column_stack(columns + shifts).astype(np.float64)
