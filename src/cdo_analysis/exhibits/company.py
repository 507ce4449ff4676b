"""Exhibits of the report for one company: three kinds of evidence side by side, reasons, what would change the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.cdo import answer_text, obstacle_sentences, peer_shares, what_would_change
from cdo_analysis.cdo import reasons as reasons_of
from cdo_analysis.disclosure import flag_counts
from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.exhibits.exhibit import Card, Exhibit, TableView, evidence_words
from cdo_analysis.exhibits.panorama import gate_sentence
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.reference import break_even_table, yearly_cost
from cdo_analysis.tables import peer_band, rows_of

NEAREST = 30
_MOST_CHANGES = 3


def _row(view: View, company: str) -> Mapping[str, Any]:
    """Return what is recommended to a company."""
    table = view.study.table("recommendation")
    if company not in table.index:
        raise UsageError(f"the study has no company '{company}'{did_you_mean(company, table.index)}")
    return dict(table.loc[company])


def options_in_set(view: View, company: str) -> list[str]:
    """Return the arrangements that the recommendation names: one, two, or none."""
    row = _row(view, company)
    return (
        [name for name in (row["first"], row["second"])[: int(row["n_options"])] if name]
        if row["state"] != "abstained"
        else []
    )


def name_of(view: View, company: str) -> str:
    """Return how a company is called in its own report: its name where it gave one, else its identifier."""
    role = view.book.roles.company_name
    name = view.responses.at[company, role] if role and company in view.responses.index else None
    return str(name) if isinstance(name, str) and name.strip() else company


def cover(view: View, company: str) -> Exhibit:
    """Return the head of the report: the answer in one sentence, how sure, and what the two other kinds of evidence say."""
    data = view.study.info["data"]
    source = view.say(
        "page.study",
        id=view.study.id,
        file=data["file"],
        codebook=f"{view.book.id} {view.book.version}",
        disclosure=view.profile.id,
    )
    subtitle = view.say("company.for", name=name_of(view, company))
    if not view.has_cdo:
        return view.exhibit(
            "cover",
            view.say("company.title_no_cdo"),
            level=1,
            subtitle=subtitle,
            alert=view.warning,
            paragraphs=[view.say("company.no_cdo"), source],
        )
    row = _row(view, company)
    paragraphs = [
        *_answer(view, row),
        *_agreement(view, row),
        view.say("company.based_on", answered=view.numbers.share(row["coverage"])),
        source,
    ]
    return view.exhibit(
        "cover", _title(view, row), level=1, subtitle=subtitle, alert=view.warning, paragraphs=paragraphs
    )


def _title(view: View, row: Mapping[str, Any]) -> str:
    if row["state"] == "abstained":
        return view.say("company.title_abstained")
    labels = {
        "first": view.option_label(row["first"]),
        "second": view.option_label(row["second"]) if row["second"] else "",
    }
    return view.say(f"company.title_{row['state']}", **labels)


def _answer(view: View, row: Mapping[str, Any]) -> list[str]:
    """Say the answer with its grade, the deciding question, the sequence and its hand-over."""
    if row["state"] == "abstained":
        return [
            view.say(
                f"company.abstained_{row['reason']}",
                coverage=view.numbers.share(row["coverage"]),
                n=int(row["n_options"]),
            )
        ]
    share = {"first": view.option_label(row["first"]), "share": view.numbers.share(row["first_share"])}
    words = [view.say(f"company.answer_{row['state']}", **share), view.say(f"company.grade_{row['grade']}")]
    if row["deciding"]:
        words.append(view.say("company.deciding", question=view.rules[row["deciding"]].label.of(view.language)))
    for sequence in view.rules.sequences:
        if sequence.id == row["sequence"]:
            words += [sequence.text.of(view.language), sequence.handover.of(view.language)]
    return words


def _agreement(view: View, row: Mapping[str, Any]) -> list[str]:
    if row["state"] == "abstained":
        return []
    return [
        view.say(f"company.observed_{row['observed_agreement']}"),
        view.say(f"company.estimated_{row['estimated_agreement']}"),
    ]


def observed(view: View, company: str) -> Exhibit | None:
    """Return what comparable companies have: the model's shares, and the nearest companies with their number."""
    if not view.has_cdo or view.observed.status == "empty":
        return None
    shares = view.observed.probabilities.loc[company]
    table = pd.DataFrame({"category": shares.index, "estimate": shares.to_numpy(), "low": np.nan, "high": np.nan})
    table["label"] = [view.option_label(name) for name in table["category"]]
    table = table.sort_values("estimate", ascending=False, ignore_index=True)
    axes = figures.evidence_dots(
        table,
        numbers=view.numbers,
        label=view.say("company.observed_axis"),
        share=True,
        highlight=table["label"].head(1).tolist(),
    )
    fields = {"first": table["label"].iloc[0], "share": view.numbers.share(table["estimate"].iloc[0])}
    rows = [[row.label, view.numbers.share(row.estimate)] for row in rows_of(table)]
    quality = view.observed.quality
    return view.exhibit(
        "observed", view.say("company.observed_title", **fields), subtitle=view.say("evidence.observed_long"), axes=axes,
        alt=view.say("company.observed_alt", **fields), table=TableView([view.say("label.option"), view.say("label.share")], rows, numeric=(False, True)),
        paragraphs=[_peers_words(view, company), *_quality_words(view)],
        notes=view.notes(reading=view.say("company.observed_reading", **fields), n=quality.n if quality else None),
        **evidence_words("observed", view.say),
    )  # fmt: skip


