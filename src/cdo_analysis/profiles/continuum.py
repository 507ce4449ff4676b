"""One continuum or several classes? The one-factor model that classes must beat before anyone names them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cdo_analysis.graded import GradedModel, fit_graded
from cdo_analysis.profiles.answers import NOT_MEASURED, learn_categories
from cdo_analysis.profiles.packing import Floats, Patterns

SKEWS = (4.0, -4.0)
"""Shapes of the continuum tried beside the normal one: maturity often piles up at one end."""


@dataclass(frozen=True)
class OneFactor:
    """A continuum fitted to the answers: the graded response model, two-parameter logistic where items are yes/no.

    Attributes
    ----------
    model : GradedModel
        Items that vary, in their order; ranks follow the sorted categories.
    log_likelihood : float
        The weights being scaled to sum to the number of rows that count.
    n_parameters : int
        A discrimination an item, a threshold between two neighbouring categories, and one more with a skewed trait.
    bic : float
    skew : float
        0 where the trait is normal.
    """

    model: GradedModel
    log_likelihood: float
    n_parameters: int
    bic: float

    @property
    def skew(self) -> float:
        """Shape of the trait; 0 where it is normal."""
        return self.model.skew


def rank_answers(X: pd.DataFrame) -> tuple[NDArray, list[int]]:
    """Return the ranks of the answers (-1 where missing) and the number of ranks of each column.

    Categories are ranked in the order of an ordered pandas column, else as numbers where all of a column are numbers
    or read as numbers, else as text.

    Examples
    --------
    >>> rank_answers(pd.DataFrame({"level": ["2", "10", None]}))[0].ravel().tolist()
    [0, 1, -1]
    """
    X = X.apply(lambda column: column.cat.codes.where(column.notna()) if _is_ordered(column) else column)
    categories, codes = learn_categories(X.to_numpy(), [str(name) for name in X.columns])
    for column, found in enumerate(categories):
        as_numbers = pd.to_numeric(pd.Series(found), errors="coerce")
        if as_numbers.notna().all():
            ranks = np.append(as_numbers.rank().to_numpy(dtype=int) - 1, NOT_MEASURED)
            codes[:, column] = ranks[codes[:, column]]
    return codes, [len(found) for found in categories]


def _is_ordered(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.CategoricalDtype) and bool(column.dtype.ordered)


def fit_one_factor(X: pd.DataFrame, *, sample_weight: ArrayLike | None = None) -> OneFactor:
    """Fit one continuum to the answers, by marginal maximum likelihood, and keep the shape that has the lowest BIC.

    The trait is normal, or skewed to one side or the other: classes must beat a continuum that may pile up at its
    floor, not only a symmetric one.

    Parameters
    ----------
    X : DataFrame of shape (n_respondents, n_items)
        Answers whose sorted categories are in order; NaN where missing. An item without order makes the continuum
        look worse than it is: leave it out of this comparison.
    sample_weight : array of shape (n_respondents,), optional
        Survey weights, 0 or more.

    Returns
    -------
    OneFactor

    References
    ----------
    Samejima (1969), Psychometrika Monograph 17. Azzalini (1985), "A class of distributions which includes the normal
    ones", Scandinavian Journal of Statistics 12, for the skewed trait. Lubke & Neale (2006), "Distinguishing between
    latent classes and continuous factors", Multivariate Behavioral Research 41(4), for the comparison.
    """
    codes, sizes = rank_answers(X)
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    used = (codes != NOT_MEASURED).any(axis=1) & (weights > 0)
    codes, counts = codes[used], weights[used] * (used.sum() / weights[used].sum())
    patterns = Patterns.of(codes, sizes)
    return _fit_shapes(patterns, patterns.sum_weights(counts))


def _fit_shapes(patterns: Patterns, counts: Floats) -> OneFactor:
    codes = patterns.codes.astype(np.float64)
    codes[codes == NOT_MEASURED] = np.nan
    varying = [item for item in range(codes.shape[1]) if len(np.unique(codes[~np.isnan(codes[:, item]), item])) > 1]
    fits = []
    for skew in (0.0, *SKEWS):
        model = fit_graded(_use_every_rank(codes[:, varying]), sample_weight=counts, skew=skew)
        likelihood = model.log_likelihood * counts.sum() / len(counts)
        parameters = model.parameters + (skew != 0.0)
        fits.append(OneFactor(model, likelihood, parameters, parameters * float(np.log(counts.sum())) - 2 * likelihood))
    return min(fits, key=lambda fit: fit.bic)


def _use_every_rank(codes: Floats) -> Floats:
    """Renumber ranks so that none is without an answer: a row of weight 0 may have been the only one."""
    renumbered = np.full(codes.shape, np.nan)
    for item, column in enumerate(codes.T):
        known = ~np.isnan(column)
        renumbered[known, item] = np.unique(column[known], return_inverse=True)[1]
    return renumbered


def draw_answers(factor: OneFactor, missing: NDArray[np.bool_], random: np.random.RandomState) -> pd.DataFrame:
    """Draw answers of as many respondents as `missing` has rows from the continuum, missing where it says so.

    Parameters
    ----------
    factor : OneFactor
    missing : ndarray of bool, of shape (n_respondents, n_items)
        The items being those that vary.
    random : RandomState

    Returns
    -------
    DataFrame of ranks, NaN where missing
    """
    n = len(missing)
    # A skew-normal trait is a normal one whose sign is turned where a second normal says so.
    trait, other = random.standard_normal((2, n))
    trait = np.where(other <= factor.skew * trait, trait, -trait)
    reached = factor.model.chances(trait).cumsum(axis=1)
    drawn = (random.random_sample((reached.shape[0], 1, n)) > reached[:, :-1]).sum(axis=1).T.astype(np.float64)
    return pd.DataFrame(np.where(missing, np.nan, drawn))
