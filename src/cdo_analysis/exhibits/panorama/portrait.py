"""What the groups are: the answers that mark each one, what separates it from the next, its typical member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cdo_analysis.disclosure import EVERYBODY, KNOWN, Cell, Fact, flag_cross_table
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.panorama.profiles import group_words, has_profiles, profile_name
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.profiles.portrait import describe_categories
from cdo_analysis.profiles.typical import describe_typical_member, separate_neighbours
from cdo_analysis.tables import rows_of

_UPPER_HALF = 0.5
_LEAST_V = 2.0
_ACTIVE, _SUPPLEMENTARY, _BETWEEN, _TYPICAL, _FEWEST_TYPICAL = 3, 3, 3, 8, 3


def active_items(view: View) -> list[str]:
    """Return the items that the groups are made of."""
    return list(view.study.info["profiles"].get("active", []))


def active_numbers(view: View) -> list[str]:
    """Return those of them that are numbers: scores, and answers in numbers."""
    return list(view.study.info["profiles"].get("continuous", []))


def active_answers(view: View) -> list[str]:
    """Return those of them that are answers to choose from."""
    numbers = active_numbers(view)
    return [name for name in active_items(view) if name not in numbers]


def supplementary_items(view: View) -> list[str]:
    """Return what describes the groups without having made them: size, sector, region, how digital is led."""
    roles = [view.book.roles.sector, view.book.roles.region, view.book.cdo.arrangement if view.book.cdo else ""]
    names = ["size_category", *filter(None, roles)]
    used = active_items(view)
    return [name for name in names if name not in used and len(view.groups(name).order) > 1]


def marked_answers(view: View) -> Exhibit | None:
    """Return the answers most and least given in each group, by valeur-test, with shares both ways.

    None without groups.
    """
    if not has_profiles(view):
        return None
    active, supplementary = active_answers(view), supplementary_items(view)
    if not (active or supplementary):
        return None
    table = _described(view, view.responses[[*active, *supplementary]], active=active)
    shown = table[table["flag"].ne("c") & table["v_test"].abs().ge(_LEAST_V)]
    parts = [_marking(part) for _, part in shown.groupby("profile", sort=True)]
    rows = [_answer_row(view, row) for part in parts for row in rows_of(part)]
    names = ("answer", "in_profile", "of_answer", "overall", "v_test")
    words = group_words(view)
    header = [words["One"], *(view.say(f"typology.mark_{name}", **words) for name in names)]
    header.insert(2, "n")
    hidden = int(table["flag"].eq("c").sum())
    return view.exhibit(
        "marks",
        view.say("typology.marks_title", **words),
        level=3,
        paragraphs=[view.say("typology.marks_words", n=view.numbers.number(worth(view)), hidden=hidden)],
        table=TableView(header, rows, numeric=(False, False, True, True, True, True, True)),
        notes=view.notes(reading=_mark_reading(view, parts), n=len(view.scores)),
        published=_marks_published(view, table, [row for part in parts for row in rows_of(part)]),
    )


def _marks_published(view: View, table: pd.DataFrame, rows: list[Any]) -> list[Fact]:
    """Return what the portrait shows, and which of the cells that it looked at are hidden."""
    facts = published.counted(view, [EVERYBODY])
    hidden = [_mark_cell(view, row) for row in rows_of(table[table["flag"].eq("c")]) if row.n > 0]
    facts += published.counted(view, [_mark_cell(view, row) for row in rows])
    facts += published.counted(view, hidden, ["c"] * len(hidden))
    for row in rows:
        name = _variable(view, row.item)
        facts += published.told(view, [Cell.of({name: str(row.category)})], published.known(view, name))
    return facts


def _variable(view: View, item: str) -> str:
    return "today" if view.book.cdo and item == view.book.cdo.arrangement else item


def _mark_cell(view: View, row: Any) -> Cell:
    return Cell.of({"profile": str(int(row.profile)), _variable(view, row.item): str(row.category)})


def worth(view: View) -> float:
    """Return how many companies, drawn at random with equal weights, the respondents are worth."""
    return float(view.study.info["weighting"]["effective_n"])


def _described(view: View, answers: pd.DataFrame, *, active: list[str]) -> pd.DataFrame:
    """Return the portrait of the groups with a flag a cell: each item crossed with the groups."""
    labels = view.study.column("profile_assignment", "profile").reindex(answers.index, fill_value=-1)
    weights = view.weights[answers.index]
    table = describe_categories(labels, answers, sample_weight=weights, active=active, n_effective=worth(view))
    flags: dict[tuple[Any, Any, Any], Any] = {}
    for item in answers:
        counts = pd.crosstab(labels, answers[item].astype(object))
        found = flag_cross_table(counts, view.profile)
        flags |= {(profile, item, code): found.at[profile, code] for profile in found.index for code in found}
    keys = list(zip(table["profile"], table["item"], table["category"], strict=True))
    return table.assign(flag=["c" if _is_withheld(view, *key) else flags.get(key, "") for key in keys])


def _is_withheld(view: View, profile: Any, item: Any, code: Any) -> bool:
    return published.is_withheld(view, {"profile": str(int(profile)), _variable(view, str(item)): str(code)})


def _marking(part: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one group that are worth showing: both ends of the active items, then the others."""
    active = part[part["role"].eq("active")]
    other = part[part["role"].ne("active")]
    most = active[active["v_test"] > 0].head(_ACTIVE)
    least = active[active["v_test"].lt(0) & ~active["item"].isin(most["item"])].tail(_ACTIVE)
    strongest = other.reindex(other["v_test"].abs().sort_values(ascending=False, kind="stable").index)
    kept = pd.concat([most, least, strongest.head(_SUPPLEMENTARY)])
    return kept.sort_values(["role", "v_test"], ascending=[True, False], kind="stable")


