"""What goes with the groups: arrangement and declared outcome, with and without the doubt about who is where."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import KNOWN, Cell, Fact, flag_cross_table
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.panorama.profiles import group_words, has_profiles, profile_name
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of

_METHODS = ("modal", "bch", "ml")


def relations(view: View, what: Literal["outcome", "arrangement"]) -> Exhibit | None:
    """Return an outcome in each group by modal assignment, BCH and maximum likelihood, side by side.

    None without groups, or where it was not asked, or of too few.

    Parameters
    ----------
    view : View
    what : {'outcome', 'arrangement'}
        The declared outcome, or today's arrangement by group of options.
    """
    name = getattr(view.book.cdo, what) if view.book.cdo else ""
    if not (name and has_profiles(view) and view.study.has("profile_relations")):
        return None
    table = view.study.table("profile_relations")
    table = table[table["variable"].eq(name)]
    if table.empty:
        return None
    table = table.assign(hidden=_hidden(view, table, what), label=_labels(view, table, what))
    words, share = group_words(view), what == "arrangement"
    fields = {"gap": _largest_move(view, table, share), **words}
    figure = {} if share else {"axes": _figure(view, table), "alt": view.say("typology.relations_alt", **fields)}
    return view.exhibit(
        f"relations-{what}",
        view.say(f"typology.relations_{what}_title", **fields),
        level=3,
        subtitle="" if share else view.book[name].wording(view.language),
        paragraphs=[view.say("typology.relations_words", **words)],
        table=_rows(view, table, share),
        notes=view.notes(reading=view.say("typology.relations_reading", **words), n=_known(table)),
        published=_published(view, table, what),
        **figure,
        **view.evidence("observed"),
    )


def _published(view: View, table: pd.DataFrame, what: str) -> list[Fact]:
    """Return what the table tells: the shares of groups of options, or the means of the outcome, in each profile."""
    plain = table[table["method"].eq("modal")]
    groups = [Cell.of(profile=str(int(profile))) for profile in plain["profile"]]
    if what == "arrangement":
        parts = published.parts_of(view)
        cells = [group & Cell.of(today=parts[str(c)]) for group, c in zip(groups, plain["category"], strict=True)]
        known = published.known(view, "today")
        told = zip(groups, cells, plain["hidden"], strict=True)
        facts = [
            fact for group, cell, flag in told for fact in published.told(view, [cell], group & known, [bool(flag)])
        ]
        return [*facts, *published.counted(view, [known & published.known(view, "profile")])]
    name = str(view.book.cdo.outcome) if view.book.cdo else ""
    answered = Cell.of({name: KNOWN})
    cells, flags = [group & answered for group in groups], [bool(flag) for flag in plain["hidden"]]
    means = published.averaged(view, view.responses[name], cells, flags, decimals=1)
    return [*means, *published.counted(view, [answered])]


def _known(table: pd.DataFrame) -> int:
    return int(table.drop_duplicates("profile")["n"].sum())


def _labels(view: View, table: pd.DataFrame, what: str) -> list[str]:
    names = [profile_name(view, int(profile)) for profile in table["profile"]]
    if what == "outcome":
        return names
    return [f"{n} — {view.option_label(str(option))}" for n, option in zip(names, table["category"], strict=True)]


def _hidden(view: View, table: pd.DataFrame, what: str) -> list[bool]:
    """Tell which rows rest on too few companies: a mean, or a cell of the groups crossed with the options."""
    if what == "outcome":
        return table["n"].lt(view.profile.mean).tolist()
    today = view.study.column("arrangements", "today").map(view.arrangements.parent_of, na_action="ignore")
    profiles = view.study.column("profile_assignment", "profile")
    flags = flag_cross_table(pd.crosstab(profiles, today), view.profile)
    pairs, parts = zip(table["profile"], table["category"], strict=True), published.parts_of(view)
    return [
        p not in flags.index
        or c not in flags
        or str(flags.at[p, c]) == "c"
        or published.is_withheld(view, {"profile": str(int(p)), "today": parts[str(c)]})
        for p, c in pairs
    ]


def _largest_move(view: View, table: pd.DataFrame, share: bool) -> str:
    """Return by how much the correction moves an estimate at most: points of percentage, or of the outcome."""
    wide = table[~table["hidden"]].pivot_table(index="label", columns="method", values="estimate")
    move = float((wide["bch"] - wide["modal"]).abs().max()) if len(wide) else np.nan
    return view.numbers.number(move * 100, 0) if share else view.numbers.number(move, 2)


def _figure(view: View, table: pd.DataFrame) -> Any:
    named = table[~table["hidden"]].assign(
        group=[view.say(f"typology.method_{m}") for m in table[~table["hidden"]]["method"]]
    )
    groups = [view.say(f"typology.method_{method}") for method in _METHODS]
    return figures.dots_by_group(named, numbers=view.numbers, label=view.say("label.mean"), groups=groups)


def _rows(view: View, table: pd.DataFrame, share: bool) -> TableView:
    rows = []
    for label, part in table.groupby("label", sort=False):
        methods = part.set_index("method").reindex(_METHODS)
        if methods["hidden"].iloc[0]:
            rows.append([str(label), *["c"] * len(_METHODS)])
        else:
            rows.append([str(label), *(_cell(view, row, share) for row in rows_of(methods))])
    header = [group_words(view)["One"], *(view.say(f"typology.method_{method}") for method in _METHODS)]
    return TableView(header, rows, numeric=(False, *[True] * len(_METHODS)))


def _cell(view: View, row: Any, share: bool) -> str:
    values = [view.numbers.share(v) if share else view.numbers.number(v, 1) for v in (row.estimate, row.low, row.high)]
    return f"{values[0]} ({values[1]} – {values[2]})"
