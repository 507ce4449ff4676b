"""What ways of choosing an arm are worth, judged on firms that they were not learnt from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.basis import Basis
from cdo_analysis.cdo.estimated import Estimates, prepare_sample
from cdo_analysis.cdo.gates import EstimateSettings
from cdo_analysis.cdo.nuisance import Nuisance, Sample, cross_fit, fit_propensity, predict_outcomes
from cdo_analysis.cdo.projection import NORMAL_95, doubly_robust_scores, project_scores, weighted_mean

POLICIES = ("today", "commonest", "best_for_all", "rules", "data")
"""The ways of choosing; ids of words. ``commonest``: what firms like it have most; ``best_for_all``: the arm with the
best mean, the same for all; ``data``: the best expected outcome of each firm."""


KEEP = -1
"""In place of an arm: the firm keeps what it has, whose outcome is known."""


def policy_values(
    X_pre: pd.DataFrame,
    arm: pd.Series,
    outcome: pd.Series,
    estimates: Estimates,
    *,
    feasible: pd.DataFrame | None = None,
    rules: pd.Series | None = None,
    sample_weight: pd.Series | None = None,
    settings: EstimateSettings | None = None,
    random_state: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the mean outcome that each way of choosing would have, and the differences between them.

    Parameters
    ----------
    X_pre, arm, outcome, sample_weight, settings, random_state
        As given to :func:`~cdo_analysis.cdo.estimate_outcomes`.
    estimates : Estimates
        What it returned: which arms are shown.
    feasible : DataFrame of bool, optional
        Firms × arms; all are feasible by default. A firm without any keeps what it has.
    rules : Series of str, optional
        The arm that the rules put first, a firm; firms for which it is not an arm of the estimate keep what they
        have.

    Returns
    -------
    values : DataFrame
        A row a way (index ``policy``): ``n``, ``value``, ``se``, ``low``, ``high``, ``changed`` (share of firms whose
        arm it changes). Empty where nothing is estimable.
    differences : DataFrame
        A row a pair of ways: ``policy``, ``against``, ``difference``, ``se``, ``low``, ``high``; paired: over the same
        firms. Intervals are not adjusted for their number.

    Notes
    -----
    The arms of a fold are chosen by what was learnt from the other folds alone (scores, their nuisances and their
    projection are made anew inside them), then judged by scores whose nuisances come from the other folds too: no
    way of choosing is judged on the firms that made it look good.
    """
    if estimates.merging is None or estimates.projection is None:
        return pd.DataFrame(), pd.DataFrame()
    shown = arm.map(estimates.merging.shown).where(outcome.notna())
    used = shown.notna()
    basis, sample = prepare_sample(X_pre[used], shown[used], outcome[used], settings or EstimateSettings())
    possible = np.ones((len(sample.y), len(sample.arms)), dtype=bool)
    if feasible is not None:
        known = feasible.reindex(index=X_pre.index[used], columns=list(sample.arms), fill_value=False)
        possible = known.to_numpy(dtype=bool)
    scores, chosen = _judge(sample, basis, possible, random_state)
    if rules is not None:
        own = pd.Index(sample.arms).get_indexer(pd.Index(rules.reindex(X_pre.index[used])))
        chosen["rules"] = np.where(own >= 0, own, KEEP)
    weights = np.ones(len(sample.y)) if sample_weight is None else sample_weight[used].to_numpy(dtype=float)
    chosen = {name: chosen[name] for name in POLICIES if name in chosen}
    return _compare(sample, scores, chosen, weights)


def _judge(
    sample: Sample, basis: Basis, possible: NDArray[np.bool_], seed: int
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.int64]]]:
    """Return out-of-fold scores, and the arm that each way of choosing, learnt on the other folds, gives each firm."""
    scores = np.empty(possible.shape)
    keep = np.full(len(scores), KEEP)
    chosen = {name: keep.copy() for name in ("today", "commonest", "best_for_all", "data")}
    for train, test in sample.split(seed):
        learnt = sample.take(train)
        inner = cross_fit(learnt, learnt.split(seed))
        propensity = fit_propensity(learnt).predict_proba(sample.Z[test])
        predicted = predict_outcomes(learnt, sample.Z[test], sample.columns[test])
        clipped = np.maximum(propensity, sample.settings.minimum_propensity)
        scores[test] = doubly_robust_scores(sample.y[test], sample.arm[test], clipped, predicted)
        worth = {
            "commonest": propensity,
            "best_for_all": inner.scores(learnt).mean(axis=0)[None, :],
            "data": _expected(learnt, basis, inner, sample.columns[test]),
        }
        for name, values in worth.items():
            best = np.where(possible[test], values, -np.inf).argmax(axis=1)
            chosen[name][test] = np.where(possible[test].any(axis=1), best, KEEP)
    return scores, chosen


def _expected(learnt: Sample, basis: Basis, inner: Nuisance, columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expected outcome of other firms under each arm, up to what is common to all arms."""
    clipped = np.maximum(inner.propensity, learnt.settings.minimum_propensity)
    projection = project_scores(
        inner.scores(learnt), clipped, learnt.level, columns=learnt.columns, basis=basis, arms=learnt.arms
    )
    return columns @ projection.coefficients.T


def _compare(
    sample: Sample, scores: NDArray[np.float64], chosen: Mapping[str, NDArray[np.int64]], weights: NDArray[np.float64]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = np.arange(len(scores))
    worth = {name: np.where(arms == KEEP, sample.y, scores[rows, arms]) for name, arms in chosen.items()}
    share = weights / weights.sum()
    values = pd.DataFrame(
        [
            {"policy": name, "n": len(rows)}
            | _interval("value", worth[name], weights)
            | {"changed": float(share @ ((arms != KEEP) & (arms != sample.arm)))}
            for name, arms in chosen.items()
        ]
    ).set_index("policy")
    names = list(chosen)
    pairs = [(later, early) for place, early in enumerate(names) for later in names[place + 1 :]]
    differences = pd.DataFrame(
        [
            {"policy": one, "against": other} | _interval("difference", worth[one] - worth[other], weights)
            for one, other in pairs
        ]
    )
    return values, differences


def _interval(name: str, values: NDArray[np.float64], weights: NDArray[np.float64]) -> dict[str, float]:
    mean, error = weighted_mean(values, weights)
    return {name: mean, "se": error, "low": mean - NORMAL_95 * error, "high": mean + NORMAL_95 * error}
