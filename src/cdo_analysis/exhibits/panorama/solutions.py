"""How many groups: every number that was tried, in one table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.panorama.portrait import active_numbers
from cdo_analysis.exhibits.panorama.profiles import group_words
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of

_CHOSEN = "\u00a0←"


def solutions(view: View) -> Exhibit | None:
    """Return the fit, the certainty and the stability of each number of classes. None where none was sought."""
    if not view.study.has("profile_table"):
        return None
    table = view.study.table("profile_table")
    chosen = len(view.study.table("profile_shares"))
    return view.exhibit(
        "solutions",
        view.say("typology.solutions_title", k=chosen, **group_words(view)),
        level=3,
        paragraphs=_words(view, table, chosen),
        table=_table(view, table, chosen),
        notes=view.notes(
            reading=view.say("typology.solutions_reading", starts=int(table["starts"].max())), n=len(view.scores)
        ),
    )


def _words(view: View, table: pd.DataFrame, chosen: int) -> list[str]:
    words = [view.say("typology.solutions_rule", k=chosen), _test_words(view, table)]
    if active_numbers(view):
        words.append(view.say("typology.normal_numbers"))
    further = []
    if "jaccard_samples" in table:
        further.append(view.say("typology.jaccard_numbers", samples=int(table["jaccard_samples"].max())))
    if "split_half" in table:
        further.append(view.say("typology.split_half", splits=view.study.info["profiles"].get("splits", 0)))
    further += [view.say("typology.gap")] if "gap" in table else []
    return [*words, *([" ".join(further)] if further else [])]


def _test_words(view: View, table: pd.DataFrame) -> str:
    """Return what was done of the likelihood-ratio test: samples, respondents."""
    if not ("ratio_test_samples" in table and table["ratio_test_samples"].notna().any()):
        return view.say("typology.ratio_test_none")
    words = view.say("typology.ratio_test", samples=int(table["ratio_test_samples"].max()))
    respondents = int(table["ratio_test_n"].max())
    part = view.say("typology.ratio_test_part", n=view.numbers.number(respondents))
    return f"{words} {part}" if respondents < len(view.scores) else words


def _table(view: View, table: pd.DataFrame, chosen: int) -> TableView:
    """Return a column a number of classes, the chosen one with an arrow; rows that nothing fills are left out."""
    rows = []
    for name in _MEASURES:
        if name in table and table[name].notna().any():
            rows.append([view.say(f"typology.column_{name}"), *(_cell(view, row, name) for row in rows_of(table))])
    numbers = [f"{int(k)}{_CHOSEN if int(k) == chosen else ''}" for k in table["k"]]
    header = [view.say("typology.column_k"), *numbers]
    numeric = (False, *[True] * len(numbers))
    return TableView(header, rows, numeric=numeric, caption=view.say("typology.solutions_caption"))


_MEASURES = {
    "log_likelihood": 1,
    "parameters": 0,
    "aic": 0,
    "bic": 0,
    "sabic": 0,
    "caic": 0,
    "relative_entropy": 2,
    "smallest_n": 0,
    "starts_at_best": 0,
    "split_half": 2,
    "gap": 2,
    "ratio_test_p": 3,
    "ratio_test_samples": 0,
    "jaccard_min": 2,
    "jaccard_mean": 2,
}
"""The measures that are shown, with their decimals."""


def _cell(view: View, row: Any, name: str) -> str:
    value = getattr(row, name)
    if not np.isfinite(value):
        return "-"
    if name == "smallest_n" and value < view.profile.count:
        return "c"
    return view.numbers.number(value, _MEASURES[name])
