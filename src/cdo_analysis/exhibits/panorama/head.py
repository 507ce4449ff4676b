"""The head of the panorama: what was found, in five lines."""

from __future__ import annotations

from cdo_analysis.codebook import Score
from cdo_analysis.disclosure import EVERYBODY, Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.panorama.profiles import has_profiles, verdict_of
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.weighting import weighted_mean


def cover(view: View) -> Exhibit:
    """Return the head of the report: how many profiles, the mean of the main score with its interval, what follows."""
    paragraphs = [view.say("panorama.lead", n=view.count(len(view.scores)))]
    verdict = verdict_of(view)
    if view.main is not None and verdict != "not_sought":
        paragraphs.append(view.say(f"typology.verdict_{verdict}_words"))
    if view.main is not None:
        paragraphs.append(_score_words(view, view.main))
    paragraphs.append(view.say("panorama.lead_cdo" if view.book.cdo else "panorama.no_cdo"))
    return view.cover(_title(view), view.book.title.of(view.language), paragraphs).publishing(_published(view))


def _published(view: View) -> list[Fact]:
    facts = published.counted(view, [EVERYBODY])
    if view.main is None:
        return facts
    name = f"score:{view.main.id}"
    if verdict_of(view) == "profiles" and has_profiles(view):  # the title gives the share of the least advanced
        least = view.study.table("profile_shares").sort_values("order_mean", kind="stable").iloc[0]
        hidden = ["c" if least["n"] < view.profile.count else ""]
        facts += published.told(view, [Cell.of(profile=str(int(least["profile"])))], EVERYBODY, hidden)
    scores, scored = view.scores[view.main.id], published.known(view, name)
    return facts + published.averaged(view, scores, [scored], decimals=view.decimals)


def _title(view: View) -> str:
    if view.main is None:
        return view.say("panorama.title_no_score")
    verdict = verdict_of(view)
    if verdict != "profiles" or not has_profiles(view):
        return view.say(f"typology.title_{verdict}")
    shares = view.study.table("profile_shares")
    least = shares.sort_values("order_mean", kind="stable").iloc[0]
    if least["n"] < view.profile.count:
        return view.say("typology.title_profiles_plain", number=view.say(f"count.{len(shares)}"))
    share = view.numbers.share(float(least["share_weighted"]))
    return view.say("typology.title_profiles", number=view.say(f"count.{len(shares)}"), share=share)


def _score_words(view: View, score: Score) -> str:
    mean = weighted_mean(view.scores[score.id], view.design)
    return view.say(
        "panorama.lead_score",
        score=view.score_words(score),
        mean=view.numbers.number(mean.estimate, view.decimals),
        interval=view.numbers.interval(mean.low, mean.high, decimals=view.decimals),
    )
