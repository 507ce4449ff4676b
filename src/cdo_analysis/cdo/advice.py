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

from cdo_analysis.cdo.acceptability import rank_first_shares
from cdo_analysis.cdo.drawing import central_weights, draw_weights
from cdo_analysis.cdo.suitability import check_feasibility, score_suitability
from cdo_analysis.reference import Arrangements, ExpertWeights, Rules
from cdo_analysis.showing import Shown

__all__ = ["Advice", "advise", "central_weights", "draw_weights", "rank_first_shares"]


@dataclass(frozen=True, repr=False)
class Advice(Shown):
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
        where anything is feasible. With experts, the mean over them.
    coverage : Series
        Share of the criteria that are measured, 0 to 1.
    rules : str
        Id and version of the rules.
    draws, random_state : int
        How many weights were drawn (for each expert, where there are some), and from which seed.
    experts : ExpertWeights or None
        Whose weights; None for weights that nobody gave.
    by_expert : ndarray of shape (n_experts, n_firms, n_arrangements), or None
        Acceptability under the weights of each expert.
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
    experts: ExpertWeights | None = None
    by_expert: NDArray[np.float64] | None = None

    def to_frames(self) -> dict[str, pd.DataFrame]:
        """Return the parts as tables that Parquet can hold, for :meth:`from_frames`."""
        frames = {
            "answers": self.answers,
            "feasible": self.feasible,
            "obstacles": self.obstacles,
            "acceptability": self.acceptability.assign(coverage=self.coverage),
        }
        if self.experts is not None and self.by_expert is not None:
            count, options = len(self.experts.names), self.acceptability.columns
            wide = self.by_expert.transpose(1, 0, 2).reshape(len(self.answers), -1)
            names = [f"{position}:{option}" for position in range(count) for option in options]
            frames["experts"] = self.experts.table()
            frames["by_expert"] = pd.DataFrame(wide, index=self.answers.index, columns=names)
        return frames

    @classmethod
    def from_frames(cls, frames: Mapping[str, pd.DataFrame], rules: Rules, *, draws: int, random_state: int) -> Advice:
        """Return the advice that :meth:`to_frames` took apart; nothing is drawn again."""
        table = frames["acceptability"]
        experts, by_expert = None, None
        if "experts" in frames:
            experts = ExpertWeights.from_table(frames["experts"], rules)
            wide = frames["by_expert"].to_numpy(dtype="float64")
            by_expert = wide.reshape(len(wide), len(experts.names), -1).transpose(1, 0, 2)
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
            experts=experts,
            by_expert=by_expert,
        )


def advise(
    answers: pd.DataFrame,
    rules: Rules,
    arrangements: Arrangements,
    *,
    draws: int = 1000,
    random_state: int = 0,
    experts: ExpertWeights | None = None,
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
        How many weights to draw, for each expert where there are some. The standard error of a share is at most
        ``0.5 / sqrt(draws)``: 0.016 for 1,000.
    random_state : int
        Every firm is judged with the same draws.
    experts : ExpertWeights, optional
        See :func:`~cdo_analysis.reference.read_expert_weights`: draws are then centred on each expert, every expert
        counting as much as another.

    Returns
    -------
    Advice

    Raises
    ------
    InputError
        If an answer is not one that a criterion knows.

    Notes
    -----
    See :func:`draw_weights` for how weights are drawn. A criterion that a firm did not answer drops out and the
    weights of the others are scaled up to 1, which changes no rank: it is as if it spoke for nobody.

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
    weights = draw_weights(rules, draws=draws, random_state=random_state, experts=experts)
    parts = np.split(weights, len(experts.names) if experts else 1)
    shares = np.stack([rank_first_shares(suitability, feasible.to_numpy(), part) for part in parts])
    return Advice(
        answers=known,
        suitability=suitability,
        feasible=feasible,
        obstacles=obstacles,
        acceptability=pd.DataFrame(shares.mean(axis=0), index=answers.index, columns=list(arrangements.ids)),
        coverage=known.notna().mean(axis=1),
        rules=_name(rules),
        draws=draws,
        random_state=random_state,
        experts=experts,
        by_expert=shares if experts else None,
    )


def _name(rules: Rules) -> str:
    return f"{rules.id} {rules.version}"
