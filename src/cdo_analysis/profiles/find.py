"""Profiles of companies: whether there are any, how many, who is in which, how sure, and what each one does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.choice import Column, Effort, choose_number, compare_numbers
from cdo_analysis.profiles.description import (
    assign,
    count_shares,
    describe_measures,
    describe_practices,
    mean_by_profile,
    profile_columns,
    tabulate_errors,
)
from cdo_analysis.profiles.family import Mixture, check_continuous, cut_numbers, make_mixture
from cdo_analysis.profiles.grouping import Grouping, Verdict, judge_grouping
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.matching import match_classes, order_like
from cdo_analysis.profiles.means import NO_SCORE, ScoreMeans
from cdo_analysis.profiles.repeated import find_repeated
from cdo_analysis.profiles.residuals import bivariate_residuals
from cdo_analysis.profiles.stability_by_number import measure_stability
from cdo_analysis.showing import Shown

NAMEABLE = 0.6
"""Bootstrap Jaccard under which a profile is not named (Hennig, R package fpc)."""


@dataclass(frozen=True, repr=False)
class Profiles(Shown):
    """What :func:`find_profiles` found.

    Attributes
    ----------
    verdict : {"profiles", "continuum", "no_grouping"}
        ``"no_grouping"``: one class describes the answers best; there is a single profile, 0, not to be named.
        ``"continuum"``: one continuum describes them at least as well as classes; the profiles are levels of it, cut
        for convenience, not to be named. See :class:`~cdo_analysis.profiles.grouping.Grouping`.
    grouping : Grouping
        What the verdict rests on: the table of models, the shape, the bootstrap.
    table : DataFrame, a row a number of profiles tried
        See :func:`~cdo_analysis.profiles.choice.compare_numbers`; then ``jaccard_min`` and ``jaccard_mean``, over the
        profiles of `stabilities`, and ``jaccard_samples``.
    stabilities : DataFrame, a row a number of profiles tried and a profile
        ``k``, ``profile`` (0 has the lowest mean of `order_by`), ``jaccard``.
    model : LatentClasses or LatentProfiles
        The chosen model, of answers alone or of numbers too. Its classes keep the numbers of the reference where one
        was given; else class 0 has the lowest mean of `order_by`. It places new companies.
    posterior : DataFrame, a row a respondent
        Columns ``profile_0``, ``profile_1``, …: probability of each profile; rows sum to 1.
    assignment : DataFrame, a row a respondent
        ``profile``: the most probable profile (int); ``probability``: its probability; ``status``: ``"clear"``, or
        ``"between"`` when that probability is under 0.6 or the respondent answered none of the items.
    shares : DataFrame, a row a profile
        ``profile``; ``n``: respondents assigned to it; ``share_weighted`` and ``share_unweighted``: mean
        probability of the profile over the respondents, so that those between two profiles count for part in each;
        ``rank``: by the mean of `order_by`, 0 the lowest, tied where the intervals overlap; ``order_mean``,
        ``order_low``, ``order_high``: that mean and its 95 % interval.
    practices : DataFrame, a row a profile, an item and a category
        ``profile``, ``item``, ``category``; ``probability``: share of the profile that gives that answer, among
        those who answer; ``overall``: the same for all respondents, according to the model. Empty without answers.
    measures : DataFrame, a row a profile and a number
        ``profile``, ``item``; ``mean`` and ``deviation`` in the profile, ``overall``: mean of all, according to the
        model. Empty without numbers.
    stability : DataFrame, a row a profile
        ``profile``; ``jaccard``: see :func:`~cdo_analysis.profiles.stability.bootstrap_jaccard`; ``named``: whether
        it may have a name: there are profiles, and its similarity is 0.6 or more.
    errors : DataFrame, a row a true and an assigned profile
        ``profile``, ``assigned``, ``probability``: of being assigned there for a member of the profile.
    residuals : DataFrame, a row a pair of items
        See :func:`~cdo_analysis.profiles.residuals.bivariate_residuals`.
    dropped : DataFrame, a row an item left out for repeating another
        See :func:`~cdo_analysis.profiles.repeated.find_repeated`.
    matches : DataFrame, a row a profile
        ``profile``, ``reference``, ``similarity``; empty without a reference.
    means_agreement : float
        Adjusted Rand index between the assignment and k-means on the scores with as many clusters: 1 when they
        agree, about 0 when they agree no more than by chance. NaN without grouping, or with too few complete scores.
    settings : mapping
        What was asked for: ``weighted`` (whether weights differ), ``numbers``, ``continuous``, ``effort``,
        ``random_state``.
    """

    verdict: Verdict
    grouping: Grouping
    table: pd.DataFrame
    stabilities: pd.DataFrame
    model: Mixture
    posterior: pd.DataFrame
    assignment: pd.DataFrame
    shares: pd.DataFrame
    practices: pd.DataFrame
    measures: pd.DataFrame
    stability: pd.DataFrame
    errors: pd.DataFrame
    residuals: pd.DataFrame
    dropped: pd.DataFrame
    matches: pd.DataFrame
    means_agreement: float
    settings: Mapping[str, object] = field(default_factory=dict)


def find_profiles(
    items: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    sample_weight: pd.Series | None = None,
    order_by: pd.Series,
    numbers: Iterable[int] = range(1, 8),
    continuous: Sequence[str] = (),
    reference: Mixture | None = None,
    repeated: Iterable[tuple[str, str]] = (),
    effort: Effort | None = None,
    columns: Mapping[str, Column] | None = None,
    random_state: int = 0,
) -> Profiles:
    """Group respondents by their answers, by numbers such as scores, or by both; say how sure it is, and describe it.

    Items that repeat another are left out; latent classes (profiles, where there are numbers) are fitted for each of
    `numbers`; the number is chosen by :func:`~cdo_analysis.profiles.choice.choose_number`; classes are set against one
    continuum; the result is confronted with k-means on the scores and with bootstrap samples.

    Parameters
    ----------
    items : DataFrame of shape (n_respondents, n_items)
        The active items: answers, yes/no or whose sorted codes are in order, and numbers; NaN where missing, which is
        right where answers are missing at random given the others. Index: respondent.
    scores : DataFrame of shape (n_respondents, n_scores)
        Scores for the second opinion, in any unit, NaN where unmeasured. Same index.
    sample_weight : Series, optional
        Survey weights, 0 or more. Same index.
    order_by : Series
        What orders the profiles, such as a maturity score: profile 0 has the lowest weighted mean. Same index.
    numbers : iterable of int, default 1 to 7
        The numbers of profiles to try.
    continuous : sequence of str, optional
        The items that are numbers, normal within a profile. Set against one continuum, they are cut in fifths: see
        :func:`~cdo_analysis.profiles.family.cut_numbers`.
    reference : LatentClasses or LatentProfiles, optional
        The profiles of an earlier wave or a reference study: each profile takes the number of the one it is, new
        ones the numbers after. Maturity is then the column ``rank`` of the shares only.
    repeated : iterable of pairs of str
        (kept, dropped): items that the questionnaire nests; copies are found without being declared.
    effort : Effort, optional
        Starts, bootstrap samples, workers.
    columns : mapping of str to callable, optional
        Further columns of the table: see :func:`~cdo_analysis.profiles.choice.compare_numbers`.
    random_state : int, default 0
        Seed of all that is random: the same input gives the same profiles.

    Returns
    -------
    Profiles
        With the index of `items` wherever a row is a respondent.

    Raises
    ------
    UsageError
        If the indexes differ, or if the items cannot be grouped (see :meth:`LatentClasses.fit`).
    """
    weights = _align(items, scores, sample_weight, order_by)
    effort = effort or Effort()
    check_continuous(items, continuous)
    dropped = find_repeated(items, sample_weight=weights, declared=repeated, continuous=continuous)
    items = items.drop(columns=dropped["item"].tolist())
    continuous = [name for name in continuous if name in items]
    given: dict[str, Any] = {"sample_weight": weights.to_numpy(float), "random_state": random_state}
    kind: dict[str, Any] = {"continuous": continuous, "effort": effort}
    table, models = compare_numbers(items, numbers=numbers, columns=columns, **kind, **given)
    models = {k: _order_by(model, items, weights, order_by) for k, model in models.items()}
    grouping = _judge(items, models, **kind, **given)
    stabilities, table = measure_stability(models, items, table, **kind, **given)
    k = 1 if grouping.verdict == "no_grouping" and 1 in models else choose_number(table)
    order, matches = _number_like(models[k], reference)
    model = models[k].reorder(order)
    posterior = pd.DataFrame(model.predict_proba(items), index=items.index, columns=profile_columns(k))
    assignment = assign(posterior, items.notna().any(axis=1))
    asked = {"weighted": weights.nunique() > 1, "numbers": list(models), "effort": effort}
    return Profiles(
        verdict="no_grouping" if k == 1 and grouping.verdict == "profiles" else grouping.verdict,
        grouping=grouping,
        table=table,
        stabilities=stabilities,
        model=model,
        posterior=posterior,
        assignment=assignment,
        shares=count_shares(posterior, assignment, weights, order_by),
        practices=describe_practices(model),
        measures=describe_measures(model),
        stability=_judge_stability(stabilities, order, grouping.verdict),
        errors=tabulate_errors(posterior, weights),
        residuals=bivariate_residuals(model, items, sample_weight=weights),
        dropped=dropped,
        matches=matches,
        means_agreement=_compare_with_means(assignment, scores, weights, random_state),
        settings={**asked, "continuous": continuous, "random_state": random_state},
    )


def _align(
    items: pd.DataFrame, scores: pd.DataFrame, sample_weight: pd.Series | None, order_by: pd.Series
) -> pd.Series:
    """Return the weights, 1 where none were given, once the respondents are known to be the same everywhere."""
    weights = pd.Series(1.0, index=items.index) if sample_weight is None else sample_weight
    for name, other in {"scores": scores, "sample_weight": weights, "order_by": order_by}.items():
        if not other.index.equals(items.index):
            raise UsageError(f"{name} and items have different respondents or another order; align their indexes")
    return weights


def _order_by(model: Mixture, items: pd.DataFrame, weights: pd.Series, order_by: pd.Series) -> Mixture:
    """Give the classes the order of their means of `order_by`, the lowest first."""
    posterior = pd.DataFrame(model.predict_proba(items), index=items.index)
    means = mean_by_profile(posterior, order_by, weights)["mean"].fillna(0.0)
    return model.reorder(np.argsort(means.to_numpy(), kind="stable").tolist())


def _number_like(model: Mixture, reference: Mixture | None) -> tuple[list[int], pd.DataFrame]:
    """Return the order that gives the classes the numbers of the reference, the nearest first, and who is who."""
    if reference is None:
        return list(range(model.n_clusters)), pd.DataFrame({"profile": [], "reference": [], "similarity": []})
    order = order_like(match_classes(model, reference))
    return order, match_classes(model.reorder(order), reference)


def _judge(
    items: pd.DataFrame,
    models: Mapping[int, Mixture],
    *,
    continuous: Sequence[str],
    effort: Effort,
    **given: Any,
) -> Grouping:
    """Set classes against one continuum, by the answers; numbers are cut in ordered ones, and classes found again."""
    if continuous:
        items = cut_numbers(items, continuous)
        how = {"n_init": effort.starts, "random_state": given["random_state"], "n_jobs": effort.n_jobs}
        models = {k: make_mixture(k, items, **how).fit(items, sample_weight=given["sample_weight"]) for k in models}
    classes = {k: model for k, model in models.items() if isinstance(model, LatentClasses)}
    return judge_grouping(items, classes, replicates=effort.continuum_samples, n_jobs=effort.n_jobs, **given)


def _judge_stability(stabilities: pd.DataFrame, order: Sequence[int], verdict: Verdict) -> pd.DataFrame:
    """Return the stability of the chosen profiles under the numbers that they have taken, and who may have a name."""
    jaccard = stabilities.loc[stabilities["k"].eq(len(order)), "jaccard"].to_numpy()[list(order)]
    named = (jaccard >= NAMEABLE) & (verdict == "profiles")
    return pd.DataFrame({"profile": range(len(order)), "jaccard": jaccard, "named": named})


def _compare_with_means(assignment: pd.DataFrame, scores: pd.DataFrame, weights: pd.Series, random_state: int) -> float:
    k = assignment["profile"].max() + 1
    complete = scores.notna().all(axis=1) & (weights > 0)
    if k == 1 or complete.sum() < k:
        return float("nan")
    means = ScoreMeans(k, random_state=random_state).fit(scores, sample_weight=weights.to_numpy(float))
    placed = means.labels_ != NO_SCORE
    return float(adjusted_rand_score(assignment["profile"][placed], means.labels_[placed]))
