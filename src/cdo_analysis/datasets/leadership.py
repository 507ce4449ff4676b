"""Who leads digital in a synthetic firm, who should, and what follows: laws of our own making.

What an arrangement brings to a firm (its *benefit*, in points of objectives reached on 0 to 10) is linear in features
that the questionnaire asks about: attentes (need, breadth of expertise needed, urgency), moyens (leader, specialists,
web team, budget), stade (transversality, transition) and the transaction (specificity, continuity, horizon, trust).
An arrangement that the budget cannot pay, or that needs a web team which is not there, loses points. The weights are
in ``planted.toml``. They are **invented**: they give the sample a truth to recover, they say nothing of real firms,
and they are not the expert rules that the package advises from.

Firms *choose* otherwise: by size, by budget and by what is in fashion in their sector. So what most comparable firms
have is a poor guide: it is what would serve a firm best in 40 to 50 % of cases.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis.datasets.answers import AnswerSheet
from cdo_analysis.datasets.planted import draw_categories, linear, planted, standardise


def arrangement_ids() -> list[str]:
    """Return the eight arrangements, in the order of the planted table."""
    return [entry["id"] for entry in planted()["arrangement"]]


def fit_features(sheet: AnswerSheet) -> dict[str, np.ndarray]:
    """Return what the benefit of an arrangement depends on, each standardised over the population."""
    value = sheet.values
    goals = [item.name for item in sheet.book if item.name.startswith("goal_") and item.values]
    needs = [item.name for item in sheet.book if item.block == sheet.book["need_seo"].block and not item.exclusive]
    urgency = -standardise(np.log1p(value("urgency_months")))
    turning = sheet.said("life_cycle", "transmission") | sheet.said("life_cycle", "turnaround")
    pace = np.select([sheet.said("need_frequency", "continuous"), sheet.said("need_frequency", "one_off")], [1.0, -1.0])
    raw = {
        "need": standardise(_total(sheet, goals)) + 0.6 * urgency + 0.4 * standardise(value("entrant_pressure")),
        "urgency": urgency,
        "breadth": _total(sheet, needs),
        "leader": standardise(value("leader_digital_skill")) + 0.7 * standardise(np.log1p(value("leader_hours_week"))),
        "specialists": np.log1p(value("ict_specialists_fte")),
        "team": np.log1p(value("web_team_fte")),
        "budget": np.log1p(value("cdo_budget_keur")),
        "transversality": np.log(value("departments_involved")) + 0.5 * np.log(value("sites_count")),
        "transition": turning.astype(float),
        "specificity": value("knowledge_specificity") + 0.7 * value("confidentiality"),
        "continuity": pace,
        "horizon": np.log(value("horizon_months")),
        "trust": value("provider_trust") + 0.3 * np.asarray(sheet.columns["outsourcing_experience"], dtype=float),
    }
    return {name: standardise(np.asarray(feature, dtype=float)) for name, feature in raw.items()}


def _total(sheet: AnswerSheet, names: list[str]) -> np.ndarray:
    return np.sum([sheet.values(name) for name in names], axis=0)


def planted_benefits(sheet: AnswerSheet) -> pd.DataFrame:
    """Return the benefit of each arrangement for each firm, in points of objectives reached.

    Returns
    -------
    DataFrame of shape (n, 8)
        A column an arrangement. What a firm cannot afford or staff loses the points of ``[overreach]``.
    """
    n = len(sheet.features["size"])
    budget, team = sheet.values("cdo_budget_keur"), sheet.values("web_team_fte")
    columns = {}
    for entry in planted()["arrangement"]:
        out_of_reach = (budget < entry["cost_keur"]) | (team < entry.get("team", 0.0))
        benefit = entry["constant"] + linear(entry["benefit"], sheet.features, n)
        columns[entry["id"]] = benefit - planted()["overreach"]["penalty"] * out_of_reach
    return pd.DataFrame(columns)


def choose_arrangements(sheet: AnswerSheet, sector: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the arrangement in place, for reasons of means and imitation.

    Returns
    -------
    ndarray of int, shape (n,)
        Position among :func:`arrangement_ids`.
    """
    table, fashion = planted()["arrangement"], planted()["fashion"]
    n = len(sector)
    taste = np.column_stack([linear(entry["taste"], sheet.features, n) for entry in table])
    for code, favours in fashion.items():
        taste[sector == code] += [favours.get(entry["id"], 0.0) for entry in table]
    chosen = np.zeros(n, dtype=int)
    for size_class in range(3):
        rows = np.flatnonzero(sheet.features["size_class"] == size_class)
        if len(rows):
            chosen[rows] = draw_categories(taste[rows], [entry["chosen"][size_class] for entry in table], rng)
    return chosen


