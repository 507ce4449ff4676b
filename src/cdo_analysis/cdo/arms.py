"""Rare arrangements: merged with their group, or set aside, and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from cdo_analysis.reference import load_arrangements


@dataclass(frozen=True)
class Merging:
    """What became of each arrangement.

    Attributes
    ----------
    shown : dict of str to str
        Arrangement to the name under which it is shown: its own, or its group's. Arrangements that nobody has are
        there too where their group is shown.
    merged : dict of str to list of str
        Group to the arrangements that firms have and that it stands for.
    set_aside : dict of str to int
        Name to number of firms, where even the group was too rare.
    counts : dict of str to int
        Name to number of firms, for what is shown.
    """

    shown: dict[str, str]
    merged: dict[str, list[str]]
    set_aside: dict[str, int]
    counts: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)


def set_aside(merging: Merging, names: Sequence[str]) -> Merging:
    """Return the same merging without some of the names that it shows."""
    return Merging(
        shown={name: label for name, label in merging.shown.items() if label not in names},
        merged={group: members for group, members in merging.merged.items() if group not in names},
        set_aside=merging.set_aside | {name: merging.counts[name] for name in names},
        counts={name: count for name, count in merging.counts.items() if name not in names},
    )


def reference_parents() -> dict[str, str]:
    """Return the group of each arrangement of the package."""
    return dict(load_arrangements().parent_of)


def merge_rare(
    arrangement: pd.Series, parents: Mapping[str, str], *, rare: int, smallest: int
) -> tuple[pd.Series, Merging]:
    """Merge rare arrangements with their group; set aside what stays too rare.

    A group is shown in place of all its arrangements as soon as one of them, that some firm has, is rare: a part of a
    group is never shown beside the whole. An arrangement that is alone in its group keeps its name.

    Parameters
    ----------
    arrangement : Series of str
        NaN where unknown.
    parents : mapping of str to str
        Arrangement to group; what it does not name is its own group.
    rare : int
        An arrangement of fewer firms is rare.
    smallest : int
        What still has fewer firms after merging is set aside.

    Returns
    -------
    merged : Series of str
        Names that are shown; NaN where unknown or set aside.
    merging : Merging

    Examples
    --------
    >>> have = pd.Series(["internal"] * 5 + ["internal_with_experts"] * 1 + ["interim"] * 1)
    >>> names = {"internal": "inside", "internal_with_experts": "inside", "interim": "outside"}
    >>> merged, merging = merge_rare(have, names, rare=3, smallest=2)
    >>> merging.counts, merging.merged, merging.set_aside
    ({'inside': 6}, {'inside': ['internal', 'internal_with_experts']}, {'interim': 1})
    """
    counts = arrangement.value_counts().sort_index()
    members: dict[str, list[str]] = {}
    for name in counts.index:
        members.setdefault(parents.get(name, name), []).append(name)
    merged = {
        group: names
        for group, names in members.items()
        if len(names) > 1 and min(counts[name] for name in names) < rare
    }
    shown = {name: name for name in counts.index}
    shown |= {name: group for name, group in parents.items() if group in merged}
    renamed = arrangement.map(shown)
    totals = renamed.value_counts().sort_index()
    set_aside = {str(name): int(n) for name, n in totals.items() if n < smallest}
    kept = {str(name): int(n) for name, n in totals.items() if n >= smallest}
    merging = Merging(
        shown={name: label for name, label in shown.items() if label in kept},
        merged={group: names for group, names in merged.items() if group in kept},
        set_aside=set_aside,
        counts=kept,
    )
    return renamed.where(renamed.isin(list(kept))), merging
