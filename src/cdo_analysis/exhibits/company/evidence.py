"""The three kinds of evidence on one company, each in its own figure: observed, advised, estimated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.cdo import SURVEY_ERROR, obstacle_sentences, peer_shares
from cdo_analysis.disclosure import flag_counts
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.company.choice import first_shares, options_in_set, recommendation_to
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.outcome import assumptions, gate_sentence, merging_words, too_few_words
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import ranked, rows_of

NEAREST = 30
"""How many of the nearest respondents are counted beside the model's shares."""

_NORMAL_95 = 1.96


def observed(view: View, company: str) -> Exhibit | None:
    """Return what comparable companies have: the model's shares, and the nearest companies with their number.

    None where it was not asked, or nobody answered.
    """
    if not view.has_cdo or view.observed.status == "empty":
        return None
    table = _option_shares(view, pd.Series(view.observed.probabilities.loc[company]))
    axis, best = view.say("company.observed_axis"), table["label"].head(1).tolist()
    rows = [[row.label, view.numbers.share(row.estimate)] for row in rows_of(table)]
    header = [view.say("label.option"), view.say("label.share")]
    quality, variant = view.observed.quality, "" if view.observed.informative else "weak"
    return view.exhibit(
        "observed",
        subtitle=view.say("evidence.observed_long"),
        axes=figures.evidence_dots(
            table, numbers=view.numbers, label=axis, share=True, highlight=best, names=_names(view)
        ),
        table=TableView(header, rows, numeric=(False, True)),
        paragraphs=[peers_words(view, company), *_quality_words(view), *merging_words(view, view.observed.merging)],
        published=published.plain(f"modelled@{view.study.id}", quality.n) if quality else (),
        **view.caption("company.observed", _leader(view, table), n=quality.n if quality else None, variant=variant),
        **view.evidence("observed"),
    )


def _names(view: View) -> list[str]:
    """Return how every option is called: its figures then have the same room for names."""
    parents = [parent.id for parent in view.arrangements.parents]
    return [view.option_label(name) for name in (*view.arrangements.ids, *parents)]


def _scale(view: View) -> tuple[float, float] | None:
    """Return the ends of the scale of the outcome; None where the questionnaire sets none."""
    low, high = view.book[view.book.cdo.outcome].bounds if view.book.cdo else (-np.inf, np.inf)
    return (low, high) if np.isfinite([low, high]).all() else None


def _option_shares(view: View, shares: pd.Series) -> pd.DataFrame:
    """Return the share of each option (no interval), the highest first."""
    table = pd.DataFrame({"category": shares.index, "estimate": shares.to_numpy(), "low": np.nan, "high": np.nan})
    return ranked(table, view.option_label)


def _leader(view: View, table: pd.DataFrame) -> dict[str, object]:
    return {"first": table["label"].iloc[0], "share": view.numbers.share(float(table["estimate"].iloc[0]))}


def peers_words(view: View, company: str) -> str:
    """Say what the nearest respondents have; options too rare among them are left out."""
    peers = peer_shares(view.study.table("comparable"), view.study.column("arrangements", "today"), company, k=NEAREST)
    shown = peers.table[flag_counts(peers.table["n"], view.profile).to_numpy() != "c"].reset_index()
    said = []
    for row in rows_of(shown):
        said.append(view.say("company.peer_part", n=view.count(row.n), label=view.option_label(row.arrangement)))
    return view.say("company.peers" if said else "company.peers_hidden", n=peers.n, listed=view.list_words(said))


def _quality_words(view: View) -> list[str]:
    quality = view.observed.quality
    if quality is None:
        return []
    fields = {"accuracy": view.numbers.share(quality.accuracy), "base": view.numbers.share(quality.base_accuracy)}
    key = "company.observed_informative" if view.observed.informative else "company.observed_weak"
    return [view.say(key, **fields)]


