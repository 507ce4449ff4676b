"""Pairs of columns that the classes leave unexplained: bivariate residuals, of answers, of numbers, and of both."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cdo_analysis.profiles.answers import NOT_MEASURED
from cdo_analysis.profiles.family import Mixture
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.packing import Floats

CHI_SQUARE_95 = 3.841458820694124


def bivariate_residuals(model: Mixture, X: pd.DataFrame, *, sample_weight: ArrayLike | None = None) -> pd.DataFrame:
    """Return how far each pair of columns is from what the classes say of it, as a chi-square over its freedom.

    Of two answers, Pearson's chi-square of their table. Where one or both are numbers, the score test of a link between
    them within the classes, in its outer-product form, the parameters being taken as known.

    Parameters
    ----------
    model : LatentClasses or LatentProfiles
    X : DataFrame of shape (n_respondents, n_columns)
        The data of its fit.
    sample_weight : array, optional
        The weights of its fit; scaled to sum to the rows.

    Returns
    -------
    DataFrame, a row a pair, the largest first
        ``item``, ``other``, ``residual`` (about 1 where the classes explain the pair, above 3.84 where they do not),
        ``n`` respondents who have both.

    References
    ----------
    Vermunt & Magidson (2005), Technical Guide for Latent GOLD 4.0: bivariate residuals.
    """
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    weights = weights / weights[weights > 0].mean()
    columns = _read_columns(model, X)
    posterior = np.empty((len(X), 0)) if isinstance(model, LatentClasses) else model.predict_proba(X)
    rows = []
    for (one, first), (two, second) in combinations(columns.items(), 2):
        both = first.known & second.known
        if first.categorical and second.categorical:
            residual = _of_answers(model, (first, second), both, weights)
        else:
            residual = _of_scores(posterior[both], (first.gaps[both], second.gaps[both]), weights[both])
        rows.append((one, two, residual, int(both.sum())))
    table = pd.DataFrame(rows, columns=["item", "other", "residual", "n"])
    return table.sort_values("residual", ascending=False, kind="stable", ignore_index=True)


class _Column:
    """A column as the classes see it: its codes and probabilities, or numbers, as gaps to what each class expects."""

    def __init__(self, values: np.ndarray, table: Floats | None, spreads: Floats | None = None) -> None:
        self.categorical = spreads is None
        self.values, self.table, self.spreads = values, table, spreads
        self.known = values != NOT_MEASURED if self.categorical else ~np.isnan(values)

    @property
    def gaps(self) -> Floats:
        """Distance to each class: (n_rows, k, freedom)."""
        assert self.table is not None
        if self.spreads is not None:
            return np.asarray(((self.values[:, None] - self.table) / self.spreads)[:, :, None])
        shown = (self.values[:, None] == np.arange(1, self.table.shape[1])).astype(np.float64)
        return np.asarray(shown[:, None, :] - self.table[:, 1:])


def _read_columns(model: Mixture, X: pd.DataFrame) -> dict[str, _Column]:
    if isinstance(model, LatentClasses):
        pairs = zip(model._names(), model.encode(X).T, model.item_probabilities_, strict=True)
        return {name: _Column(codes, table) for name, codes, table in pairs}
    numbers, codes = model.encode(X)
    answers = map(str, model.categorical)
    found = {n: _Column(c, t) for n, c, t in zip(answers, codes.T, model.item_probabilities_, strict=True)}
    for place, name in enumerate(model.number_names):
        found[name] = _Column(numbers[:, place], model.means_[:, place], np.sqrt(model.variances_[:, place]))
    return {name: found[name] for name in model._names()}


def _of_answers(model: Mixture, pair: tuple[_Column, _Column], both: np.ndarray, weights: Floats) -> float:
    (first, second), kept = pair, weights[both]
    assert first.table is not None
    assert second.table is not None
    rows, columns = first.table.shape[1], second.table.shape[1]
    cells = first.values[both].astype(np.intp) * columns + second.values[both]
    seen = np.bincount(cells, kept, minlength=rows * columns)
    expected = kept.sum() * np.einsum("k,kr,kc->rc", model.class_shares_, first.table, second.table).ravel()
    freedom = (rows - 1) * (columns - 1)
    return float(np.sum((seen - expected) ** 2 / np.maximum(expected, 1e-9)) / freedom) if freedom else 0.0


def _of_scores(posterior: Floats, gaps: tuple[Floats, Floats], weights: Floats) -> float:
    """Return the score statistic of products of gaps within the classes, over the number of products."""
    products = np.einsum("nk,nka,nkb->nab", posterior, *gaps).reshape(len(posterior), -1)
    freedom = products.shape[1]
    if not freedom or not len(products):
        return 0.0
    total = weights @ products
    spread = (products * weights[:, None]).T @ products
    return float(total @ np.linalg.pinv(spread) @ total / freedom)
