"""The conditions under which an outcome may be estimated: each named, checked, and kept with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from cdo_analysis.cdo.arms import Merging, reference_parents

GATES = ("outcome", "covariates", "arms", "overlap")
"""The gates, in the order in which they are checked; ids of sentences."""


@dataclass(frozen=True)
class EstimateSettings:
    """Gates and models of the estimate.

    Attributes
    ----------
    forbidden : tuple of str
        Covariates that are refused by name, because they may be consequences of the arrangement: today's scores.
    minimum_firms : int
        Firms with an arrangement and an outcome that an estimate needs.
    minimum_arm : int
        An arrangement of fewer firms with an outcome is merged with its group, and nothing is claimed of an arm that
        still has fewer.
    smallest_arm : int
        An arm of fewer firms is set aside. So few are compared because models are ridge-penalised and intervals
        follow: on planted worlds of 80 firms, four arms, intervals said to hold 95 % of effects held 99 %.
    largest_set_aside : float
        Share of firms that may be set aside because their arm is too small. Beyond it, the remaining arms describe
        another population.
    minimum_propensity : float
        Under this probability of some arm, a firm has nobody like it there: at 0.02 one firm would count for fifty.
    largest_outside : float
        Share of firms that may be in that case: means are those of the others, and each firm is told of the arms
        that hardly any firm like it has. An arm beyond it is set aside, where that leaves few firms out.
    folds : int
    splits : int
        Times that folds are drawn; results are the median over them, so that one draw does not decide.
    penalty : float
        C of the ridge-penalised multinomial logit of the propensities.
    parents : mapping of str to str
        Arrangement to group.
    """

    forbidden: tuple[str, ...] = ()
    minimum_firms: int = 60
    minimum_arm: int = 50
    smallest_arm: int = 10
    largest_set_aside: float = 0.10
    minimum_propensity: float = 0.02
    largest_outside: float = 0.25
    folds: int = 5
    splits: int = 5
    penalty: float = 0.1
    parents: Mapping[str, str] = field(default_factory=reference_parents)


@dataclass(frozen=True)
class Gate:
    """One condition, and the numbers it was judged on.

    Attributes
    ----------
    id : str
        One of :data:`GATES`.
    passed : bool
    details : dict
        Numbers and names, for the sentence that says so.
    """

    id: str
    passed: bool
    details: dict[str, Any]


def check_outcome(arm: pd.Series, outcome: pd.Series | None, settings: EstimateSettings) -> Gate:
    """Check that an outcome was declared beforehand, and that enough firms give it."""
    measured = 0 if outcome is None else int((outcome.notna() & arm.notna()).sum())
    details = {
        "declared": outcome is not None,
        "measured": measured,
        "firms": len(arm),
        "minimum": settings.minimum_firms,
    }
    return Gate("outcome", measured >= settings.minimum_firms, details)


def check_covariates(X_pre: pd.DataFrame, settings: EstimateSettings) -> Gate:
    """Check that there are covariates, and that none may be a consequence of the arrangement."""
    refused = sorted(str(name) for name in X_pre.columns if name in settings.forbidden)
    usable = sorted(str(name) for name in X_pre.columns if X_pre[name].notna().any())
    return Gate("covariates", bool(usable) and not refused, {"refused": refused, "used": usable})


def check_arms(merging: Merging, settings: EstimateSettings) -> Gate:
    """Check that at least two arms have enough firms, and that few firms are set aside."""
    kept, aside = sum(merging.counts.values()), sum(merging.set_aside.values())
    share = aside / max(kept + aside, 1)
    details = {
        "counts": merging.counts,
        "set_aside": merging.set_aside,
        "share_set_aside": share,
        "minimum": settings.smallest_arm,
        "minimum_to_claim": settings.minimum_arm,
        "largest_set_aside": settings.largest_set_aside,
    }
    return Gate("arms", len(merging.counts) >= 2 and share <= settings.largest_set_aside, details)


def without_overlap(propensity: pd.DataFrame, settings: EstimateSettings) -> list[str]:
    """Return the arms that too many firms could hardly have."""
    outside = (propensity < settings.minimum_propensity).mean(axis=0)
    return [str(name) for name in outside.index[outside > settings.largest_outside]]


def check_overlap(propensity: pd.DataFrame, settings: EstimateSettings) -> Gate:
    """Check that few firms have somewhere an arm that hardly any firm like them has."""
    outside = propensity.to_numpy() < settings.minimum_propensity
    share = float(outside.any(axis=1).mean())
    details = {
        "share_outside": share,
        "share_outside_by_arm": dict(zip(propensity.columns, outside.mean(axis=0).tolist(), strict=True)),
        "minimum_propensity": settings.minimum_propensity,
        "largest_outside": settings.largest_outside,
    }
    return Gate("overlap", share <= settings.largest_outside, details)
