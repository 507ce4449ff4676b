"""How sure the typology is: each group on its own, other methods, and what the classes leave unexplained."""

from __future__ import annotations

from typing import Any

import numpy as np

from cdo_analysis.disclosure import EVERYBODY, KNOWN, Cell, Fact, flag_counts
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.panorama.portrait import variable_word
from cdo_analysis.exhibits.panorama.profiles import (
    STABLE,
    group_words,
    has_profiles,
    profile_name,
    refused_names,
    verdict_of,
)
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of
from cdo_analysis.weighting import weighted_mean

_LOW_ENTROPY = 0.6
_READINGS = ((0.85, "high"), (0.75, "stable"), (STABLE, "pattern"), (-np.inf, "none"))
_LARGE, _PAIRS = 3.84, 5


def confidence(view: View) -> Exhibit | None:
    """Return how sure each group is: share both ways, errors of assignment, stability. None without groups."""
    if not has_profiles(view):
        return None
    words = group_words(view)
    return view.exhibit(
        "confidence",
        view.say("typology.confidence_title", **words),
        paragraphs=_sure_words(view, words),
        table=_by_group(view),
        notes=view.notes(reading=view.say("typology.confidence_reading", **words), n=len(view.scores)),
        published=_published(view),
    )


def _published(view: View) -> list[Fact]:
    shares = view.study.table("profile_shares")
    cells = [Cell.of(profile=str(int(profile))) for profile in shares["profile"]]
    facts = published.counted(view, [EVERYBODY]) + published.counted(
        view, cells, flag_counts(shares["n"], view.profile)
    )
    facts += published.told(view, [Cell.of(status="between")], EVERYBODY)
    if view.main is None:
        return facts
    scored = [cell & published.known(view, f"score:{view.main.id}") for cell in cells]
    few = shares["n"].lt(view.profile.mean)
    return facts + published.averaged(view, view.scores[view.main.id], scored, few, decimals=view.decimals)


def _sure_words(view: View, words: dict[str, str]) -> list[str]:
    table, chosen = view.study.table("profile_table"), len(view.study.table("profile_shares"))
    status = view.study.column("profile_assignment", "status")
    between = weighted_mean(status.eq("between").astype(float), view.design)
    interval = view.numbers.interval(max(between.low, 0), min(between.high, 1), share=True)
    entropy = float(table.loc[table["k"].eq(chosen), "relative_entropy"].iloc[0])
    low = "low" if entropy < _LOW_ENTROPY else "high"
    return [
        view.say("typology.between", share=view.numbers.share(between.estimate), interval=interval, **words),
        view.say(f"typology.entropy_{low}", entropy=view.numbers.number(entropy, 2), **words),
        *([view.say("typology.stable_slices")] if verdict_of(view) == "continuum" else []),
        *refused_names(view),
    ]


def _by_group(view: View) -> TableView:
    shares = view.study.table("profile_shares").set_index("profile")
    flags = flag_counts(shares["n"], view.profile)
    errors = view.study.table("profile_errors")
    right = errors[errors["profile"].eq(errors["assigned"])].set_index("profile")["probability"]
    jaccard = view.study.table("profile_stability").set_index("profile")["jaccard"]
    rows = []
    for profile in map(int, shares.index):
        row, similarity = shares.loc[profile], float(jaccard[profile])
        stability = f"{view.numbers.number(similarity, 2)} ({_reading(view, similarity)})"
        sure = [view.numbers.share(float(right[profile])), stability, *_order_cells(view, row)]
        rows.append([profile_name(view, profile), *_written(view, row, str(flags[profile])), *sure])
    names = ("weighted", "unweighted", "right", "jaccard", "score", "rank")
    header = [group_words(view)["One"], "n", *(view.say(f"typology.sure_{name}") for name in names)]
    return TableView(header, rows, numeric=(False, True, True, True, True, False, True, True))


def _written(view: View, row: Any, flag: str) -> list[str]:
    if flag == "c":
        return ["c", "c", "c"]
    shares = [view.numbers.share(row[name]) for name in ("share_weighted", "share_unweighted")]
    return [view.count(row["n"]), *shares]


