"""What all mixtures of hidden groups share: posteriors, labels, information criteria."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.likelihood import split_posterior
from cdo_analysis.profiles.packing import Floats

SAME_OPTIMUM = 1e-4
"""Two starts reached the same optimum when their log-likelihoods differ by no more than this."""

FIT_FIGURES = (
    "log_likelihood",
    "n_observations",
    "n_parameters",
    "aic",
    "bic",
    "sabic",
    "caic",
    "n_iter",
    "converged",
    "starts_at_best",
)
"""The figures of a fit that are saved with it, without their final underscore."""


class LatentMixture(ClusterMixin, BaseEstimator):
    """A mixture of `n_clusters` groups that nobody observes; the models differ by what a group says of a row.

    A subclass fits, and gives the joint log-probability of rows and groups through ``_join``.
    """

    n_clusters: int
    n_init: int
    max_iter: int
    finalists: int | None
    n_features_in_: int
    n_observations_: int
    n_parameters_: int
    log_likelihood_: float

    def __sklearn_tags__(self):  # type: ignore[no-untyped-def]
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _join(self, X: ArrayLike) -> Floats:
        """Return the log of share times density of each row in each group, shape (n_rows, n_clusters)."""
        raise NotImplementedError

    def _check_size(self, n_rows: int) -> None:
        for name in ("n_clusters", "n_init", "max_iter", "finalists"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise UsageError(f"{type(self).__name__} has {name}={getattr(self, name)}; give 1 or more")
        if n_rows < self.n_clusters:
            raise UsageError(
                f"n_samples={n_rows} should be >= n_clusters={self.n_clusters}: ask for fewer classes or give more rows"
            )

    def _scale(self, weights: Floats, measured: NDArray[np.bool_]) -> Floats:
        """Return the weights scaled to sum to the number of rows that count: those measured, of positive weight."""
        weights = np.where(measured, weights, 0.0)
        if not weights.any():
            raise UsageError("no row has both an answer and a weight above 0; give weights above 0")
        self.n_observations_ = int(np.count_nonzero(weights))
        return weights * (self.n_observations_ / weights.sum())

    def _count_starts(self, log_likelihoods: Floats) -> int:
        margin = SAME_OPTIMUM * max(1.0, self.n_observations_ / 1000)
        return int(np.sum(log_likelihoods >= log_likelihoods.max() - margin))

    def _describe_fit(self, joint: Floats, counts: Floats) -> NDArray[np.int64]:
        """Learn the figures of the fit from `joint` (n_clusters, n) and weights (n,); return the labels (n,)."""
        posterior, log_likelihood = split_posterior(joint)
        n, k, p = self.n_observations_, self.n_clusters, self.n_parameters_
        self.log_likelihood_ = float(counts @ log_likelihood)
        self.aic_ = 2 * p - 2 * self.log_likelihood_
        self.bic_ = p * float(np.log(n)) - 2 * self.log_likelihood_
        self.sabic_ = p * float(np.log((n + 2) / 24)) - 2 * self.log_likelihood_
        self.caic_ = p * (float(np.log(n)) + 1) - 2 * self.log_likelihood_
        doubt = -counts @ np.sum(posterior * np.log(np.maximum(posterior, 1e-300)), axis=0)
        self.relative_entropy_ = float(1 - doubt / (n * np.log(k))) if k > 1 else float("nan")
        return posterior.argmax(axis=0)

    def _names(self) -> list[str]:
        return [str(name) for name in getattr(self, "feature_names_in_", range(self.n_features_in_))]

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the most probable class of each row, shape (n_rows,).

        Raises
        ------
        InputError
            If a column holds a category that the fit never saw.
        """
        return self._join(X).argmax(axis=1)

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the posterior probability of each class, shape (n_rows, n_clusters); rows sum to 1.

        A row without any answer gets the class shares.

        Raises
        ------
        InputError
            If a column holds a category that the fit never saw.
        """
        return np.ascontiguousarray(split_posterior(self._join(X).T)[0].T)

    def score_samples(self, X: ArrayLike) -> Floats:
        """Return the log-likelihood of each row, shape (n_rows,); 0 for a row without any answer.

        Raises
        ------
        InputError
            If a column holds a category that the fit never saw.
        """
        return split_posterior(self._join(X).T)[1]