def _peers_words(view: View, company: str) -> str:
    peers = peer_shares(view.study.table("comparable"), view.study.column("arrangements", "today"), company, k=NEAREST)
    flags = flag_counts(peers.table["n"], view.profile)
    shown = peers.table[flags.to_numpy() != "c"]
    said = [
        view.say("company.peer_part", n=int(row.n), label=view.option_label(row.arrangement))
        for row in rows_of(shown.reset_index())
    ]
    key = "company.peers" if said else "company.peers_hidden"
    return view.say(key, n=peers.n, listed=view.list_words(said))


def _quality_words(view: View) -> list[str]:
    quality = view.observed.quality
    if quality is None:
        return []
    fields = {"accuracy": view.numbers.share(quality.accuracy), "base": view.numbers.share(quality.base_accuracy)}
    return [
        view.say("company.observed_informative" if view.observed.informative else "company.observed_weak", **fields)
    ]


def advised(view: View, company: str) -> Exhibit | None:
    """Return what the rules advise: in which share of the weights each feasible option ranks first."""
    if not view.has_cdo:
        return None
    shares = view.advice.acceptability.loc[company]
    feasible = view.advice.feasible.loc[company]
    table = pd.DataFrame(
        {
            "category": shares.index,
            "estimate": shares.to_numpy(),
            "low": np.nan,
            "high": np.nan,
            "feasible": feasible.to_numpy(),
        }
    )
    table["label"] = [view.option_label(name) for name in table["category"]]
    table = table.sort_values("estimate", ascending=False, ignore_index=True, kind="stable")
    named = [view.option_label(name) for name in options_in_set(view, company)]
    axes = (
        figures.evidence_dots(
            table[table["feasible"]],
            numbers=view.numbers,
            label=view.say("company.advised_axis"),
            share=True,
            highlight=named,
        )
        if feasible.any()
        else None
    )
    fields = {"first": table["label"].iloc[0], "share": view.numbers.share(table["estimate"].iloc[0])}
    rows = [
        [row.label, view.numbers.share(row.estimate) if row.feasible else "-", _obstacles(view, company, row.category)]
        for row in rows_of(table)
    ]
    header = [view.say("label.option"), view.say("company.advised_share"), view.say("company.obstacle")]
    return view.exhibit(
        "advised", view.say("company.advised_title", **fields) if feasible.any() else view.say("company.advised_title_none"),
        subtitle=view.say("evidence.advised_long"), axes=axes, alt=view.say("company.advised_alt", **fields),
        table=TableView(header, rows, numeric=(False, True, False)), paragraphs=[view.rules.notice.of(view.language), *_ruled_out(view, company, table)],
        notes=[(view.say("notes.reading"), view.say("company.advised_reading", draws=view.numbers.number(view.advice.draws), **fields)),
               (view.say("notes.source"), view.say("company.advised_source", id=view.rules.id, date=view.rules.date, version=view.rules.version))],
        **evidence_words("advised", view.say),
    )  # fmt: skip


