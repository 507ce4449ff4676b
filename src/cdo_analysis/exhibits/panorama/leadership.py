"""How digital is led: what companies have, what the rules advise, what the declared outcome suggests; never mixed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cdo_analysis import figures
from cdo_analysis.cdo import SURVEY_ERROR
from cdo_analysis.disclosure import EVERYBODY, Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.outcome import assumptions, gate_sentence, merging_words, too_few_words
from cdo_analysis.exhibits.panorama.estimates import survey_test_words
from cdo_analysis.exhibits.panorama.profiles import divided, group_words, has_profiles, profile_groups
from cdo_analysis.exhibits.study_view import Groups, View
from cdo_analysis.tables import ranked, rows_of, share_by_category

_STATES = ("recommended", "close", "abstained")


def arrangements_today(view: View) -> Exhibit | None:
    """Return how digital is led today, as weighted shares with intervals: what companies have, which is no advice.

    None where it was not asked.
    """
    if view.book.cdo is None:
        return None
    today = view.study.column("arrangements", "today")
    table = _option_shares(view, today, "today")
    first = table.iloc[0]
    interval = view.numbers.interval(first["low"], first["high"], share=True)
    fields = {"first": first["label"], "share": view.numbers.share(first["estimate"]), "interval": interval}
    label = view.say("label.respondent_share")
    return view.exhibit(
        "arrangements",
        subtitle=view.say("panorama.today_subtitle"),
        axes=figures.dots_with_intervals(table, numbers=view.numbers, label=label, share=True),
        table=view.estimate_table(table, view.say("label.arrangement"), share=True),
        paragraphs=[view.say("panorama.today_words"), *_unmodelled(view)],
        published=_option_facts(view, table, "today"),
        **view.caption("panorama.today", fields, n=int(today.notna().sum())),
        **view.evidence("observed"),
    )


def _option_shares(view: View, options: pd.Series, name: str) -> pd.DataFrame:
    """Return the weighted share of each option, the most frequent first."""
    order, parents = list(view.arrangements.ids), view.arrangements.parent_of  # other tables give the totals of groups
    table = share_by_category(options, view.design, order=order, profile=view.profile, parents=parents)
    return ranked(published.withhold(view, table, name), view.option_label)


def _option_facts(view: View, table: pd.DataFrame, name: str) -> list[Fact]:
    cells, flags = published.divided_by(view, table, name)
    options = {value for cell in cells for value in dict(cell.conditions)[name]}
    everyone = Cell.of({name: options & set(published.variable(view, name).dropna())})
    return [*published.counted(view, cells, flags), *published.counted(view, [everyone])]


def _state_facts(view: View, states: pd.Series) -> list[Fact]:
    table = share_by_category(states, view.design, order=_STATES, profile=view.profile)
    cells, flags = published.divided_by(view, table, "advice_state")
    place = _STATES.index("abstained")
    none = published.told(view, [Cell.of(advice=published.NO_ADVICE)], EVERYBODY, [flags[place]])
    return [*published.told(view, cells, EVERYBODY, flags), *none]


def _unmodelled(view: View) -> list[str]:
    """Say that nothing tells what companies have from what they are; where something does, its exhibits say how far."""
    return [view.say("panorama.choice_none")] if view.observed.quality is None else []


def arrangements_by_profile(view: View) -> Exhibit | None:
    """Return how digital is led in each profile, arrangements grouped: weighted shares, with n and interval.

    None without profiles or arrangements.
    """
    if view.book.cdo is None or not has_profiles(view):
        return None
    today = view.study.column("arrangements", "today").map(view.arrangements.parent_of)
    parents = [parent.id for parent in view.arrangements.parents]
    labels = {parent: view.option_label(parent) for parent in parents}
    led = Groups(today, parents, labels, "today", published.parts_of(view))
    shown = divided(view, led, profile_groups(view), view.say("label.arrangement"))
    shown["published"] += published.counted(view, [published.known(view, "today")])
    return view.exhibit(
        "arrangements-profiles",
        view.say("panorama.today_profiles_title", **group_words(view)),
        level=3,
        alt=view.say("panorama.today_profiles_alt", **group_words(view)),
        notes=view.notes(reading=view.say("panorama.by_reading"), n=int(today.notna().sum())),
        **shown,
        **view.evidence("observed"),
    )


def advice_overview(view: View) -> Exhibit | None:
    """Return which options the rules put first, as weighted shares, and how often they abstain.

    None where nothing was asked.
    """
    if not view.has_cdo:
        return None
    found = view.study.table("recommendation")
    first = found["first"].where(found["state"].ne("abstained") & found["first"].ne(""))
    table = _option_shares(view, first, "advice")
    top = table.iloc[0]
    fields = {"first": top["label"], "share": view.numbers.share(top["estimate"])}
    label = view.say("panorama.advice_axis")
    notice = view.rules.notice.of(view.language)
    return view.exhibit(
        "advice",
        subtitle=view.say("panorama.advice_subtitle"),
        axes=figures.dots_with_intervals(table, numbers=view.numbers, label=label, share=True),
        table=view.estimate_table(table, view.say("label.option"), share=True),
        paragraphs=[notice, view.say("limits.taxonomy"), _states_words(view, found["state"])],
        published=[*_option_facts(view, table, "advice"), *_state_facts(view, found["state"])],
        **view.caption("panorama.advice", fields, n=int(first.notna().sum())),
        **view.evidence("advised"),
    )


def _states_words(view: View, states: pd.Series) -> str:
    """Say which share of the respondents gets one option, two, or none."""
    table = share_by_category(states, view.design, order=_STATES, profile=view.profile)
    said = []
    for row in rows_of(table):
        share = "c" if row.flag == "c" else view.numbers.share(row.estimate)
        said.append(view.say(f"panorama.state_{row.category}", share=share))
    return view.say("panorama.advice_states", listed=view.list_words(said))


def estimates_overview(view: View) -> Exhibit | None:
    """Return the mean outcome expected under each option with its interval, or the gate that forbids to say.

    None where nothing was asked.
    """
    if not view.has_cdo:
        return None
    outcome = _outcome_words(view)
    if view.estimates.gate is not None:
        declared = [view.say("panorama.not_estimable_words", outcome=outcome)] if outcome else []
        paragraphs = [*declared, gate_sentence(view)]
        title = view.say("panorama.not_estimable_title")
        return view.exhibit("estimates", title, paragraphs=paragraphs, **view.evidence("estimated"))
    table, told_apart = _arm_table(view), _told_apart(view)
    fields = {"n": told_apart, "arms": len(table)}
    variant = "" if told_apart else "none"
    return view.exhibit(
        "estimates",
        subtitle=outcome,
        axes=figures.dots_with_intervals(table, numbers=view.numbers, label=view.say("panorama.estimates_axis")),
        table=_beside_naive(view, table),
        paragraphs=_estimate_words(view),
        bullets=assumptions(view),
        published=published.arms(view),
        **view.caption("panorama.estimates", fields, n=int(table["n"].sum()), variant=variant),
        **view.evidence("estimated"),
    )


def _estimate_words(view: View) -> list[str]:
    """Say what is estimated, which options stand for several, and announce the assumptions."""
    words = [view.say("panorama.estimates_words"), *merging_words(view, view.estimates.merging)]
    return [*words, *too_few_words(view), *survey_test_words(view), view.say("panorama.estimates_assumptions")]


def _beside_naive(view: View, table: pd.DataFrame) -> TableView:
    """Return the expected outcomes with their intervals, beside the unweighted ones and the plain means of each arm."""
    shown = view.estimate_table(table, view.say("label.option"), decimals=1)
    rows = []
    for row, cells in zip(rows_of(table), shown.rows, strict=True):
        beside = [view.numbers.number(value, 1) for value in (row.mean_unweighted, row.naive)]
        rows.append([*cells, *(["c", "c"] if row.flag == "c" else beside)])
    header = [*shown.header, view.say("panorama.estimates_unweighted"), view.say("panorama.estimates_naive")]
    return TableView(header, rows, numeric=(False, *[True] * 5))


def _outcome_words(view: View) -> str:
    name = view.book.cdo.outcome if view.book.cdo else None
    return view.book[name].wording(view.language) if name else ""


def _arm_table(view: View) -> pd.DataFrame:
    means = view.estimates.means.reset_index().rename(columns={"mean": "estimate", "arm": "category"})
    flags = ["c" if n < view.profile.mean else "" for n in means["n"]]
    return ranked(means.assign(flag=flags), view.option_label)


def _told_apart(view: View) -> int:
    """Return how many options stand out from the commonest one: none where the test of the survey finds nothing.

    Options of too few firms for a claim are not counted, whatever their interval.
    """
    effect, known = view.estimates.effect, view.estimates.may_claim
    contrasts: Any = view.estimates.contrasts
    against = contrasts[contrasts["against"].eq("commonest")]
    told = (
        ((against["low"] > 0) | (against["high"] < 0)) & against["arm"].isin(known) & against["reference"].isin(known)
    )
    return int(told.sum()) if effect is not None and effect.p_value <= SURVEY_ERROR else 0
