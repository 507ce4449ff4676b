"""Latent profiles: groups of companies alike in their scores, and in their answers where both are given."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.answers import encode_answers, learn_categories
from cdo_analysis.profiles.gaussian import MixedData, MixedParameters, draw_mixed_start, join_mixed, race_mixed
from cdo_analysis.profiles.mixture import LatentMixture
from cdo_analysis.profiles.ordering import require_permutation
from cdo_analysis.profiles.packing import Floats, Patterns
from cdo_analysis.profiles.saved import describe_estimator, require_kind, restore_categories

KIND = "latent_profiles"
"""What a saved model says it is."""


class LatentProfiles(LatentMixture):
    """Latent profile analysis of numbers, or of numbers and categorical answers, with weights and missing values.

    Within a profile, numbers are normal and answers categorical, all independent. The (pseudo-)likelihood is climbed
    by EM from `n_init` random starts; what is missing drops out of it (full-information maximum likelihood).

    Parameters
    ----------
    n_clusters : int, default 3
        Number of profiles.
    categorical : sequence of str or int, default ()
        Names (or positions, where `X` has no names) of the columns that are answers; the others are numbers.
    n_init : int, default 20
        Number of random starts.
    max_iter : int, default 1000
        The most EM iterations of a start.
    tol : float, default 1e-8
        A start ends when what it still has to gain is estimated under `tol` per row.
    finalists : int or None, default None
        How many starts run to their end, the others being given up after 15 iterations; all by default.
    random_state : int, RandomState or None, default None
        Seed of the starts.
    n_jobs : int or None, default None
        Starts at a time, through joblib; the profiles are the same whatever their number.

    Attributes
    ----------
    labels_ : ndarray of int, of shape (n_rows,)
    class_shares_ : ndarray of shape (n_clusters,)
    means_, variances_ : ndarrays of shape (n_clusters, n_numbers)
        In the units of the columns.
    center_, unit_ : ndarrays of shape (n_numbers,)
        Weighted mean and standard deviation of each column of numbers in the fit.
    item_probabilities_, categories_ : lists, one an answer
        As in :class:`LatentClasses`.
    n_parameters_ : int
        Shares less one, a mean and a variance a number and profile, and those of the answers.
    log_likelihood_, n_observations_, aic_, bic_, sabic_, caic_, relative_entropy_, n_iter_, converged_, starts_at_best_
        As in :class:`LatentClasses`.

    Notes
    -----
    A variance within a profile is not let under a thousandth of that of all rows.

    References
    ----------
    Vermunt & Magidson (2002), "Latent class cluster analysis", in Hagenaars & McCutcheon (eds), Applied Latent Class
    Analysis.

    Examples
    --------
    >>> X = np.array([[10.0, 1.0], [11.0, 1.2], [80.0, 7.0], [81.0, np.nan]] * 5)
    >>> model = LatentProfiles(n_clusters=2, random_state=0).fit(X)
    >>> model.labels_[0] == model.labels_[1], model.labels_[2] == model.labels_[3]
    (np.True_, np.True_)
    """

    def __init__(
        self,
        n_clusters: int = 3,
        *,
        categorical: Sequence[str | int] = (),
        n_init: int = 20,
        max_iter: int = 1000,
        tol: float = 1e-8,
        finalists: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.categorical = categorical
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.finalists = finalists
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> LatentProfiles:
        """Find the profiles.

        Parameters
        ----------
        X : DataFrame or array of shape (n_rows, n_columns)
            Numbers and answers; NaN where missing.
        y : None
            Ignored; scikit-learn passes it.
        sample_weight : array of shape (n_rows,), optional
            Survey weights, 0 or more; only their ratios matter.

        Returns
        -------
        LatentProfiles

        Raises
        ------
        UsageError
            If a column of `categorical` is not in `X`, a column is all missing, or there are fewer rows than profiles.
        """
        table = self._validate(X, reset=True)
        weights = _check_sample_weight(sample_weight, table, dtype=np.float64, ensure_non_negative=True)
        self._check_size(len(table))
        answers, numbers = self._split(table)
        self.categories_, codes = self._learn_answers(answers)
        used = np.where(np.isnan(numbers), 0.0, weights[:, None])
        if numbers.size and not used.any(axis=0).all():
            raise UsageError("a column of numbers is missing in every row of positive weight; leave it out")
        self.center_, self.unit_ = _standardise(numbers, used)
        data = MixedData(self.standardise(numbers), self._pattern(codes))
        counts = self._scale(weights, self._measured(numbers, codes))
        self._climb(data, counts, check_random_state(self.random_state))
        k = self.n_clusters
        answers_cost = sum(len(found) - 1 for found in self.categories_)
        self.n_parameters_ = k - 1 + k * (2 * numbers.shape[1] + answers_cost)
        self.labels_ = self._describe_fit(self._join_numbers(numbers, codes).T, counts)
        return self

    def _validate(self, X: ArrayLike, *, reset: bool) -> NDArray:
        dtype = None if len(self.categorical) else np.float64
        return validate_data(self, X, dtype=dtype, ensure_all_finite="allow-nan", reset=reset)

    def _split(self, table: NDArray) -> tuple[NDArray, Floats]:
        names = self._names()
        places = [name if isinstance(name, int) else _place(names, name) for name in self.categorical]
        numbers = np.delete(table, places, axis=1) if places else table
        return table[:, places], numbers.astype(np.float64)

    def _learn_answers(self, answers: NDArray) -> tuple[list[NDArray], NDArray]:
        if answers.shape[1] == 0:
            return [], np.empty(answers.shape, dtype=np.int8)
        return learn_categories(answers, [str(name) for name in self.categorical])

    def _pattern(self, codes: NDArray) -> Patterns | None:
        return Patterns.of(codes, [len(found) for found in self.categories_]) if codes.shape[1] else None

    @staticmethod
    def _measured(numbers: Floats, codes: NDArray) -> NDArray[np.bool_]:
        return np.asarray(~np.isnan(numbers).all(axis=1) | (codes >= 0).any(axis=1))

    def _climb(self, data: MixedData, counts: Floats, random: np.random.RandomState) -> None:
        starts = [draw_mixed_start(data, counts, self.n_clusters, random) for _ in range(self.n_init)]
        how: dict[str, Any] = {"max_iter": self.max_iter, "tol": self.tol, "n_jobs": self.n_jobs}
        ended = race_mixed(data, counts, starts, finalists=self.finalists, **how)
        reached = np.array([likelihood for _, likelihood, _, _ in ended])
        best, _, self.n_iter_, self.converged_ = ended[int(np.argmax(reached))]
        self.starts_at_best_ = self._count_starts(reached)
        self.class_shares_ = best.shares
        self.means_ = best.means * self.unit_ + self.center_
        self.variances_ = best.variances * self.unit_**2
        sizes = [len(found) for found in self.categories_]
        self.item_probabilities_ = np.split(best.probabilities, np.cumsum(sizes)[:-1], axis=1) if sizes else []

    def _join_numbers(self, numbers: Floats, codes: NDArray) -> Floats:
        tables = [*self.item_probabilities_, np.ones((self.n_clusters, 0))]
        parameters = MixedParameters(self.class_shares_, self.means_, self.variances_, np.concatenate(tables, axis=1))
        return join_mixed(MixedData(numbers, self._pattern(codes)), parameters)

    def _join(self, X: ArrayLike) -> Floats:
        return self._join_numbers(*self.encode(X))

    def encode(self, X: ArrayLike) -> tuple[Floats, NDArray]:
        """Return the numbers (n_rows, n_numbers), NaN where missing, and the answers, -1 where missing.

        Raises
        ------
        InputError
            If a column holds a category that the fit never saw.
        """
        check_is_fitted(self)
        answers, numbers = self._split(self._validate(X, reset=False))
        codes = np.empty(answers.shape, dtype=np.int8)
        if answers.shape[1]:
            codes = encode_answers(answers, self.categories_, [str(name) for name in self.categorical])
        return numbers, codes

    def standardise(self, numbers: Floats) -> Floats:
        """Return columns of numbers with the mean 0 and the standard deviation 1 that those of the fit have."""
        return np.asarray((numbers - self.center_) / self.unit_)

    @property
    def answer_names(self) -> list[str]:
        """Names of the columns of answers, in the order of `categories_`."""
        return [str(name) for name in self.categorical]

    @property
    def number_names(self) -> list[str]:
        """Names of the columns of numbers, in the order of `means_`."""
        return [name for name in self._names() if name not in set(self.answer_names)]

    def reorder(self, order: Sequence[int]) -> LatentProfiles:
        """Return a copy whose profile ``i`` is the profile ``order[i]`` of this model; see `LatentClasses.reorder`."""
        check_is_fitted(self)
        positions = require_permutation(order, self.n_clusters)
        model = copy.copy(self)
        for name in ("class_shares_", "means_", "variances_"):
            setattr(model, name, getattr(self, name)[positions])
        model.item_probabilities_ = [table[positions] for table in self.item_probabilities_]
        if hasattr(self, "labels_"):
            model.labels_ = np.argsort(positions)[self.labels_]
        return model

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted model as plain data for JSON, without the labels of its rows."""
        check_is_fitted(self)
        head = describe_estimator(self, KIND)
        head["parameters"]["categorical"] = list(self.categorical)
        return {
            **head,
            "class_shares": self.class_shares_.tolist(),
            "means": self.means_.tolist(),
            "variances": self.variances_.tolist(),
            "categories": [found.tolist() for found in self.categories_],
            "item_probabilities": [table.tolist() for table in self.item_probabilities_],
            "n_columns": self.n_features_in_,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> LatentProfiles:
        """Make a fitted model, that can place rows, of what :meth:`to_dict` returned.

        Raises
        ------
        InputError
            If `saved` is not a model of this kind, or one of a version that this package does not read.
        """
        require_kind(saved, KIND)
        model = cls(**saved["parameters"])
        model.n_features_in_ = saved["n_columns"]
        if saved["columns"] is not None:
            model.feature_names_in_ = np.array(saved["columns"], dtype=object)
        for name in ("class_shares", "means", "variances"):
            setattr(model, name + "_", np.array(saved[name]))
        model.categories_ = [restore_categories(found) for found in saved["categories"]]
        model.item_probabilities_ = [np.array(table) for table in saved["item_probabilities"]]
        return model


def _place(names: Sequence[str], name: str) -> int:
    if name not in names:
        raise UsageError(f"no column is called {name!r}; `categorical` names columns of X: {', '.join(names)}")
    return names.index(name)


def _standardise(numbers: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean and standard deviation of each column of numbers, 1 for a constant."""
    size = np.maximum(weights.sum(axis=0), 1e-300)
    filled = np.nan_to_num(numbers)
    mean = (weights * filled).sum(axis=0) / size
    spread = np.sqrt((weights * (filled - mean) ** 2).sum(axis=0) / size)
    return mean, np.where(spread > 0, spread, 1.0)
