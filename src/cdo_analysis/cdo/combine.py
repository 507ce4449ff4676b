"""The decision on arrangements: what is known by arm of the estimate, and the arrangement that stands for its arm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis.cdo.advice import Advice
from cdo_analysis.cdo.arms import Merging
from cdo_analysis.cdo.decision import Decision, ExpertEffects, decide
from cdo_analysis.cdo.estimated import Estimates

COMBINED = ["state", "reason", "first", "second", "n_options", "gain", "gain_se"]
"""Columns of a decision that the recommendation takes over where experts gave effects in the outcome's unit."""


def decide_arrangements(
    advice: Advice,
    estimates: Estimates,
    *,
    today: pd.Series | None = None,
    expert: ExpertEffects | None = None,
    disagreement: float | None = None,
) -> Decision:
    """Decide on arms: the arrangements of the advice, merged as in the estimates.

    Parameters
    ----------
    advice : Advice
        Tells what is feasible.
    estimates : Estimates
        With a prediction for the same firms.
    today : Series of str, optional
        The arrangement that each firm has.
    expert : ExpertEffects, optional
        By arrangement; an arm gets the mean of its feasible arrangements, or of all where none is feasible.
    disagreement : float, optional
        See :func:`~cdo_analysis.cdo.decide`.

    Returns
    -------
    Decision
        On arms; arrangements that the estimates set aside stand for themselves.
    """
    arm_of = arm_of_each(advice.feasible.columns, estimates.merging)
    feasible = advice.feasible.T.groupby(arm_of, sort=True).any().T
    if today is None:
        today = pd.Series(np.nan, index=feasible.index, dtype="str")
    if expert is not None:
        expert = ExpertEffects(_mean_by_arm(expert.mean, advice.feasible, arm_of), expert.tau)
    return decide(
        estimates,
        feasible,
        today=today.map(arm_of.to_dict()).astype("str"),
        expert=expert,
        disagreement=disagreement,
    )


def arm_of_each(arrangements: pd.Index, merging: Merging | None) -> pd.Series:
    """Return the arm under which each arrangement is estimated; its own name where it is not."""
    shown = {} if merging is None else merging.shown
    return pd.Series({name: shown.get(name, name) for name in arrangements})


def combine(table: pd.DataFrame, decision: Decision, advice: Advice, estimates: Estimates) -> pd.DataFrame:
    """Return the table of a recommendation with the decision in place of the set of the rules.

    Parameters
    ----------
    table : DataFrame
        With the columns ``state``, ``reason``, ``first``, ``second``, ``n_options``, ``grade`` of the rules.
    decision : Decision
        On arms, with experts; the arrangement of an arm is the feasible one that the rules accept most.
    advice : Advice
    estimates : Estimates

    Returns
    -------
    DataFrame
        ``grade`` is ``clear`` where one option is left and the data alone claim it, soundly.
    """
    found = decision.table.loc[table.index]
    arm_of = arm_of_each(advice.feasible.columns, estimates.merging)
    combined = table.assign(**{name: found[name] for name in COMBINED})
    for name in ("first", "second"):
        combined[name] = _accepted_most(found[name], advice, arm_of)
    sound = (found["state"] == "recommended") & found["claim"] & ~found["fragile"]
    grade = np.select([found["state"] == "abstained", sound], ["", "clear"], default="slight")
    return combined.assign(grade=pd.Series(grade, index=table.index, dtype="str"))


def _accepted_most(arms: pd.Series, advice: Advice, arm_of: pd.Series) -> pd.Series:
    """Return, of the feasible arrangements of each firm's arm, the one that the rules accept most."""
    member = arm_of.to_numpy(dtype=object)[None, :] == arms.to_numpy(dtype=object)[:, None]
    allowed = member & advice.feasible.to_numpy(dtype=bool)
    best = np.where(allowed, advice.acceptability.to_numpy(), -1.0).argmax(axis=1)
    names = advice.feasible.columns.to_numpy(dtype=object)[best]
    return pd.Series(np.where(allowed.any(axis=1), names, ""), index=arms.index, dtype="str")


def _mean_by_arm(effects: pd.DataFrame, feasible: pd.DataFrame, arm_of: pd.Series) -> pd.DataFrame:
    effects = effects.reindex(index=feasible.index, columns=feasible.columns)
    allowed = effects.where(feasible).T.groupby(arm_of, sort=True).mean().T
    return allowed.fillna(effects.T.groupby(arm_of, sort=True).mean().T)
