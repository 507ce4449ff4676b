"""How the objects of the package look in a cell: a title, the few facts that matter, a short table; never all rows."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import pandas as pd

from cdo_analysis import figures
from cdo_analysis.cdo import Advice, Recommendation
from cdo_analysis.codebook import Codebook
from cdo_analysis.exhibits import TableView, View
from cdo_analysis.exhibits.variables import shorten
from cdo_analysis.intake import Firm, Survey
from cdo_analysis.lab.card import import_card
from cdo_analysis.lab.panel import Panel
from cdo_analysis.maturity import MaturityScores
from cdo_analysis.messages import Catalogue, catalogue
from cdo_analysis.pipeline import Analysis
from cdo_analysis.profiles import Profiles
from cdo_analysis.reference import load_arrangements
from cdo_analysis.showing import display_language
from cdo_analysis.study import Study
from cdo_analysis.tables import rows_of
from cdo_analysis.weighting import Calibration, effective_n

_MOST_ROWS = 12
_STATES = ("recommended", "close", "abstained")


def bundle_of(shown: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what a notebook shows of an object: HTML, text of 80 columns, a picture where there is one."""
    return panel_for(shown, catalogue(display_language())).bundle()


@singledispatch
def panel_for(shown: object, say: Catalogue) -> Panel:
    """Return the panel of an object; its short text where there is nothing better to show."""
    return Panel(title=repr(shown), language=say.language)


@panel_for.register
def _(survey: Survey, say: Catalogue) -> Panel:
    return import_card(survey, language=say.language)


@panel_for.register
def _(study: Study, say: Catalogue) -> Panel:
    info, number = study.info, say.numbers.number
    data, book = info.get("data", {}), study.codebook
    facts = [(say("card.codebook"), f"{book.title.of(say.language)} ({book.id} {book.version})")]
    if data:
        fields = {"file": data["file"], "n": number(data["respondents"]), "received": number(data["received"])}
        facts.insert(0, (say("shown.data"), say("shown.data_words", **fields)))
    if study.has("weights"):
        weights = study.column("weights", "weight")
        facts.append((say("shown.weights"), say("shown.weights_yes" if weights.nunique() > 1 else "shown.weights_no")))
    verdict = info.get("profiles", {}).get("verdict", "not_sought")
    groups = len(study.table("profile_shares")) if study.has("profile_shares") else 0
    facts.append((say("shown.typology"), say(f"shown.typology_{verdict}", n=groups)))
    facts.append((say("shown.cdo"), say("shown.cdo_yes" if study.has("recommendation") else "shown.cdo_no")))
    note = str(info.get("options", {}).get("note", ""))
    following = [say("shown.next")] if data else []
    return Panel(say("shown.study", id=study.id), note, facts, paragraphs=following, language=say.language)


@panel_for.register
def _(book: Codebook, say: Catalogue) -> Panel:
    scored = sum(bool(item.dimension) for item in book)
    number = say.numbers.number
    facts = [
        (say("shown.items"), say("shown.items_words", items=number(len(book.items)), scored=number(scored))),
        (say("shown.scores"), ", ".join(score.label.of(say.language) for score in book.scores) or say("card.none")),
        (say("shown.population"), book.population.of(say.language) or say("card.none")),
    ]
    rows = []
    for dimension in book.dimensions:
        items = book.items_of(dimension.id)
        first = shorten(items[0].question.of(say.language), 60) if items else ""
        rows.append([dimension.label.of(say.language), number(len(items)), first])
    rows.append([say("shown.without_dimension"), number(len(book.items) - scored), ""])
    header = [say(f"shown.column_{name}") for name in ("block", "items", "first")]
    title = say("shown.codebook", title=book.title.of(say.language), id=book.id, version=book.version)
    return Panel(title, facts=facts, table=TableView(header, rows, (False, True, False)), language=say.language)


@panel_for.register
def _(scores: MaturityScores, say: Catalogue) -> Panel:
    number, rows = say.numbers.number, []
    for name, values in scores.values.items():
        if name in scores.coverage:
            mean, low = float(values.mean()), float(values.quantile(0.1))
            rows.append([str(name), number(mean, 1), number(low, 1), number(values.notna().sum())])
    header = [say(f"shown.{name}") for name in ("score", "mean", "low", "measured")]
    table = TableView(header, rows, (False, True, True, True))
    facts = [(say("shown.respondents"), number(len(scores.values)))]
    return Panel(say("shown.maturity"), facts=facts, table=table, language=say.language)


