"""Weighted k-means on scores: the second opinion on the latent classes."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.lloyd import Search, Standardised, find_clusters, nearest_center, standardise
from cdo_analysis.profiles.ordering import require_permutation
from cdo_analysis.profiles.saved import describe_estimator, require_kind

KIND = "score_means"
"""What a saved model says it is."""

NO_SCORE = -1
"""Label of a row that has no score at all (scikit-learn's label of what belongs to no cluster)."""


class ScoreMeans(ClusterMixin, BaseEstimator):
    """Weighted k-means on standardised scores; rows with missing scores are placed, not used.

    Scores are centred and divided by their weighted standard deviation, so that their units do not matter. The
    clusters are those of Lloyd's algorithm, from greedy k-means++ starts, on the rows where every score is measured;
    the other rows go to the nearest centre, the distance being taken over the scores that they have.

    Parameters
    ----------
    n_clusters : int, default 3
        Number of clusters.
    n_init : int, default 20
        Number of k-means++ starts; the one with the lowest inertia is kept.
    start_rows : int, default 20000
        Above this many complete rows, the starts run on a sample of so many and the best one is polished on all.
        Raise it to run every start on every row.
    tol : float, default 1e-5
        Centres have settled when the squared way they still make, in standard units and added over them, is no more
        than this.
    random_state : int, RandomState or None, default None
        Seed of the sample and of the starts. The same seed gives the same clusters, whatever the number of threads
        and, up to `start_rows` rows, whatever the order of the rows.

    Attributes
    ----------
    labels_ : ndarray of int, of shape (n_rows,)
        Cluster of each row of the fit; -1 where the row has no score at all.
    cluster_centers_ : ndarray of shape (n_clusters, n_scores)
        Weighted mean scores of each cluster, in the units of the scores.
    means_, deviations_ : ndarrays of shape (n_scores,)
        Weighted mean and standard deviation of each score over the complete rows, in its unit; the deviation of a
        constant score is taken as 1.
    inertia_ : float
        Weighted sum of squared standardised distances to the nearest centre, over the complete rows.
    n_complete_ : int
        Number of rows that made the clusters: every score measured, weight above 0.
    n_features_in_ : int
        Number of scores.
    feature_names_in_ : ndarray of str
        Names of the scores, where `X` was a DataFrame.

    Examples
    --------
    >>> X = np.array([[10.0, 1.0], [12.0, 1.1], [80.0, 7.0], [82.0, np.nan]])
    >>> model = ScoreMeans(n_clusters=2, random_state=0).fit(X)
    >>> model.labels_[0] == model.labels_[1], model.labels_[2] == model.labels_[3]
    (np.True_, np.True_)
    """

    def __init__(
        self,
        n_clusters: int = 3,
        *,
        n_init: int = 20,
        start_rows: int = 20_000,
        tol: float = 1e-5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.start_rows = start_rows
        self.tol = tol
        self.random_state = random_state

    def __sklearn_tags__(self):  # type: ignore[no-untyped-def]
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> ScoreMeans:
        """Find the clusters.

        Parameters
        ----------
        X : DataFrame or array of shape (n_rows, n_scores)
            Scores, in any unit; NaN where unmeasured.
        y : None
            Ignored; scikit-learn passes it.
        sample_weight : array of shape (n_rows,), optional
            Survey weights, 0 or more.

        Returns
        -------
        ScoreMeans
            The estimator itself.

        Raises
        ------
        UsageError
            If fewer rows have every score and a weight above 0 than there are clusters, or if a parameter that
            counts is under 1.
        """
        for name in ("n_clusters", "n_init", "start_rows"):
            if getattr(self, name) < 1:
                raise UsageError(f"ScoreMeans has {name}={getattr(self, name)}; give 1 or more")
        scores = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        weights = _check_sample_weight(sample_weight, scores, dtype=np.float64, ensure_non_negative=True)
        rows = standardise(scores, weights)
        self.n_complete_ = rows.columns.shape[1]
        if self.n_complete_ < self.n_clusters:
            raise UsageError(
                f"n_samples={self.n_complete_} with every score measured should be >= n_clusters={self.n_clusters}: "
                "ask for fewer clusters, or leave out the score that most companies lack"
            )
        self._learn_clusters(rows)
        others = ~rows.complete
        if others.any():
            self.labels_[others] = self._nearest(scores[others])
        return self

    def _learn_clusters(self, rows: Standardised) -> None:
        search = Search(self.n_init, self.start_rows, self.tol)
        found = find_clusters(rows, self.n_clusters, search, check_random_state(self.random_state))
        self.means_, self.deviations_ = rows.means, rows.deviations
        self.cluster_centers_ = found.centers * rows.deviations + rows.means
        self.inertia_ = found.inertia * rows.mean_weight
        self.labels_ = np.full(len(rows.complete), NO_SCORE, dtype=np.int64)
        self.labels_[rows.complete] = found.labels

    def _nearest(self, scores: NDArray[np.float64]) -> NDArray[np.int64]:
        return nearest_center(scores / self.deviations_, self.cluster_centers_ / self.deviations_)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the nearest cluster of each row over the scores it has, shape (n_rows,); -1 where it has none."""
        check_is_fitted(self)
        return self._nearest(validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False))

    def reorder(self, order: Sequence[int]) -> ScoreMeans:
        """Return a copy whose cluster ``i`` is the cluster ``order[i]`` of this model.

        Parameters
        ----------
        order : sequence of int, of length n_clusters
            A permutation of ``range(n_clusters)``.

        Returns
        -------
        ScoreMeans
            The same model with its clusters in that order; this one is left as it is.

        Raises
        ------
        UsageError
            If `order` is not a permutation of the clusters.
        """
        check_is_fitted(self)
        positions = require_permutation(order, self.n_clusters)
        model = copy.copy(self)
        model.cluster_centers_ = self.cluster_centers_[positions]
        if hasattr(self, "labels_"):
            model.labels_ = np.where(self.labels_ == NO_SCORE, NO_SCORE, np.argsort(positions)[self.labels_])
        return model

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted model as plain data for JSON, without the labels of its rows."""
        check_is_fitted(self)
        return {
            **describe_estimator(self, KIND),
            "means": self.means_.tolist(),
            "deviations": self.deviations_.tolist(),
            "cluster_centers": self.cluster_centers_.tolist(),
            "inertia": self.inertia_,
            "n_complete": self.n_complete_,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> ScoreMeans:
        """Make a fitted model of what :meth:`to_dict` returned.

        Raises
        ------
        InputError
            If `saved` is not a model of this kind, or one of a version that this package does not read.
        """
        require_kind(saved, KIND)
        model = cls(**saved["parameters"])
        for name in ("means", "deviations", "cluster_centers"):
            setattr(model, name + "_", np.array(saved[name]))
        model.inertia_, model.n_complete_ = saved["inertia"], saved["n_complete"]
        model.n_features_in_ = len(model.means_)
        if saved["columns"] is not None:
            model.feature_names_in_ = np.array(saved["columns"], dtype=object)
        return model
