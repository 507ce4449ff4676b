"""Whom the respondents stand for, and what they left unanswered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import EVERYBODY, KNOWN, Cell, Fact, flag_counts
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import missing_by_item, rows_of

_SHOWN_MISSING = ("dont_know", "refused", "no_answer", "abandoned", "invalid")
_LONGEST_LIST = 12


def representation(view: View) -> Exhibit:
    """Return where respondents differ from the population, before and after weighting, and what the weights cost."""
    if not view.study.has("margins"):
        words = [view.say("quality.no_margins"), *_weights_words(view)]
        return view.exhibit("representation", view.say("quality.no_margins_title"), paragraphs=words)
    margins = _margins(view)
    words = [*_weights_words(view), _unit_words(view)]
    # A total has no share of respondents: it is in the table, not in the figure.
    shown = margins[margins["flag"].ne("c") & margins["category"].ne("")]
    gaps = (shown["sample"] - shown["population"]).abs().sort_values(ascending=False, kind="stable")
    drawn = shown.loc[gaps.index].head(_LONGEST_LIST)
    if drawn.empty:
        title = view.say("quality.margins_hidden_title" if margins["flag"].eq("c").any() else "quality.totals_title")
        facts, table = _margin_facts(view, margins), _margins_table(view, margins)
        return view.exhibit("representation", title, paragraphs=words, table=table, published=facts)
    legend = (view.say("quality.respondents_word"), view.say("quality.population_word"))
    axis, worst = view.say("quality.representation_axis"), drawn.iloc[0]
    shares = {name: view.numbers.share(worst[name]) for name in ("sample", "population")}
    fields = {"label": worst["label"], **shares}
    return view.exhibit(
        "representation",
        subtitle=view.say("quality.representation_subtitle"),
        axes=figures.dumbbell(drawn, numbers=view.numbers, words=legend, label=axis),
        table=_margins_table(view, margins),
        paragraphs=words,
        published=_margin_facts(view, margins),
        **view.caption("quality.representation", fields, n=len(view.weights), weighted=False),
    )


def _unit_words(view: View) -> str:
    """Say what respondents answer for and what the margins count."""
    facts = view.study.info["weighting"]
    unit = view.say(f"unit.{facts['unit'] or 'unsaid'}")
    if not (facts["unit"] and facts["margins_unit"]):
        return view.say("quality.unit_unsaid", unit=unit)
    return view.other_unit or view.say("quality.unit_same", unit=unit)


def _weights_words(view: View) -> list[str]:
    """Return how the weights came about and what they cost."""
    facts, number = view.study.info["weighting"], view.numbers.number
    cost = view.say(
        "quality.weights_cost",
        effect=number(facts["design_effect"], 2),
        effective=number(facts["effective_n"]),
        low=number(float(view.weights.min()), 2),
        high=number(float(view.weights.max()), 2),
    )
    return [*_steps_words(view), cost]


def _steps_words(view: View) -> list[str]:
    """Return how the weights came about, step by step, where some units drawn did not answer or do not count."""
    steps, number = view.study.table("weighting_steps"), view.numbers.number
    said = []
    if steps["n"].nunique() > 1:
        parts = []
        for row in rows_of(steps):
            parts.append(view.say(f"quality.step_{row.step}", n=number(row.n), population=number(row.population)))
        said.append(view.say("quality.steps", steps=view.join_parts(parts)))
    said += _trimming_words(view)
    alone = view.study.info["weighting"]["single_strata"]
    return [*said, view.say("quality.single_strata", n=number(alone))] if alone else said


def _trimming_words(view: View) -> list[str]:
    """Return what cutting high weights cost and gained, where the codebook asks for it."""
    if not view.study.has("trimming"):
        return []
    row, number = view.study.table("trimming").iloc[0], view.numbers.number
    words = {
        "highest": number(float(view.book.weighting.highest or 0), 1),
        "n": number(row["n"]),
        "moved": view.numbers.share(row["moved"]),
        "before": number(row["effect_without"], 2),
        "after": number(row["effect_with"], 2),
    }
    said = [view.say("quality.trimming", **words)]
    if view.main is not None and np.isfinite(row["mean_with"]):
        means = {name: number(row[f"mean_{name}"], 1) for name in ("without", "with")}
        said.append(view.say("quality.trimming_cost", score=view.main.label.of(view.language), **means))
    return said


def _margins(view: View) -> pd.DataFrame:
    """Return the margins with their label, the shares before (sample) and after, and the flag of the count."""
    shares = {"sample_share": "sample", "population_share": "population", "weighted_share_after": "weighted"}
    margins = view.study.table("margins").rename(columns=shares)
    labels = [_margin_label(view, row.variable, row.category) for row in rows_of(margins)]
    flags = margins.groupby("variable")["n"].transform(lambda n: flag_counts(n, view.profile))
    told = [published.is_withheld(view, {r.variable: str(r.category).split("+")}) for r in rows_of(margins)]
    return margins.assign(label=labels, flag=np.where(told, "c", flags))


def _margin_facts(view: View, margins: pd.DataFrame) -> list[Fact]:
    """Return the counts of the categories of the margins; those that were gathered are gathered here too."""
    facts = published.counted(view, [EVERYBODY])
    shown = margins[margins["category"].ne("")]
    cells = [Cell.of({row.variable: row.category.split("+")}) for row in rows_of(shown)]
    return facts + published.counted(view, cells, shown["flag"])


def _margin_label(view: View, variable: str, category: str) -> str:
    if not category:
        return view.say("quality.total_of", item=view.book[variable].wording(view.language))
    labels = view.groups(variable).labels
    return " + ".join(labels.get(part, part) for part in category.split("+"))


def _margins_table(view: View, margins: pd.DataFrame) -> TableView:
    share = view.numbers.share
    rows = []
    for row in rows_of(margins):
        shown = [view.count(row.n), share(row.sample), share(row.weighted)]
        rows.append([row.label, *(["c"] * 3 if row.flag == "c" else shown), share(row.population)])
    header = [view.say(f"quality.margins_{name}") for name in ("category", "n", "sample", "weighted", "population")]
    return TableView(header, rows, numeric=(False, True, True, True, True))


def missing_answers(view: View) -> Exhibit:
    """Return the questions that were answered least, with how many were asked and why no answer can be used."""
    missing = view.study.table("missing")
    asked = [item.name for item in view.book if item.kind in {"choice", "number"} and item.required]
    table = missing_by_item(missing[asked], kinds=_SHOWN_MISSING, profile=view.profile).head(_LONGEST_LIST)
    questions = [view.book[name].wording(view.language) for name in table["item"]]
    axis = view.say("quality.missing_axis")
    drawn = pd.DataFrame({"label": [shorten(question) for question in questions], "estimate": table["total"]})
    fields = {"share": view.numbers.share(float(table["total"].iloc[0])), "question": shorten(questions[0], 90)}
    return view.exhibit(
        "missing",
        subtitle=view.say("quality.missing_subtitle"),
        axes=figures.bars(drawn, numbers=view.numbers, label=axis, share=True),
        table=_missing_table(view, table, questions),
        published=_missing_facts(view, table),
        **view.caption("quality.missing", fields, n=len(missing), weighted=False),
    )


def _missing_facts(view: View, table: pd.DataFrame) -> list[Fact]:
    """Return how many were asked each question, and what the shares tell of those who gave no answer."""
    facts = published.counted(view, [EVERYBODY])
    for row in rows_of(table):
        name = f"missing:{row.item}"
        asked = Cell.of({name: KNOWN})
        cells = [Cell.of({name: kind}) for kind in _SHOWN_MISSING]
        hidden = [not np.isfinite(getattr(row, kind)) for kind in _SHOWN_MISSING]
        facts += [*published.counted(view, [asked]), *published.rounded(view, cells, asked, hidden)]
        if np.isfinite(row.total):
            facts += published.rounded(view, [Cell.of({name: _SHOWN_MISSING})], asked)
    return facts


def _missing_table(view: View, table: pd.DataFrame, questions: list[str]) -> TableView:
    rows = []
    for question, row in zip(questions, rows_of(table), strict=True):
        shares = [getattr(row, kind) for kind in _SHOWN_MISSING]
        written = [view.numbers.share(share) if np.isfinite(share) else "c" for share in shares]
        rows.append([question, view.count(row.asked), *written])
    kinds = [view.say(f"missing.{kind}") for kind in _SHOWN_MISSING]
    header = [view.say("label.question"), view.say("label.asked"), *kinds]
    return TableView(header, rows, numeric=(False, *[True] * (len(header) - 1)))


def shorten(text: str, width: int = 90) -> str:
    """Cut `text` to `width` characters at most, after a word, with an ellipsis where something was cut.

    Examples
    --------
    >>> shorten("Qui pilote le numérique ?", 12)
    'Qui pilote…'
    """
    if len(text) <= width:
        return text
    kept = text[:width].rpartition(" ")[0] or text[: width - 1]
    return f"{kept.rstrip(' ,;:(')}…"
