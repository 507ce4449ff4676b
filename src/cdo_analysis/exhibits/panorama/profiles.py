"""The profiles of a study: whether there are any, what they are called, and how something divides each of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cdo_analysis import figures
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.study_view import Groups, View
from cdo_analysis.profiles import NAMEABLE
from cdo_analysis.tables import rows_of, shares_by_group

STABLE = NAMEABLE
"""Bootstrap Jaccard under which a profile is not to be trusted (Hennig, R package fpc)."""


def has_profiles(view: View) -> bool:
    """Tell whether the study divides respondents in more than one profile, or level of a continuum."""
    return view.study.has("profile_shares") and len(view.study.table("profile_shares")) > 1


def verdict_of(view: View) -> str:
    """Return what the study says of grouping: profiles, continuum, no_grouping, or not_sought."""
    return str(view.study.info.get("profiles", {}).get("verdict", "not_sought"))


def group_words(view: View) -> dict[str, str]:
    """Return how groups are called in sentences: profiles, or levels where the answers form a continuum."""
    kind = "levels" if verdict_of(view) == "continuum" else "profiles"
    words = {name: view.say(f"typology.{kind}_{name}") for name in ("one", "many")}
    return words | {name.capitalize(): word[:1].upper() + word[1:] for name, word in words.items()}


def profile_name(view: View, profile: int) -> str:
    """Return the name that the analyst gave, where it is deserved; else "Profil 2", or "Niveau 2" of a continuum."""
    names = given_names(view)
    shown = names[names["profile"].eq(profile) & names["state"].eq("shown")]
    if len(shown):
        return str(shown[view.language].iloc[0])
    return view.say("typology.numbered", One=group_words(view)["One"], number=profile + 1)


def given_names(view: View) -> pd.DataFrame:
    """Return the names that the analyst gave: profile, fr, en, state; empty where there are none."""
    if not view.study.has("profile_names"):
        return pd.DataFrame(columns=["profile", "fr", "en", "state"])
    return view.study.table("profile_names")


def refused_names(view: View) -> list[str]:
    """Return the sentences on names that were given and are not shown, each with its reason."""
    names, words = given_names(view), []
    for state in ("no_profiles", "unstable"):
        refused = names[names["state"].eq(state)]
        if len(refused):
            listed = [view.say("label.quoted", text=row[view.language]) for _, row in refused.iterrows()]
            words.append(view.say(f"typology.refused_{state}", listed=view.list_words(listed)))
    return words


def profile_groups(view: View) -> Groups:
    """Return the profile of each respondent, the profiles in the order of their numbers, and their names."""
    profiles = view.study.table("profile_assignment")["profile"].astype(str)
    order = sorted(profiles.unique(), key=int)
    return Groups(profiles, order, {profile: profile_name(view, int(profile)) for profile in order}, "profile")


def rank_words(view: View, profile: int) -> str:
    """Return where a profile stands in maturity, ties said: "le moins avancé", "parmi les plus avancés"."""
    shares = view.study.table("profile_shares")
    ranks = dict(zip(shares["profile"], shares["rank"], strict=True))
    rank, all_ranks = ranks[profile], list(ranks.values())
    if len(set(all_ranks)) == 1:
        return view.say("typology.rank_same")
    end = "least" if rank == min(all_ranks) else "most" if rank == max(all_ranks) else "middle"
    return view.say(f"typology.rank_{end}" + ("_tied" if all_ranks.count(rank) > 1 and end != "middle" else ""))


def divided(view: View, answers: Groups, groups: Groups, first: str) -> dict[str, Any]:
    """Return the figure and the table of how `answers` divide each of `groups`, as fields of an exhibit.

    Parameters
    ----------
    view : View
    answers, groups : Groups
        The parts of each bar, and the bars.
    first : str
        Header of the first column of the table.
    """
    order = (answers.order, groups.order)
    shares = shares_by_group(answers.values, groups.values, view.design, order=order, profile=view.profile)
    shares = published.withhold(view, shares, answers.name, groups.name, parts=answers.parts)
    named = shares.assign(group=shares["group"].map(groups.labels), category=shares["category"].map(answers.labels))
    categories = [answers.labels[code] for code in answers.order]
    label = view.say("label.respondent_share")
    axes = figures.stacked_bars(named, numbers=view.numbers, categories=categories, label=label)
    rows = named.assign(label=named["group"] + " — " + named["category"])
    cells = published.divided_by(view, shares, answers.name, groups.name, parts=answers.parts)
    facts = published.counted(view, *cells)
    return {"axes": axes, "table": view.estimate_table(rows, first, share=True), "published": facts}


def best_bic(view: View) -> dict[str, float]:
    """Return the lowest BIC of each kind of model that was compared, and the number of classes of the best."""
    table = view.study.table("profile_grouping")
    found = {str(row.model): float(row.bic) for row in rows_of(table.sort_values("bic", ascending=False))}
    classes = table[~table["model"].isin(["continuum", "independence"])]
    if classes.empty:
        return found | {"k": 1.0}
    best = classes.sort_values("bic", kind="stable").iloc[0]
    return found | {"best": float(best["bic"]), "k": float(best["k"])}
