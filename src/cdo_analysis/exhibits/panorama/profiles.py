"""The profiles of a study: whether there are any, what they are called, and how something divides each of them."""

from __future__ import annotations

from typing import Any

from cdo_analysis import figures
from cdo_analysis.exhibits.study_view import Groups, View
from cdo_analysis.tables import shares_by_group

STABLE = 0.6
"""Bootstrap Jaccard under which a profile is not to be trusted (Hennig, R package fpc)."""


def has_profiles(view: View) -> bool:
    """Tell whether the study found more than one profile."""
    return view.study.has("profile_shares") and len(view.study.table("profile_shares")) > 1


def profile_name(view: View, profile: int) -> str:
    """Return "Profil 2": the number grows with maturity."""
    return view.say("panorama.profile", number=profile + 1)


def profile_groups(view: View) -> Groups:
    """Return the profile of each respondent, the profiles from the least mature on, and their names."""
    profiles = view.study.table("profile_assignment")["profile"].astype(str)
    order = sorted(profiles.unique(), key=int)
    return Groups(profiles, order, {profile: profile_name(view, int(profile)) for profile in order})


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
    named = shares.assign(group=shares["group"].map(groups.labels), category=shares["category"].map(answers.labels))
    categories = [answers.labels[code] for code in answers.order]
    label = view.say("label.respondent_share")
    axes = figures.stacked_bars(named, numbers=view.numbers, categories=categories, label=label)
    rows = named.assign(label=named["group"] + " — " + named["category"])
    return {"axes": axes, "table": view.estimate_table(rows, first, share=True)}