def _obstacles(view: View, company: str, arrangement: str) -> str:
    return " ".join(obstacle_sentences(view.advice, view.rules, company, arrangement, language=view.language))


def _ruled_out(view: View, company: str, table: pd.DataFrame) -> list[str]:
    out = [row.label for row in rows_of(table) if not row.feasible]
    return [view.say("company.ruled_out", listed=view.list_words(out))] if out else []


def estimated(view: View, company: str) -> Exhibit | None:
    """Return what the declared outcome suggests for this company, or the gate that forbids to say."""
    if not view.has_cdo:
        return None
    words = evidence_words("estimated", view.say)
    subtitle = view.say("evidence.estimated_long")
    if view.estimates.gate is not None:
        return view.exhibit(
            "estimated",
            view.say("company.not_estimable_title"),
            subtitle=subtitle,
            paragraphs=[gate_sentence(view), view.say("company.not_estimable_words")],
            **words,
        )
    if company not in view.estimates.predicted.index:
        return view.exhibit(
            "estimated",
            view.say("company.not_predicted_title"),
            subtitle=subtitle,
            paragraphs=[view.say("company.not_predicted")],
            **words,
        )
    table = _predicted(view, company)
    axes = figures.evidence_dots(
        table,
        numbers=view.numbers,
        label=view.say("panorama.estimates_axis"),
        share=False,
        highlight=table["label"].head(1).tolist(),
    )
    fields = {
        "first": table["label"].iloc[0],
        "mean": view.numbers.number(table["estimate"].iloc[0], 1),
        "interval": view.numbers.interval(table["low"].iloc[0], table["high"].iloc[0], decimals=1),
    }
    overlap = bool(table["low"].iloc[0] <= table["estimate"].iloc[1:].max()) if len(table) > 1 else True
    return view.exhibit(
        "estimated", view.say("company.estimated_title_overlap" if overlap else "company.estimated_title", **fields), subtitle=subtitle, axes=axes,
        alt=view.say("company.estimated_alt", **fields), table=view.estimate_table(table, view.say("label.option"), decimals=1),
        paragraphs=[view.say("panorama.estimates_assumptions")], bullets=[view.say(f"assumption.{name}") for name in view.estimates.assumptions],
        notes=view.notes(reading=view.say("company.estimated_reading", **fields), n=len(view.estimates.predicted)), **words,
    )  # fmt: skip


def _predicted(view: View, company: str) -> pd.DataFrame:
    mean, se = view.estimates.predicted.loc[company], view.estimates.predicted_se.loc[company]
    n = view.estimates.means["n"].reindex(mean.index)
    table = pd.DataFrame({"estimate": mean, "low": mean - 1.96 * se, "high": mean + 1.96 * se, "n": n, "flag": ""})
    table["label"] = [view.option_label(str(arm)) for arm in table.index]
    return table.sort_values("estimate", ascending=False, ignore_index=True)


def reasons(view: View, company: str) -> Exhibit | None:
    """Return three reasons for and two against each option that is named, from the company's own answers."""
    if not view.has_cdo:
        return None
    named = options_in_set(view, company) or [name for name in [_row(view, company)["first"]] if name]
    cards = [_reason_card(view, company, name) for name in named]
    title = view.say("company.reasons_title" if options_in_set(view, company) else "company.reasons_title_abstained")
    return view.exhibit(
        "reasons",
        title,
        cards=cards,
        paragraphs=[view.say("company.reasons_words")],
        **evidence_words("advised", view.say),
    )


