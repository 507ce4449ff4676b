"""Exhibits of the report on the quality of a survey: can it be used, whom does it represent, what was changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import flag_counts
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.intake import FLAGS, count_issues
from cdo_analysis.tables import missing_by_item, rows_of
from cdo_analysis.weighting import weighted_mean

GateState = Literal["ok", "attention", "blocking"]

ENOUGH_RESPONDENTS, FEWEST_RESPONDENTS = 100, 30
MOST_LEFT_OUT, MOST_INVALID, MOST_MISSING, MOST_FLAGGED = 0.10, 0.01, 0.20, 0.15
MOST_DESIGN_EFFECT = 2.0
_SHOWN_MISSING = ("dont_know", "refused", "no_answer", "abandoned", "invalid")
_LONGEST_LIST = 12


@dataclass(frozen=True)
class Gate:
    """One condition for using a survey: its state and what was found."""

    id: str
    state: GateState
    found: str


def gates(view: View) -> list[Gate]:
    """Return the conditions that a survey meets or not, worst first."""
    flow = view.study.table("flow").set_index("step")["n"]
    kept = int(flow["kept"])
    missing = view.study.table("missing")
    asked = missing.ne("not_asked").to_numpy().sum()
    absent = missing.isin(["no_answer", "abandoned"]).to_numpy().sum() / max(asked, 1)
    invalid = missing.eq("invalid").to_numpy().sum() / max(asked, 1)
    flagged = view.study.table("flags").any(axis=1).mean()
    effect = float(view.study.info["weighting"]["design_effect"])
    share, number = view.numbers.share, view.numbers.number
    size: GateState = "ok" if kept >= ENOUGH_RESPONDENTS else "attention" if kept >= FEWEST_RESPONDENTS else "blocking"
    found = [
        Gate("respondents", size, number(kept)),
        Gate("left_out", _limit(1 - kept / flow["received"], MOST_LEFT_OUT), share(1 - kept / flow["received"])),
        Gate("invalid", _limit(invalid, MOST_INVALID), _fine_share(view, invalid)),
        Gate("unanswered", _limit(absent, MOST_MISSING), share(absent)),
        Gate("flagged", _limit(flagged, MOST_FLAGGED), share(flagged)),
        Gate("design_effect", _limit(effect, MOST_DESIGN_EFFECT), number(effect, 2)),
        Gate("margins", "ok" if view.study.has("margins") else "attention", ""),
        *_unit_gate(view),
        Gate("sampling", "ok" if view.book.probability_sample else "attention", ""),
    ]
    return sorted(found, key=lambda gate: ("blocking", "attention", "ok").index(gate.state))


def _unit_gate(view: View) -> list[Gate]:
    """Return whether respondents and margins are of one unit, where both say what they are."""
    facts = view.study.info["weighting"]
    if not (facts["unit"] and facts["margins_unit"]):
        return []
    return [Gate("units", "ok" if facts["unit"] == facts["margins_unit"] else "attention", "")]


def _unit_words(view: View) -> str:
    """Say what respondents answer for and what the margins count."""
    facts = view.study.info["weighting"]
    unit, other = (view.say(f"unit.{facts[name] or 'unsaid'}") for name in ("unit", "margins_unit"))
    if not (facts["unit"] and facts["margins_unit"]):
        return view.say("quality.unit_unsaid", unit=unit)
    if facts["unit"] == facts["margins_unit"]:
        return view.say("quality.unit_same", unit=unit)
    return view.say("quality.unit_other", unit=unit, other=other)


def _limit(value: float, most: float) -> GateState:
    return "ok" if value <= most else "attention"


def _fine_share(view: View, value: float) -> str:
    percent = "\u00a0%" if view.language == "fr" else "%"
    return f"{view.numbers.number(value * 100, 2)}{percent}"


def cover(view: View) -> Exhibit:
    """Return the head of the report: the verdict, who answered, what was done."""
    states = [gate.state for gate in gates(view)]
    verdict = "blocking" if "blocking" in states else "attention" if "attention" in states else "ok"
    attention = states.count("attention")
    one = "_one" if verdict == "attention" and attention == 1 else ""
    title = view.say(f"quality.title_{verdict}{one}", n=attention)
    data = view.study.info["data"]
    paragraphs = [
        view.say(
            "quality.lead",
            kept=view.numbers.number(data["respondents"]),
            received=view.numbers.number(data["received"]),
            items=len(view.book.items),
        ),
        view.say(
            "page.study",
            id=view.study.id,
            file=data["file"],
            codebook=f"{view.book.id} {view.book.version}",
            disclosure=view.profile.id,
        ),
    ]
    return view.exhibit(
        "cover", title, level=1, subtitle=view.book.title.of(view.language), alert=view.warning, paragraphs=paragraphs
    )


def gate_table(view: View) -> Exhibit:
    """Return the conditions for using the survey, in words."""
    rows = []
    for gate in gates(view):
        advice = view.say(f"gate.{gate.id}_action") if gate.state != "ok" else ""
        rows.append(
            [
                view.say(f"gate.{gate.id}"),
                view.say(f"state.{gate.state}"),
                gate.found,
                view.say(f"gate.{gate.id}_rule"),
                advice,
            ]
        )
    header = [view.say(f"quality.gate_{name}") for name in ("condition", "state", "found", "rule", "action")]
    table = TableView(header, rows, numeric=(False, False, True, False, False))
    return view.exhibit("gates", view.say("quality.gates_title"), table=table, notes=view.notes(weighted=False))


def flow(view: View) -> Exhibit:
    """Return how many records were received, left out and kept."""
    steps = view.study.table("flow")
    table = pd.DataFrame(
        {"label": [view.say(f"flow.{s}") for s in steps["step"]], "estimate": steps["n"].astype(float)}
    )
    axes = figures.bars(table, numbers=view.numbers, label=view.say("label.records"))
    kept, received = int(steps["n"].iloc[-1]), int(steps["n"].iloc[0])
    title = view.say("quality.flow_title", kept=view.numbers.number(kept), received=view.numbers.number(received))
    rows = [[label, view.numbers.number(n)] for label, n in zip(table["label"], steps["n"], strict=True)]
    alt = view.say("quality.flow_alt", parts="; ".join(f"{label} {n}" for label, n in rows))
    view_table = TableView([view.say("label.step"), view.say("label.records")], rows, numeric=(False, True))
    return view.exhibit("flow", title, axes=axes, alt=alt, table=view_table, notes=view.notes(n=kept, weighted=False))


def representation(view: View) -> Exhibit:
    """Return where the respondents differ from the population, how weights came about, and what they cost."""
    if not view.study.has("margins"):
        words = [view.say("quality.no_margins"), *_weights_words(view)]
        return view.exhibit("representation", view.say("quality.no_margins_title"), paragraphs=words)
    margins = _labelled_margins(view)
    words = [*_weights_words(view), _unit_words(view)]
    # A total has no share of respondents: it is in the table, not in the figure.
    shown = margins[margins["flag"].ne("c") & margins["category"].ne("")]
    drawn = shown.rename(columns={"sample_share": "sample", "population_share": "population"})
    drawn = drawn.sort_values("gap", ascending=False).head(_LONGEST_LIST)
    table = _margins_table(view, margins)
    if drawn.empty:
        return view.exhibit("representation", view.say("quality.totals_title"), table=table, paragraphs=words)
    sides = (view.say("quality.respondents_word"), view.say("quality.population_word"))
    axes = figures.dumbbell(drawn, numbers=view.numbers, words=sides, label=view.say("quality.representation_axis"))
    worst = drawn.iloc[0]
    fields = {
        "label": worst["label"],
        "sample": view.numbers.share(worst["sample"]),
        "population": view.numbers.share(worst["population"]),
    }
    reading = view.say("quality.representation_reading", **fields)
    return view.exhibit(
        "representation",
        view.say("quality.representation_title", **fields),
        subtitle=view.say("quality.representation_subtitle"),
        axes=axes,
        alt=view.say("quality.representation_alt", **fields),
        table=table,
        paragraphs=words,
        notes=view.notes(reading=reading, n=len(view.weights), weighted=False),
    )


def _labelled_margins(view: View) -> pd.DataFrame:
    margins = view.study.table("margins")
    margins["label"] = [
        _margin_label(view, *pair) for pair in margins[["variable", "category"]].itertuples(index=False)
    ]
    margins["gap"] = (margins["sample_share"] - margins["population_share"]).abs()
    margins["flag"] = margins.groupby("variable")["n"].transform(lambda n: flag_counts(n, view.profile))
    return margins


def _weights_words(view: View) -> list[str]:
    """Return how the weights came about and what they cost."""
    facts = view.study.info["weighting"]
    cost = view.say(
        "quality.weights_cost",
        effect=view.numbers.number(facts["design_effect"], 2),
        effective=view.numbers.number(facts["effective_n"]),
        low=view.numbers.number(float(view.weights.min()), 2),
        high=view.numbers.number(float(view.weights.max()), 2),
    )
    return [*_steps_words(view), cost]


def _steps_words(view: View) -> list[str]:
    """Return how the weights came about, step by step, where some units drawn did not answer or do not count."""
    steps = view.study.table("weighting_steps")
    number = view.numbers.number
    said = []
    if steps["n"].nunique() > 1:
        parts = [
            view.say(f"quality.step_{row.step}", n=number(row.n), population=number(row.population))
            for row in rows_of(steps)
        ]
        said.append(view.say("quality.steps", steps="; ".join(parts)))
    alone = view.study.info["weighting"]["single_strata"]
    return [*said, view.say("quality.single_strata", n=number(alone))] if alone else said


def _margin_label(view: View, variable: str, category: str) -> str:
    if not category:
        return view.say("quality.total_of", item=view.book[variable].wording(view.language))
    _, _, labels = view.groups(variable)
    return " + ".join(labels.get(part, part) for part in category.split("+"))


def _margins_table(view: View, margins: pd.DataFrame) -> TableView:
    share = view.numbers.share
    rows = [
        [
            row.label,
            *(
                ["c", "c", "c"]
                if row.flag == "c"
                else [view.numbers.number(row.n), share(row.sample_share), share(row.weighted_share_after)]
            ),
            share(row.population_share),
        ]
        for row in rows_of(margins)
    ]
    header = [view.say(f"quality.margins_{name}") for name in ("category", "n", "sample", "weighted", "population")]
    return TableView(header, rows, numeric=(False, True, True, True, True))


def missing_answers(view: View) -> Exhibit:
    """Return the questions that were answered least, and why."""
    missing = view.study.table("missing")
    asked = [item.name for item in view.book if item.kind in {"choice", "number"} and item.required]
    table = missing_by_item(missing[asked], kinds=_SHOWN_MISSING, profile=view.profile).head(_LONGEST_LIST)
    drawn = pd.DataFrame(
        {"label": [view.book[name].wording(view.language) for name in table["item"]], "estimate": table["total"]}
    )
    short = drawn.assign(label=[_shorten(label) for label in drawn["label"]])
    axes = figures.bars(short, numbers=view.numbers, label=view.say("quality.missing_axis"), share=True)
    first = table.iloc[0]
    fields = {"share": view.numbers.share(first["total"]), "question": _shorten(drawn["label"].iloc[0], 90)}
    rows = [
        [label, view.numbers.number(row.asked), *(self_share(view, getattr(row, kind)) for kind in _SHOWN_MISSING)]
        for label, row in zip(drawn["label"], rows_of(table), strict=True)
    ]
    header = [
        view.say("label.question"),
        view.say("label.asked"),
        *(view.say(f"missing.{kind}") for kind in _SHOWN_MISSING),
    ]
    return view.exhibit(
        "missing", view.say("quality.missing_title"), subtitle=view.say("quality.missing_subtitle"), axes=axes,
        alt=view.say("quality.missing_alt", **fields), table=TableView(header, rows, numeric=(False, *[True] * 6)),
        notes=view.notes(reading=view.say("quality.missing_reading", **fields), n=len(missing), weighted=False),
    )  # fmt: skip


def self_share(view: View, value: float) -> str:
    """Write a share, ``c`` where it is hidden."""
    return view.numbers.share(value) if np.isfinite(value) else "c"


def _shorten(text: str, width: int = 70) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def care(view: View) -> Exhibit:
    """Return who was flagged, and what the main score is with and without them."""
    flags = view.study.table("flags")
    counts = pd.Series({name: int(flags[name].sum()) for name in FLAGS})
    hidden = counts.gt(0) & counts.lt(view.profile.count)
    rows = [
        [
            view.say(f"flag.{name}"),
            "c" if hidden[name] else view.numbers.number(counts[name]),
            view.say(f"flag.{name}_rule"),
        ]
        for name in FLAGS
    ]
    header = [view.say("quality.flag"), view.say("label.respondents"), view.say("quality.rule")]
    paragraphs = [view.say("quality.care_kept"), *_with_and_without(view, flags.any(axis=1))]
    return view.exhibit(
        "care", view.say("quality.care_title", share=view.numbers.share(flags.any(axis=1).mean(), n=len(flags))),
        paragraphs=paragraphs, table=TableView(header, rows, numeric=(False, True, False)), notes=view.notes(n=len(flags), weighted=False),
    )  # fmt: skip


def _with_and_without(view: View, flagged: pd.Series) -> list[str]:
    if view.main is None or flagged.sum() < view.profile.count or (~flagged).sum() < view.profile.mean:
        return []
    score = view.scores[view.main.id]
    both, careful = (weighted_mean(s, view.design) for s in (score, score[~flagged]))
    decimals = 0 if view.main.method == "points" else 2
    return [
        view.say("quality.with_and_without", score=view.main.label.of(view.language), all=view.numbers.number(both.estimate, decimals),
                 low=view.numbers.number(both.low, decimals), high=view.numbers.number(both.high, decimals), careful=view.numbers.number(careful.estimate, decimals))
    ]  # fmt: skip


def changes(view: View) -> Exhibit:
    """Return how written answers were read: which rule, how many cells, with examples that name nobody."""
    recodings = view.study.table("recodings")
    personal = {item.name for item in view.book if item.personal or item.kind in {"identifier", "text"}}
    counts = recodings.groupby("rule")["n"].sum().sort_values(ascending=False)
    rows = []
    for rule, n in counts.items():
        rows.append(
            [
                view.say(f"rule.{rule}"),
                view.numbers.number(n),
                _examples(view, recodings[recodings["rule"].eq(rule) & ~recodings["item"].isin(personal)]),
            ]
        )
    header = [view.say("quality.rule"), view.say("label.cells"), view.say("quality.examples")]
    title = view.say("quality.changes_title", n=view.numbers.number(float(counts.sum())))
    table = TableView(header, rows, numeric=(False, True, False)) if rows else None
    return view.exhibit(
        "changes", title, paragraphs=[view.say("quality.changes_lead")], table=table, notes=view.notes(weighted=False)
    )


def _examples(view: View, recodings: pd.DataFrame) -> str:
    """Quote two readings that enough companies share: what one company wrote is its own."""
    common = recodings.groupby(["before", "after"], sort=False)["n"].sum().reset_index()
    common = common[common["n"] >= view.profile.count].nlargest(2, "n")
    return "; ".join(f"« {_shorten(e.before, 24)} » → {e.after or view.say('label.missing')}" for e in rows_of(common))


def issue_table(view: View) -> Exhibit:
    """Return how many problems of each kind the export had."""
    counts = count_issues(view.study.table("issues"))
    rows = [
        [
            view.say(f"issue.{row.rule}"),
            view.say(f"severity.{row.severity}"),
            view.numbers.number(row.n),
            view.say(f"issue_action.{row.rule}"),
        ]
        for row in rows_of(counts)
    ]
    header = [view.say("quality.problem"), view.say("quality.severity"), "n", view.say("quality.done")]
    title = view.say("quality.issues_title", n=view.numbers.number(float(counts["n"].sum())))
    table = TableView(header, rows, numeric=(False, False, True, False)) if rows else None
    return view.exhibit("issues", title, paragraphs=[view.say("quality.issues_lead")], table=table)


def scales(view: View) -> Exhibit:
    """Return whether the items of a dimension go together, and how dimensions are related."""
    table = view.study.table("reliability")
    if table.empty:
        return view.exhibit("scales", view.say("quality.no_scales_title"), paragraphs=[view.say("quality.no_scales")])
    number = view.numbers.number
    rows = [
        [view.dimension_label(name), number(row["items"]), number(row["n"]), number(row["alpha"], 2), f"{number(row['alpha_low'], 2)} – {number(row['alpha_high'], 2)}",
         number(row["lowest_item_rest"], 2), view.numbers.share(row["floor_share"]), view.numbers.share(row["ceiling_share"])]
        for name, row in table.iterrows()
    ]  # fmt: skip
    header = [
        view.say(f"quality.scale_{name}")
        for name in ("dimension", "items", "n", "alpha", "interval", "item_rest", "floor", "ceiling")
    ]
    correlations = view.study.table("correlations")
    labels = [view.dimension_label(name) for name in correlations.columns]
    axes = figures.correlation_table(correlations.set_axis(labels).set_axis(labels, axis=1), numbers=view.numbers)
    lower = correlations.where(np.tril(np.ones(correlations.shape, dtype=bool), -1)).stack().dropna()
    fields = {"low": number(lower.min(), 2), "high": number(lower.max(), 2)}
    return view.exhibit(
        "scales", view.say("quality.scales_title"), subtitle=view.say("quality.scales_subtitle"), axes=axes,
        alt=view.say("quality.scales_alt", **fields), table=TableView(header, rows, numeric=(False, *[True] * 7)),
        paragraphs=[view.say("quality.scales_lead"), view.say("quality.scales_correlations", **fields)], notes=view.notes(n=len(view.scores)),
    )  # fmt: skip


def methods(view: View) -> Exhibit:
    """Return how the survey was made and read: what a reviewer asks first."""
    data, options = view.study.info["data"], view.study.info["options"]
    command = f"cdo-analysis fit {data['file']} --codebook {view.book.id} --seed {options['seed']}" + (
        " --margins …" if view.study.has("margins") else ""
    )
    command += " --other-unit" if any(gate.state != "ok" for gate in _unit_gate(view)) else ""
    bullets = [
        view.say(
            "methods.instrument",
            codebook=f"{view.book.id} {view.book.version}",
            origin=view.book.origin.of(view.language),
        ),
        view.say(
            "methods.population", population=view.book.population.of(view.language) or view.say("notes.respondents")
        ),
        view.say("methods.recruitment"),
        _weighting_words(view),
        view.say("methods.precision"),
        view.say("methods.missing"),
        view.say("methods.disclosure", profile=view.profile.id, count=view.profile.count, mean=view.profile.mean),
        view.say("methods.personal"),
        view.say(
            "methods.versions",
            version=view.study.info["versions"]["cdo-analysis"],
            id=view.study.id,
            sha=data["sha256"][:12],
        ),
        view.say("methods.command", command=command),
    ]
    return view.exhibit("methods", view.say("methods.title"), bullets=bullets)


def _weighting_words(view: View) -> str:
    if not view.study.has("margins"):
        return view.say("methods.no_weighting")
    facts = view.study.info["weighting"]
    source = facts["margins_source"] or view.numbers.absent
    return view.say("methods.weighting", method=view.say(f"methods.method_{facts['method']}"), source=source)
