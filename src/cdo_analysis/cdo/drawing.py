"""Weights of the criteria, drawn: uniform where nobody gave any, around each expert where some did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.reference import Expert, ExpertWeights, Rules


def draw_weights(
    rules: Rules, *, draws: int, random_state: int, experts: ExpertWeights | None = None
) -> NDArray[np.float64]:
    """Draw weights of the criteria: over the families, then over the criteria of a family.

    Parameters
    ----------
    rules : Rules
    draws : int
        How many weights; for each expert, where there are some.
    random_state : int
    experts : ExpertWeights, optional

    Returns
    -------
    ndarray of shape (draws, n_criteria), or (n_experts × draws, n_criteria)
        Each row adds up to 1; experts one after the other, in the order of their names.

    Notes
    -----
    Uniform over the families, then over the criteria of a family (flat Dirichlet twice), so that a family does not
    weigh more because it has more criteria. Around an expert: Dirichlet with the shares that the expert gave for mean,
    and ``certainty`` times the concentration of the flat one; what the expert did not weigh stays uniform, and a
    weight of 0 is always 0. An expert's draws depend neither on the other experts nor on their order.
    """
    if experts is None:
        return _draw(rules, None, 1.0, draws, np.random.default_rng(random_state))
    seeds = (np.random.default_rng([random_state, *expert.name.encode()]) for expert in experts.experts)
    parts = [
        _draw(rules, expert, experts.certainty, draws, rng) for expert, rng in zip(experts.experts, seeds, strict=True)
    ]
    return np.vstack(parts)


def central_weights(rules: Rules, experts: ExpertWeights | None = None) -> NDArray[np.float64]:
    """Return the mean of the weights that :func:`draw_weights` draws, of shape (n_criteria,)."""
    if experts is None:
        return _means(rules, None)
    return np.asarray(np.mean([_means(rules, expert) for expert in experts.experts], axis=0), dtype="float64")


def _draw(
    rules: Rules, expert: Expert | None, certainty: float, draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    members = family_members(rules)
    families = _dirichlet(_said(expert, list(members)), len(members), certainty, draws, rng)
    weights = np.zeros((draws, len(rules.criteria)))
    for position, columns in enumerate(members.values()):
        said = _said(expert, [rules.criteria[column].id for column in columns])
        weights[:, columns] = families[:, [position]] * _dirichlet(said, len(columns), certainty, draws, rng)
    return weights


def _dirichlet(
    shares: Sequence[float] | None, size: int, certainty: float, draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    if shares is None:
        return rng.dirichlet(np.ones(size), size=draws)
    drawn, kept = np.zeros((draws, size)), np.flatnonzero(shares)
    drawn[:, kept] = rng.dirichlet(certainty * size * np.array(shares)[kept], size=draws)
    return drawn


def _said(expert: Expert | None, names: list[str]) -> list[float] | None:
    """Return the shares that an expert gave to these families or criteria; None where the expert gave none."""
    for shares in (expert.families, *expert.criteria.values()) if expert else ():
        if names[0] in shares:
            return [shares[name] for name in names]
    return None


def _means(rules: Rules, expert: Expert | None) -> NDArray[np.float64]:
    members = family_members(rules)
    families = _said(expert, list(members)) or [1 / len(members)] * len(members)
    weights = np.zeros(len(rules.criteria))
    for share, columns in zip(families, members.values(), strict=True):
        said = _said(expert, [rules.criteria[column].id for column in columns])
        weights[columns] = share * np.array(said or [1 / len(columns)] * len(columns))
    return weights


def family_members(rules: Rules) -> dict[str, list[int]]:
    """Return the positions of the criteria of each family that has any."""
    families = [criterion.family for criterion in rules.criteria]
    members = {family.id: [i for i, name in enumerate(families) if name == family.id] for family in rules.families}
    return {family: columns for family, columns in members.items() if columns}
