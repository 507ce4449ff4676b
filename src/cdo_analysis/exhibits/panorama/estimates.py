"""What stands behind the outcome (*estimé sous hypothèses*): ways of choosing, balance, sensitivity, survey test."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.cdo import POLICIES, SURVEY_ERROR
from cdo_analysis.cdo.balance import BALANCED
from cdo_analysis.cdo.projection import NORMAL_95
from cdo_analysis.disclosure import KNOWN, Cell, Fact, count_of, hidden_count
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.outcome import too_few_words
from cdo_analysis.exhibits.panorama.habits import column_label, level_label
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of

_MOST_DRAWN = 12
_DECIMALS = 2


def policy_value(view: View) -> Exhibit | None:
    """Return the mean outcome that each way of choosing would have, with its interval and what it changes.

    None where nothing is estimable, or the study holds no such table.
    """
    if not view.has_cdo or not view.study.has("policy_values"):
        return None
    values = view.study.table("policy_values").reset_index()
    values = values.assign(estimate=values["value"], label=[_policy(view, name) for name in values["policy"]])
    rows = [
        [row.label, view.numbers.number(row.estimate, _DECIMALS), _interval(view, row), _changed(view, row)]
        for row in rows_of(values)
    ]
    header = [view.say("panorama.policy"), view.say("panorama.policy_value"), view.say("label.interval")]
    fields = {"n": len(_sure(_against(view, "today"))), "ways": len(values) - 1}
    return view.exhibit(
        "policies",
        level=3,
        subtitle=view.say("panorama.policies_subtitle"),
        axes=figures.dots_with_intervals(values, numbers=view.numbers, label=view.say("panorama.estimates_axis")),
        table=TableView([*header, view.say("panorama.policy_changed")], rows, numeric=(False, True, True, True)),
        paragraphs=[view.say("panorama.policies_words"), view.say("panorama.policies_held_out")],
        bullets=[view.say(f"policy.{name}_how") for name in values["policy"]],
        published=_policy_facts(view, values),
        **view.caption("panorama.policies", fields, n=float(values["n"].max()), variant="" if fields["n"] else "none"),
        **view.evidence("estimated"),
    )


def _policy_facts(view: View, values: pd.DataFrame) -> list[Fact]:
    """Return how many firms are compared, and what the printed shares tell of those that a way of choosing changes."""
    facts: list[Fact] = published.arms(view)
    for row in rows_of(values):
        n, name = float(row.n), f"policy:{row.policy}@{view.study.id}"
        cell, changed = Cell.of({name: "changed"}), float(row.changed) * n
        if _changed(view, row) == "c":
            facts.append(hidden_count("", cell))
        elif changed > 0.5:
            facts.append(count_of("", cell, max(np.floor(changed - 0.1 * changed), 0.0), np.ceil(1.1 * changed)))
        facts.append(count_of("", Cell.of({name: KNOWN}), *view.profile.told_by(int(n))))
    return facts


def policy_difference(view: View) -> Exhibit | None:
    """Return the differences between ways of choosing, over the same firms, with their intervals; None without any."""
    if not view.has_cdo or not view.study.has("policy_differences"):
        return None
    table = _pairs(view, view.study.table("policy_differences"))
    drawn = _pairs(view, _against(view, "today"))
    signed = [figures.signed(view.numbers, value, _DECIMALS) for value in table["estimate"]]
    rows = [
        [row.label, row.other, sign, _interval(view, row), view.say("label.yes" if _apart(row) else "label.no")]
        for row, sign in zip(rows_of(table), signed, strict=True)
    ]
    names = ("policy", "policy_other", "policy_difference", "policy_apart")
    one, other, difference, apart = (view.say(f"panorama.{name}") for name in names)
    header = [one, other, difference, view.say("label.interval"), apart]
    sure = int(((table["low"] > 0) | (table["high"] < 0)).sum())
    n = float(view.study.table("policy_values")["n"].max())
    return view.exhibit(
        "policy-differences",
        level=3,
        subtitle=view.say("panorama.differences_subtitle"),
        axes=figures.difference_dots(drawn, numbers=view.numbers, label=difference, decimals=_DECIMALS),
        table=TableView(header, rows, (False, False, True, True, False)),
        published=published.arms(view),
        paragraphs=[view.say("panorama.differences_words", n=len(table))],
        **view.caption("panorama.differences", {"n": sure, "pairs": len(table)}, n=n, variant="" if sure else "none"),
        **view.evidence("estimated"),
    )


def _policy(view: View, name: str) -> str:
    return view.say(f"policy.{name}")


def _against(view: View, name: str) -> pd.DataFrame:
    table = view.study.table("policy_differences")
    return table[table["against"].eq(name)]


def _sure(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["low"] > 0) | (table["high"] < 0)]


def _pairs(view: View, table: pd.DataFrame) -> pd.DataFrame:
    order = {name: place for place, name in enumerate(POLICIES)}
    placed = table.assign(
        estimate=table["difference"],
        label=[_policy(view, name) for name in table["policy"]],
        other=[_policy(view, name) for name in table["against"]],
        place=table["policy"].map(order),
    )
    return placed.sort_values("place", ascending=False, kind="stable").reset_index(drop=True)


def _apart(row: object) -> bool:
    low, high = (float(getattr(row, name)) for name in ("low", "high"))
    return low > 0 or high < 0


def _interval(view: View, row: object) -> str:
    low, high = (view.numbers.number(float(getattr(row, name)), _DECIMALS) for name in ("low", "high"))
    return f"{low} – {high}"


def _changed(view: View, row: object) -> str:
    """Return the share of firms that a way of choosing changes; hidden where few change, or few do not."""
    n, share = float(getattr(row, "n")), float(getattr(row, "changed"))  # noqa: B009
    few = min(share, 1 - share) * n
    return "c" if 0.5 < few < view.profile.count else view.numbers.share(share)


def balance(view: View) -> Exhibit | None:
    """Return how far the firms of each option are from all firms, before and after they are weighed, and what is left.

    None where nothing is estimable. Levels are named over all options, never option by option: a difference of one
    level in one option would give its count away.
    """
    if not view.has_cdo or view.estimates.arm_sizes.empty:
        return None
    sizes = view.estimates.arm_sizes.sort_values("n", ascending=False).reset_index()
    labels = [view.option_label(arm) for arm in sizes["arm"]]
    left = int((sizes["largest_after"] > BALANCED).sum())
    fields = {"n": left, "arms": len(sizes), "limit": view.numbers.number(BALANCED, 2)}
    groups = [view.say(f"panorama.balance_{moment}") for moment in ("before", "after")]
    drawn = pd.concat(
        [
            pd.DataFrame({"label": labels, "group": group, "estimate": sizes[f"largest_{moment}"]})
            for group, moment in zip(groups, ("before", "after"), strict=True)
        ],
        ignore_index=True,
    ).assign(low=np.nan, high=np.nan)
    return view.exhibit(
        "balance",
        level=3,
        subtitle=view.say("panorama.balance_subtitle"),
        axes=figures.dots_by_group(drawn, numbers=view.numbers, label=view.say("panorama.balance_axis"), groups=groups),
        table=_size_table(view, sizes, labels),
        paragraphs=[view.say("panorama.balance_words", **fields), *_unbalanced_words(view)],
        published=published.arms(view),
        **view.caption("panorama.balance", fields, n=float(sizes["n"].sum()), variant="" if left else "none"),
        **view.evidence("estimated"),
    )


def _size_table(view: View, sizes: pd.DataFrame, labels: list[str]) -> TableView:
    number, rows = view.numbers.number, []
    for row, label in zip(rows_of(sizes), labels, strict=True):
        counts = [view.count(row.n), number(row.effective_n)] if row.n >= view.profile.mean else ["c", "c"]
        largest = [number(row.largest_before, 2), number(row.largest_after, 2)]
        rows.append([label, *counts, view.numbers.share(row.largest_weight), *largest])
    names = ("balance_effective", "balance_weight", "balance_before", "balance_after")
    header = [view.say("label.option"), "n", *(view.say(f"panorama.{name}") for name in names)]
    return TableView(header, rows, numeric=(False, *[True] * (len(header) - 1)))


def _unbalanced_words(view: View) -> list[str]:
    """Name what is still unlike after weighing, the worst first."""
    table = view.estimates.balance
    worst = table.assign(after=table["after"].abs()).groupby("feature", sort=False)["after"].max()
    worst = worst[worst > BALANCED].sort_values(ascending=False, kind="stable").head(5)
    if worst.empty:
        return []
    listed = [
        view.say("panorama.balance_one", name=feature_label(view, str(name)), value=view.numbers.number(value, 2))
        for name, value in worst.items()
    ]
    return [view.say("panorama.balance_left", listed=view.join_parts(listed))]


def feature_label(view: View, feature: str) -> str:
    """Return how an encoded column is called: its question, and its level where it is a choice."""
    column, _, level = feature.partition("=")
    name = column_label(view, column)
    return (
        view.say("panorama.effects_level_short", name=name, level=level_label(view, column, level)) if level else name
    )


def robustness(view: View) -> Exhibit | None:
    """Return how strong a hidden cause would have to be to undo each difference, beside the strongest one observed.

    None where nothing is estimable.
    """
    if not view.has_cdo or view.estimates.sensitivity.empty:
        return None
    table = _against_commonest(view)
    firm = table[(table["robustness_limit"] > 0) & table["known"]]
    sturdy = int((~firm["fragile"].astype(bool)).sum())
    fields = {"n": sturdy, "told": len(firm), "pairs": len(table)}
    groups = [view.say(f"panorama.robust_{name}") for name in ("limit", "benchmark")]
    drawn = pd.concat(
        [
            pd.DataFrame({"label": table["label"], "group": group, "estimate": table[name]})
            for group, name in zip(groups, ("robustness_limit", "benchmark"), strict=True)
        ],
        ignore_index=True,
    ).assign(low=np.nan, high=np.nan)
    variant, commonest = "" if len(firm) else "none", view.option_label(str(view.estimates.means["n"].idxmax()))
    return view.exhibit(
        "hidden-cause",
        level=3,
        subtitle=view.say("panorama.robust_subtitle", commonest=commonest),
        axes=figures.dots_by_group(
            drawn, numbers=view.numbers, label=view.say("panorama.robust_axis"), groups=groups, share=True
        ),
        table=_robust_table(view, table),
        published=published.arms(view),
        paragraphs=[
            view.say("panorama.robust_words"),
            view.say("panorama.robust_benchmark_words"),
            _strongest_words(view, table),
            *too_few_words(view),
        ],
        **view.caption("panorama.robust", fields, n=float(view.estimates.means["n"].sum()), variant=variant),
        **view.evidence("estimated"),
    )


def _against_commonest(view: View) -> pd.DataFrame:
    """Return the differences from the commonest option, in that direction, the largest first."""
    table, commonest = view.estimates.sensitivity, str(view.estimates.means["n"].idxmax())
    table = table[table["arm"].eq(commonest) | table["reference"].eq(commonest)].copy()
    turned = table["arm"].eq(commonest)
    table["difference"] = table["difference"].where(~turned, -table["difference"])
    table["option"] = table["arm"].where(~turned, table["reference"])
    known = view.estimates.may_claim
    table["known"] = table["option"].isin(known) & (commonest in known)
    labels = [view.option_label(name) for name in table["option"]]
    return table.assign(label=labels).sort_values("difference", ascending=False, kind="stable").head(_MOST_DRAWN)


def _robust_table(view: View, table: pd.DataFrame) -> TableView:
    number, share, rows = view.numbers.number, view.numbers.share, []
    for row in rows_of(table):
        low, high = row.difference - NORMAL_95 * row.se, row.difference + NORMAL_95 * row.se
        difference = figures.signed(view.numbers, row.difference, _DECIMALS)
        difference += f" ({number(low, _DECIMALS)} – {number(high, _DECIMALS)})"
        undone = [share(row.robustness), share(row.robustness_limit), number(row.e_value_limit, 2)]
        rows.append([row.label, difference, *undone, share(row.benchmark), view.say(f"panorama.{_verdict(row)}")])
    names = ("policy_difference", "robust_value", "robust_limit", "robust_e", "robust_benchmark", "robust_verdict")
    header = [view.say("label.option"), *(view.say(f"panorama.{name}") for name in names)]
    return TableView(header, rows, numeric=(False, *[True] * 5, False))


def _verdict(row: object) -> str:
    known, limit, fragile = (getattr(row, name) for name in ("known", "robustness_limit", "fragile"))
    if not known:
        return "robust_few"
    if limit == 0:
        return "robust_zero"
    return "robust_fragile" if fragile else "robust_sturdy"


def _strongest_words(view: View, table: pd.DataFrame) -> str:
    """Name the answers that the yardstick is made of, whatever the option."""
    listed = [
        view.list_words(
            [view.say("label.quoted", text=column_label(view, name)) for name in dict.fromkeys(table[side])]
        )
        for side in ("strongest_arm", "strongest_outcome")
    ]
    return view.say("panorama.robust_strongest", arm=listed[0], outcome=listed[1])


def survey_test_words(view: View) -> list[str]:
    """Say whether a test of the whole survey finds that options differ: without it nothing is claimed of a firm."""
    effect = view.estimates.effect
    if effect is None:
        return []
    number = view.numbers.number
    key = "panorama.effect_found" if effect.p_value <= SURVEY_ERROR else "panorama.effect_none"
    fields = {"p": number(effect.p_value, 3), "limit": number(SURVEY_ERROR, 3)}
    return [view.say(key, **fields, means=number(effect.means, 3), differences=number(effect.differences, 3))]


def data_and_experts(view: View) -> Exhibit | None:
    """Return the part of the data in what is recommended, where experts gave effects; None where they did not."""
    if not view.has_cdo:
        return None
    found = view.study.table("recommendation")
    names = ("data_share_half", "data_share", "data_share_double")
    combined = found[found["combined"].astype(bool) & found["data_share"].notna()] if "combined" in found else found[:0]
    if len(combined) < view.profile.mean:
        return None
    weights = view.weights.reindex(combined.index).to_numpy()
    means = {name: float(np.average(combined[name], weights=weights)) for name in names}
    share = view.numbers.share
    rows = [[view.say(f"panorama.{name}"), share(mean), share(1 - mean)] for name, mean in means.items()]
    header = [view.say("panorama.tau"), view.say("panorama.share_data"), view.say("panorama.share_experts")]
    return view.exhibit(
        "data-and-experts",
        view.say("panorama.share_title", share=share(means["data_share"])),
        level=3,
        table=TableView(header, rows, numeric=(False, True, True)),
        paragraphs=[view.say("panorama.share_words")],
        notes=view.notes(n=len(combined)),
        published=published.plain(f"combined@{view.study.id}", len(combined)),
        **view.evidence("estimated"),
    )
