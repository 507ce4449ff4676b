"""The graded response model: one latent trait, items that differ in difficulty and in how much they say.

An engine that knows neither surveys nor codebooks: maturity makes scores of it, profiles ask whether one continuum
explains the answers as well as classes do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_ndtr, logsumexp

from cdo_analysis.errors import InputError

Floats = NDArray[np.float64]

_NODES = 41
_ITERATIONS, _TOLERANCE = 1000, 1e-9
_LARGEST_SLOPE, _LARGEST_CUT, _NEVER = 10.0, 25.0, -40.0


@dataclass(frozen=True)
class GradedModel:
    """A fitted graded response model.

    ``P(answer of rank j or more | theta) = 1 / (1 + exp(-a (theta - b_j)))``, theta standard normal, or skew-normal
    of density ``2 phi(theta) Phi(skew theta)``.

    Attributes
    ----------
    discrimination : ndarray of shape (k,)
        a of each item.
    cuts : ndarray of shape (k, levels - 1)
        ``-a b_j`` of each item, NaN beyond its last level.
    log_likelihood : float
        With weights, that of weights scaled to sum to n.
    converged : bool
    skew : float
        0 for a normal trait.
    """

    discrimination: Floats
    cuts: Floats
    log_likelihood: float
    converged: bool
    skew: float = 0.0

    @property
    def difficulty(self) -> Floats:
        """B of each item and level: the theta at which half give that answer or a higher one."""
        return -self.cuts / self.discrimination[:, np.newaxis]

    @property
    def parameters(self) -> int:
        """Number of free parameters."""
        return len(self.discrimination) + int(np.isfinite(self.cuts).sum())

    def score(self, codes: Floats) -> tuple[Floats, Floats]:
        """Return theta and its standard error (mean and standard deviation given the answers) for each row.

        Parameters
        ----------
        codes : ndarray of shape (n, k)
            Ranks from 0; NaN where there is no answer. A row without any has theta 0 and error 1.
        """
        nodes, log_share = _nodes(self.skew)
        shown = _indicators(codes, self.cuts.shape[1] + 1)
        joint = shown @ _log_chances(self.discrimination, _never(self.cuts), nodes) + log_share
        posterior = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
        theta = posterior @ nodes
        return theta, np.sqrt(np.maximum(posterior @ np.square(nodes) - np.square(theta), 0.0))

    def chances(self, theta: Floats) -> Floats:
        """Return the probability of each rank of each item, shape (k, levels, n), for traits `theta` (n,)."""
        return np.exp(_log_chances(self.discrimination, _never(self.cuts), theta)).reshape(
            len(self.discrimination), -1, len(theta)
        )


def fit_graded(codes: Floats, *, sample_weight: Floats | None = None, skew: float = 0.0) -> GradedModel:
    """Fit a graded response model by marginal maximum likelihood (EM).

    The E-step integrates over 41 Gauss-Hermite nodes; the M-step takes a Fisher-scoring step in all items at once.
    With two levels an item, this is the two-parameter logistic model.

    Parameters
    ----------
    codes : ndarray of shape (n, k)
        Answers as ranks from 0, every rank in use; NaN where there is no answer (missing at random).
    sample_weight : ndarray of shape (n,), optional
    skew : float
        Shape of the trait, held fixed: 0 is normal, 4 or -4 far from it (see :class:`GradedModel`).

    Returns
    -------
    GradedModel

    Raises
    ------
    InputError
        An item has a single rank, or a rank between others that nobody gave.

    References
    ----------
    Samejima (1969), Estimation of latent ability using a response pattern of graded scores, Psychometrika Monograph
    17; Bock and Aitkin (1981), Marginal maximum likelihood estimation of item parameters, Psychometrika 46, 443-459.
    """
    weight = np.ones(len(codes)) if sample_weight is None else sample_weight / sample_weight.mean()
    levels = _levels(codes)
    most = int(levels.max())
    shown = _indicators(codes, most)
    slopes, cuts = np.ones(len(levels)), _start(shown, weight, levels)
    nodes, log_share = _nodes(skew)
    before, converged = -np.inf, False
    for _ in range(_ITERATIONS):
        joint = shown @ _log_chances(slopes, cuts, nodes) + log_share
        total = logsumexp(joint, axis=1, keepdims=True)
        likelihood = float(weight @ total[:, 0])
        if likelihood - before < _TOLERANCE * abs(likelihood):
            converged = True
            break
        before = likelihood
        expected = shown.T @ (np.exp(joint - total) * weight[:, np.newaxis])
        slopes, cuts = _scoring_step(slopes, cuts, expected.reshape(len(levels), most, -1), nodes)
    unused = np.arange(1, most) >= levels[:, np.newaxis]
    return GradedModel(slopes, np.where(unused, np.nan, cuts), likelihood, converged, skew)


def _levels(codes: Floats) -> NDArray[np.intp]:
    levels = []
    for place, column in enumerate(codes.T):
        used = np.unique(column[np.isfinite(column)])
        if len(used) < 2 or not np.array_equal(used, np.arange(len(used))):
            raise InputError(
                f"item {place + 1} has the ranks {used.tolist()}; give two or more, 0, 1, 2, …, all in use."
            )
        levels.append(len(used))
    return np.array(levels)


def _indicators(codes: Floats, most: int) -> Floats:
    """Return a column of 0 and 1 for each rank of each item; a row of zeros where there is no answer."""
    return (codes[:, :, np.newaxis] == np.arange(most)).reshape(len(codes), -1).astype(float)


def _nodes(skew: float) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    log_share = np.log(weights) + log_ndtr(skew * nodes)
    return nodes, log_share - logsumexp(log_share)


def _start(shown: Floats, weight: Floats, levels: NDArray[np.intp]) -> Floats:
    """Return the cuts that give the observed shares at theta = 0."""
    counts = (weight @ shown).reshape(len(levels), -1)
    above = np.clip(1 - np.cumsum(counts, axis=1)[:, :-1] / counts.sum(axis=1, keepdims=True), 1e-6, 1 - 1e-6)
    return np.where(np.arange(1, counts.shape[1]) < levels[:, None], np.log(above / (1 - above)), _NEVER)


def _never(cuts: Floats) -> Floats:
    return np.where(np.isfinite(cuts), cuts, _NEVER)


def _reached(slopes: Floats, cuts: Floats, nodes: Floats) -> Floats:
    """Return the probability to reach each rank, of shape (k, levels + 1, nodes): 1 for the first, 0 past the last."""
    inner = expit(slopes[:, None, None] * nodes + cuts[:, :, None])
    ends = np.ones((len(slopes), 1, len(nodes)))
    return np.concatenate([ends, inner, 0 * ends], axis=1)


def _log_chances(slopes: Floats, cuts: Floats, nodes: Floats) -> Floats:
    chances = -np.diff(_reached(slopes, cuts, nodes), axis=1)
    return np.log(np.maximum(chances, 1e-15)).reshape(-1, len(nodes))


def _scoring_step(slopes: Floats, cuts: Floats, expected: Floats, nodes: Floats) -> tuple[Floats, Floats]:
    """Return slopes and cuts after one Fisher-scoring step on the expected counts, halved until cuts stay in order."""
    reached = _reached(slopes, cuts, nodes)
    chances = np.maximum(-np.diff(reached, axis=1), 1e-15)
    slope = reached * (1 - reached)
    by_slope = -np.diff(slope * nodes, axis=1)
    k, most, _ = expected.shape
    by_cut = np.zeros((k, most - 1, most, len(nodes)))
    for cut in range(most - 1):
        by_cut[:, cut, cut + 1], by_cut[:, cut, cut] = slope[:, cut + 1], -slope[:, cut + 1]
    change = np.concatenate([by_slope[:, None], by_cut], axis=1)  # item, parameter, rank, node
    gradient = np.einsum("iprq,irq->ip", change, expected / chances)
    size = expected.sum(axis=1, keepdims=True) / chances
    information = np.einsum("iprq,isrq,irq->ips", change, change, size, optimize=True)
    unused = np.column_stack([np.zeros(k, dtype=bool), cuts <= _NEVER])
    information += np.einsum("ip,ps->ips", np.where(unused, 1.0, 1e-9), np.eye(most))
    step = np.linalg.solve(information, np.where(unused, 0.0, gradient)[..., None])[..., 0]
    step = np.clip(step, -1.0, 1.0)
    for _ in range(20):
        moved = np.where(cuts > _NEVER, np.clip(cuts + step[:, 1:], -_LARGEST_CUT, _LARGEST_CUT), _NEVER)
        wrong = (np.diff(moved, axis=1) >= 0).any(axis=1, where=np.diff(moved, axis=1) != 0)
        if not wrong.any():
            break
        step[wrong] /= 2
    return np.clip(slopes + step[:, 0], -_LARGEST_SLOPE, _LARGEST_SLOPE), moved