def advised(view: View, company: str) -> Exhibit | None:
    """Return what the rules advise: in which share of the weights each feasible option ranks first, and obstacles.

    No figure where too little was answered. None where it was not asked.
    """
    if not view.has_cdo:
        return None
    if recommendation_to(view, company)["reason"] == "low_coverage":
        title, words = view.say("company.advised_title_few"), [view.rules.notice.of(view.language)]
        subtitle = view.say("evidence.advised_long")
        return view.exhibit("advised", title, subtitle=subtitle, paragraphs=words, **view.evidence("advised"))
    table = _option_shares(view, first_shares(view, company))
    within = table["category"].map(pd.Series(view.advice.feasible.loc[company])).astype(bool)
    title = "company.advised_title" if within.any() else "company.advised_title_none"
    fields = _leader(view, table)
    return view.exhibit(
        "advised",
        view.say(title, **fields),
        subtitle=view.say("evidence.advised_long"),
        axes=_advice_axes(view, company, table[within]) if within.any() else None,
        alt=view.say("company.advised_alt", **fields) if within.any() else "",
        table=_advice_table(view, company, table.assign(within=within)),
        paragraphs=[view.rules.notice.of(view.language)],
        notes=_advice_notes(view, fields)[0 if within.any() else 1 :],
        **view.evidence("advised"),
    )


def _advice_axes(view: View, company: str, table: pd.DataFrame) -> figures.Drawing:
    """Draw the options within reach; those that the recommendation names are filled."""
    named = [view.option_label(name) for name in options_in_set(view, company)]
    axis = view.say("company.advised_axis")
    return figures.evidence_dots(
        table, numbers=view.numbers, label=axis, share=True, highlight=named, names=_names(view)
    )


def _advice_table(view: View, company: str, table: pd.DataFrame) -> TableView:
    rows = []
    for row in rows_of(table):
        share = view.numbers.share(row.estimate) if row.within else "-"
        obstacles = obstacle_sentences(view.advice, view.rules, company, row.category, language=view.language)
        rows.append([row.label, share, " ".join(obstacles)])
    header = [view.say("label.option"), view.say("company.advised_share"), view.say("company.obstacle")]
    return TableView(header, rows, numeric=(False, True, False))


