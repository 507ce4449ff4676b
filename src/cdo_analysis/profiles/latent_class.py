"""Latent classes: groups of companies that answer alike, found by maximum likelihood."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from cdo_analysis.profiles.answers import encode_answers, learn_categories
from cdo_analysis.profiles.likelihood import Runs, climb, draw_starts, race
from cdo_analysis.profiles.mixture import FIT_FIGURES, LatentMixture
from cdo_analysis.profiles.ordering import require_permutation
from cdo_analysis.profiles.packing import Floats, Packing, Patterns
from cdo_analysis.profiles.saved import describe_estimator, require_kind, restore_categories

KIND = "latent_classes"
"""What a saved model says it is."""


class LatentClasses(LatentMixture):
    """Latent class analysis of categorical answers, with weights and missing values.

    Each company belongs to one of `n_clusters` classes that nobody observes; within a class the answers to the
    items are independent. Shares and answer probabilities maximise the (pseudo-)log-likelihood, climbed by EM from
    `n_init` random starts that all run to their end; the best is kept. A missing answer drops out of the likelihood
    of its row (full-information maximum likelihood: right when answers are missing at random).

    Parameters
    ----------
    n_clusters : int, default 3
        Number of classes.
    n_init : int, default 20
        Number of random starts. A latent class likelihood has many local maxima: read `starts_at_best_`.
    max_iter : int, default 1000
        The most EM iterations of a start.
    tol : float, default 1e-8
        A start ends when what it still has to gain is estimated under `tol` per row.
    finalists : int or None, default None
        How many starts run to their end, the others being given up after 15 iterations; all by default.
    random_state : int, RandomState or None, default None
        Seed of the starts. The same seed gives the same classes in the same order, whatever the order of the rows.
    n_jobs : int or None, default None
        Starts at a time, through joblib: one by default, or what the surrounding ``joblib.parallel_config`` says.
        The classes are the same whatever their number; memory does not grow with `n_init`.

    Attributes
    ----------
    labels_ : ndarray of int, of shape (n_rows,)
        Most probable class of each row of the fit.
    class_shares_ : ndarray of shape (n_clusters,)
        Weighted share of each class; sums to 1.
    item_probabilities_ : list of ndarrays of shape (n_clusters, n_categories)
        For each column, the probability of each of its `categories_` in each class; rows sum to 1.
    categories_ : list of ndarrays
        For each column, the categories seen in the fit, sorted. Numbers too are taken as categories.
    log_likelihood_ : float
        Log-likelihood, the weights being scaled to sum to `n_observations_`.
    n_observations_ : int
        Rows with a positive weight and at least one answer: the n of `bic_` and `sabic_`.
    n_parameters_ : int
        ``n_clusters - 1`` shares plus, for each class and column, the number of categories less one.
    aic_, bic_, sabic_, caic_ : float
        Information criteria, lower is better; `sabic_` is the sample-size adjusted BIC, of (n + 2) / 24, `caic_` the
        consistent AIC, of log(n) + 1.
    relative_entropy_ : float
        1 when every row is classed with certainty, 0 when no row is; NaN with one class.
    n_iter_ : int
        EM iterations of the best start.
    converged_ : bool
        Whether the best start ended by `tol` and not by `max_iter`.
    starts_at_best_ : int
        How many of the starts that ran to their end reached the best log-likelihood, within ``max(1, n / 1000)``
        times 1e-4.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Names of the columns, where `X` was a DataFrame.

    Notes
    -----
    To keep probabilities above 0, 1e-8 of a fictitious respondent is added to each class and item; the
    log-likelihood of the maximum moves by less than 1e-8 times classes times items.

    References
    ----------
    Goodman (1974), "Exploratory latent structure analysis using both identifiable and unidentifiable models",
    Biometrika 61(2). Linzer & Lewis (2011), "poLCA", Journal of Statistical Software 42(10). Asparouhov (2005),
    "Sampling weights in latent variable modeling", Structural Equation Modeling 12(3), for the weights.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"erp": ["no", "no", "yes", "yes"] * 5, "crm": ["no", "no", "yes", None] * 5})
    >>> model = LatentClasses(n_clusters=2, random_state=0).fit(X)
    >>> model.class_shares_.round(2).tolist()
    [0.5, 0.5]
    >>> model.labels_[0] == model.labels_[1], model.labels_[0] == model.labels_[2]
    (np.True_, np.False_)
    """

    def __init__(
        self,
        n_clusters: int = 3,
        *,
        n_init: int = 20,
        max_iter: int = 1000,
        tol: float = 1e-8,
        finalists: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.finalists = finalists
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):  # type: ignore[no-untyped-def]
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> LatentClasses:
        """Find the classes.

        Parameters
        ----------
        X : DataFrame or array of shape (n_rows, n_items)
            Answers, as text or numbers; NaN, None or NA where missing.
        y : None
            Ignored; scikit-learn passes it.
        sample_weight : array of shape (n_rows,), optional
            Survey weights, 0 or more; only their ratios matter.

        Returns
        -------
        LatentClasses
            The estimator itself.

        Raises
        ------
        UsageError
            If there are fewer rows than classes, if a column holds no answer, or if all weights are 0.
        """
        answers = validate_data(self, X, dtype=None, ensure_all_finite="allow-nan")
        weights = _check_sample_weight(sample_weight, answers, dtype=np.float64, ensure_non_negative=True)
        self._check_size(len(answers))
        self.categories_, codes = learn_categories(answers, self._names())
        patterns = Patterns.of(codes, self._sizes())
        counts = patterns.sum_weights(self._scale(weights, patterns.measured[patterns.of_row]))
        start = draw_starts(patterns, counts, self.n_clusters, self.n_init, check_random_state(self.random_state))
        self._keep_best(self._search(patterns, counts[None, :], start))
        self.n_parameters_ = self.n_clusters - 1 + self.n_clusters * (sum(self._sizes()) - self.n_features_in_)
        self.labels_ = self._describe_fit(self._join_packed(patterns.packing).T, counts)[patterns.of_row]
        return self

    def _search(self, patterns: Patterns, counts: Floats, start: tuple[Floats, Floats]) -> Runs:
        how: dict[str, Any] = {"max_iter": self.max_iter, "tol": self.tol, "n_jobs": self.n_jobs}
        if self.finalists is None or self.finalists >= self.n_init:
            return climb(patterns, counts, start, **how)
        return race(patterns, counts, start, finalists=self.finalists, **how)

    def _keep_best(self, runs: Runs) -> None:
        best = runs.best
        self.class_shares_ = runs.shares[:, best]
        self.item_probabilities_ = np.split(runs.probabilities[:, best], np.cumsum(self._sizes())[:-1], axis=1)
        self.n_iter_ = int(runs.n_iter[best])
        self.converged_ = bool(runs.converged[best])
        self.starts_at_best_ = self._count_starts(runs.log_likelihood)

    def _sizes(self) -> list[int]:
        return [len(categories) for categories in self.categories_]

    def _join_packed(self, packing: Packing) -> Floats:
        logs = np.log(np.concatenate(self.item_probabilities_, axis=1))
        return packing.sum_logs(logs) + np.log(self.class_shares_)

    def _join(self, X: ArrayLike) -> Floats:
        return self._join_packed(Packing.of(self.encode(X), self._sizes()))

    @property
    def answer_names(self) -> list[str]:
        """Names of the columns of answers: all of them."""
        return self._names()

    def encode(self, X: ArrayLike) -> NDArray:
        """Return the answers as positions in `categories_`, -1 where missing, shape (n_rows, n_items).

        Raises
        ------
        InputError
            If a column holds a category that the fit never saw.
        """
        check_is_fitted(self)
        answers = validate_data(self, X, dtype=None, ensure_all_finite="allow-nan", reset=False)
        return encode_answers(answers, self.categories_, self._names())

    def reorder(self, order: Sequence[int]) -> LatentClasses:
        """Return a copy whose class ``i`` is the class ``order[i]`` of this model.

        Parameters
        ----------
        order : sequence of int, of length n_clusters
            A permutation of ``range(n_clusters)``.

        Returns
        -------
        LatentClasses
            The same model with its classes in that order; this one is left as it is.

        Raises
        ------
        UsageError
            If `order` is not a permutation of the classes.
        """
        check_is_fitted(self)
        positions = require_permutation(order, self.n_clusters)
        model = copy.copy(self)
        model.class_shares_ = self.class_shares_[positions]
        model.item_probabilities_ = [table[positions] for table in self.item_probabilities_]
        if hasattr(self, "labels_"):
            model.labels_ = np.argsort(positions)[self.labels_]
        return model

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted model as plain data for JSON, without the labels of its rows.

        Returns
        -------
        dict
            :meth:`from_dict` makes of it a model that places new companies with the same probabilities.
        """
        check_is_fitted(self)
        entropy = self.relative_entropy_
        return {
            **describe_estimator(self, KIND),
            "categories": [categories.tolist() for categories in self.categories_],
            "class_shares": self.class_shares_.tolist(),
            "item_probabilities": [table.tolist() for table in self.item_probabilities_],
            "fit": {name: getattr(self, name + "_") for name in FIT_FIGURES},
            "relative_entropy": None if np.isnan(entropy) else entropy,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> LatentClasses:
        """Make a fitted model of what :meth:`to_dict` returned.

        Parameters
        ----------
        saved : mapping
            The plain data, as read from JSON.

        Returns
        -------
        LatentClasses
            A model that can place rows; it has no `labels_`.

        Raises
        ------
        InputError
            If `saved` is not a latent class model, or one of a version that this package does not read.
        """
        require_kind(saved, KIND)
        model = cls(**saved["parameters"])
        model.categories_ = [restore_categories(categories) for categories in saved["categories"]]
        model.n_features_in_ = len(model.categories_)
        if saved["columns"] is not None:
            model.feature_names_in_ = np.array(saved["columns"], dtype=object)
        model.class_shares_ = np.array(saved["class_shares"])
        model.item_probabilities_ = [np.array(table) for table in saved["item_probabilities"]]
        for name, value in saved["fit"].items():
            setattr(model, name + "_", value)
        entropy = saved["relative_entropy"]
        model.relative_entropy_ = float("nan") if entropy is None else entropy
        return model
