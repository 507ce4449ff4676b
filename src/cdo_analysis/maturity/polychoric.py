"""Polychoric correlations: between the continuous traits that ordered answers are supposed to cut into levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from cdo_analysis.maturity.answers import Floats

_BOUND, _FAR = 0.999, 8.0
_ITERATIONS, _TOLERANCE = 50, 1e-8
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(24)


def polychoric(codes: NDArray[np.intp], *, sample_weight: Floats | None = None, empty: float = 0.0) -> Floats:
    """Return the polychoric correlations of ordered answers, in two steps: thresholds, then maximum likelihood.

    Parameters
    ----------
    codes : ndarray of int of shape (n, k)
        Answers as ranks from 0; no missing value.
    sample_weight : ndarray of shape (n,), optional
        Weights; they are scaled to sum to n.
    empty : float
        What an empty cell of the table of two items counts for: 0 is plain maximum likelihood; the R package psych
        takes 0.5 where items have different numbers of levels, 0 otherwise.

    Returns
    -------
    ndarray of shape (k, k)
        Between -0.999 and 0.999 off the diagonal.

    References
    ----------
    Olsson (1979), Maximum likelihood estimation of the polychoric correlation coefficient, Psychometrika 44, 443-460;
    Drezner and Wesolowsky (1990), Journal of Statistical Computation and Simulation 35, 101-107, for the normal law
    of two variables.

    Examples
    --------
    >>> half = np.array([[0, 0], [1, 1], [0, 1], [1, 0], [0, 0], [1, 1]])  # 2/3 agree, thresholds at the median
    >>> float(polychoric(half)[0, 1].round(4))  # sin(pi / 2 * (2 * 2/3 - 1)) = sin(pi / 6)
    0.5
    """
    weight = np.ones(len(codes)) if sample_weight is None else sample_weight / sample_weight.mean()
    shown = indicators(codes)
    tables = pair_tables(((shown * weight[:, np.newaxis]).T @ shown)[np.newaxis], codes.max(axis=0) + 1)
    return correlations_of_tables(tables, codes.shape[1], empty=empty)[0]


def indicators(codes: NDArray[np.intp]) -> Floats:
    """Return a column of 0 and 1 for each level of each item, items one after the other."""
    levels = codes.max(axis=0) + 1
    shown = np.zeros((len(codes), int(levels.sum())))
    first = np.concatenate([[0], np.cumsum(levels)[:-1]])
    np.put_along_axis(shown, codes + first, 1.0, axis=1)
    return shown


def pair_tables(grams: Floats, levels: NDArray[np.intp]) -> Floats:
    """Return the cross tables of each pair of items, from cross products of :func:`indicators`.

    Parameters
    ----------
    grams : ndarray of shape (B, levels, levels)
        For each replicate.
    levels : ndarray of int of shape (k,)
        Levels of each item.

    Returns
    -------
    ndarray of shape (B, k * (k - 1) / 2, L, L)
        L is the largest number of levels; the rest is filled with zeros. Pairs in the order of ``np.triu_indices``.
    """
    largest, end = int(levels.max()), grams.shape[1]
    first = np.concatenate([[0], np.cumsum(levels)[:-1]])
    # A level that an item does not have points at a row of zeros added after the last.
    place = np.where(np.arange(largest) < levels[:, None], first[:, None] + np.arange(largest), end)
    wide = np.pad(grams, ((0, 0), (0, 1), (0, 1)))
    i, j = np.triu_indices(len(levels), 1)
    return wide[:, place[i][:, :, None], place[j][:, None, :]]


def correlations_of_tables(tables: Floats, items: int, *, empty: float = 0.0) -> Floats:
    """Return the matrices of polychoric correlations of the tables of :func:`pair_tables`.

    Returns
    -------
    ndarray of shape (B, items, items)
    """
    flat = tables.reshape(-1, *tables.shape[-2:])
    cuts = _thresholds(flat.sum(axis=2)), _thresholds(flat.sum(axis=1))
    exists = (flat.sum(axis=2) > 0)[:, :, None] & (flat.sum(axis=1) > 0)[:, None, :]
    rho = _maximise(np.where(exists & (flat == 0), empty, flat), *cuts).reshape(tables.shape[:2])
    matrices = np.broadcast_to(np.eye(items), (len(tables), items, items)).copy()
    i, j = np.triu_indices(items, 1)
    matrices[:, i, j] = matrices[:, j, i] = rho
    return matrices


def _thresholds(margin: Floats) -> Floats:
    """Return where a standard normal trait is cut, from -FAR to FAR (the ends)."""
    share = np.cumsum(margin, axis=1) / margin.sum(axis=1, keepdims=True)
    inner = np.clip(ndtri(np.clip(share[:, :-1], 0.0, 1.0)), -_FAR, _FAR)
    ends = np.full((len(margin), 1), _FAR)
    return np.concatenate([-ends, inner, ends], axis=1)


def _maximise(tables: Floats, rows: Floats, columns: Floats) -> Floats:
    """Return the correlation that maximises each likelihood, by Fisher scoring on all tables at once."""
    total = tables.sum(axis=(1, 2))
    a, b = rows[:, :, None], columns[:, None, :]
    rho, moving = np.zeros(len(tables)), np.arange(len(tables))
    for _ in range(_ITERATIONS):
        r = rho[moving][:, None, None]
        chance = np.maximum(_cells(_both_below(a[moving], b[moving], r)), 1e-12)
        slope = _cells(_density(a[moving], b[moving], r))
        score = (tables[moving] * slope / chance).sum(axis=(1, 2))
        information = total[moving] * (np.square(slope) / chance).sum(axis=(1, 2))
        step = np.clip(score / np.maximum(information, 1e-12), -0.3, 0.3)
        new = np.clip(rho[moving] + step, -_BOUND, _BOUND)
        still = np.abs(new - rho[moving]) > _TOLERANCE
        rho[moving] = new
        moving = moving[still]
        if not len(moving):
            break
    return rho


def _cells(at_corners: Floats) -> Floats:
    return np.diff(np.diff(at_corners, axis=1), axis=2)


def _both_below(a: Floats, b: Floats, rho: Floats) -> Floats:
    """Return the probability that two standard normal variables of correlation `rho` are below `a` and below `b`."""
    angle = np.arcsin(rho)[..., None] * (_NODES + 1) / 2
    sine, cosine = np.sin(angle), np.square(np.cos(angle))
    squares, product = (np.square(a) + np.square(b))[..., None], (a * b)[..., None]
    height = np.exp(-(squares - 2 * product * sine) / (2 * cosine))
    return ndtr(a) * ndtr(b) + np.arcsin(rho) / (4 * np.pi) * (height @ _NODE_WEIGHTS)


def _density(a: Floats, b: Floats, rho: Floats) -> Floats:
    """Return the density of two standard normal variables: the slope of :func:`_both_below` in `rho`."""
    rest = 1 - np.square(rho)
    return np.exp(-(np.square(a) + np.square(b) - 2 * rho * a * b) / (2 * rest)) / (2 * np.pi * np.sqrt(rest))
