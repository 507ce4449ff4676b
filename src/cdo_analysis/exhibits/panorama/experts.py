"""How far the experts whose weights were read disagree on the option that the rules put first (*conseillé*)."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cdo_analysis import figures
from cdo_analysis.cdo import find_disagreement
from cdo_analysis.disclosure import KNOWN, Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of, share_by_category

_MOST_DRAWN = 6


def experts_overview(view: View) -> Exhibit | None:
    """Return the first options under the weights of each expert, and how often they differ.

    None where no expert gave weights; drawn for six experts at most, in the table for all.
    """
    if not view.has_cdo or view.advice.experts is None:
        return None
    found, experts = find_disagreement(view.advice, view.weights), view.advice.experts
    table = _shares(view, found.first)
    fields = {"share": view.numbers.share(found.share)}
    drawn = list(experts.names)[:_MOST_DRAWN]
    spread = found.firms["range"] * 100
    words = [
        view.say("panorama.experts_words", n=len(experts.names), listed=view.join_parts(_signed_names(view))),
        view.say(
            "panorama.experts_range",
            median=view.numbers.number(float(spread.median())),
            high=view.numbers.number(float(spread.quantile(0.9))),
        ),
    ]
    return view.exhibit(
        "experts",
        level=3,
        subtitle=view.say("panorama.experts_subtitle"),
        axes=figures.dots_by_group(
            table, numbers=view.numbers, label=view.say("label.respondent_share"), groups=drawn, share=True
        ),
        table=_table_view(view, table),
        paragraphs=words,
        published=_published(view, table),
        **view.caption("panorama.experts", fields, n=found.n),
        **view.evidence("advised"),
    )


def _published(view: View, table: pd.DataFrame) -> list[Fact]:
    facts: list[Fact] = []
    for name, part in table.groupby("group", sort=False):
        cells, flags = published.divided_by(view, part, f"expert:{name}")
        known = Cell.of({f"expert:{name}": KNOWN})
        facts += [*published.told(view, cells, known, flags), *published.counted(view, [known])]
    return facts


def _signed_names(view: View) -> list[str]:
    experts = view.advice.experts.experts if view.advice.experts else ()
    return [view.say("panorama.experts_one", name=e.name, author=e.author, date=_day(view, e.date)) for e in experts]


def _day(view: View, written: str) -> str:
    return view.numbers.date(date.fromisoformat(written))


def _shares(view: View, first: pd.DataFrame) -> pd.DataFrame:
    """Return a row an option and expert: its share with the interval; options that nobody has are left out."""
    order = [name for name in view.arrangements.ids if (first == name).to_numpy().any()]
    tables = [
        share_by_category(first[name], view.design, order=order, profile=view.profile).assign(group=name)
        for name in first.columns
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.assign(label=table["category"].map(view.option_label))


def _table_view(view: View, table: pd.DataFrame) -> TableView:
    share = view.numbers.share
    rows = []
    for label, part in table.groupby("label", sort=False):
        cells = ["c" if row.flag == "c" else share(row.estimate) for row in rows_of(part)]
        rows.append([str(label), *cells])
    names = list(dict.fromkeys(table["group"]))
    return TableView([view.say("label.option"), *names], rows, numeric=(False, *[True] * len(names)))