def _answer_row(view: View, row: Any) -> list[str]:
    unsure = " (u)" if row.flag == "u" else ""
    shares = [view.numbers.share(v) for v in (row.share_in_profile, row.share_of_answer, row.overall)]
    n = view.count(row.n) + unsure
    answer = _answer_label(view, row.item, row.category) + ("" if row.role == "active" else " *")
    return [profile_name(view, int(row.profile)), answer, n, *shares, view.numbers.number(row.v_test, 1)]


def _answer_label(view: View, item: str, code: str) -> str:
    label = view.say(f"size.{code}") if item == "size_category" else view.book[item].label_of(code, view.language)
    return view.say("typology.answer", question=variable_word(view, item), answer=label)


def variables(view: View) -> Exhibit | None:
    """Return the variables that make the groups and those that only describe them, folded. None without groups."""
    if not has_profiles(view):
        return None
    active, supplementary = active_items(view), supplementary_items(view)
    rows = [[variable_word(view, name), view.say("typology.role_active")] for name in active]
    rows += [[variable_word(view, name), view.say("typology.role_supplementary")] for name in supplementary]
    fields = {"n": len(active), "others": len(supplementary), **group_words(view)}
    header = [view.say("typology.variable"), view.say("typology.mark_role")]
    title = view.say("typology.variables_title" if supplementary else "typology.variables_title_none", **fields)
    return view.exhibit("variables", title, level=3, table=TableView(header, rows), folded=True)


def variable_word(view: View, name: str) -> str:
    """Return what a variable is called: a question, a dimension or a score."""
    if name == "size_category":
        return view.say("size.word").capitalize()
    if view.book.cdo and name == view.book.cdo.arrangement:
        return view.say("label.arrangement")
    if name not in view.book:
        return view.measure_label(name)
    return view.book[name].question.of(view.language)


def _mark_reading(view: View, parts: list[pd.DataFrame]) -> str:
    row = next((row for part in parts for row in rows_of(part)), None)
    if row is None:
        return ""
    shares = [view.numbers.share(v) for v in (row.share_in_profile, row.share_of_answer, row.overall)]
    fields = dict(zip(("in_profile", "of_answer", "overall"), shares, strict=True))
    fields |= {"group": profile_name(view, int(row.profile)), "answer": _answer_label(view, row.item, row.category)}
    return view.say("typology.marks_reading", **fields, **group_words(view))


def upper_half(view: View, item: str) -> Cell:
    """Return those whose answer to an item is in the upper half of its scale."""
    points = {code: view.book[item].points.get(code) for code in view.book[item].codes}
    return Cell.of({item: [code for code, value in points.items() if value is not None and value >= _UPPER_HALF]})


def practice_shares(view: View) -> pd.DataFrame:
    """Return, for each group and active item, the weighted share of members in the upper half of the answers.

    Returns
    -------
    DataFrame
        profile, item, n (members in the upper half), share, overall (0 to 1), gap (points of percentage). What must be
        hidden is left out.
    """
    key = ("practice_shares", view.profile, view.withheld)
    if key not in view.study.derived:
        view.study.derived[key] = _practice_shares(view)
    found: pd.DataFrame = view.study.derived[key]
    return found


def _practice_shares(view: View) -> pd.DataFrame:
    active, halves = active_answers(view), {}
    if not active:
        return pd.DataFrame(columns=["profile", "item", "n", "share", "overall", "gap"])
    for name in active:
        points = view.responses[name].map(view.book[name].points).astype(float)
        halves[name] = points.ge(_UPPER_HALF).map({True: "upper", False: "lower"}).where(points.notna())
    table = _described(view, pd.DataFrame(halves, index=view.responses.index), active=active)
    upper = table[table["category"].eq("upper") & table["flag"].ne("c")]
    upper = upper.assign(gap=(upper["share_in_profile"] - upper["overall"]) * 100, share=upper["share_in_profile"])
    place = upper["item"].map({name: place for place, name in enumerate(active)})
    upper = upper.assign(place=place).sort_values(["profile", "place"], ignore_index=True)
    return upper[["profile", "item", "n", "share", "overall", "gap"]]


