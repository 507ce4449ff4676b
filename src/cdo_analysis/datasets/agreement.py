"""Answers that must agree: who uses no AI has none at work, who sells nothing online earns nothing there."""

from __future__ import annotations

import numpy as np

from cdo_analysis.datasets.answers import AnswerSheet, yes_and_no
from cdo_analysis.datasets.planted import linear, planted

_WORKING = 4  # position of "being rolled out" among the answers of the AI battery


def settle_before(sheet: AnswerSheet, rng: np.random.Generator) -> None:
    """Make the answers agree that do not depend on how digital is led."""
    _settle_ai_levels(sheet)
    _rank_goals(sheet, rng)
    tenure, age = sheet.columns["respondent_seniority_years"], sheet.features["age"]
    sheet.columns["respondent_seniority_years"] = np.minimum(tenure, age)
    alone = sheet.said("group_position", "independent")
    sheet.columns["answering_for"] = np.where(
        alone, sheet.book["answering_for"].codes.index("legal_unit"), sheet.columns["answering_for"]
    )
    _settle_web_share(sheet, "web_share_before")


def settle_after(sheet: AnswerSheet, rng: np.random.Generator) -> None:
    """Make the answers agree that do depend on it, and add the progress made since 1 January 2024."""
    _settle_web_share(sheet, "web_share_now")
    _add_progress(sheet, rng)
    codes = sheet.book["previous_arrangement"].codes
    now = np.array([codes.index(c) for c in sheet.book["arrangement"].codes])[sheet.columns["arrangement"]]
    same = sheet.columns["previous_arrangement"] == now
    sheet.columns["previous_arrangement"][same] = codes.index("never")
    roles = sheet.book["respondent_role"].codes
    no_cdo = sheet.features["dedicated"] == 0
    sheet.columns["respondent_role"][no_cdo & sheet.said("respondent_role", "cdo")] = roles.index("leader")
    _give_experts(sheet)


def _settle_ai_levels(sheet: AnswerSheet) -> None:
    """Keep those who use no AI at "on trial" at most; put the most advanced technology of the others to work."""
    rule = planted()["ai"]
    levels = np.column_stack([sheet.columns[name] for name in rule["levels"]])
    uses = sheet.columns[rule["user"]] == yes_and_no(sheet.book[rule["user"]])[0]
    levels[~uses] = np.minimum(levels[~uses], _WORKING - 1)
    rows = np.flatnonzero(uses)
    best = np.argmax(levels[rows], axis=1)
    levels[rows, best] = np.maximum(levels[rows, best], _WORKING)
    sheet.columns |= dict(zip(rule["levels"], levels.T, strict=True))


def _rank_goals(sheet: AnswerSheet, rng: np.random.Generator) -> None:
    """Put two of the most important goals first, equals in any order."""
    codes = [code for code in sheet.book["goal_first"].codes if f"goal_{code}" in sheet.book]
    marks = np.column_stack([sheet.values(f"goal_{code}") for code in codes])
    ranked = np.argsort(-(marks + 0.9 * rng.random(marks.shape)), axis=1)
    sheet.columns |= {"goal_first": ranked[:, 0], "goal_second": ranked[:, 1]}


def _settle_web_share(sheet: AnswerSheet, name: str) -> None:
    """Leave no share without online sales; at least 1 % where the intensity item says so, 2 % with consumers."""
    yes = {
        item: sheet.columns[item] == yes_and_no(sheet.book[item])[0]
        for item in ("ecommerce", "dii_ecommerce", "dii_web_sales_b2c")
    }
    share = np.where(yes["dii_ecommerce"], np.maximum(sheet.columns[name], 1.0), np.minimum(sheet.columns[name], 0.5))
    share = np.where(yes["dii_web_sales_b2c"], np.maximum(share, 2.0), share)
    sheet.columns[name] = np.where(yes["ecommerce"], share, 0.0)


def _add_progress(sheet: AnswerSheet, rng: np.random.Generator) -> None:
    """Set today at the state of 1 January 2024 plus no, one or two steps of the scale."""
    law = planted()["progress"]
    n = len(sheet.features["size"])
    common = linear(law["loads"], sheet.features, n)
    for item in sheet.book:
        if item.name.startswith("now_"):
            pace = common + rng.logistic(size=n)
            steps = np.searchsorted(np.quantile(pace, np.cumsum(law["share"])[:-1]), pace, side="right")
            then = sheet.columns[item.name.replace("now_", "then_")]
            sheet.columns[item.name] = np.minimum(then + steps, len(item.codes) - 1)


def _give_experts(sheet: AnswerSheet) -> None:
    """Make an internal CDO "with outside experts" buy at least one kind of expertise."""
    kinds = [item for item in sheet.book if item.block == sheet.book["expert_seo"].block and not item.exclusive]
    bought = np.any([sheet.columns[item.name] == yes_and_no(item)[0] for item in kinds], axis=0)
    bare = sheet.said("arrangement", "internal_with_experts") & ~bought
    sheet.columns["expert_technical"] = np.where(
        bare, yes_and_no(sheet.book["expert_technical"])[0], sheet.columns["expert_technical"]
    )