@panel_for.register
def _(found: Calibration, say: Catalogue) -> Panel:
    number, share = say.numbers.number, say.numbers.share
    w = found.weights
    facts = [
        (say("shown.effective"), number(effective_n(w.to_numpy()))),
        (say("shown.ratio"), f"{number(w.min(), 2)} – {number(w.max(), 2)}"),
    ]
    rows = [
        [f"{row.variable} {row.category}".strip(), number(row.n), share(row.sample_share), share(row.population_share)]
        for row in rows_of(found.table.head(_MOST_ROWS))
    ]
    header = [say("shown.group"), "n", say("label.respondents"), say("shown.population")]
    table = TableView(header, rows, (False, True, True, True))
    return Panel(say("shown.calibration", n=number(len(w))), facts=facts, table=table, language=say.language)


@panel_for.register
def _(found: Profiles, say: Catalogue) -> Panel:
    number, share = say.numbers.number, say.numbers.share
    rows = [[str(row.profile + 1), number(row.n), share(row.share_weighted)] for row in rows_of(found.shares)]
    table = TableView([say("shown.group"), "n", say("shown.share")], rows, (False, True, True))
    named = found.shares.assign(label=[row[0] for row in rows], estimate=found.shares["share_weighted"])
    image = figures.picture(
        figures.bars(named, numbers=say.numbers, label=say("label.respondent_share"), share=True), dpi=110
    )
    alt = ", ".join(f"{row[0]} : {row[2]}" for row in rows)
    verdict = say(f"shown.typology_{found.verdict}", n=len(found.shares))
    facts = [(say("shown.typology"), verdict)]
    title = say("shown.profiles", k=len(found.shares))
    return Panel(title, facts=facts, image=image, alt=f"{title}. {alt}", table=table, language=say.language)


@panel_for.register
def _(analysis: Analysis, say: Catalogue) -> Panel:
    number = say.numbers.number
    verdict, groups = ("not_sought", 0)
    if analysis.profiles is not None:
        verdict, groups = analysis.profiles.verdict, len(analysis.profiles.shares)
    facts = [
        (say("shown.respondents"), number(len(analysis.survey))),
        (say("shown.effective"), number(effective_n(analysis.weights.to_numpy()))),
        (say("shown.typology"), say(f"shown.typology_{verdict}", n=groups)),
        (say("shown.cdo"), say("shown.cdo_yes" if analysis.cdo else "shown.cdo_no")),
    ]
    table = panel_for(analysis.scores, say).table
    title = say("shown.analysis", file=analysis.survey.file)
    return Panel(title, facts=facts, table=table, language=say.language)


@panel_for.register
def _(found: Recommendation, say: Catalogue) -> Panel:
    counts = found.table["state"].value_counts()
    rows = [[say(f"shown.state_{state}"), say.numbers.number(int(counts.get(state, 0)))] for state in _STATES]
    table = TableView([say("shown.state"), say("shown.companies")], rows, (False, True))
    return Panel(
        say("shown.recommendation", n=say.numbers.number(len(found.table))), table=table, language=say.language
    )


@panel_for.register
def _(advice: Advice, say: Catalogue) -> Panel:
    shares: pd.Series = advice.acceptability.mean().sort_values(ascending=False)
    label = load_arrangements().label
    rows = [[label(str(name), say.language), say.numbers.share(float(share))] for name, share in shares.items()]
    title = say("shown.advice", rules=advice.rules, n=say.numbers.number(len(advice.answers)))
    table = TableView([say("shown.option"), say("shown.first_in")], rows, (False, True))
    return Panel(title, table=table, language=say.language)


@panel_for.register
def _(firm: Firm, say: Catalogue) -> Panel:
    answered, total = int(firm.responses.iloc[0].notna().sum()), len(firm.codebook.items)
    book = firm.codebook
    facts = [
        (say("card.codebook"), f"{book.title.of(say.language)} ({book.id} {book.version})"),
        (say("shown.answered"), say("shown.of", n=answered, total=total)),
    ]
    return Panel(say("shown.firm", name=firm.name or firm.id), facts=facts, language=say.language)


@panel_for.register
def _(view: View, say: Catalogue) -> Panel:
    seen = panel_for(view.study, say)
    title = say("shown.view", id=view.study.id, language=view.language, disclosure=view.profile.id)
    return Panel(title, seen.alert, seen.facts, paragraphs=seen.paragraphs, language=say.language)
