"""Factorial axes of answers and numbers: specific multiple correspondence analysis, FAMD for mixed tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.inertia import cross_products, enough_axes, find_axes
from cdo_analysis.profiles.saved import VERSION, require_kind
from cdo_analysis.profiles.variables import Codes, Variables, learn_variables

Floats = NDArray[np.float64]

KIND = "factorial_axes"
"""What saved axes say they are."""

SAVED_ARRAYS = ("places", "shares", "means", "deviations", "axes", "constant", "eigenvalues", "block_inertia")
"""The arrays that are saved, without their final underscore."""


class FactorialAxes(TransformerMixin, BaseEstimator):
    """Principal axes of a table of answers (specific MCA), of numbers (PCA) or of both (FAMD), with row weights.

    Each answer is a 0/1 column, centred and divided by the root of its frequency; each number is standardised. With
    answers only, the eigenvalues are those of multiple correspondence analysis. Rare answers and missing ones are
    passive: they pull no axis, while their question keeps its weight (specific MCA); a firm that left a question out
    has nothing there, before the centring.

    Parameters
    ----------
    n_components : int or None, default None
        Axes kept. None keeps enough of them: of answers, as many as carry nine tenths of the inertia corrected by
        Benzécri; else, those whose eigenvalue is above 1; two at least.
    rare : float, default 0.05
        An answer given by less than this weighted share of the rows is passive.
    continuous : sequence of column labels or None, default None
        The columns that are numbers; None takes those that pandas or NumPy holds as numbers.

    Attributes
    ----------
    variables_ : Variables
        What each column is.
    active_ : ndarray of bool
        For each answer, question after question, whether it pulls the axes.
    shares_ : ndarray
        For each active answer, its weighted share of the rows.
    eigenvalues_ : ndarray
        All of them, positive and decreasing.
    axes_ : ndarray of shape (n_active + n_numbers, n_components)
        What each active answer and standard number adds to the coordinates of a row.
    contributions_ : ndarray of shape (n_active + n_numbers, n_components)
        Share of the inertia of each axis; columns sum to 1.
    n_components_ : int
        Axes kept.
    n_features_in_ : int
        Number of columns.

    References
    ----------
    Benzécri (1979), "Sur le calcul des taux d'inertie dans l'analyse d'un questionnaire", Cahiers de l'analyse des
    données 4(3). Le Roux & Rouanet (2004), *Geometric Data Analysis*, for specific MCA. Pagès (2004), "Analyse
    factorielle de données mixtes", Revue de statistique appliquée 52(4).

    Examples
    --------
    >>> table = pd.DataFrame({"erp": ["yes", "yes", "no", "no"], "crm": ["yes", "no", "yes", "no"]})
    >>> FactorialAxes(n_components=2).fit(table).eigenvalues_.round(3).tolist()
    [0.5, 0.5]
    """

    def __init__(
        self, n_components: int | None = None, *, rare: float = 0.05, continuous: Sequence[Any] | None = None
    ) -> None:
        self.n_components = n_components
        self.rare = rare
        self.continuous = continuous

    def __sklearn_tags__(self):  # type: ignore[no-untyped-def]
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> FactorialAxes:
        """Find the axes.

        Parameters
        ----------
        X : DataFrame or array of shape (n_rows, n_columns)
            Text, categories, numbers; NaN, None or NA where missing. A missing number stands at the mean.
        y : None
            Ignored; scikit-learn passes it.
        sample_weight : array of shape (n_rows,), optional
            Survey weights, 0 or more; only their ratios matter.

        Returns
        -------
        FactorialAxes
            The estimator itself.

        Raises
        ------
        UsageError
            If a column holds no answer, if all weights are 0, or if nothing varies.
        """
        self._fit(X, sample_weight)
        return self

    def fit_transform(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Floats:
        """Find the axes and return the coordinates of the rows: :meth:`fit`, then :meth:`transform`."""
        return self._place(*self._fit(X, sample_weight))

    def _fit(self, X: ArrayLike, sample_weight: ArrayLike | None) -> tuple[Codes, Floats]:
        table = as_table(self, X)
        self.variables_ = learn_variables(table, self.continuous)
        codes, numbers = self.variables_.encode(table)
        weights = _check_sample_weight(sample_weight, table, dtype=np.float64, ensure_non_negative=True)
        if not weights.any():
            raise UsageError("every weight is 0; give weights above 0")
        self._learn(codes, numbers, weights / weights.sum())
        return codes, numbers

    def _learn(self, codes: Codes, numbers: Floats, weights: Floats) -> None:
        self._choose_active(codes, weights)
        standard = self._learn_numbers(numbers, weights)
        products = cross_products(codes, standard, self.places_, weights, len(self.shares_))
        scales = self._scales()
        centred = products - np.outer(self._means(), self._means())
        inertia = centred / np.outer(scales, scales)
        self.eigenvalues_, vectors = find_axes(inertia)
        if len(self.eigenvalues_) == 0:
            raise UsageError(
                f"no column varies over the rows (n_samples={len(codes)}), or every answer is rare: there is no axis; "
                "give columns that vary"
            )
        self.block_inertia_ = self._block_inertia(inertia)
        wanted = enough_axes(self.eigenvalues_, self._n_active_questions()) if self.n_components is None else None
        self.n_components_ = min(wanted or self.n_components or 1, len(self.eigenvalues_))
        self.axes_ = np.ascontiguousarray(vectors[:, : self.n_components_] / scales[:, None])
        self.contributions_ = vectors[:, : self.n_components_] ** 2
        self.constant_ = -self._means() @ self.axes_

    def _choose_active(self, codes: Codes, weights: Floats) -> None:
        from cdo_analysis.profiles import factorial_kernels as kernels

        sizes = [len(self.variables_.categories[q]) for q in self.variables_.questions]  # type: ignore[arg-type]
        totals = np.zeros((len(sizes), max(sizes, default=1)))
        kernels.add_answers(codes, weights, totals)
        shares = np.concatenate([row[:size] for row, size in zip(totals, sizes, strict=True)] or [np.empty(0)])
        self.active_ = (shares >= self.rare) & (shares > 0)
        self.shares_ = shares[self.active_]
        self.places_ = np.full(totals.shape, -1, dtype=np.int32)
        inside = np.arange(totals.shape[1]) < np.array(sizes, dtype=np.int64).reshape(-1, 1)
        self.places_[inside] = np.where(self.active_, np.cumsum(self.active_) - 1, -1)

    def _learn_numbers(self, numbers: Floats, weights: Floats) -> Floats:
        known = ~np.isnan(numbers)
        mass = np.maximum(weights @ known, np.finfo(float).tiny)
        self.means_ = weights @ np.where(known, numbers, 0.0) / mass
        spread = np.sqrt(weights @ np.where(known, (numbers - self.means_) ** 2, 0.0) / mass)
        self.deviations_ = np.where(spread > 1e-14 * np.abs(self.means_), spread, 1.0)
        return self._standard(numbers)

    def _standard(self, numbers: Floats) -> Floats:
        return np.where(np.isnan(numbers), 0.0, (numbers - self.means_) / self.deviations_)

    def _means(self) -> Floats:
        return np.concatenate([self.shares_, np.zeros(len(self.means_))])

    def _scales(self) -> Floats:
        # Multiple correspondence analysis divides by the number of questions; with numbers, each column counts 1.
        questions = 1 if len(self.means_) else len(self.variables_.questions)
        return np.concatenate([np.sqrt(questions * self.shares_), np.ones(len(self.means_))])

    def _n_active_questions(self) -> int | None:
        return None if len(self.means_) else len(self.variables_.questions)

    def _block_inertia(self, inertia: Floats) -> float:
        blocks = [row[row >= 0] for row in self.places_]
        return float(sum(np.sum(inertia[np.ix_(block, block)] ** 2) for block in blocks))

    def transform(self, X: ArrayLike) -> Floats:
        """Return the coordinates of rows on the axes, shape (n_rows, n_components_).

        Raises
        ------
        InputError
            If a column holds a category that the fit never saw.
        """
        check_is_fitted(self)
        return self._place(*self.variables_.encode(as_table(self, X, reset=False)))

    def _place(self, codes: Codes, numbers: Floats) -> Floats:
        from cdo_analysis.profiles import factorial_kernels as kernels

        coordinates = np.empty((len(codes), self.n_components_))
        kernels.add_rows(codes, self._standard(numbers), self.places_, self.axes_, self.constant_, coordinates)
        return coordinates

    def inertia(self) -> pd.DataFrame:
        """Return the inertia of the axes, raw and corrected.

        Returns
        -------
        DataFrame, a row an axis
            ``axis``, from 1; ``eigenvalue``; ``share``: of their sum; ``benzecri``: share of the inertia above that
            of questions without relation, of the axes that have any; ``greenacre``: the same, of the mean inertia
            between questions, which sums to less than 1. Both are NaN where the table holds numbers, and the axes
            under the mean have 0.
        """
        check_is_fitted(self)
        values, questions = self.eigenvalues_, self._n_active_questions()
        table = pd.DataFrame({"axis": range(1, len(values) + 1), "eigenvalue": values, "share": values / values.sum()})
        if questions is None or questions < 2:
            return table.assign(benzecri=np.nan, greenacre=np.nan)
        ratio = questions / (questions - 1)
        corrected = (ratio * np.maximum(values - 1 / questions, 0.0)) ** 2
        # Without relation between questions there is 0 to share out.
        tiny = np.finfo(float).tiny
        between = max(ratio * (np.sum(values**2) - self.block_inertia_), tiny)
        return table.assign(benzecri=corrected / max(corrected.sum(), tiny), greenacre=corrected / between)

    def contributions(self) -> pd.DataFrame:
        """Return what each answer and number does for the axes kept.

        Returns
        -------
        DataFrame, a row an answer or a number, and an axis
            ``item``; ``category``, None for a number; ``axis``, from 1; ``active``; ``contribution``: share of the
            inertia of the axis, 0 where passive; those of an axis sum to 1.
        """
        check_is_fitted(self)
        known, names = self.variables_.categories, self.variables_.names
        answers = [(names[q], category) for q in self.variables_.questions for category in known[q]]  # type: ignore[union-attr]
        numbers = [(names[position], None) for position in self.variables_.numbers]
        active = np.append(self.active_, np.ones(len(numbers), dtype=np.bool_))
        shares = np.zeros((len(active), self.n_components_))
        shares[active] = self.contributions_
        table = pd.DataFrame([*answers, *numbers], columns=["item", "category"])
        parts = [
            table.assign(axis=axis + 1, active=active, contribution=column) for axis, column in enumerate(shares.T)
        ]
        return pd.concat(parts, ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted axes as plain data for JSON: :meth:`from_dict` places new rows with them."""
        check_is_fitted(self)
        arrays = {name: np.asarray(getattr(self, name + "_")).tolist() for name in SAVED_ARRAYS}
        return {
            "kind": KIND,
            "version": VERSION,
            "rare": self.rare,
            "columns": list(map(str, self.feature_names_in_)) if hasattr(self, "feature_names_in_") else None,
            "variables": self.variables_.to_dict(),
            "active": self.active_.tolist(),
            **arrays,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> FactorialAxes:
        """Make fitted axes of what :meth:`to_dict` returned.

        Raises
        ------
        InputError
            If `saved` is not a set of axes, or one of a version that this package does not read.
        """
        require_kind(saved, KIND)
        model = cls(rare=saved["rare"])
        model.variables_ = Variables.from_dict(saved["variables"])
        model.active_ = np.array(saved["active"], dtype=np.bool_)
        for name in SAVED_ARRAYS:
            setattr(model, name + "_", np.array(saved[name], dtype=np.int32 if name == "places" else np.float64))
        n_questions = len(model.variables_.questions)
        model.places_ = model.places_.reshape(n_questions, -1) if n_questions else model.places_.reshape(0, 1)
        model.block_inertia_ = float(saved["block_inertia"])
        model.n_components_ = model.axes_.shape[1]
        model.contributions_ = (model.axes_ * model._scales()[:, None]) ** 2
        model.n_features_in_ = len(model.variables_.names)
        if saved["columns"] is not None:
            model.feature_names_in_ = np.array(saved["columns"], dtype=object)
        return model


def as_table(estimator: BaseEstimator, X: ArrayLike, *, reset: bool = True) -> pd.DataFrame:
    """Return X as a DataFrame, checked as scikit-learn checks it; a DataFrame stays as it is, column by column."""
    if isinstance(X, pd.DataFrame):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        if len(X) == 0:
            raise UsageError("X has 0 rows, found 0 sample(s) while a minimum of 1 is required; give respondents")
        return X
    return pd.DataFrame(validate_data(estimator, X, dtype=None, ensure_all_finite="allow-nan", reset=reset))
