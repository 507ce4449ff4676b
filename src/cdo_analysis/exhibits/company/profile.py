"""Where one company stands among the profiles of the study."""

from __future__ import annotations

import pandas as pd

from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.panorama.profiles import group_words, has_profiles, profile_name, verdict_of
from cdo_analysis.exhibits.study_view import View

_NEARLY = 0.99


def profile(view: View, company: str) -> Exhibit | None:
    """Return the profile that a company resembles most, with its probability; between two, both.

    Where the answers form a continuum, profiles are called its levels. None without profiles, or where the company
    answered nothing that they are made of.
    """
    if not has_profiles(view) or company not in view.study.table("profile_assignment").index:
        return None
    chances = pd.Series(view.study.table("profile_posterior").loc[company])
    names = [profile_name(view, place) for place in range(len(chances))]
    order = chances.to_numpy().argsort(kind="stable")[::-1]
    clear = view.study.table("profile_assignment").at[company, "status"] == "clear"
    fields = {
        "first": names[order[0]],
        "second": names[order[1]],
        "share": _chance(view, float(chances.iloc[order[0]])),
        "other": _chance(view, float(chances.iloc[order[1]])),
        **group_words(view),
    }
    title = view.say("company.profile_title" if clear else "company.profile_title_between", **fields)
    words = [view.say("company.profile_words", **fields), view.say("company.profile_how", k=len(chances), **fields)]
    if verdict_of(view) == "continuum":
        words.append(view.say("company.profile_continuum"))
    return view.exhibit("profile", title, level=3, paragraphs=words)


def _chance(view: View, chance: float) -> str:
    """Write a probability; a model is never certain of a company, so neither 0 % nor 100 % is."""
    if chance > _NEARLY:
        return view.say("company.profile_sure")
    return view.say("company.profile_none") if chance < 1 - _NEARLY else view.numbers.share(chance)
