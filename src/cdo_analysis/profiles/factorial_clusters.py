"""The French way to a typology: factorial axes, Ward's tree, and k-means to consolidate its cut."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.correspondence import FactorialAxes, as_table
from cdo_analysis.profiles.lloyd import Clusters, Search, Standardised, find_clusters, nearest_center, polish
from cdo_analysis.profiles.ordering import require_permutation
from cdo_analysis.profiles.saved import describe_estimator, require_kind
from cdo_analysis.profiles.ward import LOSSES_KEPT, WardTree, grow_tree

Floats = NDArray[np.float64]

KIND = "factorial_clusters"
"""What a saved model says it is."""

NOWHERE = -1
"""Label of a row without any answer (scikit-learn's label of what belongs to no cluster)."""

MOST_LEAVES = 2000
"""Above this many rows, the tree starts from small groups of rows."""

SMALL_GROUPS = 500
"""How many of them."""

MOST_PASSES = 100
"""Passes over the rows that move them one by one."""

SETTLED = 1e-8
"""Squared way under which centres have settled, in the unit of the axes."""


class FactorialClusters(ClusterMixin, BaseEstimator):
    """Clusters by factorial axes, Ward's tree and k-means, as the R package FactoMineR's ``HCPC`` does, with weights.

    The rows are placed on the axes of :class:`~cdo_analysis.profiles.correspondence.FactorialAxes`; Ward's tree of
    these weighted points is cut into `n_clusters` groups, and k-means moves rows between them until none is nearer to
    another centre. Above 2,000 rows, the tree starts from 500 small groups that k-means makes. Weights count at each
    step; ``HCPC`` leaves them out of the last one.

    Parameters
    ----------
    n_clusters : int, default 3
        Number of clusters.
    n_components : int or None, default None
        Axes the clusters are made on; None takes enough of them.
    rare : float, default 0.05
        An answer given by less than this weighted share of the rows pulls no axis.
    continuous : sequence of column labels or None, default None
        The columns that are numbers; None takes those that pandas or NumPy holds as numbers.
    random_state : int, RandomState or None, default None
        Seed of the small groups, where there are many rows. Up to 2,000 rows nothing is drawn at random.

    Attributes
    ----------
    labels_ : ndarray of int, of shape (n_rows,)
        Cluster of each row of the fit; -1 where it has no answer at all.
    axes_ : FactorialAxes
        The fitted axes.
    cluster_centers_ : ndarray of shape (n_clusters, n_axes)
        Weighted mean coordinates of each cluster.
    losses_ : ndarray
        Inertia that each of the highest steps of the tree loses, decreasing (30 at most), then what all lower steps
        lose together: :func:`~cdo_analysis.profiles.ward.suggest_number` reads a number of clusters from them.
    between_ : float
        Share of the inertia of the rows on these axes that lies between the clusters, 0 to 1.
    n_features_in_ : int
        Number of columns.

    References
    ----------
    Husson, Josse & Pagès (2010), "Principal component methods, hierarchical clustering, partitional clustering: why
    would we need to choose for visualizing data?", technical report, Agrocampus.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"erp": ["no", "no", "yes", "yes"] * 5, "crm": ["no", "no", "yes", None] * 5})
    >>> model = FactorialClusters(n_clusters=2).fit(X)
    >>> model.labels_[0] == model.labels_[1], model.labels_[0] == model.labels_[2]
    (np.True_, np.False_)
    """

    def __init__(
        self,
        n_clusters: int = 3,
        *,
        n_components: int | None = None,
        rare: float = 0.05,
        continuous: Sequence[Any] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_components = n_components
        self.rare = rare
        self.continuous = continuous
        self.random_state = random_state

    def __sklearn_tags__(self):  # type: ignore[no-untyped-def]
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> FactorialClusters:
        """Find the clusters.

        Parameters
        ----------
        X : DataFrame or array of shape (n_rows, n_columns)
            Text, categories, numbers; NaN, None or NA where missing.
        y : None
            Ignored; scikit-learn passes it.
        sample_weight : array of shape (n_rows,), optional
            Survey weights, 0 or more; only their ratios matter.

        Returns
        -------
        FactorialClusters
            The estimator itself.

        Raises
        ------
        UsageError
            If fewer rows have an answer and a weight above 0 than there are clusters, or if nothing varies.
        """
        if self.n_clusters < 1:
            raise UsageError(f"FactorialClusters has n_clusters={self.n_clusters}; give 1 or more")
        table = as_table(self, X)
        weights = _check_sample_weight(sample_weight, table, dtype=np.float64, ensure_non_negative=True)
        answered = table.notna().any(axis=1).to_numpy()
        weights = np.where(answered, weights, 0.0)
        if np.count_nonzero(weights) < self.n_clusters:
            raise UsageError(
                f"n_samples={np.count_nonzero(weights)} with an answer and a weight above 0 should be >= "
                f"n_clusters={self.n_clusters}: ask for fewer clusters or give more rows"
            )
        self.axes_ = FactorialAxes(self.n_components, rare=self.rare, continuous=self.continuous)
        coordinates = self.axes_.fit_transform(table, sample_weight=weights)
        self._learn_clusters(coordinates, weights / weights.sum())
        self.labels_ = np.where(answered, nearest_center(coordinates, self.cluster_centers_), NOWHERE)
        return self

    def _learn_clusters(self, coordinates: Floats, weights: Floats) -> None:
        counted = weights > 0
        points, masses = coordinates[counted], weights[counted]
        # The tree depends on the order of its leaves where two steps lose the same: rows are put in theirs.
        order = np.lexsort((masses, *points.T))
        points, masses = points[order], masses[order]
        leaf_points, leaf_masses = self._leaves(points, masses)
        tree = grow_tree(leaf_points, leaf_masses)
        self.losses_ = _highest(tree)
        centers = _centers(leaf_points, leaf_masses, tree.cut(self.n_clusters), self.n_clusters)
        found = _consolidate(points, masses, centers)
        self.cluster_centers_ = found.centers
        total = float(masses @ np.sum((points - masses @ points) ** 2, axis=1))
        within = found.inertia / len(masses)
        self.between_ = 1 - within / total if total > 0 else 0.0

    def _leaves(self, points: Floats, masses: Floats) -> tuple[Floats, Floats]:
        if len(points) <= MOST_LEAVES:
            return points, masses
        rows = _as_rows(points, masses)
        search = Search(n_init=1, start_rows=20_000, tol=1e-2)
        small = find_clusters(rows, SMALL_GROUPS, search, check_random_state(self.random_state))
        used, labels = np.unique(small.labels, return_inverse=True)
        return _centers(points, masses, labels, len(used)), np.bincount(labels, weights=masses).astype(np.float64)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the cluster with the nearest centre for each row, shape (n_rows,); -1 where it has no answer at all.

        Raises
        ------
        InputError
            If a column holds a category that the fit never saw.
        """
        check_is_fitted(self)
        table = as_table(self, X, reset=False)
        placed = nearest_center(self.axes_.transform(table), self.cluster_centers_)
        return np.where(table.notna().any(axis=1), placed, NOWHERE)

    def measure_distances(self, X: ArrayLike) -> Floats:
        """Return the distance of each row to each centre on the axes, shape (n_rows, n_clusters)."""
        check_is_fitted(self)
        coordinates = self.axes_.transform(as_table(self, X, reset=False))
        return np.linalg.norm(coordinates[:, None, :] - self.cluster_centers_, axis=2)

    def reorder(self, order: Sequence[int]) -> FactorialClusters:
        """Return a copy whose cluster ``i`` is the cluster ``order[i]`` of this model.

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
            model.labels_ = np.where(self.labels_ == NOWHERE, NOWHERE, np.argsort(positions)[self.labels_])
        return model

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted model as plain data for JSON, without the labels of its rows."""
        check_is_fitted(self)
        head = describe_estimator(self, KIND)
        if self.continuous is not None:
            head["parameters"]["continuous"] = list(self.continuous)
        return {
            **head,
            "axes": self.axes_.to_dict(),
            "cluster_centers": self.cluster_centers_.tolist(),
            "losses": self.losses_.tolist(),
            "between": self.between_,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> FactorialClusters:
        """Make a fitted model of what :meth:`to_dict` returned; it places new rows without a refit.

        Raises
        ------
        InputError
            If `saved` is not a model of this kind, or one of a version that this package does not read.
        """
        require_kind(saved, KIND)
        model = cls(**saved["parameters"])
        model.axes_ = FactorialAxes.from_dict(saved["axes"])
        model.cluster_centers_ = np.array(saved["cluster_centers"])
        model.losses_, model.between_ = np.array(saved["losses"]), saved["between"]
        model.n_features_in_ = model.axes_.n_features_in_
        if saved["columns"] is not None:
            model.feature_names_in_ = np.array(saved["columns"], dtype=object)
        return model


def _highest(tree: WardTree) -> Floats:
    losses = tree.losses[::-1]
    return np.append(losses[:LOSSES_KEPT], losses[LOSSES_KEPT:].sum()) if len(losses) > LOSSES_KEPT else losses


def _centers(points: Floats, masses: Floats, labels: NDArray[np.int64], n_groups: int) -> Floats:
    mass = np.bincount(labels, weights=masses, minlength=n_groups)
    sums = [np.bincount(labels, weights=masses * column, minlength=n_groups) for column in points.T]
    return np.ascontiguousarray((np.array(sums) / mass).T)


def _consolidate(points: Floats, masses: Floats, centers: Floats) -> Clusters:
    """Run k-means from `centers`, then move single rows as Hartigan's algorithm does, which R uses by default."""
    from cdo_analysis.profiles import factorial_kernels as kernels

    rows = _as_rows(points, masses)
    found = polish(rows, centers, SETTLED)
    labels = found.labels.astype(np.int64)
    mass = np.bincount(labels, weights=masses, minlength=len(centers))
    if not mass.all():
        return found
    moved = _centers(points, masses, labels, len(centers))
    kernels.exchange_rows(points, masses, labels, moved, mass, MOST_PASSES)
    return polish(rows, _centers(points, masses, labels, len(centers)), SETTLED)


def _as_rows(points: Floats, masses: Floats) -> Standardised:
    """Lay points out as k-means reads them; axes keep their unit, since their inertia is what they are worth."""
    n_axes = points.shape[1]
    columns, weights = np.ascontiguousarray(points.T), masses * len(masses)
    return Standardised(
        columns, weights, np.ones(len(points), dtype=np.bool_), np.zeros(n_axes), np.ones(n_axes), 1 / len(masses)
    )