def _reason_card(view: View, company: str, name: str) -> Card:
    found = reasons_of(view.advice, view.rules, company, name, language=view.language)
    lines = [
        *(view.say("company.pro", reason=text) for text in found.pro),
        *(view.say("company.con", reason=text) for text in found.con),
    ]
    option = view.arrangements[name]
    cautions = [view.say("company.caution", text=text.of(view.language)) for text in option.cautions]
    share = view.say("company.first_in", share=view.numbers.share(view.advice.acceptability.at[company, name]))
    return Card(view.option_label(name), share, [option.description.of(view.language), *lines, *cautions])


def changes(view: View, company: str) -> Exhibit | None:
    """Return the smallest changes within reach after which another option leads."""
    if not view.has_cdo:
        return None
    found = what_would_change(view.advice, view.rules, view.arrangements, company)[:_MOST_CHANGES]
    bullets = [
        view.say("company.change", question=view.rules[c.criterion].label.of(view.language), before=answer_text(view.rules[c.criterion], c.before, view.language),
                 after=answer_text(view.rules[c.criterion], c.after, view.language), option=view.option_label(c.arrangement))
        for c in found
    ]  # fmt: skip
    paragraphs = [] if bullets else [view.say("company.no_change")]
    return view.exhibit(
        "changes",
        view.say("company.changes_title"),
        bullets=bullets,
        paragraphs=paragraphs,
        **evidence_words("advised", view.say),
    )


def costs(view: View, company: str) -> Exhibit | None:
    """Return what each named option costs a year, as a range, and the break-even days of a post."""
    if not view.has_cdo:
        return None
    named = options_in_set(view, company) or list(view.arrangements.ids)
    rows = []
    for name in named:
        cost = yearly_cost(view.arrangements[name], view.costs)
        amount = view.say(
            "company.cost_range", low=view.numbers.money(cost.low_keur), high=view.numbers.money(cost.high_keur)
        )
        nothing = view.say("company.cost_nothing")
        rows.append(
            [
                view.option_label(name),
                nothing if cost.high_keur == 0 else amount,
                view.say("label.yes" if cost.already_paid else "label.no"),
            ]
        )
    table = TableView([view.say("label.option"), view.say("company.cost_year"), view.say("company.cost_paid")], rows)
    return view.exhibit(
        "costs",
        view.say("company.costs_title"),
        table=table,
        paragraphs=[view.say("company.costs_words"), _break_even(view)],
        notes=[(view.say("notes.source"), view.say("company.costs_source"))],
    )