def _order_cells(view: View, row: Any) -> list[str]:
    """Return the mean of the score that orders the groups with its interval, and the rank, from 1."""
    if row["n"] < view.profile.mean:
        return ["c", str(int(row["rank"]) + 1)]
    mean, low, high = (view.numbers.number(row[f"order_{name}"], view.decimals) for name in ("mean", "low", "high"))
    return [f"{mean} ({low} – {high})", str(int(row["rank"]) + 1)]


def _reading(view: View, jaccard: float) -> str:
    return view.say(f"typology.jaccard_{next(name for least, name in _READINGS if jaccard >= least)}")


def methods_agreement(view: View) -> Exhibit | None:
    """Return how far other methods find the same groups, weighted and not. None without groups."""
    if not (has_profiles(view) and view.study.has("profile_agreement")):
        return None
    table = view.study.table("profile_agreement")
    if table.empty:
        return None
    rows = []
    for row in rows_of(table):
        pair = f"{view.say(f'typology.method_{row.first}')} — {view.say(f'typology.method_{row.second}')}"
        values = [view.numbers.number(v, 2) for v in (row.adjusted_rand_weighted, row.adjusted_rand)]
        rows.append([pair, view.count(row.n), *values])
    ours = table[table["first"].eq("classes")]["adjusted_rand_weighted"]
    title = f"typology.agreement_{'good' if ours.min() >= 0.6 else 'fair' if ours.min() >= 0.3 else 'poor'}"
    header = [view.say("typology.methods"), "n", view.say("typology.rand_weighted"), view.say("typology.rand")]
    return view.exhibit(
        "other-methods",
        view.say(title, **group_words(view)),
        level=3,
        subtitle=view.say("typology.agreement_subtitle"),
        table=TableView(header, rows, numeric=(False, True, True, True)),
        notes=view.notes(reading=view.say("typology.agreement_reading"), n=int(table["n"].max())),
        published=[f for r in rows_of(table) for f in published.plain(f"methods:{r.first}-{r.second}", int(r.n))],
    )


def residuals(view: View) -> Exhibit | None:
    """Return the pairs of items that the groups explain least, and the items left out for repeating another."""
    if not (has_profiles(view) and view.study.has("profile_residuals")):
        return None
    table = view.study.table("profile_residuals")
    if table.empty:
        return None
    worst = table[table["n"] >= view.profile.mean].head(_PAIRS)
    rows = []
    for row in rows_of(worst):
        pair = f"{_label(view, row.item)} — {_label(view, row.other)}"
        rows.append([pair, view.count(row.n), view.numbers.number(row.residual, 1)])
    large = float((table["residual"] > _LARGE).mean())
    fields = {"share": view.numbers.share(large), "n": int((table["residual"] > _LARGE).sum()), "all": len(table)}
    header = [view.say("typology.pair"), "n", view.say("typology.residual")]
    pairs = [Cell.of({row.item: KNOWN, row.other: KNOWN}) for row in rows_of(worst)]
    return view.exhibit(
        "residuals",
        view.say("typology.residuals_title_none" if large == 0 else "typology.residuals_title", **fields),
        level=3,
        paragraphs=[_dropped_words(view)],
        table=TableView(header, rows, numeric=(False, True, True), caption=view.say("typology.residuals_caption")),
        notes=view.notes(reading=view.say("typology.residuals_reading", **group_words(view)), n=len(view.scores)),
        published=published.counted(view, [EVERYBODY, *pairs]),
    )


def _dropped_words(view: View) -> str:
    dropped = view.study.table("profile_dropped")
    if dropped.empty:
        return view.say("typology.dropped_none")
    said = [_one_dropped(view, row) for row in rows_of(dropped)]
    return view.say("typology.dropped", listed=view.join_parts(said))


def _one_dropped(view: View, row: Any) -> str:
    fields = {"item": _label(view, row.item), "kept": _label(view, row.kept)}
    return view.say(f"typology.dropped_{row.reason}", **fields, v=view.numbers.number(row.cramers_v, 2))


def _label(view: View, item: str) -> str:
    return view.say("label.quoted", text=variable_word(view, item))
