"""The profiles at a glance: one card each, with its share, its score and the practices that set it apart."""

from __future__ import annotations

from typing import Any

from cdo_analysis.disclosure import EVERYBODY, Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Card, Exhibit
from cdo_analysis.exhibits.panorama.measures import distinctive_numbers
from cdo_analysis.exhibits.panorama.portrait import practice_shares, upper_half
from cdo_analysis.exhibits.panorama.profiles import (
    STABLE,
    group_words,
    has_profiles,
    profile_name,
    rank_words,
    refused_names,
    verdict_of,
)
from cdo_analysis.exhibits.panorama.verdict import bic_words
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of
from cdo_analysis.weighting import Estimate, weighted_mean

_PRACTICES_ON_A_CARD = 3


def profile_cards(view: View) -> Exhibit:
    """Return one card a group: its n, its share with its interval, its mean score, what sets it apart.

    The verdict on grouping comes first: the levels of a continuum are no profiles, and are not named.
    """
    verdict, words = verdict_of(view), group_words(view)
    if not has_profiles(view):
        paragraphs = [view.say(f"typology.verdict_{verdict}_words")]
        return view.exhibit("profiles", view.say(f"typology.verdict_{verdict}"), paragraphs=paragraphs)
    shares = view.study.table("profile_shares")
    return view.exhibit(
        "profiles",
        view.say(f"typology.cards_{verdict}"),
        subtitle=view.say("panorama.cards_subtitle", **words),
        paragraphs=[view.say(f"typology.verdict_{verdict}_words"), bic_words(view), *refused_names(view)],
        cards=[_card(view, row) for row in rows_of(shares)],
        notes=view.notes(reading=view.say("panorama.cards_reading", **words), n=len(view.scores)),
        published=_published(view),
    )


def _published(view: View) -> list[Fact]:
    shares = view.study.table("profile_shares")
    cells = [Cell.of(profile=str(profile)) for profile in shares["profile"]]
    facts = published.counted(view, [EVERYBODY])
    facts += published.counted(view, cells, shares["n"].lt(view.profile.count))
    if view.main is not None:
        scored = [cell & published.known(view, f"score:{view.main.id}") for cell in cells]
        few = shares["n"].lt(view.profile.mean)
        facts += published.averaged(view, view.scores[view.main.id], scored, few, decimals=view.decimals)
    for cell, profile in zip(cells, shares["profile"], strict=True):
        items = [item for item, _, _ in distinctive_practices(view, int(profile))]
        facts += published.told(view, [cell & upper_half(view, item) for item in items], cell)
    return facts


def _card(view: View, row: Any) -> Card:
    profile, n = int(row.profile), int(row.n)
    title = f"{profile_name(view, profile)} — {rank_words(view, profile)}"
    if n < view.profile.count:
        return Card(title, "c", [view.say("panorama.card_hidden")])
    share = weighted_mean(view.study.column("profile_posterior", f"profile_{profile}"), view.design)
    practices = [_practice_line(view, *practice) for practice in distinctive_practices(view, profile)]
    marks = practices or distinctive_numbers(view, profile, most=_PRACTICES_ON_A_CARD)
    lines = [_share_line(view, n, share), *_score_lines(view, profile, n), *_stability_lines(view, profile), *marks]
    return Card(title, view.numbers.share(share.estimate), lines)


def _share_line(view: View, n: int, share: Estimate) -> str:
    interval = view.numbers.interval(max(share.low, 0), min(share.high, 1), share=True)
    return view.say("panorama.card_share", n=view.count(n), interval=interval)


def _score_lines(view: View, profile: int, n: int) -> list[str]:
    if view.main is None or n < view.profile.mean:
        return []
    profiles = view.study.column("profile_assignment", "profile")
    mean = weighted_mean(view.scores.loc[profiles.index[profiles.eq(profile)], view.main.id], view.design)
    written = view.numbers.number(mean.estimate, view.decimals)
    return [view.say("panorama.card_score", mean=written, name=view.main.label.of(view.language))]


def _stability_lines(view: View, profile: int) -> list[str]:
    if verdict_of(view) != "profiles":
        return []
    jaccard = float(view.study.table("profile_stability").set_index("profile")["jaccard"][profile])
    return [] if jaccard >= STABLE else [view.say("panorama.card_unstable", jaccard=view.numbers.number(jaccard, 2))]


def distinctive_practices(view: View, profile: int) -> list[tuple[str, float, float]]:
    """Return (item, share, gap) of the practices in which a profile differs most from all respondents."""
    table = practice_shares(view)
    own = table[table["profile"].eq(profile)]
    most = own.reindex(own["gap"].abs().sort_values(ascending=False, kind="stable").index).head(_PRACTICES_ON_A_CARD)
    return [(row.item, row.share, row.gap) for row in rows_of(most)]


def _practice_line(view: View, item: str, share: float, gap: float) -> str:
    sign = "+" if gap > 0 else "−"
    label = view.book[item].question.of(view.language)
    written = f"{sign}{view.numbers.number(abs(gap))}"
    return view.say("panorama.practice", label=label, share=view.numbers.share(share), gap=written)