def separating_practices(view: View) -> Exhibit | None:
    """Return the three practices that separate each group from the next, by maturity. None without groups."""
    if not has_profiles(view):
        return None
    order = view.study.table("profile_shares").sort_values("order_mean", kind="stable")["profile"].tolist()
    place = {profile: position for position, profile in enumerate(order)}
    shares = practice_shares(view)
    if shares.empty:
        return None
    known = pd.DataFrame(
        {
            "profile": shares["profile"].map(place),
            "item": shares["item"],
            "category": "upper",
            "share_in_profile": shares["share"],
        }
    )
    table = separate_neighbours(known, number=_BETWEEN).dropna()
    if table.empty:
        return None
    rows = []
    for row in rows_of(table):
        pair = [profile_name(view, order[int(place)]) for place in (row.profile, row.next)]
        values = [view.numbers.share(v) for v in (row.share, row.share_next)]
        gap = (row.share_next - row.share) * 100
        written = f"{'+' if gap > 0 else ''}{view.numbers.number(gap)}"
        rows.append([f"{pair[0]} → {pair[1]}", view.book[row.item].question.of(view.language), *values, written])
    words = group_words(view)
    names = ("pair", "practice", "share", "share_next", "gap")
    header = [view.say(f"typology.next_{name}", **words) for name in names]
    return view.exhibit(
        "separating",
        view.say("typology.next_title", **words),
        level=3,
        table=TableView(header, rows, numeric=(False, False, True, True, True)),
        notes=view.notes(reading=view.say("typology.next_reading"), n=len(view.scores)),
        published=_separating_published(view, order, table),
    )


def _separating_published(view: View, order: list[int], table: pd.DataFrame) -> list[Fact]:
    facts = published.counted(view, [EVERYBODY])
    for row in rows_of(table):
        for place in (row.profile, row.next):
            group = Cell.of(profile=str(order[int(place)]))
            facts += published.told(view, [group & upper_half(view, row.item)], group & Cell.of({row.item: KNOWN}))
    return facts


def typical_member(view: View) -> Exhibit | None:
    """Return the most frequent answers of each group, as the portrait of nobody in particular.

    A portrait that fits a few companies that exist is cut shorter, until none or enough of them fit it. None without
    groups.
    """
    if not has_profiles(view):
        return None
    spread = practice_shares(view).groupby("item")["share"].agg(lambda shares: shares.max() - shares.min())
    items = spread.sort_values(ascending=False, kind="stable").index.tolist()[:_TYPICAL]
    portraits = {
        profile: _portrait(view, int(profile), items) for profile in view.study.table("profile_shares")["profile"]
    }
    shown = [item for item in items if any(item in found for found in portraits.values())]
    if not shown:
        return None
    rows = [
        [view.book[item].question.of(view.language), *(found.get(item, "c") for found in portraits.values())]
        for item in shown
    ]
    words = group_words(view)
    header = [view.say("label.question"), *(profile_name(view, int(profile)) for profile in portraits)]
    return view.exhibit(
        "typical",
        view.say("typology.typical_title", **words),
        level=3,
        paragraphs=[view.say("typology.typical_words", fewest=view.profile.count, **words)],
        table=TableView(header, rows),
        notes=view.notes(reading=view.say("typology.typical_reading", **words), n=len(view.scores)),
        published=_typical_published(view, portraits),
    )


def _typical_published(view: View, portraits: Mapping[Any, dict[str, str]]) -> list[Fact]:
    """Return what the portraits tell: in each group, the share of the most frequent answer to each item."""
    facts = published.counted(view, [EVERYBODY])
    for profile, found in portraits.items():
        group = Cell.of(profile=str(int(profile)))
        inside = published.members(view, group)
        for item in found:
            answers, weights = view.responses[item][inside], view.weights[inside]
            most = str(weights.groupby(answers).sum().idxmax())
            facts += published.told(view, [group & Cell.of({item: most})], group & Cell.of({item: KNOWN}))
    return facts


def _portrait(view: View, profile: int, items: list[str]) -> dict[str, str]:
    """Return the typical answer to each item, with its share; fewer items where a few companies would fit."""
    labels = view.study.column("profile_assignment", "profile")
    inside = labels.index[labels.eq(profile)]
    answers, weights = view.responses.loc[inside, items], view.weights[inside]
    kept = [item for item in items if answers[item].notna().sum() >= view.profile.mean]
    while len(kept) >= _FEWEST_TYPICAL:
        table = describe_typical_member([0] * len(inside), answers[kept], sample_weight=weights)
        alike = int(table["n_alike"].iloc[0])
        if alike == 0 or alike >= view.profile.count:
            return {row.item: _typical_cell(view, row) for row in rows_of(table) if row.n >= view.profile.count}
        kept = kept[:-1]
    return {}


def _typical_cell(view: View, row: Any) -> str:
    label = view.book[row.item].label_of(row.category, view.language)
    return f"{label} ({view.numbers.share(row.share)})"
