"""Is there any grouping, or one continuum? The question that comes before the number of profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike

from cdo_analysis.profiles.continuum import OneFactor, draw_answers, fit_one_factor, rank_answers
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.ordered import fit_ordered_classes
from cdo_analysis.profiles.packing import Floats, Patterns

Verdict = Literal["profiles", "continuum", "no_grouping"]
Shape = Literal["parallel", "crossing", "none"]

CLEAR_BIC = 10.0
"""Two models whose BIC differ by more are told apart by it (Raftery: "very strong"); closer ones need the bootstrap."""

LEVEL = 0.05
"""The continuum is given up when fewer of the samples drawn from it favour classes as much as the data do."""

CROSSED = 0.1
"""Profiles cross on an item when the order of two of them turns by this part of the range of the item."""

STARTS = 10
"""Random starts of the classes in each sample drawn from the continuum."""


@dataclass(frozen=True)
class Grouping:
    """What the answers say of groups.

    Attributes
    ----------
    verdict : {"profiles", "continuum", "no_grouping"}
        ``"no_grouping"``: the answers hang together no more than by chance. ``"continuum"``: they do, and one
        continuum says it as well as classes: classes would be slices of it, not to be named. ``"profiles"``: classes
        say more.
    table : DataFrame, a row a model
        ``model`` ("independence", "continuum", "classes", "ordered_classes"), ``k`` (0 for the continuum),
        ``log_likelihood``, ``parameters``, ``bic``. Ordered classes: see
        :func:`~cdo_analysis.profiles.ordered.fit_ordered_classes`; where all items are yes/no, they are the classes.
    shape : {"parallel", "crossing", "none"}
        ``"parallel"``: the best classes keep their order on nearly every item: levels. ``"crossing"``: two of them
        change places on a tenth of the items or more: types. ``"none"`` with one class.
    crossed : float
        Largest share of items on which two classes change places, 0 to 1.
    p_continuum : float
        Parametric bootstrap, unweighted: share of samples drawn from the continuum that favour classes at least as
        much as the data; NaN where the BIC were too far apart to need it, or no replicates were asked for.
    replicates : int
        Samples drawn.
    """

    verdict: Verdict
    table: pd.DataFrame
    shape: Shape
    crossed: float
    p_continuum: float
    replicates: int


def judge_grouping(
    X: pd.DataFrame,
    models: Mapping[int, LatentClasses],
    *,
    sample_weight: ArrayLike | None = None,
    replicates: int = 39,
    random_state: int | np.random.RandomState | None = 0,
    n_jobs: int | None = None,
) -> Grouping:
    """Set classes against one continuum and against no structure at all.

    Parameters
    ----------
    X : DataFrame of shape (n_respondents, n_items)
        The answers of the models; the continuum takes their sorted categories as ordered.
    models : mapping of int to LatentClasses
        The classes to judge, by their number, fitted with the same weights.
    sample_weight : array of shape (n_respondents,), optional
    replicates : int, default 39
        Samples of the bootstrap that decides where the BIC of classes and continuum differ by less than
        :data:`CLEAR_BIC`; 0 leaves the decision to the BIC.
    random_state : int, RandomState or None
        Seed of the samples.
    n_jobs : int, optional
        Samples at a time, through joblib; the result is the same whatever their number.

    Returns
    -------
    Grouping

    Notes
    -----
    The rival is *one* continuum, normal or skewed. Several correlated continua without classes would be called
    profiles: their dimensions are for the reliability report to show.
    """
    factor = fit_one_factor(X, sample_weight=sample_weight)
    table = _compare(X, models, factor, sample_weight)
    classes = table[table["k"] > 1]
    best = int(classes["k"].to_numpy()[classes["bic"].argmin()]) if len(classes) else 1
    bic = table.groupby("model")["bic"].min()
    p = float("nan")
    gap = bic["continuum"] - (classes["bic"].min() if len(classes) else np.inf)
    near = abs(gap) < CLEAR_BIC and bic["independence"] > bic["continuum"]
    if near and replicates:
        seeds = np.random.RandomState(_seed(random_state)).randint(np.iinfo(np.int32).max, size=replicates)
        p = bootstrap_continuum(X, best, seeds=seeds.tolist(), n_jobs=n_jobs)
    crossed = find_crossing(models[best]) if best in models else 0.0
    return Grouping(
        verdict=_decide(bic["independence"], bic["continuum"], gap, p),
        table=table,
        shape="none" if best == 1 else "crossing" if crossed >= CROSSED else "parallel",
        crossed=crossed,
        p_continuum=p,
        replicates=replicates if near else 0,
    )


def _seed(random_state: int | np.random.RandomState | None) -> int | None:
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(np.iinfo(np.int32).max))
    return random_state


def _decide(independence: float, continuum: float, gap: float, p: float) -> Verdict:
    if independence <= min(continuum, continuum - gap):
        return "no_grouping"
    classes_win = gap > 0 if np.isnan(p) else p <= LEVEL
    return "profiles" if classes_win else "continuum"


def _compare(
    X: pd.DataFrame, models: Mapping[int, LatentClasses], factor: OneFactor, sample_weight: ArrayLike | None
) -> pd.DataFrame:
    rows = [("continuum", 0, factor.log_likelihood, factor.n_parameters, factor.bic)]
    codes, sizes = rank_answers(X)
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    patterns = Patterns.of(codes, sizes)
    alone = models[1] if 1 in models else LatentClasses(1, n_init=1).fit(X, sample_weight=weights)
    for k, model in {1: alone, **models}.items():
        name = "classes" if k > 1 else "independence"
        rows.append((name, k, model.log_likelihood_, model.n_parameters_, model.bic_))
        if k > 1 and max(sizes) > 2:
            counts = patterns.sum_weights(weights * patterns.measured[patterns.of_row])
            counts *= model.n_observations_ / counts.sum()
            ordered = fit_ordered_classes(patterns, counts, _start(X, model, codes, patterns))
            rows.append(("ordered_classes", k, ordered.log_likelihood, ordered.n_parameters, ordered.bic))
    return pd.DataFrame(rows, columns=["model", "k", "log_likelihood", "parameters", "bic"])


def _start(X: pd.DataFrame, model: LatentClasses, codes: np.ndarray, patterns: Patterns) -> tuple[Floats, Floats]:
    """Return the shares and probabilities of a model with the categories in their order, not in that of the text."""
    in_order = []
    found = model.encode(X)
    for item, table in enumerate(model.item_probabilities_):
        place = np.zeros(table.shape[1], dtype=int)
        known = codes[:, item] >= 0
        place[codes[known, item]] = found[known, item]
        in_order.append(table[:, place])
    return model.class_shares_, np.concatenate(in_order, axis=1)


def bootstrap_continuum(X: pd.DataFrame, k: int, *, seeds: list[int], n_jobs: int | None = None) -> float:
    """Return the share of samples drawn from the best continuum that favour `k` classes as much as `X` does.

    The parametric bootstrap of a likelihood ratio between models that are not nested, unweighted. The data count
    as one of the samples, so that the share is never 0.

    Parameters
    ----------
    X : DataFrame of shape (n_respondents, n_items)
    k : int
        Number of classes.
    seeds : list of int
        One a sample.
    n_jobs : int, optional
        Samples at a time, through joblib.

    References
    ----------
    McLachlan (1987), "On bootstrapping the likelihood ratio test statistic for the number of components in a normal
    mixture", JRSS C 36(3). Davison & Hinkley (1997), *Bootstrap Methods and their Application*, section 4.2.
    """
    factor = fit_one_factor(X)
    seen = _favour(X, k, factor.log_likelihood, seed=0)
    codes, _ = rank_answers(X)
    varying = [len(np.unique(column[column >= 0])) > 1 for column in codes.T]
    missing = codes[:, varying] < 0
    drawn = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_favour_drawn)(factor, missing, k, seed) for seed in seeds
    )
    return (1 + sum(value >= seen for value in drawn)) / (1 + len(seeds))


def _favour(X: pd.DataFrame, k: int, continuum: float, seed: int) -> float:
    classes = LatentClasses(k, n_init=STARTS, max_iter=500, tol=1e-6, random_state=seed).fit(X)
    return classes.log_likelihood_ - continuum


def _favour_drawn(factor: OneFactor, missing: np.ndarray, k: int, seed: int) -> float:
    drawn = draw_answers(factor, missing, np.random.RandomState(seed))
    drawn = drawn.loc[:, drawn.notna().any()]
    return _favour(drawn, k, fit_one_factor(drawn).log_likelihood, seed)


def find_crossing(model: LatentClasses) -> float:
    """Return the largest share of items on which two classes change places, 0 to 1.

    Two classes are compared by their mean answer to each item, 0 to 1 over its sorted categories; they change places
    on an item when the class that is lower over all items is higher on it by :data:`CROSSED`.
    """
    means = np.column_stack(
        [table @ np.linspace(0, 1, table.shape[1]) for table in model.item_probabilities_ if table.shape[1] > 1]
    )
    means = means[np.argsort(means.mean(axis=1), kind="stable")]
    shares = [float(np.mean(means[low] - means[high] > CROSSED)) for high in range(len(means)) for low in range(high)]
    return max(shares, default=0.0)
