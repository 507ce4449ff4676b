"""The three kinds of evidence and the recommendation, in one call over plain frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cdo_analysis.cdo.advice import Advice, advise
from cdo_analysis.cdo.combine import arm_of_each
from cdo_analysis.cdo.decision import ExpertEffects
from cdo_analysis.cdo.estimated import Estimates, estimate_outcomes
from cdo_analysis.cdo.gates import EstimateSettings
from cdo_analysis.cdo.observed import ObservedChoice, fit_observed
from cdo_analysis.cdo.policy import policy_values
from cdo_analysis.cdo.reasons import leaders
from cdo_analysis.cdo.recommend import Recommendation, recommend
from cdo_analysis.cdo.suitability import derive_answers
from cdo_analysis.reference import Arrangements, Rules


@dataclass(frozen=True)
class CdoFit:
    """What is known of the leading of digital in each firm, kind of evidence by kind of evidence.

    Attributes
    ----------
    arrangement : Series of str
        What each firm has today; NaN where it did not say.
    comparable : DataFrame
        What firms are compared by (*constaté*).
    before : DataFrame
        What firms were before they had their arrangement (*estimé*).
    observed : ObservedChoice
        *Constaté*: what comparable firms have.
    advice : Advice
        *Conseillé*: what the rules advise.
    estimates : Estimates
        *Estimé sous hypothèses*: what the declared outcome suggests, or the gate that was not passed.
    policies, policy_differences : DataFrame
        What ways of choosing are worth: see :func:`~cdo_analysis.cdo.policy_values`; empty where not estimable.
    recommendation : Recommendation
    """

    arrangement: pd.Series
    comparable: pd.DataFrame
    before: pd.DataFrame
    observed: ObservedChoice
    advice: Advice
    estimates: Estimates
    policies: pd.DataFrame
    policy_differences: pd.DataFrame
    recommendation: Recommendation

    def tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the tables that a study keeps, by name."""
        yield "arrangements", self.arrangement.rename("today").to_frame()
        yield "comparable", self.comparable
        yield "observed_probabilities", self.observed.probabilities
        for name, frame in self.advice.to_frames().items():
            yield f"advice_{name}", frame
        yield "before", self.before
        if len(self.policies):
            yield "policy_values", self.policies
            yield "policy_differences", self.policy_differences
        yield "recommendation", self.recommendation.table
        yield "recommendation_options", self.recommendation.options

    def documents(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the documents that a study keeps, by name."""
        yield "observed", self.observed.to_dict()
        yield "estimates", self.estimates.to_dict()
        yield "advice", {"draws": self.advice.draws, "random_state": self.advice.random_state}


@dataclass(frozen=True)
class CdoColumns:
    """Which columns of the known facts serve which kind of evidence.

    Attributes
    ----------
    observed : sequence of str
        What firms are compared by.
    covariates : sequence of str
        What firms were before they had their arrangement.
    consequences : sequence of str
        Scores that today's arrangement may have caused; an estimate that would use one is refused by its name.
    """

    observed: Sequence[str]
    covariates: Sequence[str]
    consequences: Sequence[str] = ()


def fit_cdo(
    known: pd.DataFrame,
    arrangement: pd.Series,
    outcome: pd.Series | None,
    *,
    columns: CdoColumns,
    reference: tuple[Arrangements, Rules],
    expected_effects: ExpertEffects | None = None,
    sample_weight: pd.Series | None = None,
    random_state: int = 0,
) -> CdoFit:
    """Fit the three kinds of evidence and recommend.

    Parameters
    ----------
    known : DataFrame of shape (n_firms, n_columns)
        Answers and scores: numbers and texts, NaN where missing.
    arrangement : Series of str
        Ids of the arrangements that firms have, indexed like `known`; NaN where unknown.
    outcome : Series of float or None
        The outcome declared beforehand.
    columns : CdoColumns
    reference : tuple of Arrangements and Rules
    expected_effects : ExpertEffects, optional
        What experts expect of each arrangement, in the outcome's unit; combined with the estimates where given.
    sample_weight : Series of float, optional
    random_state : int

    Returns
    -------
    CdoFit
    """
    arrangements, rules = reference
    comparable, before = known[list(columns.observed)], known[list(columns.covariates)]
    settings = EstimateSettings(forbidden=tuple(columns.consequences))
    observed = fit_observed(comparable, arrangement, sample_weight=sample_weight, random_state=random_state)
    advice = advise(derive_answers(known, rules), rules, arrangements, random_state=random_state)
    estimates = estimate_outcomes(
        before, arrangement, outcome, sample_weight=sample_weight, random_state=random_state, settings=settings
    )
    policies, differences = pd.DataFrame(), pd.DataFrame()
    if outcome is not None and estimates.status == "estimated":
        arm_of = arm_of_each(advice.feasible.columns, estimates.merging)
        policies, differences = policy_values(
            before,
            arrangement,
            outcome,
            estimates,
            feasible=advice.feasible.T.groupby(arm_of, sort=True).any().T,
            rules=leaders(advice).map(arm_of.to_dict()),
            sample_weight=sample_weight,
            settings=settings,
            random_state=random_state,
        )
    recommendation = recommend(
        advice, rules, observed=observed, estimates=estimates, expected_effects=expected_effects, today=arrangement
    )
    return CdoFit(arrangement, comparable, before, observed, advice, estimates, policies, differences, recommendation)
