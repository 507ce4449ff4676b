"""Two waves of a questionnaire, question by question: what was added, removed, reworded, recoded, rerouted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cdo_analysis.codebook.model import Codebook, Item
from cdo_analysis.wording import Language

Kind = Literal["added", "removed", "renamed", "reworded", "codes", "labels", "routing", "measured", "column"]

BREAKS: frozenset[Kind] = frozenset({"added", "removed", "reworded", "codes", "labels", "routing", "measured"})
"""Differences after which the answers of two waves are not to be compared without saying so."""


@dataclass(frozen=True)
class Difference:
    """What differs between two waves for one item.

    Attributes
    ----------
    item : str
        Its name; in the later wave, where it was renamed.
    kind : str
        ``added``, ``removed``, ``renamed`` (same wording under another name), ``reworded``, ``codes`` (answers that
        exist in one wave only, or are worth something else), ``labels`` (the words of an answer), ``routing`` (who is
        asked), ``measured`` (kind, unit, bounds, dimension or direction), ``column`` (the header of the export).
    before, after : str
        What it was, and what it is; empty where it was not, or is not any more.
    """

    item: str
    kind: Kind
    before: str = ""
    after: str = ""

    @property
    def breaks(self) -> bool:
        """Whether answers of the two waves stop being comparable by it, without a word of caution."""
        return self.kind in BREAKS


def compare_codebooks(before: Codebook, after: Codebook, *, language: Language = "fr") -> list[Difference]:
    """Return what differs between two questionnaires, in the order of the later one; what was removed comes last.

    Parameters
    ----------
    before, after : Codebook
    language : {'fr', 'en'}
        Language in which wordings are compared and told.

    Returns
    -------
    list of Difference

    Examples
    --------
    >>> from cdo_analysis.codebook import load_codebook
    >>> found = compare_codebooks(load_codebook("cdo-2026"), load_codebook("cdo-2026-meeting"))
    >>> {difference.kind for difference in found} <= {"removed", "routing", "measured"}
    True
    """
    old, new = {item.name: item for item in before}, {item.name: item for item in after}
    gone = {name: item for name, item in old.items() if name not in new}
    found: list[Difference] = []
    for name, item in new.items():
        if name in old:
            found += _differences(old[name], item, language)
            continue
        earlier = next((one for one in gone.values() if _asks_alike(one, item, language)), None)
        if earlier is None:
            found.append(Difference(name, "added", after=wording_of(item, language)))
        else:
            del gone[earlier.name]
            found += [Difference(name, "renamed", earlier.name, name), *_differences(earlier, item, language)]
    return [*found, *(Difference(name, "removed", wording_of(item, language)) for name, item in gone.items())]


def wording_of(item: Item, language: Language) -> str:
    """Return the whole wording of an item, the stem of its battery included."""
    return " — ".join(filter(None, (item.stem.of(language), item.question.of(language))))


def _asks_alike(before: Item, after: Item, language: Language) -> bool:
    words = [" ".join(wording_of(item, language).casefold().split()) for item in (before, after)]
    return words[0] == words[1] and before.kind == after.kind


def _differences(before: Item, after: Item, language: Language) -> Iterator[Difference]:
    """Yield what differs between an item and what became of it."""
    pairs: list[tuple[Kind, str, str]] = [
        ("reworded", wording_of(before, language), wording_of(after, language)),
        ("codes", _codes(before), _codes(after)),
        ("labels", _labels(before, after, language), _labels(after, before, language)),
        ("routing", routing_of(before), routing_of(after)),
        ("measured", _measure(before), _measure(after)),
        ("column", before.column, after.column),
    ]
    for kind, was, becomes in pairs:
        if " ".join(was.split()) != " ".join(becomes.split()):
            yield Difference(after.name, kind, was, becomes)


def _codes(item: Item) -> str:
    return ", ".join(f"{a.code}={a.value:g}" if a.value is not None else a.code for a in item.answers)


def _labels(item: Item, other: Item, language: Language) -> str:
    """Return the labels of the codes that both waves have: the others are told as codes."""
    shared = {answer.code for answer in other.answers}
    return ", ".join(f"{a.code}: {a.label.of(language)}" for a in item.answers if a.code in shared)


def routing_of(item: Item) -> str:
    """Return who is asked, as a sentence of conditions; empty where everybody is.

    Examples
    --------
    >>> from cdo_analysis.codebook import load_codebook
    >>> routing_of(load_codebook("cdo-2026")["expert_days_year"])
    'expert_none in 0'
    """
    return " and ".join(f"{one.item} in {', '.join(one.codes)}" for one in item.asked_if)


def _measure(item: Item) -> str:
    low, high = item.bounds
    bounds = "" if low == float("-inf") and high == float("inf") else f"{low:g} to {high:g}"
    direction = "reversed" if item.reverse else ""
    return ", ".join(filter(None, (item.kind, item.unit, bounds, item.dimension, direction)))
