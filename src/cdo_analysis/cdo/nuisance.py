"""What the doubly robust scores need, learnt on other firms: the probability of each arm, the outcome under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import StratifiedKFold

from cdo_analysis.cdo.gates import EstimateSettings
from cdo_analysis.cdo.projection import doubly_robust_scores

_RIDGE = tuple(float(alpha) for alpha in np.logspace(-2, 3, 11))


@dataclass(frozen=True, eq=False)
class Sample:
    """The firms that an estimate uses.

    Attributes
    ----------
    Z : ndarray of shape (n_firms, n_features)
        Encoded covariates.
    columns : ndarray of shape (n_firms, n_columns)
        Their basis (:class:`~cdo_analysis.cdo.basis.Basis`).
    arm : ndarray of int, of shape (n_firms,)
    arms : tuple of str
    y : ndarray of shape (n_firms,)
    settings : EstimateSettings
    """

    Z: NDArray[np.float64]
    columns: NDArray[np.float64]
    arm: NDArray[np.int64]
    arms: tuple[str, ...]
    y: NDArray[np.float64]
    settings: EstimateSettings

    def take(self, rows: NDArray[np.int64]) -> Sample:
        """Return some of the firms."""
        return Sample(self.Z[rows], self.columns[rows], self.arm[rows], self.arms, self.y[rows], self.settings)

    @property
    def level(self) -> NDArray[np.float64]:
        """Outcome of each firm less the mean of those that have its arm."""
        return self.y - (np.bincount(self.arm, self.y) / np.bincount(self.arm))[self.arm]

    def split(self, seed: int, *, folds: int | None = None) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return training and test rows of each fold, every arm spread over the folds."""
        splitter = StratifiedKFold(folds or self.settings.folds, shuffle=True, random_state=seed)
        return list(splitter.split(self.Z, self.arm))


@dataclass(frozen=True, eq=False)
class Nuisance:
    """Probability of each arm and expected outcome under each arm, both of shape (n_firms, n_arms)."""

    propensity: NDArray[np.float64]
    predicted: NDArray[np.float64]

    def scores(self, sample: Sample) -> NDArray[np.float64]:
        """Return the doubly robust scores, propensities cut at the smallest that the settings allow."""
        clipped = np.maximum(self.propensity, sample.settings.minimum_propensity)
        return doubly_robust_scores(sample.y, sample.arm, clipped, self.predicted)


def cross_fit(sample: Sample, folds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> Nuisance:
    """Predict each firm's arm and outcomes from the firms of the other folds."""
    shape = (len(sample.y), len(sample.arms))
    propensity, predicted = np.empty(shape), np.empty(shape)
    for train, test in folds:
        learnt = sample.take(train)
        propensity[test] = fit_propensity(learnt).predict_proba(sample.Z[test])
        predicted[test] = predict_outcomes(learnt, sample.Z[test], sample.columns[test])
    return Nuisance(propensity, predicted)


def fit_propensity(sample: Sample) -> LogisticRegression:
    """Fit the arm that firms have: a ridge-penalised multinomial logit."""
    return LogisticRegression(C=sample.settings.penalty, solver="newton-cholesky").fit(sample.Z, sample.arm)


def predict_outcomes(sample: Sample, Z: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predict outcomes under each arm: what is common to all arms on the basis, then a line an arm, both ridge.

    Parameters
    ----------
    sample : Sample
        What is learnt from; every arm has firms.
    Z, columns : ndarray of shape (n_firms, ...)
        The firms to predict.

    Returns
    -------
    ndarray of shape (n_firms, n_arms)
    """
    common = RidgeCV(_RIDGE, gcv_mode="eigen").fit(sample.columns[:, 1:], sample.level)
    left = sample.y - common.predict(sample.columns[:, 1:])
    shared = common.predict(columns[:, 1:])
    table = np.empty((len(Z), len(sample.arms)))
    for position in range(len(sample.arms)):
        rows = sample.arm == position
        table[:, position] = shared + RidgeCV(_RIDGE, gcv_mode="eigen").fit(sample.Z[rows], left[rows]).predict(Z)
    return table