def _break_even(view: View) -> str:
    table = break_even_table(view.costs)
    middle = table.columns[len(table.columns) // 2]
    said = [
        view.say(
            "company.break_even_part", salary=view.numbers.money(float(salary)), days=view.numbers.number(float(days))
        )
        for salary, days in table[middle].items()
    ]
    return view.say("company.break_even", rate=view.numbers.number(float(middle)), listed=view.list_words(said))


def dimensions(view: View, company: str) -> Exhibit | None:
    """Return the company on each dimension beside its peers, itself left out."""
    if not view.dimensions:
        return None
    own = view.scores.loc[company, view.dimensions]
    level, peers = _peers(view, company)
    low, high = view.score_range(view.main) if view.main else (0.0, 100.0)
    decimals = 0 if high - low > 10 else 1
    bands = [
        peer_band(view.scores.loc[peers, name], view.weights[peers], profile=view.profile, decimals=decimals)
        for name in view.dimensions
    ]
    table = pd.DataFrame(bands).assign(
        label=[view.dimension_label(name) for name in view.dimensions], company=own.to_numpy(dtype=float)
    )
    words = (view.say("company.own_score"), view.say("company.peer_mean"), view.say("company.peer_half"))
    axes = figures.company_and_peers(
        table,
        numbers=view.numbers,
        words=words,
        label=view.say("label.range", low=view.numbers.number(low), high=view.numbers.number(high)),
        scale=(low, high),
    )
    number = lambda v: view.numbers.number(v, decimals) if np.isfinite(v) else "c"  # noqa: E731
    rows = [
        [
            r.label,
            view.numbers.number(r.company, decimals),
            number(r.mean),
            f"{number(r.low)} – {number(r.high)}",
            view.numbers.number(r.n),
        ]
        for r in rows_of(table)
    ]
    header = [
        view.say("label.dimension"),
        view.say("company.own_score"),
        view.say("company.peer_mean"),
        view.say("company.peer_half"),
        "n",
    ]
    fields = {"level": level, "n": len(peers)}
    gap = (table["company"] - table["mean"]).dropna()
    title = (
        view.say(
            "company.dimensions_title", best=table.loc[gap.idxmax(), "label"], worst=table.loc[gap.idxmin(), "label"]
        )
        if len(gap)
        else view.say("company.dimensions_title_plain")
    )
    return view.exhibit(
        "dimensions", title, subtitle=view.say("company.dimensions_subtitle", **fields), axes=axes, alt=view.say("company.dimensions_alt", **fields),
        table=TableView(header, rows, numeric=(False, True, True, True, True)), paragraphs=[view.say("company.dimensions_words", origin=view.book.origin.of(view.language))],
        notes=view.notes(reading=view.say("company.dimensions_reading"), n=len(peers)),
    )  # fmt: skip


def _peers(view: View, company: str) -> tuple[str, pd.Index]:
    """Return the peers of a company, itself left out, in the narrowest group that is large enough."""
    everyone = view.responses.index[view.responses.index != company]
    sector = view.book.roles.sector
    for names in (["size_category", sector], [sector], ["size_category"]):
        used = [name for name in names if name]
        own = view.responses.loc[company, used]
        if len(used) < len(names) or own.isna().any():
            continue
        peers = everyone[(view.responses.loc[everyone, used] == own).all(axis=1)]
        if len(peers) >= view.profile.quartiles:
            return view.say(
                "company.peer_level", listed=view.list_words([_own_group(view, name, str(own[name])) for name in used])
            ), peers
    return view.say("company.peer_all"), everyone


def _own_group(view: View, variable: str, code: str) -> str:
    return view.groups(variable)[2][code]


def limits(view: View, company: str) -> Exhibit:
    """Return what the report cannot say."""
    keys = (
        ["declared", "one_respondent", "rules", "taxonomy", "observed", "estimated", "not_advice"]
        if view.has_cdo
        else ["declared", "one_respondent"]
    )
    bullets = [view.say(f"limits.{key}") for key in keys]
    if view.has_cdo and _row(view, company)["coverage"] < 1:
        unanswered = [
            view.rules[c].label.of(view.language) for c in view.rules.ids if pd.isna(view.advice.answers.at[company, c])
        ]
        bullets.append(view.say("limits.unanswered", n=len(unanswered), listed=view.list_words(unanswered)))
    return view.exhibit("limits", view.say("limits.title"), bullets=bullets)


def answers(view: View, company: str) -> Exhibit | None:
    """Return the answers of the company that the rules used, and where each rule comes from."""
    if not view.has_cdo:
        return None
    families = {family.id: family.label.of(view.language) for family in view.rules.families}
    rows = [
        [
            criterion.label.of(view.language),
            families[criterion.family],
            answer_text(criterion, view.advice.answers.at[company, criterion.id], view.language),
        ]
        for criterion in view.rules.criteria
    ]
    header = [view.say("label.question"), view.say("company.family"), view.say("company.your_answer")]
    return view.exhibit(
        "answers",
        view.say("company.answers_title"),
        table=TableView(header, rows),
        paragraphs=[view.say("company.answers_words")],
    )