def expected_outcomes(sheet: AnswerSheet, benefits: pd.DataFrame) -> pd.DataFrame:
    """Return the mean outcome of each firm under each arrangement, on 0 to 10.

    What stood before the arrangement counts too: the maturity of 1 January 2024, the size, the sector.
    """
    law = planted()["outcome"]
    before = standardise(_total(sheet, [item.name for item in sheet.book if item.name.startswith("then_")]))
    base = law["constant"] + law["before"] * before
    base = base + law["size"] * sheet.features["size"] + law["sector"] * sheet.features["maturity"]
    return benefits.add(base, axis=0).clip(0.0, 10.0)


def lead_digital(
    sheet: AnswerSheet, chosen: np.ndarray, benefits: pd.DataFrame, outcomes: pd.DataFrame, *, rng: np.random.Generator
) -> None:
    """Answer what the arrangement in place decides: since when, with what result, for how long still.

    Adds arrangement, arrangement_start, objectives_reached and intention to the answers of `sheet`, and to its
    features what the later loads name (success, tenure, external, dedicated, with_experts, log_days, log_rate).
    """
    n, ids, table = len(chosen), arrangement_ids(), planted()["arrangement"]
    mean = outcomes.to_numpy()[np.arange(n), chosen]
    reached = np.clip(np.round(mean + planted()["outcome"]["noise"] * rng.standard_normal(n)), 0, 10)
    months = 1 + rng.exponential(np.array([entry["months"] for entry in table], dtype=float)[chosen])
    months = np.minimum(months, 12 * sheet.features["age"] + 2)  # not before the firm
    codes = [_code_of(sheet, "arrangement", arrangement) for arrangement in ids]
    sheet.columns["arrangement"] = np.array(codes)[chosen]
    sheet.columns["arrangement_start"] = _first_of_month(months)
    sheet.columns["objectives_reached"] = reached
    success = standardise(mean)
    sheet.columns["intention"] = _intend(sheet, chosen, benefits, success, rng=rng)
    per_entry = {
        "external": [float(entry["id"].startswith(("external", "interim"))) for entry in table],
        "dedicated": [float(entry["id"] not in ("none_yet", "boss_led", "shared_role")) for entry in table],
        "with_experts": [float(entry["id"] == "internal_with_experts") for entry in table],
        "log_days": np.log([max(entry["days"], 0.5) for entry in table]),
        "log_rate": np.log([max(entry["rate_keur"], 0.1) for entry in table]),
    }
    sheet.know({name: np.asarray(values)[chosen] for name, values in per_entry.items()})
    sheet.know({"success": success, "tenure": standardise(np.log(months))})


def _code_of(sheet: AnswerSheet, item: str, arrangement: str) -> int:
    """Return the position of the answer of `item` that stands for `arrangement`."""
    return next(
        place
        for place, answer in enumerate(sheet.book[item].valid_answers)
        if arrangement in (answer.arrangement, answer.code)
    )


def _first_of_month(months_ago: np.ndarray) -> np.ndarray:
    opens = np.datetime64(planted()["field"]["opens"], "M")
    return (opens - np.floor(months_ago).astype("timedelta64[M]")).astype("datetime64[ns]")


def _intend(
    sheet: AnswerSheet, chosen: np.ndarray, benefits: pd.DataFrame, success: np.ndarray, *, rng: np.random.Generator
) -> np.ndarray:
    """Make those whom the arrangement serves badly mean to change, mostly to what would serve them better."""
    changes = rng.random(len(chosen)) < 1 / (1 + np.exp(1.3 + 0.9 * success))
    target = np.argmax(benefits.to_numpy() + rng.gumbel(scale=0.7, size=benefits.shape), axis=1)
    codes = np.array([_code_of(sheet, "intention", arrangement) for arrangement in arrangement_ids()])
    stays = sheet.book["intention"].codes.index("no_change")
    return np.where(changes & (target != chosen), codes[target], stays)
