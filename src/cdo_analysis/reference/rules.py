"""The expert rules: which answers speak for which arrangement, which ones rule it out, and in which words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.wording import Text

QUOTED = 0.5
"""A suitability is quoted as a reason beyond this absolute value (the scale goes from -2 to 2)."""

LIMIT = 2.0
"""Largest suitability: 2 speaks strongly for an arrangement, -2 strongly against it, 0 neither."""


@dataclass(frozen=True)
class Family:
    """A family of criteria (``attentes``, ``moyens``, …): weights are drawn family by family."""

    id: str
    label: Text


@dataclass(frozen=True)
class Band:
    """Answers that are spoken of in the same words.

    Attributes
    ----------
    upto : float
        Highest answer of the band, for a number; infinite for the last band and for choices.
    levels : tuple of str
        Codes of the band, for a choice.
    pro, con : Text or None
        What is said for an arrangement that the answer suits, against one that it does not; ``{answer}`` stands for
        the firm's own answer. None where nothing in the band is strong enough to be quoted.
    """

    upto: float
    levels: tuple[str, ...]
    pro: Text | None
    con: Text | None


@dataclass(frozen=True)
class Criterion:
    """One question put to a firm, and what its answers mean for each arrangement.

    Attributes
    ----------
    id : str
        Name, and the column of the answers.
    family : str
    item : str
        Column of the survey where the answer stands; empty where it is counted.
    count, codes : tuple of str
        Columns of the survey to count, and the codes that count.
    label : Text
    points : tuple of float or of str
        Answers for which a suitability is written: knots of a piecewise-linear curve for a number (constant outside
        them), codes for a choice.
    labels : tuple of Text
        Labels of the codes, in the order of `points`; empty where the code says enough (a scale from 1 to 5).
    suitability : dict of str to tuple of float
        Arrangement to suitability at each point, from -2 (strongly against) to 2 (strongly for).
    bands : tuple of Band
    source : str
        Which claim or which study the criterion comes from.
    note : Text or None
        What limits that source: the literature on outsourcing studied accounting.
    reach : float
        How far a firm can move the answer within a year, in its unit; 0 where it cannot.
    """

    id: str
    family: str
    item: str
    count: tuple[str, ...]
    codes: tuple[str, ...]
    label: Text
    points: tuple[float, ...] | tuple[str, ...]
    labels: tuple[Text, ...]
    suitability: dict[str, tuple[float, ...]]
    bands: tuple[Band, ...]
    source: str
    note: Text | None
    reach: float

    @property
    def numeric(self) -> bool:
        """True for a number, False for a choice."""
        return not isinstance(self.points[0], str)

    def band(self, answer: float | str) -> Band:
        """Return the band of an answer.

        Raises
        ------
        UsageError
            If the answer is a code that the criterion does not know.
        """
        for band in self.bands:
            if answer in band.levels if isinstance(answer, str) else answer <= band.upto:
                return band
        raise UsageError(
            f"criterion '{self.id}' has no answer {answer!r}{did_you_mean(str(answer), map(str, self.points))}"
        )


@dataclass(frozen=True)
class FeasibilityRule:
    """The answer to `criterion` must be at least what the arrangement calls for (`need`), or the option is ruled out.

    Attributes
    ----------
    id, criterion : str
    need : str
        One of :data:`~cdo_analysis.reference.NEEDS`.
    fails, unknown : Text
        What is said where it is not met, and where the firm did not answer; ``{answer}`` and ``{minimum}``.
    """

    id: str
    criterion: str
    need: str
    fails: Text
    unknown: Text


@dataclass(frozen=True)
class Signal:
    """A reason to go step by step, or not to: the answer is one of `levels`, or from `at_least` to `at_most`."""

    criterion: str
    levels: tuple[str, ...]
    at_least: float
    at_most: float = math.inf


@dataclass(frozen=True)
class Sequence:
    """Two arrangements one after the other, where both are close and one signal says so.

    Attributes
    ----------
    id : str
    first, then : tuple of str
        Arrangements that may come first, and those that may follow.
    months : float
        How long the first one lasts.
    signals : tuple of Signal
        One of them is enough.
    text, handover : Text
        What is proposed; the condition of the hand-over.
    unless : tuple of Signal
        One of them is enough for the sequence not to be proposed, whatever the signals say.
    """

    id: str
    first: tuple[str, ...]
    then: tuple[str, ...]
    months: float
    signals: tuple[Signal, ...]
    text: Text
    handover: Text
    unless: tuple[Signal, ...] = ()


@dataclass(frozen=True)
class Rules:
    """A set of expert rules, with its author and its date.

    Attributes
    ----------
    id, version, date, author : str
    validated_by_panel : bool
        False: no panel of experts has validated them, and every report says so.
    notice : Text
        What a report must say of them.
    families, criteria, feasibility, sequences
        The parts, in the order of the file.
    """

    id: str
    version: str
    date: str
    author: str
    validated_by_panel: bool
    notice: Text
    families: tuple[Family, ...]
    criteria: tuple[Criterion, ...]
    feasibility: tuple[FeasibilityRule, ...]
    sequences: tuple[Sequence, ...]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Names of the criteria."""
        return tuple(criterion.id for criterion in self.criteria)

    def __getitem__(self, name: str) -> Criterion:
        for criterion in self.criteria:
            if criterion.id == name:
                return criterion
        raise UsageError(f"no criterion is called '{name}'{did_you_mean(name, self.ids)}")