def _advice_notes(view: View, fields: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return how to read the shares, and which rules gave them: no respondent is behind these numbers."""
    rules, draws = view.rules, view.numbers.number(view.advice.draws)
    reading = view.say("company.advised_reading", draws=draws, **fields)
    written = view.numbers.date(date.fromisoformat(rules.date))
    source = view.say("company.advised_source", id=rules.id, date=written, version=rules.version)
    return [(view.say("notes.reading"), reading), (view.say("notes.source"), source)]


def estimated(view: View, company: str) -> Exhibit | None:
    """Return the outcome expected for this company under each option with its interval, or why none is given.

    None where it was not asked.
    """
    if not view.has_cdo:
        return None
    if view.estimates.gate is not None:
        words = [gate_sentence(view), view.say("company.not_estimable_words")]
        return _no_estimate(view, view.say("company.not_estimable_title"), words)
    if company not in view.estimates.predicted.index:
        return _no_estimate(view, view.say("company.not_predicted_title"), [view.say("company.not_predicted")])
    table, vague = _precise(view, _predicted(view, company))
    if table.empty:
        return _no_estimate(view, view.say("company.not_predicted_title"), [view.say("company.vague_all")])
    axis, best = view.say("panorama.estimates_axis"), [table["label"].iloc[0]]
    return view.exhibit(
        "estimated",
        subtitle=view.say("evidence.estimated_long"),
        axes=figures.evidence_dots(
            table, numbers=view.numbers, label=axis, share=False, highlight=best, scale=_scale(view), names=_names(view)
        ),
        table=view.estimate_table(table, view.say("label.option"), decimals=1),
        paragraphs=[
            *vague,
            *_claim_words(view, company),
            *_shared_words(view, company),
            *too_few_words(view),
            *merging_words(view, view.estimates.merging),
            view.say("panorama.estimates_assumptions"),
        ],
        bullets=assumptions(view),
        published=published.arms(view),
        **_estimated_caption(view, company, table),
        **view.evidence("estimated"),
    )


def _estimated_caption(view: View, company: str, table: pd.DataFrame) -> dict[str, Any]:
    """Return what is written around the expected outcomes; where the best one is not set apart, the title says so."""
    best = table.iloc[0]
    set_apart = recommendation_to(view, company)["estimated_agreement"] in {"agrees", "differs"}
    fields = {
        "first": best["label"],
        "mean": view.numbers.number(best["estimate"], 1),
        "interval": view.numbers.interval(best["low"], best["high"], decimals=1),
    }
    n = float(view.estimates.means["n"].sum())
    return view.caption("company.estimated", fields, n=n, variant="" if set_apart else "overlap")


def _claim_words(view: View, company: str) -> list[str]:
    """Say what the outcome claims against what the company has, and how little would undo it."""
    row, effect = recommendation_to(view, company), view.estimates.effect
    if not row["estimated_claim"]:
        nothing = effect is None or effect.p_value > SURVEY_ERROR
        return [view.say("company.estimated_nothing" if nothing else "company.estimated_no_claim")]
    fields = {name: view.option_label(row[f"estimated_{name}"]) for name in ("first", "against")}
    key = "company.estimated_claim_fragile" if row["estimated_fragile"] else "company.estimated_claim_sound"
    return [view.say(key, **fields, robustness=view.numbers.share(row["estimated_robustness"]))]


def _shared_words(view: View, company: str) -> list[str]:
    """Say which part the data have in the recommendation, where experts gave effects in the outcome's unit."""
    row, share = recommendation_to(view, company), view.numbers.share
    if not row.get("combined", False) or not np.isfinite(row["data_share"]):
        return []
    low, high = row["data_share_half"], row["data_share_double"]
    fields = {"data": share(row["data_share"]), "experts": share(1 - row["data_share"])}
    return [view.say("company.estimated_shares", **fields, low=share(low), high=share(high))]


def _no_estimate(view: View, title: str, paragraphs: list[str]) -> Exhibit:
    subtitle = view.say("evidence.estimated_long")
    return view.exhibit("estimated", title, subtitle=subtitle, paragraphs=paragraphs, **view.evidence("estimated"))


def _precise(view: View, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Leave out options whose interval is as wide as the scale or whose estimate is outside it, and say so."""
    low, high = _outcome_range(view)
    if not low < high:
        return table, []
    vague = (table["high"] - table["low"]).ge(high - low) | ~table["estimate"].between(low, high)
    kept = table[~vague].assign(low=table["low"].clip(lower=low), high=table["high"].clip(upper=high))
    kept = kept.reset_index(drop=True)
    listed = view.list_words([view.say("label.quoted", text=label) for label in table.loc[vague, "label"]])
    return kept, [view.say("company.vague", listed=listed)] if vague.any() else []


def _outcome_range(view: View) -> tuple[float, float]:
    """Return the lowest and highest outcome that can be true; (0, 0) where the questionnaire does not say."""
    name = view.book.cdo.outcome if view.book.cdo else None
    return view.book[name].bounds if name and view.book[name].kind == "number" else (0.0, 0.0)


def _predicted(view: View, company: str) -> pd.DataFrame:
    """Return the expected outcome of a company under each arm, its 95 % interval, and the n of the arm."""
    mean, se = view.estimates.predicted.loc[company], view.estimates.predicted_se.loc[company]
    ends = {"low": mean - _NORMAL_95 * se, "high": mean + _NORMAL_95 * se}
    n = view.estimates.means["n"].reindex(mean.index)
    flag = np.where(n < view.profile.reliable, "u", "")
    table = pd.DataFrame({"category": mean.index, "estimate": mean, **ends, "n": n, "flag": flag})
    return ranked(table, view.option_label)
