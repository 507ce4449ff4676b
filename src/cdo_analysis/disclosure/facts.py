"""What a report publishes, as a machine can read it: groups of respondents, and what is said of each.

A group is made of conditions on variables: *the respondents of the sector trade, of the second profile*. A fact is what
one place of a report says of a group: how many respondents it has, or the mean of something among them. Facts hold no
answer of a company: only what is printed, or that it is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

KNOWN = "*"
"""In a condition: any answer, as opposed to none."""

Measure = Literal["count", "mean"]


@dataclass(frozen=True, order=True)
class Cell:
    """A group of respondents.

    Attributes
    ----------
    conditions : tuple of (str, tuple of str)
        Variables, sorted, each with the categories that the group takes in; no condition is everybody.

    Examples
    --------
    >>> Cell.of(sector="trade") & Cell.of(size=("pme", "eti"))
    Cell(conditions=(('sector', ('trade',)), ('size', ('eti', 'pme'))))
    """

    conditions: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, conditions: Mapping[str, str | Iterable[str]] | None = None, /, **more: str | Iterable[str]) -> Cell:
        """Return the group that meets conditions: a category, or several, a variable."""
        given = {**(conditions or {}), **more}
        sets = {name: {value} if isinstance(value, str) else set(value) for name, value in given.items()}
        return cls(tuple(sorted((name, tuple(sorted(values))) for name, values in sets.items())))

    @property
    def variables(self) -> tuple[str, ...]:
        """Variables of the conditions."""
        return tuple(name for name, _ in self.conditions)

    def __and__(self, other: Cell) -> Cell:
        """Return those who are in both groups."""
        both = dict(self.conditions)
        for name, values in other.conditions:
            mine = both.get(name, (KNOWN,))
            both[name] = values if mine == (KNOWN,) else mine if values == (KNOWN,) else _shared(mine, values)
        return Cell(tuple(sorted(both.items())))

    def __str__(self) -> str:
        said = [name if values == (KNOWN,) else f"{name} = {' or '.join(values)}" for name, values in self.conditions]
        return ", ".join(said) or "all respondents"


EVERYBODY = Cell()


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in one if value in other)


@dataclass(frozen=True)
class Fact:
    """What one place of a report says of a group.

    Attributes
    ----------
    place : str
        Report and exhibit: ``panorama/profiles-sector``.
    cell : Cell
    low, high : float or None
        What the printed number may stand for, its rounding included; None where the place hides it.
    measure : {'count', 'mean'}
        How many respondents there are, or the mean of `item` among them.
    item : str
        Of what the mean is; with its lowest and highest possible value in `scale`.
    scale : tuple of float
    """

    place: str
    cell: Cell
    low: float | None = None
    high: float | None = None
    measure: Measure = "count"
    item: str = ""
    scale: tuple[float, float] = (0.0, 0.0)

    @property
    def hidden(self) -> bool:
        """Tell whether the place hides the number."""
        return self.low is None or self.high is None

    @property
    def said(self) -> Fact:
        """The fact without its place: what it adds to what is known."""
        return replace(self, place="")

    def to_json(self) -> list[Any]:
        """Return the fact as a short list."""
        cell = {name: list(values) for name, values in self.cell.conditions}
        counted = [self.place, cell, self.low, self.high]
        return counted if self.measure == "count" else [*counted, self.item, list(self.scale)]

    @classmethod
    def from_json(cls, given: list[Any]) -> Fact:
        """Return the fact that :meth:`to_json` wrote."""
        place, cell, low, high, *mean = given
        fact = cls(str(place), Cell.of(cell), low, high)
        if not mean:
            return fact
        return replace(fact, measure="mean", item=str(mean[0]), scale=(float(mean[1][0]), float(mean[1][1])))


def count_of(place: str, cell: Cell, low: float, high: float | None = None) -> Fact:
    """Return the fact that a group has so many respondents: exactly `low`, or from `low` to `high`."""
    return Fact(place, cell, float(low), float(low if high is None else high))


def hidden_count(place: str, cell: Cell) -> Fact:
    """Return the fact that a place hides how many respondents a group has."""
    return Fact(place, cell)
