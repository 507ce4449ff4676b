"""Exhibits of the panorama: which profiles of maturity there are, how sure they are, and how digital is led in each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.exhibits.exhibit import Card, Exhibit, TableView, evidence_words
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import mean_by_group, mean_of_columns, rows_of, share_by_category, shares_by_group
from cdo_analysis.weighting import weighted_mean

STABLE = 0.6
"""Bootstrap Jaccard under which a profile is not to be trusted (Hennig, R package fpc)."""

_PRACTICES_ON_A_CARD = 3
_LOW_ENTROPY = 0.6
_CHOSEN = "\u00a0←"


def has_profiles(view: View) -> bool:
    """Tell whether the study found more than one profile."""
    return view.study.has("profile_shares") and len(view.study.table("profile_shares")) > 1


def profile_name(view: View, profile: int) -> str:
    """Return "Profil 2": the number grows with maturity."""
    return view.say("panorama.profile", number=profile + 1)


def cover(view: View) -> Exhibit:
    """Return the head of the report: what was found, in five lines."""
    paragraphs = [view.say("panorama.lead", n=view.numbers.number(len(view.scores)))]
    if view.main is not None:
        mean = weighted_mean(view.scores[view.main.id], view.design)
        decimals = _decimals(view)
        interval = view.numbers.interval(mean.low, mean.high, decimals=decimals)
        paragraphs.append(
            view.say(
                "panorama.lead_score",
                score=view.score_words(view.main),
                mean=view.numbers.number(mean.estimate, decimals),
                interval=interval,
            )
        )
    paragraphs.append(view.say("panorama.lead_cdo" if view.book.cdo else "panorama.no_cdo"))
    data = view.study.info["data"]
    paragraphs.append(
        view.say(
            "page.study",
            id=view.study.id,
            file=data["file"],
            codebook=f"{view.book.id} {view.book.version}",
            disclosure=view.profile.id,
        )
    )
    return view.exhibit(
        "cover",
        _title(view),
        level=1,
        subtitle=view.book.title.of(view.language),
        alert=view.warning,
        paragraphs=paragraphs,
    )


def _title(view: View) -> str:
    if view.main is None:
        return view.say("panorama.title_no_score")
    if not has_profiles(view):
        return view.say("panorama.title_continuum" if view.study.has("profile_table") else "panorama.title_few")
    shares = view.study.table("profile_shares")
    number = view.say(f"count.{len(shares)}")
    return view.say("panorama.title", number=number, share=view.numbers.share(float(shares["share_weighted"].iloc[0])))


def _decimals(view: View) -> int:
    return 0 if view.main is None or view.main.method == "points" else 2


def profile_cards(view: View) -> Exhibit:
    """Return one card a profile: its share, its score, what it does more and less than the others."""
    if not has_profiles(view):
        return view.exhibit(
            "profiles", view.say("panorama.no_profiles_title"), paragraphs=[view.say(_why_no_profiles(view))]
        )
    shares = view.study.table("profile_shares")
    posterior = view.study.table("profile_posterior")
    cards = [_card(view, row, posterior[f"profile_{row.profile}"], len(shares)) for row in rows_of(shares)]
    notes = view.notes(reading=view.say("panorama.cards_reading"), n=len(view.scores))
    return view.exhibit(
        "profiles",
        view.say("panorama.cards_title"),
        subtitle=view.say("panorama.cards_subtitle"),
        cards=cards,
        notes=notes,
    )


def _why_no_profiles(view: View) -> str:
    return "panorama.no_profiles_continuum" if view.study.has("profile_table") else "panorama.no_profiles_few"


def _card(view: View, row: Any, belonging: pd.Series, k: int) -> Card:
    profile, n = int(row.profile), int(row.n)
    name = f"{profile_name(view, profile)} — {view.say(_rank_words(profile, k))}"
    if n < view.profile.count:
        return Card(name, "c", [view.say("panorama.card_hidden")])
    share = weighted_mean(belonging, view.design)
    lines = [
        view.say(
            "panorama.card_share",
            n=n,
            interval=view.numbers.interval(max(share.low, 0), min(share.high, 1), share=True),
        )
    ]
    assignment = view.study.table("profile_assignment")
    members = assignment.index[assignment["profile"].eq(profile)]
    if view.main is not None and n >= view.profile.mean:
        mean = weighted_mean(view.scores.loc[members, view.main.id], view.design)
        lines.append(
            view.say(
                "panorama.card_score",
                mean=view.numbers.number(mean.estimate, _decimals(view)),
                name=view.main.label.of(view.language),
            )
        )
    if _jaccard(view)[profile] < STABLE:
        lines.append(view.say("panorama.card_unstable", jaccard=view.numbers.number(_jaccard(view)[profile], 2)))
    lines += [_practice_line(view, practice) for practice in distinctive_practices(view, profile)]
    return Card(name, view.numbers.share(share.estimate), lines)


def _rank_words(profile: int, k: int) -> str:
    return "panorama.least" if profile == 0 else "panorama.most" if profile == k - 1 else "panorama.middle"


def _jaccard(view: View) -> pd.Series:
    return view.study.table("profile_stability").set_index("profile")["jaccard"]


def practice_shares(view: View) -> pd.DataFrame:
    """Return, for each profile and active item, the share that reaches the upper half of the answers.

    Returns
    -------
    DataFrame
        profile, item, share, overall (0 to 1), gap (difference in points of percentage).
    """
    practices = view.study.table("profile_practices")
    points = {name: view.book[name].points for name in practices["item"].unique()}
    high = [
        points[item].get(code, 0.0) >= 0.5 for item, code in zip(practices["item"], practices["category"], strict=True)
    ]
    upper = practices[high].groupby(["profile", "item"], sort=False)[["probability", "overall"]].sum().reset_index()
    upper["gap"] = (upper["probability"] - upper["overall"]) * 100
    return upper.rename(columns={"probability": "share"})


def distinctive_practices(view: View, profile: int) -> list[tuple[str, float, float]]:
    """Return (item, share, gap) of the practices in which a profile differs most from all respondents."""
    table = practice_shares(view)
    own = table[table["profile"].eq(profile)]
    most = own.reindex(own["gap"].abs().sort_values(ascending=False, kind="stable").index).head(_PRACTICES_ON_A_CARD)
    return [(row.item, row.share, row.gap) for row in rows_of(most)]


def _practice_line(view: View, practice: tuple[str, float, float]) -> str:
    item, share, gap = practice
    sign = "+" if gap > 0 else "−"
    return view.say(
        "panorama.practice",
        label=view.book[item].question.of(view.language),
        share=view.numbers.share(share),
        gap=f"{sign}{view.numbers.number(abs(gap))}",
    )


def distribution(view: View) -> Exhibit | None:
    """Return how the main score is spread over the respondents. None without a score."""
    if view.main is None:
        return None
    scores = view.scores[view.main.id].dropna()
    low, high = view.score_range(view.main)
    frame = pd.DataFrame({"score": scores, "weight": view.weights[scores.index]})
    axes = figures.score_distribution(
        frame,
        numbers=view.numbers,
        label=view.score_words(view.main),
        count_label=view.say("label.respondent_share"),
        scale=(low, high),
    )
    mean = weighted_mean(scores, view.design)
    decimals = _decimals(view)
    below = weighted_mean((scores < (low + high) / 2).astype(float), view.design).estimate
    fields = {
        "share": view.numbers.share(below),
        "half": view.numbers.number((low + high) / 2, decimals),
        "mean": view.numbers.number(mean.estimate, decimals),
    }
    rows = _distribution_rows(view, frame, (low, high))
    table = TableView([view.say("label.score"), "n", view.say("label.share")], rows, numeric=(False, True, True))
    return view.exhibit(
        "distribution", view.say("panorama.distribution_title", **fields), subtitle=view.score_words(view.main), axes=axes,
        alt=view.say("panorama.distribution_alt", **fields), table=table,
        notes=view.notes(reading=view.say("panorama.distribution_reading", **fields), n=len(scores)),
    )  # fmt: skip


def _distribution_rows(view: View, frame: pd.DataFrame, scale: tuple[float, float]) -> list[list[str]]:
    edges = np.linspace(*scale, 11)
    band = pd.Series(
        np.clip(np.searchsorted(edges, frame["score"], side="right") - 1, 0, 9).astype(str), index=frame.index
    )
    table = share_by_category(band, frame["weight"], order=[str(i) for i in range(10)], profile=view.profile)
    decimals = 0 if scale[1] - scale[0] >= 10 else 1
    rows = []
    for i, row in enumerate(rows_of(table)):
        label = f"{view.numbers.number(edges[i], decimals)} – {view.numbers.number(edges[i + 1], decimals)}"
        cells = ["c", "c"] if row.flag == "c" else [view.numbers.number(row.n), view.numbers.share(row.estimate)]
        rows.append([label, *cells])
    return rows


def dimensions(view: View) -> Exhibit | None:
    """Return the mean of each dimension, the highest first. None without dimensions."""
    if not view.dimensions:
        return None
    table = mean_of_columns(view.scores[view.dimensions], view.design, profile=view.profile)
    table["label"] = [view.dimension_label(name) for name in table["category"]]
    table = table.sort_values("estimate", ascending=False, ignore_index=True)
    decimals = _decimals(view)
    axes = figures.dots_with_intervals(
        table, numbers=view.numbers, label=view.say("panorama.dimensions_axis", scale=_scale(view))
    )
    first, last = table.iloc[0], table.dropna(subset="estimate").iloc[-1]
    fields = {
        "first": first["label"], "last": last["label"],
        "high": view.numbers.number(first["estimate"], decimals), "low": view.numbers.number(last["estimate"], decimals),
        "interval": view.numbers.interval(first["low"], first["high"], decimals=decimals),
    }  # fmt: skip
    return view.exhibit(
        "dimensions", view.say("panorama.dimensions_title", **fields), subtitle=view.say("panorama.dimensions_axis", scale=_scale(view)),
        axes=axes, alt=view.say("panorama.dimensions_alt", **fields), table=view.estimate_table(table, view.say("label.dimension"), decimals=decimals),
        notes=view.notes(reading=view.say("panorama.dimensions_reading", **fields), n=len(view.scores)),
    )  # fmt: skip


def _scale(view: View) -> str:
    assert view.main is not None
    low, high = view.score_range(view.main)
    return view.say("label.range", low=view.numbers.number(low), high=view.numbers.number(high))


def dimensions_by_size(view: View) -> Exhibit | None:
    """Return the mean of each dimension in each size category. None without dimensions, or with a single category."""
    sizes, order, labels = view.groups("size_category")
    if not view.dimensions or len(order) < 2:
        return None
    parts = [
        mean_by_group(view.scores[name], sizes, view.design, order=order, profile=view.profile).assign(
            label=view.dimension_label(name)
        )
        for name in view.dimensions
    ]
    table = pd.concat(parts, ignore_index=True)
    table["group"] = table["category"].map(labels)
    shown = [labels[code] for code in order if table.loc[table["category"].eq(code), "flag"].ne("c").any()]
    axes = figures.dots_by_group(
        table, numbers=view.numbers, label=view.say("panorama.dimensions_axis", scale=_scale(view)), groups=shown
    )
    widest = (
        table.groupby("label", sort=False)["estimate"].max() - table.groupby("label", sort=False)["estimate"].min()
    ).idxmax()
    fields = {"dimension": str(widest), "groups": view.list_words(shown)}
    rows = table.assign(label=table["label"] + " — " + table["group"])
    return view.exhibit(
        "sizes", view.say("panorama.sizes_title", **fields), level=3, subtitle=view.say("panorama.dimensions_axis", scale=_scale(view)), axes=axes,
        alt=view.say("panorama.sizes_alt", **fields), table=view.estimate_table(rows, view.say("label.dimension"), decimals=_decimals(view)),
        notes=view.notes(reading=view.say("panorama.sizes_reading"), n=int(sizes.notna().sum())),
    )  # fmt: skip


def profiles_by_dimension(view: View) -> Exhibit | None:
    """Return the mean of each dimension in each profile, as shaded numbers. None without profiles."""
    if view.main is None or not view.dimensions or not has_profiles(view):
        return None
    assignment = view.study.table("profile_assignment")
    profiles = assignment["profile"].astype(str)
    order = sorted(profiles.unique(), key=int)
    columns = {}
    for name in view.dimensions:
        means = mean_by_group(view.scores[name], profiles, view.design, order=order, profile=view.profile)
        columns[view.dimension_label(name)] = means["estimate"].to_numpy()
    values = pd.DataFrame(columns, index=[profile_name(view, int(p)) for p in order])
    low, high = view.score_range(view.main)
    axes = figures.heat_table(values, numbers=view.numbers, low=low, high=high, decimals=_decimals(view))
    gaps = values.max() - values.min()
    fields = {"dimension": gaps.idxmax(), "gap": view.numbers.number(gaps.max(), _decimals(view))}
    rows = [
        [name, *(view.numbers.number(v, _decimals(view)) if np.isfinite(v) else "c" for v in row)]
        for name, row in zip(values.index, values.to_numpy(), strict=True)
    ]
    table = TableView([view.say("label.profile"), *values.columns], rows, numeric=(False, *[True] * values.shape[1]))
    return view.exhibit(
        "profiles-dimensions", view.say("panorama.heat_title", **fields), subtitle=view.say("panorama.dimensions_axis", scale=_scale(view)), axes=axes,
        alt=view.say("panorama.heat_alt", **fields), table=table, notes=view.notes(reading=view.say("panorama.heat_reading"), n=len(assignment)),
    )  # fmt: skip


def profiles_by(view: View, variable: str) -> Exhibit | None:
    """Return how the profiles divide the groups of a variable. None without profiles or without that variable.

    Parameters
    ----------
    view : View
    variable : str
        ``size_category``, or a role of the codebook: ``sector``, ``region``.
    """
    name = variable if variable == "size_category" else getattr(view.book.roles, variable)
    if not has_profiles(view) or not name:
        return None
    groups, order, labels = view.groups(name)
    if not order:
        return None
    profiles = view.study.table("profile_assignment")["profile"].astype(str)
    categories = sorted(profiles.unique(), key=int)
    table = shares_by_group(profiles, groups, view.design, order=(categories, order), profile=view.profile)
    named = table.assign(
        group=table["group"].map(labels), category=[profile_name(view, int(c)) for c in table["category"]]
    )
    names = [profile_name(view, int(c)) for c in categories]
    axes = figures.stacked_bars(named, numbers=view.numbers, categories=names, label=view.say("label.respondent_share"))
    rows = named.assign(label=named["group"] + " — " + named["category"])
    what = view.say("size.word") if variable == "size_category" else view.say(f"variable.{variable}")
    return view.exhibit(
        f"profiles-{variable.replace('_', '-')}", view.say("panorama.by_title", variable=what), level=3, axes=axes,
        alt=view.say("panorama.by_alt", variable=what), table=view.estimate_table(rows, what, share=True),
        notes=view.notes(reading=view.say("panorama.by_reading"), n=int(groups.notna().sum())),
    )  # fmt: skip


def confidence(view: View) -> Exhibit | None:
    """Return how sure the typology is: the table of k, stability, agreement with another method."""
    if not view.study.has("profile_table"):
        return None
    table = view.study.table("profile_table")
    chosen = len(view.study.table("profile_shares"))
    number = view.numbers.number
    rows = [
        [f"{int(row.k)}{_CHOSEN if int(row.k) == chosen else ''}", number(row.log_likelihood, 1), number(row.parameters), number(row.aic), number(row.bic), number(row.sabic),
         number(row.relative_entropy, 2), number(row.smallest_n), f"{int(row.starts_at_best)} / {int(row.starts)}"]
        for row in rows_of(table)
    ]  # fmt: skip
    header = [
        "k",
        view.say("label.log_likelihood"),
        view.say("label.parameters"),
        "AIC",
        "BIC",
        "saBIC",
        view.say("label.entropy"),
        view.say("label.smallest"),
        view.say("label.starts"),
    ]
    return view.exhibit(
        "confidence", view.say("panorama.confidence_title"), paragraphs=_confidence_words(view, table, chosen),
        table=TableView(header, rows, numeric=[True] * len(header), caption=view.say("panorama.confidence_caption")), notes=view.notes(n=len(view.scores)),
    )  # fmt: skip


def _confidence_words(view: View, table: pd.DataFrame, chosen: int) -> list[str]:
    words = [view.say("panorama.k_chosen", k=chosen)]
    if chosen == 1:
        return words
    assignment = view.study.table("profile_assignment")
    between = weighted_mean(assignment["status"].eq("between").astype(float), view.design).estimate
    words.append(view.say("panorama.between", share=view.numbers.share(between)))
    entropy = float(table.loc[table["k"].eq(chosen), "relative_entropy"].iloc[0])
    words.append(
        view.say(
            "panorama.entropy_low" if entropy < _LOW_ENTROPY else "panorama.entropy_high",
            entropy=view.numbers.number(entropy, 2),
        )
    )
    stability = view.study.table("profile_stability")
    listed = view.list_words(
        [f"{profile_name(view, int(r.profile))} {view.numbers.number(r.jaccard, 2)}" for r in rows_of(stability)]
    )
    words.append(view.say("panorama.stability", listed=listed, unstable=int(stability["jaccard"].lt(STABLE).sum())))
    agreement = view.study.info["profiles"]["means_agreement"]
    if agreement is not None:
        words.append(view.say("panorama.agreement", ari=view.numbers.number(agreement, 2)))
    words.append(view.say("panorama.one_factor"))
    return words


def intensity(view: View) -> Exhibit | None:
    """Return how the counted score (DII) is spread over its bands. None where there is no such score."""
    score = next((score for score in view.book.scores if score.method == "count" and score.bands), None)
    if score is None:
        return None
    bands = view.study.column("bands", score.id).astype("str")
    order = [band.id for band in score.bands]
    labels = {band.id: band.label.of(view.language) for band in score.bands}
    table = share_by_category(bands.where(bands.isin(order)), view.design, order=order, profile=view.profile)
    table["label"] = table["category"].map(labels)
    axes = figures.dots_with_intervals(
        table, numbers=view.numbers, label=view.say("label.respondent_share"), share=True
    )
    basic = weighted_mean(bands[bands.isin(order)].ne(order[0]).astype(float), view.design)
    fields = {
        "share": view.numbers.share(basic.estimate),
        "name": score.label.of(view.language),
        "interval": view.numbers.interval(basic.low, basic.high, share=True),
    }
    return view.exhibit(
        "intensity", view.say("panorama.intensity_title", **fields), subtitle=f"{score.label.of(view.language)} — {view.say('label.version')} {score.version}", axes=axes,
        alt=view.say("panorama.intensity_alt", **fields), table=view.estimate_table(table, view.say("label.level"), share=True),
        paragraphs=[] if score.official else [view.say("panorama.intensity_words")], notes=view.notes(reading=view.say("panorama.intensity_reading", **fields), n=basic.n),
    )  # fmt: skip


def arrangements_today(view: View) -> Exhibit | None:
    """Return how digital is led today: what companies have, which is no advice. None where it was not asked."""
    if view.book.cdo is None:
        return None
    today = view.study.column("arrangements", "today")
    table = share_by_category(today, view.design, order=list(view.arrangements.ids), profile=view.profile)
    table["label"] = [view.option_label(name) for name in table["category"]]
    table = table.sort_values("estimate", ascending=False, na_position="last", ignore_index=True)
    axes = figures.dots_with_intervals(
        table, numbers=view.numbers, label=view.say("label.respondent_share"), share=True
    )
    first = table.iloc[0]
    fields = {
        "first": first["label"],
        "share": view.numbers.share(first["estimate"]),
        "interval": view.numbers.interval(first["low"], first["high"], share=True),
    }
    return view.exhibit(
        "arrangements", view.say("panorama.today_title", **fields), subtitle=view.say("panorama.today_subtitle"), axes=axes,
        alt=view.say("panorama.today_alt", **fields), table=view.estimate_table(table, view.say("label.arrangement"), share=True),
        paragraphs=[view.say("panorama.today_words"), *_choice_words(view)],
        notes=view.notes(reading=view.say("panorama.today_reading", **fields), n=int(today.notna().sum())),
        **evidence_words("observed", view.say),
    )  # fmt: skip


def _choice_words(view: View) -> list[str]:
    """Say whether what companies are tells what they have."""
    quality = view.observed.quality
    if quality is None:
        return [view.say("panorama.choice_none")]
    key = "panorama.choice_informative" if view.observed.informative else "panorama.choice_not_informative"
    return [
        view.say(key, loss=view.numbers.number(quality.log_loss, 2), base=view.numbers.number(quality.base_log_loss, 2))
    ]


def arrangements_by_profile(view: View) -> Exhibit | None:
    """Return how digital is led in each profile, arrangements grouped. None without profiles or arrangements."""
    if view.book.cdo is None or not has_profiles(view):
        return None
    today = view.study.column("arrangements", "today").map(view.arrangements.parent_of)
    profiles = view.study.table("profile_assignment")["profile"].astype(str)
    order = sorted(profiles.unique(), key=int)
    parents = [parent.id for parent in view.arrangements.parents]
    table = shares_by_group(today, profiles, view.design, order=(parents, order), profile=view.profile)
    names = [view.option_label(parent) for parent in parents]
    named = table.assign(
        group=[profile_name(view, int(g)) for g in table["group"]],
        category=[view.option_label(c) for c in table["category"]],
    )
    axes = figures.stacked_bars(named, numbers=view.numbers, categories=names, label=view.say("label.respondent_share"))
    rows = named.assign(label=named["group"] + " — " + named["category"])
    return view.exhibit(
        "arrangements-profiles", view.say("panorama.today_profiles_title"), level=3, axes=axes, alt=view.say("panorama.today_profiles_alt"),
        table=view.estimate_table(rows, view.say("label.arrangement"), share=True),
        notes=view.notes(reading=view.say("panorama.by_reading"), n=int(today.notna().sum())), **evidence_words("observed", view.say),
    )  # fmt: skip


def advice_overview(view: View) -> Exhibit | None:
    """Return which options the rules put first, and how often they abstain. None where nothing was asked."""
    if not view.has_cdo:
        return None
    table = view.study.table("recommendation")
    states = share_by_category(
        table["state"], view.design, order=["recommended", "close", "abstained"], profile=view.profile
    )
    first = table["first"].where(table["state"].ne("abstained") & table["first"].ne(""))
    shares = share_by_category(first, view.design, order=list(view.arrangements.ids), profile=view.profile)
    shares["label"] = [view.option_label(name) for name in shares["category"]]
    shares = shares.sort_values("estimate", ascending=False, na_position="last", ignore_index=True)
    axes = figures.dots_with_intervals(shares, numbers=view.numbers, label=view.say("panorama.advice_axis"), share=True)
    top = shares.iloc[0]
    fields = {"first": top["label"], "share": view.numbers.share(top["estimate"])}
    said = view.list_words(
        [view.say(f"panorama.state_{row.category}", share=_shown_share(view, row)) for row in rows_of(states)]
    )
    return view.exhibit(
        "advice", view.say("panorama.advice_title", **fields), subtitle=view.say("panorama.advice_subtitle"), axes=axes,
        alt=view.say("panorama.advice_alt", **fields), table=view.estimate_table(shares, view.say("label.option"), share=True),
        paragraphs=[view.rules.notice.of(view.language), view.say("limits.taxonomy"), view.say("panorama.advice_states", listed=said)],
        notes=view.notes(reading=view.say("panorama.advice_reading", **fields), n=int(first.notna().sum())),
        **evidence_words("advised", view.say),
    )  # fmt: skip


def _shown_share(view: View, row: Any) -> str:
    return "c" if row.flag == "c" else view.numbers.share(row.estimate)


def estimates_overview(view: View) -> Exhibit | None:
    """Return what the declared outcome suggests, or the gate that forbids to say. None where nothing was asked."""
    if not view.has_cdo:
        return None
    assert view.book.cdo is not None
    outcome = view.book[view.book.cdo.outcome].wording(view.language) if view.book.cdo.outcome else view.numbers.absent
    estimates = view.estimates
    words = evidence_words("estimated", view.say)
    assumptions = [view.say(f"assumption.{name}") for name in estimates.assumptions]
    if estimates.gate is not None:
        paragraphs = [view.say("panorama.not_estimable_words", outcome=outcome), gate_sentence(view)]
        return view.exhibit("estimates", view.say("panorama.not_estimable_title"), paragraphs=paragraphs, **words)
    table = _arm_table(view)
    axes = figures.dots_with_intervals(table, numbers=view.numbers, label=view.say("panorama.estimates_axis"))
    commonest = estimates.contrasts[estimates.contrasts["against"].eq("commonest")]
    told_apart = int(((commonest["low"] > 0) | (commonest["high"] < 0)).sum())
    fields = {"n": told_apart, "arms": len(table)}
    return view.exhibit(
        "estimates", view.say("panorama.estimates_title_none" if told_apart == 0 else "panorama.estimates_title", **fields),
        subtitle=outcome, axes=axes, alt=view.say("panorama.estimates_alt", **fields),
        table=view.estimate_table(table, view.say("label.option"), decimals=1),
        paragraphs=[view.say("panorama.estimates_words"), view.say("panorama.estimates_assumptions")], bullets=assumptions,
        notes=view.notes(n=int(table["n"].sum())), **words,
    )  # fmt: skip


def _arm_table(view: View) -> pd.DataFrame:
    means = view.estimates.means.reset_index().rename(columns={"mean": "estimate"})
    flags = ["c" if n < view.profile.mean else "" for n in means["n"]]
    means = means.assign(label=[view.option_label(arm) for arm in means["arm"]], flag=flags)
    return means.sort_values("estimate", ascending=False, ignore_index=True)


def gate_sentence(view: View) -> str:
    """Return the sentence of the gate that an estimate did not pass, with its numbers."""
    gate = view.estimates.gate
    assert gate is not None
    details = gate.details
    smallest = min(details.get("counts", {}).values(), default=0)
    return view.say(
        f"estimate_gate.{gate.id}",
        measured=view.numbers.number(details.get("measured", 0)),
        minimum=view.numbers.number(details.get("minimum", 0)),
        refused=", ".join(details.get("refused", [])),
        smallest="c" if 0 < smallest < view.profile.count else view.numbers.number(smallest),
        aside=view.numbers.share(details.get("share_set_aside", 0.0)),
        outside=view.numbers.share(details.get("share_outside", 0.0)),
    )
