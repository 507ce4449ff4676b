"""What can be crossed with what: scores, dimensions, profiles, levels and the questions, under one name each."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Item
from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.exhibits.panorama.profiles import group_words, has_profiles, profile_groups
from cdo_analysis.exhibits.study_view import Groups, View

Section = Literal["scores", "dimensions", "groups", "company", "questions"]

PROFILE = "profile"
SIZE = "size_category"
BAND = "_band"
"""What follows the name of a score where its levels are meant: ``dii_band``."""

_LONGEST = 90
_NAMED_ROLES = ("sector", "region", "headcount", "turnover")


@dataclass(frozen=True)
class Variable:
    """One thing that can be measured, or by which respondents can be grouped.

    Attributes
    ----------
    name : str
        ``dma``, ``profile``, ``dii_band``, ``size_category``, or the name of an item.
    label : str
        What readers see.
    section : str
        Where a list of variables shows it.
    is_number : bool
        True where it has a mean; its classes make groups.
    """

    name: str
    label: str
    section: Section
    is_number: bool


def variables(view: View) -> list[Variable]:
    """Return all that can be measured or grouped by, in the order of a list: scores first, then the questions.

    What names or reaches a person, texts, dates and identifiers are not among them.
    """
    scores = view.book.scores
    found = [Variable(score.id, score.label.of(view.language), "scores", True) for score in scores]
    found += [Variable(name, view.dimension_label(name), "dimensions", True) for name in view.dimensions]
    if has_profiles(view):
        found.append(Variable(PROFILE, view.say("explorer.typology", **group_words(view)), "groups", False))
    found += [
        Variable(f"{score.id}{BAND}", view.say("explorer.band", score=score.label.of(view.language)), "groups", False)
        for score in scores
        if score.bands
    ]
    found.append(Variable(SIZE, view.say("explorer.size"), "company", False))
    taken = {variable.name for variable in found}
    return found + [_of_item(view, item) for item in view.book if _is_shown(view, item) and item.name not in taken]


def _is_shown(view: View, item: Item) -> bool:
    return item.kind in ("choice", "number") and not item.personal and item.name in view.responses.columns


def _of_item(view: View, item: Item) -> Variable:
    """Name a question by its role where it has one, else by its own words: of a battery, those of its row."""
    roles = view.book.roles
    role = next((role for role in _NAMED_ROLES if getattr(roles, role) == item.name), "")
    asked = item.question.of(view.language)
    criterion = _criteria(view).get(item.name, "")
    label = view.say(f"explorer.{role}") if role else criterion or shorten(asked, _LONGEST)
    return Variable(item.name, label, "company" if role else "questions", item.kind == "number")


def _criteria(view: View) -> dict[str, str]:
    """Return what the expert rules call the questions that they look at."""
    if not view.has_cdo:
        return {}
    return {criterion.item: criterion.label.of(view.language) for criterion in view.rules.criteria if criterion.item}


def shorten(text: str, longest: int) -> str:
    """Keep the first question of a text, or its first sentence, cut between words where it is too long.

    Examples
    --------
    >>> shorten("Quel est votre secteur ? Choisissez le plus proche.", 40)
    'Quel est votre secteur ?'
    >>> shorten("On appelle ici pilote celui qui décide. Qui pilote ?", 40)
    'Qui pilote ?'
    >>> shorten("Une question longue", 14)
    'Une question…'
    """
    sentences = re.findall(r"[^.?!]*[.?!]+(?:\s+|$)|[^.?!]+$", text) or [text]
    first = next((sentence for sentence in sentences if "?" in sentence), sentences[0]).strip()
    if len(first) <= longest:
        return first
    return first[:longest].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def find_variable(view: View, name: str) -> Variable:
    """Return the variable called `name`.

    Raises
    ------
    UsageError
        The study has none.
    """
    key = ("variables", view.language, view.profile.id)
    if key not in view.study.derived:
        view.study.derived[key] = {variable.name: variable for variable in variables(view)}
    known: dict[str, Variable] = view.study.derived[key]
    if name not in known:
        raise UsageError(f"the study has nothing called '{name}' to count or average{did_you_mean(name, known)}")
    return known[name]


def numbers_of(view: View, name: str) -> pd.Series:
    """Return the numbers of a score, a dimension or a number that was asked."""
    return view.scores[name] if name in view.scores.columns else view.responses[name]


def groups_of(view: View, name: str) -> Groups:
    """Return the groups that a variable makes: its answers, its levels, the classes of a number."""
    key = ("groups", view.language, view.profile.id, name)
    if key not in view.study.derived:
        view.study.derived[key] = _make_groups(view, name)
    found: Groups = view.study.derived[key]
    return found


def _make_groups(view: View, name: str) -> Groups:
    if name == PROFILE:
        return profile_groups(view)
    if name.endswith(BAND) and name.removesuffix(BAND) in {score.id for score in view.book.scores}:
        return _levels(view, name.removesuffix(BAND))
    if find_variable(view, name).is_number:
        return number_classes(view, name)
    return view.groups(name)


def _levels(view: View, score: str) -> Groups:
    bands = view.book.score(score).bands
    values = view.study.column("bands", score).astype("str")
    order = [band.id for band in bands if values.eq(band.id).any()]
    return Groups(values.where(values.isin(order)), order, {band.id: band.label.of(view.language) for band in bands})


def number_classes(view: View, name: str) -> Groups:
    """Return a number in four classes at most, cut at its rounded quartiles; one class where too few gave one.

    The cuts are those of all respondents whatever the filter, and are rounded to two figures, so that no company's own
    number can be read from them.
    """
    values = numbers_of(view, name)
    known = values.dropna()
    enough = len(known) >= view.profile.quartiles
    cuts = _cuts(known) if enough else []
    places = np.searchsorted(cuts, values.to_numpy(dtype="float64"), side="right")
    classes = pd.Series(places.astype(str), index=values.index, dtype="str").where(values.notna())
    order = [str(place) for place in range(len(cuts) + 1)]
    return Groups(classes, order, dict(zip(order, _class_labels(view, cuts), strict=True)))


def _cuts(known: pd.Series) -> list[float]:
    rounded = [_two_figures(value) for value in np.quantile(known, [0.25, 0.5, 0.75])]
    low, high = known.min(), known.max()
    return sorted({cut for cut in rounded if low < cut <= high})


def _two_figures(value: float) -> float:
    """Round to two significant figures.

    Examples
    --------
    >>> _two_figures(1234.0), _two_figures(0.567), _two_figures(-48.6), _two_figures(0.0)
    (1200.0, 0.57, -49.0, 0.0)
    """
    return 0.0 if value == 0 else round(value, 1 - math.floor(math.log10(abs(value))))


def _class_labels(view: View, cuts: Sequence[float]) -> list[str]:
    said = [view.numbers.number(cut, next((d for d in (0, 1) if math.isclose(cut, round(cut, d))), 2)) for cut in cuts]
    if not said:
        return [view.say("explorer.class_all")]
    between = [view.say("explorer.class_between", low=low, high=high) for low, high in pairwise(said)]
    first, last = view.say("explorer.class_first", high=said[0]), view.say("explorer.class_last", low=said[-1])
    return [first, *between, last]
