"""*Conseillé*: what stated expert rules advise, whatever weights one gives to their criteria.

Stochastic multicriteria acceptability analysis (Lahdelma, Hokkanen and Salminen, SMAA, European Journal of Operational
Research 106(1), 1998): weights are drawn at random, and an option is judged by the share of draws in which it ranks
first among those that are feasible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.suitability import check_feasibility, score_suitability
from cdo_analysis.reference import Arrangements, Rules

TIED = 1e-9
"""Two options whose scores differ by less rank equal, and share the draw."""

_BLOCK = 4_000_000
"""Scores computed at a time (firms × arrangements × draws): 32 MB of floats."""


@dataclass(frozen=True)
class Advice:
    """What the rules advise to each firm.

    Attributes
    ----------
    answers : DataFrame of shape (n_firms, n_criteria)
        The firms' own answers.
    suitability : ndarray of shape (n_firms, n_criteria, n_arrangements)
        From -2 (strongly against) to 2 (strongly for); NaN where the criterion is unmeasured.
    feasible : DataFrame of bool, of shape (n_firms, n_arrangements)
    obstacles : DataFrame
        What stands in the way: columns ``firm``, ``arrangement``, ``rule``, ``state``, ``minimum``.
    acceptability : DataFrame of shape (n_firms, n_arrangements)
        Share of the weights under which the arrangement ranks first; 0 where it is not feasible. A row adds up to 1
        where anything is feasible.
    coverage : Series
        Share of the criteria that are measured, 0 to 1.
    rules : str
        Id and version of the rules.
    draws, random_state : int
        How many weights were drawn, and from which seed.
    """

    answers: pd.DataFrame
    suitability: NDArray[np.float64]
    feasible: pd.DataFrame
    obstacles: pd.DataFrame
    acceptability: pd.DataFrame
    coverage: pd.Series
    rules: str
    draws: int
    random_state: int

    def to_frames(self) -> dict[str, pd.DataFrame]:
        """Return the parts as tables that Parquet can hold, for :meth:`from_frames`."""
        return {
            "answers": self.answers,
            "feasible": self.feasible,
            "obstacles": self.obstacles,
            "acceptability": self.acceptability.assign(coverage=self.coverage),
        }

    @classmethod
    def from_frames(cls, frames: Mapping[str, pd.DataFrame], rules: Rules, *, draws: int, random_state: int) -> Advice:
        """Return the advice that :meth:`to_frames` took apart; nothing is drawn again."""
        table = frames["acceptability"]
        return cls(
            answers=frames["answers"],
            suitability=score_suitability(frames["answers"], rules),
            feasible=frames["feasible"].astype(bool),
            obstacles=frames["obstacles"],
            acceptability=table.drop(columns="coverage"),
            coverage=table["coverage"],
            rules=_name(rules),
            draws=draws,
            random_state=random_state,
        )


def advise(
    answers: pd.DataFrame, rules: Rules, arrangements: Arrangements, *, draws: int = 1000, random_state: int = 0
) -> Advice:
    """Return what the rules advise.

    Parameters
    ----------
    answers : DataFrame
        A row a firm, a column a criterion of the rules: float for numbers, text codes for choices, NaN where
        unmeasured (see :func:`~cdo_analysis.cdo.derive_answers`).
    rules : Rules
    arrangements : Arrangements
    draws : int
        How many weights to draw. The standard error of a share is at most ``0.5 / sqrt(draws)``: 0.016 for 1,000.
    random_state : int
        Every firm is judged with the same draws.

    Returns
    -------
    Advice

    Raises
    ------
    InputError
        If an answer is not one that a criterion knows.

    Notes
    -----
    Weights are uniform over the families, then uniform over the criteria of a family (flat Dirichlet twice), so that
    a family does not weigh more because it has more criteria. A criterion that a firm did not answer drops out and
    the weights of the others are scaled up to 1, which changes no rank: it is as if it spoke for nobody.

    Examples
    --------
    >>> from cdo_analysis.reference import load_arrangements, load_rules
    >>> firm = pd.DataFrame({"cdo_budget_keur": [5.0], "needed_expertise": [0.0], "urgency_months": [24.0]})
    >>> advice = advise(firm, load_rules(), load_arrangements())
    >>> advice.acceptability.loc[0].idxmax(), bool(advice.feasible.loc[0, "internal"])
    ('none_yet', False)
    """
    columns = {name: answers[name] for name in rules.ids if name in answers.columns}
    known = pd.DataFrame(columns, index=answers.index).reindex(columns=list(rules.ids))
    suitability = score_suitability(known, rules)
    feasible, obstacles = check_feasibility(known, rules, arrangements)
    weights = draw_weights(rules, draws=draws, random_state=random_state)
    shares = rank_first_shares(suitability, feasible.to_numpy(), weights)
    return Advice(
        answers=known,
        suitability=suitability,
        feasible=feasible,
        obstacles=obstacles,
        acceptability=pd.DataFrame(shares, index=answers.index, columns=list(arrangements.ids)),
        coverage=known.notna().mean(axis=1),
        rules=_name(rules),
        draws=draws,
        random_state=random_state,
    )


def draw_weights(rules: Rules, *, draws: int, random_state: int) -> NDArray[np.float64]:
    """Draw weights of the criteria: uniform over the families, then over the criteria of a family.

    Returns
    -------
    ndarray of shape (draws, n_criteria)
        Each row adds up to 1.
    """
    rng = np.random.default_rng(random_state)
    members = _family_members(rules)
    families = rng.dirichlet(np.ones(len(members)), size=draws)
    weights = np.zeros((draws, len(rules.criteria)))
    for position, columns in enumerate(members):
        within = rng.dirichlet(np.ones(len(columns)), size=draws)
        weights[:, columns] = families[:, [position]] * within
    return weights


def central_weights(rules: Rules) -> NDArray[np.float64]:
    """Return the mean of the weights that :func:`draw_weights` draws, of shape (n_criteria,)."""
    members = _family_members(rules)
    weights = np.zeros(len(rules.criteria))
    for columns in members:
        weights[columns] = 1 / (len(members) * len(columns))
    return weights


def rank_first_shares(
    suitability: NDArray[np.float64], feasible: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of the weights under which each option ranks first among the feasible ones.

    Parameters
    ----------
    suitability : ndarray of shape (n_firms, n_criteria, n_options)
        NaN where unmeasured.
    feasible : ndarray of bool, of shape (n_firms, n_options)
    weights : ndarray of shape (n_draws, n_criteria)

    Returns
    -------
    ndarray of shape (n_firms, n_options)
        Options that tie share the draw equally. A row adds up to 1, or to 0 where nothing is feasible.
    """
    firms, criteria, options = suitability.shape
    shares = np.zeros((firms, options))
    step = max(1, _BLOCK // (options * len(weights)))
    for start in range(0, firms, step):
        block = slice(start, start + step)
        table = np.nan_to_num(suitability[block]).transpose(0, 2, 1).reshape(-1, criteria)
        scores = (table @ weights.T).reshape(-1, options, len(weights))
        scores[~feasible[block]] = -np.inf
        first = scores >= scores.max(axis=1, keepdims=True) - TIED
        shares[block] = (first / first.sum(axis=1, keepdims=True)).mean(axis=2)
    return np.where(feasible, shares, 0.0)


def _family_members(rules: Rules) -> list[list[int]]:
    """Return the positions of the criteria of each family that has any."""
    families = [criterion.family for criterion in rules.criteria]
    members = [[i for i, name in enumerate(families) if name == family.id] for family in rules.families]
    return [columns for columns in members if columns]


def _name(rules: Rules) -> str:
    return f"{rules.id} {rules.version}"
