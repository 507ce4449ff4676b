"""One replicate of the study: companies of one world, every way of choosing, and what each was worth."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import numpy as np
import pandas as pd

from cdo_analysis.cdo import Decision, EstimateSettings, ExpertEffects, decide, estimate_outcomes
from cdo_analysis.datasets import PlantedWorld, draw_world
from cdo_analysis.proof.choosers import follow_classifier, follow_peers, follow_rules, keep_today, predict_best

WAYS = ("today", "peers", "classifier", "outcome_model", "rules", "ours")
"""The ways of choosing that are compared; ids of words."""

CONFIDENCES = (0.5, 0.8, 0.95)
"""The confidences at which risk is set against the share of companies answered."""

CONFIDENCE = 0.95
"""The confidence of the decision that all else is about."""

SPLITS = 1


def run_replicate(
    world: str, n: int, replicate: int, *, random_state: int = 0, splits: int = SPLITS
) -> dict[str, object]:
    """Draw `n` companies of one world, choose for them in every way, and score each.

    Parameters
    ----------
    world : str
        Id of a planted world.
    n : int
        Number of companies.
    replicate : int
        Number of the replicate: the seed follows from it, so that the order of the runs does not matter.
    random_state : int
        Seed of the whole study.
    splits : int
        Draws of the folds of the estimate. A survey takes several; in a study, replicates do the averaging.

    Returns
    -------
    dict
        ``world``, ``n``, ``replicate``, ``estimated`` (1 where every gate was passed), and the numbers of
        :func:`score_ways` and :func:`score_decision`.
    """
    seeds = np.random.SeedSequence([random_state, crc32(world.encode()), n, replicate]).spawn(2)
    drawn = draw_world(world, n, random_state=seeds[0])
    estimates = estimate_outcomes(
        drawn.X_pre,
        drawn.arrangement,
        drawn.outcome,
        random_state=int(seeds[1].generate_state(1)[0]),
        settings=EstimateSettings(splits=splits),
    )
    expert = ExpertEffects(drawn.expert_effects, drawn.expert_sd)
    today = drawn.arrangement
    decisions = {c: decide(estimates, drawn.feasible, today=today, expert=expert, confidence=c) for c in CONFIDENCES}
    record: dict[str, object] = {"world": world, "n": n, "replicate": replicate}
    record["estimated"] = float(estimates.status == "estimated")
    ways = {**usual_ways(drawn), "ours": read_choice(decisions[CONFIDENCE], drawn)}
    record |= score_ways(drawn, ways) | score_decision(drawn, decisions[CONFIDENCE])
    for confidence, decision in decisions.items():
        answered, wrong = risk(drawn, decision)
        record |= {f"answered_{confidence:g}": answered, f"wrong_{confidence:g}": wrong}
    return record


def usual_ways(world: PlantedWorld) -> dict[str, pd.DataFrame]:
    """Return what each usual way chooses in `world`, companies × options."""
    return {
        "today": keep_today(world.arrangement, world.feasible),
        "peers": follow_peers(world.X_pre, world.arrangement, world.feasible),
        "classifier": follow_classifier(world.X_pre, world.arrangement, world.feasible),
        "outcome_model": predict_best(world.X_pre, world.arrangement, world.outcome, world.feasible),
        "rules": follow_rules(world.expert_effects, world.feasible),
    }


def read_choice(decision: Decision, world: PlantedWorld) -> pd.DataFrame:
    """Return what a decision comes to: the option recommended, both where two are close, today's where it abstains."""
    table = decision.table.loc[world.feasible.index]
    options = world.feasible.columns.to_numpy(dtype=object)[None, :]
    first, second = (table[name].to_numpy(dtype=object)[:, None] == options for name in ("first", "second"))
    state = table["state"].to_numpy(dtype=object)[:, None]
    today = keep_today(world.arrangement, world.feasible).to_numpy()
    chosen = np.where(state == "recommended", first, np.where(state == "close", first | second, today))
    return pd.DataFrame(chosen, index=world.feasible.index, columns=world.feasible.columns)


def score_ways(world: PlantedWorld, ways: Mapping[str, pd.DataFrame]) -> dict[str, object]:
    """Return the mean regret of each way of choosing, in points: ``regret_<way>``."""
    return {f"regret_{way}": float(world.regret(chosen).mean()) for way, chosen in ways.items()}


def score_decision(world: PlantedWorld, decision: Decision) -> dict[str, object]:
    """Return how far a decision may be trusted.

    Returns
    -------
    dict
        ``coverage`` (share of companies whose set, before abstention, holds a best option), ``set_size``,
        ``one_or_two`` (share whose set has one or two options), ``claimed``, ``false``, ``sturdy``, ``false_sturdy``
        (shares of companies for which evidence is claimed; falsely; without being marked fragile; and falsely),
        ``any_claim``, ``any_sturdy`` and ``any_false_sturdy`` (1 where there is such a company).
    """
    sets = decision.sets.loc[world.feasible.index, world.feasible.columns]
    size = sets.sum(axis=1)
    claim, wrong = find_false_claims(world, decision)
    sturdy = claim & ~decision.table.loc[claim.index, "fragile"].to_numpy(dtype=bool)
    return {
        "coverage": float((sets & world.best).any(axis=1).mean()),
        "set_size": float(size.mean()),
        "one_or_two": float(size.between(1, 2).mean()),
        "claimed": float(claim.mean()),
        "false": float(wrong.mean()),
        "sturdy": float(sturdy.mean()),
        "false_sturdy": float((wrong & sturdy).mean()),
        "any_claim": float(claim.any()),
        "any_sturdy": float(sturdy.any()),
        "any_false_sturdy": float((wrong & sturdy).any()),
    }


def find_false_claims(world: PlantedWorld, decision: Decision) -> tuple[pd.Series, pd.Series]:
    """Return for which companies evidence is claimed, and for which the claim is false.

    A claim says that the first option does better than today's. It is false where it truly does not.
    """
    table = decision.table.loc[world.feasible.index]
    claim = table["claim"].astype(bool)
    rows = np.arange(len(table))
    first, over = (world.expected.columns.get_indexer(pd.Index(of)) for of in (table["first"], world.arrangement))
    gain = world.expected.to_numpy()[rows, first] - world.expected.to_numpy()[rows, over]
    return claim, claim & (gain <= 0)


def risk(world: PlantedWorld, decision: Decision) -> tuple[float, float]:
    """Return the share of companies answered, and the share answered with no best option among what is named."""
    answered = decision.table.loc[world.feasible.index, "state"].ne("abstained").to_numpy()
    missed = ~(read_choice(decision, world) & world.best).any(axis=1).to_numpy()
    return float(answered.mean()), float((answered & missed).mean())
