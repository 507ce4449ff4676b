"""What the groups are on the numbers that make them: means, set against all, by valeur-test."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.panorama.portrait import active_numbers, variable_word, worth
from cdo_analysis.exhibits.panorama.profiles import group_words, has_profiles, profile_name
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.profiles.portrait import describe_numbers
from cdo_analysis.tables import rows_of
from cdo_analysis.weighting import Estimate, weighted_mean


def active_values(view: View) -> pd.DataFrame:
    """Return the numbers that the groups are made of: answers, and scores."""
    held = [view.responses if name in view.responses else view.scores for name in active_numbers(view)]
    columns = {name: table[name] for name, table in zip(active_numbers(view), held, strict=True)}
    return pd.DataFrame(columns, index=view.scores.index).astype(float)


def described_numbers(view: View) -> pd.DataFrame:
    """Return the portrait of the groups on their numbers, a row a group and a number; too few are left out."""
    labels = view.study.column("profile_assignment", "profile")
    weights = view.weights[labels.index]
    table = describe_numbers(labels, active_values(view), sample_weight=weights, n_effective=worth(view))
    return table[table["n"] >= view.profile.mean]


def marked_numbers(view: View) -> Exhibit | None:
    """Return the mean of each number in each group, with its interval, against that of all, by valeur-test.

    None without groups, or where no number makes them.
    """
    if not (has_profiles(view) and active_numbers(view)):
        return None
    labels, values = view.study.column("profile_assignment", "profile"), active_values(view)
    table = described_numbers(view)
    rows = []
    for row in rows_of(table):
        mean = weighted_mean(values.loc[labels.index[labels.eq(row.profile)], row.variable], view.design)
        rows.append(_row(view, row, mean))
    words = group_words(view)
    header = [words["One"], view.say("typology.variable"), "n"]
    header += [view.say(f"typology.measure_{name}", **words) for name in ("mean", "overall", "v_test")]
    return view.exhibit(
        "measures",
        view.say("typology.measures_title", **words),
        level=3,
        paragraphs=[view.say("typology.measures_words", n=view.numbers.number(worth(view)), **words)],
        table=TableView(header, rows, numeric=(False, False, True, True, True, True)),
        notes=view.notes(reading=view.say("typology.measures_reading", **words), n=len(view.scores)),
    )


def _row(view: View, row: Any, mean: Estimate) -> list[str]:
    values = [view.numbers.number(v, 1) for v in (mean.estimate, mean.low, mean.high, row.overall, row.v_test)]
    written = f"{values[0]} ({values[1]} – {values[2]})"
    name, number = profile_name(view, int(row.profile)), view.numbers.number(row.n)
    return [name, variable_word(view, row.variable), number, written, *values[3:]]


def distinctive_numbers(view: View, profile: int, *, most: int) -> list[str]:
    """Return a line for each of the numbers on which a group differs most from all, by valeur-test."""
    if not active_numbers(view):
        return []
    table = described_numbers(view)
    own = table[table["profile"].eq(profile)]
    order = own["v_test"].abs().sort_values(ascending=False, kind="stable").index
    lines = []
    for row in rows_of(own.loc[order].head(most)):
        gap = row.mean - row.overall
        written = f"{'+' if gap > 0 else '−'}{view.numbers.number(abs(gap), 1)}"
        fields = {"label": variable_word(view, row.variable), "mean": view.numbers.number(row.mean, 1), "gap": written}
        lines.append(view.say("typology.measure_line", **fields))
    return lines
