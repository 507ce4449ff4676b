"""Multiple imputation: answers that were not given are drawn several times, and the error says what that adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import UsageError
from cdo_analysis.maturity.answers import Floats, check_columns, counted_items
from cdo_analysis.maturity.scores import score_maturity

IMPUTATIONS = 20
FEWEST_DONORS = 10


def impute_answers(
    responses: pd.DataFrame,
    codebook: Codebook,
    *,
    classes: Sequence[str] = (),
    imputations: int = IMPUTATIONS,
    random_state: int = 0,
) -> Iterator[pd.DataFrame]:
    """Draw the answers to the main score that were not given: a hot deck in classes, after a Bayesian bootstrap.

    A company is put with those of the same `classes` (sector, size) and of the same third of the score over what they
    answered. What it did not answer is taken from one donor of its class that answered everything, so that what
    relates two answers is kept. Donors are themselves drawn anew for each imputation, so that imputations differ as
    much as the donors are uncertain. Where a class has fewer than 10 donors, or a company has no score, the class is
    that of `classes` alone, and then all companies. Where nobody answered everything, nothing is imputed.

    Parameters
    ----------
    responses : DataFrame of shape (n, items)
    codebook : Codebook
    classes : sequence of str
        Columns of the responses; a missing value is a class of its own.
    imputations : int
    random_state : int

    Yields
    ------
    DataFrame
        The responses with every answer to the items of the main score.

    Raises
    ------
    UsageError
        The codebook has no score.

    References
    ----------
    Rubin and Schenker (1986), Multiple imputation for interval estimation from simple random samples with ignorable
    nonresponse, Journal of the American Statistical Association 81, 366-374 (approximate Bayesian bootstrap);
    Andridge and Little (2010), A review of hot deck imputation for survey non-response, International Statistical
    Review 78(1), 40-64.
    """
    score = codebook.main_score
    if score is None:
        raise UsageError(f"codebook '{codebook.id}' has no score for which answers could be imputed.")
    names = list(score.items) or [
        item.name for dimension in score.dimensions for item in counted_items(codebook, dimension, score.exclusive)
    ]
    check_columns(responses, (codebook[name] for name in names), codebook)
    answers = responses[names].to_numpy(dtype=object)
    known = np.column_stack([responses[name].isin(list(codebook[name].values)) for name in names])
    complete, cells = np.asarray(known.all(axis=1)), _cells(responses, codebook, classes)
    rng = np.random.default_rng(random_state)
    for _ in range(imputations):
        donor = _draw_donors(complete, cells, rng)
        drawn = pd.DataFrame(np.where(known, answers, answers[donor]), index=responses.index, columns=names)
        yield responses.assign(**{name: drawn[name].astype(responses[name].dtype) for name in names})


def _cells(responses: pd.DataFrame, codebook: Codebook, classes: Sequence[str]) -> list[np.ndarray]:
    """Return the class of each respondent, finest first; the last one holds everybody."""
    assert codebook.main_score is not None
    value = score_maturity(responses, codebook).values[codebook.main_score.id]
    third = np.ceil(np.nan_to_num(value.rank(pct=True).to_numpy() * 3)).astype("int64")
    group = np.zeros(len(responses), dtype="int64")
    if classes:
        group = responses[list(classes)].groupby(list(classes), sort=False, dropna=False).ngroup().to_numpy()
    return [np.where(third > 0, group * 4 + third, -1), group, np.zeros_like(group)]


def _draw_donors(complete: np.ndarray, cells: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Return, for each respondent, the place of its donor; its own where it needs none or there is none."""
    donor, waiting = np.arange(len(complete)), ~complete
    for place, cell in enumerate(cells):
        fewest = FEWEST_DONORS if place < len(cells) - 1 else 1
        for name in np.unique(cell[waiting]):
            donors, takers = np.flatnonzero(complete & (cell == name)), np.flatnonzero(waiting & (cell == name))
            if len(donors) >= fewest:
                again = rng.choice(donors, len(donors))
                donor[takers] = rng.choice(again, len(takers))
                waiting[takers] = False
    return donor


@dataclass(frozen=True)
class Pooled:
    """Estimates pooled by Rubin's rules.

    Attributes
    ----------
    estimate, se, low, high : float
        Mean over the imputations; its error and 95 % interval, with what is missing counted.
    df : float
        Degrees of freedom of the interval.
    missing_information : float
        Share of the variance that is due to what is missing, between 0 and 1.
    """

    estimate: float
    se: float
    low: float
    high: float
    df: float
    missing_information: float


def pool(estimates: Floats, variances: Floats, *, level: float = 0.95, complete_df: float = np.inf) -> Pooled:
    """Pool the estimates of several imputations.

    Parameters
    ----------
    estimates, variances : ndarray of shape (m,)
        Of each imputation: an estimate and its squared standard error.
    level : float
    complete_df : float
        Degrees of freedom that the estimate would have without missing answers (Barnard and Rubin's correction).

    Returns
    -------
    Pooled

    Raises
    ------
    UsageError
        There are fewer than two imputations.

    References
    ----------
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys, chapter 3; Barnard and Rubin (1999), Small-sample
    degrees of freedom with multiple imputation, Biometrika 86(4), 948-955.

    Examples
    --------
    >>> pooled = pool(np.array([9.0, 10.0, 11.0]), np.array([1.0, 1.0, 1.0]))  # 1 + (1 + 1/3) * 1
    >>> pooled.estimate, round(pooled.se**2, 4), round(pooled.df, 3)  # (3 - 1) / (4/3 / (7/3)) ** 2
    (10.0, 2.3333, 6.125)
    """
    m = len(estimates)
    if m < 2:
        raise UsageError(f"{m} imputation cannot be pooled; draw two or more.")
    within, between = float(np.mean(variances)), (1 + 1 / m) * float(np.var(estimates, ddof=1))
    total, estimate = within + between, float(np.mean(estimates))
    share = between / total if total > 0 else 0.0
    df = _degrees(m, share, complete_df)
    half = float(student.ppf((1 + level) / 2, df)) * np.sqrt(total)
    return Pooled(estimate, float(np.sqrt(total)), estimate - half, estimate + half, df, share)


def _degrees(m: int, share: float, complete: float) -> float:
    many = (m - 1) / share**2 if share > 0 else np.inf
    if np.isinf(complete):
        return many
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    return 1 / (1 / many + 1 / observed) if np.isfinite(many) else observed
