"""A questionnaire described as data: what each column of an export asks, and what each code means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, get_args

from cdo_analysis.showing import Shown
from cdo_analysis.units import StatisticalUnit
from cdo_analysis.wording import NO_TEXT, Language, Text

MissingKind = Literal["dont_know", "refused", "not_applicable", "not_asked", "no_answer", "abandoned", "invalid"]
"""Why an answer is missing.

``dont_know``, ``refused`` and ``not_applicable`` were said by the respondent; ``not_asked`` follows from the routing;
``no_answer`` is a question passed over; ``abandoned`` comes after the respondent's last answer; ``invalid`` was
written but cannot be read (it has a row in the issue table).
"""
MISSING_KINDS: tuple[MissingKind, ...] = get_args(MissingKind)

ItemKind = Literal["identifier", "text", "number", "choice", "date"]
ITEM_KINDS: tuple[ItemKind, ...] = get_args(ItemKind)

ScoreMethod = Literal["points", "likert", "count"]
SCORE_METHODS: tuple[ScoreMethod, ...] = get_args(ScoreMethod)


ExclusiveKey = Literal["drop", "point", "lost_point"]
EXCLUSIVE_KEYS: tuple[ExclusiveKey, ...] = get_args(ExclusiveKey)


@dataclass(frozen=True)
class Answer:
    """One possible answer: the code an export writes, the label a respondent reads.

    Attributes
    ----------
    code : str
        As exported; always text (``"01"`` and ``"2A"`` stay what they are).
    label : Text
        As read by the respondent.
    value : float or None
        What the answer is worth in a score; None where it is worth nothing that could be counted.
    missing : str or None
        One of :data:`MISSING_KINDS` where this answer means that there is no answer.
    arrangement : str or None
        For the item that records how digital is led: the arrangement of ``reference/arrangements.toml``.
    """

    code: str
    label: Text
    value: float | None = None
    missing: MissingKind | None = None
    arrangement: str | None = None


@dataclass(frozen=True)
class Condition:
    """A routing condition: the question is asked to those who gave one of `codes` to `item`."""

    item: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One column of the tidy survey.

    Attributes
    ----------
    name : str
        Stable semantic name, the same from wave to wave.
    column : str
        Header in the raw export.
    kind : {'identifier', 'text', 'number', 'choice', 'date'}
        What a cell holds.
    question : Text
        Wording; for an item of a battery, the wording of its row.
    stem : Text
        Wording shared by the rows of a battery; empty elsewhere.
    block : str
        Name of the battery, or of the item itself: items of one block are averaged together in a score.
    answers : tuple of Answer
        For ``choice``; for ``number``, the codes that mean no answer; empty elsewhere.
    dimension : str
        Dimension of maturity that the item measures; empty where it measures none.
    reverse : bool
        True where a high answer means a low score.
    tick : bool
        True for an option of a tick list, where an empty cell may mean "not ticked".
    exclusive : bool
        True for the option of a tick list that contradicts all the others.
    asked_if : tuple of Condition
        All must hold for the question to be asked.
    unit : str
        Unit of a number (``keur``, ``percent``, ``uta``, ``days_per_month`` …).
    bounds : tuple of float
        Lowest and highest number that can be true.
    check : {'', 'siren', 'naf', 'naf-2025'}
        Extra rule of an identifier; of a NAF code the form only, under the version that is named.
    code : str
        For a tick list exported in one cell: the text that stands for this option.
    separator : str
        For a tick list exported in one cell: what stands between two options; empty elsewhere.
    other : bool
        True for the option "other" of a tick list whose cell holds what was written: any text ticks it.
    personal : bool
        True for what names or reaches a person; never shown.
    required : bool
        False for what an export may lack (an external identifier, a design weight): its column is then empty and
        the intake notes it. A required column that is missing is an error.
    """

    name: str
    column: str
    kind: ItemKind
    question: Text
    stem: Text = NO_TEXT
    block: str = ""
    answers: tuple[Answer, ...] = ()
    dimension: str = ""
    reverse: bool = False
    tick: bool = False
    exclusive: bool = False
    asked_if: tuple[Condition, ...] = ()
    unit: str = ""
    bounds: tuple[float, float] = (float("-inf"), float("inf"))
    check: str = ""
    code: str = ""
    separator: str = ""
    other: bool = False
    personal: bool = False
    required: bool = True

    @cached_property
    def valid_answers(self) -> tuple[Answer, ...]:
        """The answers that are an answer: not "don't know", not "refused"."""
        return tuple(answer for answer in self.answers if answer.missing is None)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes of :attr:`valid_answers`, in the order of the questionnaire."""
        return tuple(answer.code for answer in self.valid_answers)

    @cached_property
    def points(self) -> dict[str, float]:
        """Points of each code, between 0 (lowest answer) and 1 (highest), reversed where the item is.

        Examples
        --------
        >>> scale = tuple(Answer(str(v), Text(str(v)), value=v) for v in (0, 3, 5))
        >>> Item("a", "A", "choice", Text("?"), answers=scale).points
        {'0': 0.0, '3': 0.6, '5': 1.0}
        """
        low, high = self.value_range
        scale = (high - low) or 1.0
        points = {a.code: (a.value - low) / scale for a in self.valid_answers if a.value is not None}
        return {code: 1.0 - point for code, point in points.items()} if self.reverse else points

    @cached_property
    def values(self) -> dict[str, float]:
        """Value of each code on the scale of the questionnaire, reversed where the item is."""
        low, high = self.value_range
        values = {a.code: a.value for a in self.valid_answers if a.value is not None}
        return {code: low + high - value for code, value in values.items()} if self.reverse else values

    @property
    def value_range(self) -> tuple[float, float]:
        """Lowest and highest value among the answers (0, 0 where none has a value)."""
        values = [a.value for a in self.valid_answers if a.value is not None]
        return (min(values), max(values)) if values else (0.0, 0.0)

    def label_of(self, code: str, language: Language = "fr") -> str:
        """Return what the respondent read for `code`; the code itself where the codebook does not know it."""
        for answer in self.answers:
            if answer.code == code:
                return answer.label.of(language)
        return code

    def wording(self, language: Language = "fr") -> str:
        """Return the full wording: stem and row."""
        row = self.question.of(language)
        return f"{self.stem.of(language)} — {row}" if self.stem else row


@dataclass(frozen=True)
class Dimension:
    """One dimension of maturity."""

    id: str
    label: Text


@dataclass(frozen=True)
class Band:
    """One level of a score, from `start` (included) to the next band."""

    id: str
    start: float
    label: Text


@dataclass(frozen=True)
class Score:
    """How answers become one score.

    Attributes
    ----------
    id : str
        Name of the column that the score will have.
    method : {'points', 'likert', 'count'}
        ``points``: blocks averaged to dimensions, dimensions to a score from 0 to 100 (EU DMA);
        ``likert``: items averaged on the scale of the questionnaire; ``count``: how many conditions are met (DII).
    label : Text
        Name shown to readers.
    version : str
        Version of the instrument; two versions are never compared.
    official : bool
        True only where the items keep the official wording.
    dimensions : tuple of str
        For ``points``, and for ``likert`` unless it has `items`.
    items : tuple of str
        For ``count`` and ``likert``: what is counted, or averaged where a ``likert`` score has no dimensions.
    bands : tuple of Band
        Levels, lowest first; empty where the instrument has none.
    exclusive : {'drop', 'point', 'lost_point'}
        Key of the exclusive option of a tick list: left out of the score (denominator 7 in the DMA's data block),
        counted like the others (denominator 8), or counted as a point that cannot be earned (maximum 7 of 8).
    minimum_coverage : float
        Share of the items that must be measured (0 to 1) for the score to be given.
    main : bool
        True for the score that orders the profiles and heads the reports.
    """

    id: str
    method: ScoreMethod
    label: Text
    version: str = ""
    official: bool = False
    dimensions: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    bands: tuple[Band, ...] = ()
    exclusive: ExclusiveKey = "drop"
    minimum_coverage: float = 0.5
    main: bool = False


@dataclass(frozen=True)
class Variant:
    """Another way to count the answers of a score.

    Attributes
    ----------
    id : str
    score : str
        Id of the score; one with dimensions.
    label : Text
    leave_out : tuple of str
        Items and blocks that are not counted.
    where : Condition or None
        The companies for which they are not (the others keep the score); all where None.
    exclusive : {'drop', 'point', 'lost_point'} or None
        Key of the exclusive option; that of the score where None.
    """

    id: str
    score: str
    label: Text
    leave_out: tuple[str, ...] = ()
    where: Condition | None = None
    exclusive: ExclusiveKey | None = None


@dataclass(frozen=True)
class Roles:
    """Which item says what about a company; empty where the questionnaire does not ask."""

    headcount: str = ""
    turnover: str = ""
    balance_sheet: str = ""
    declared_size: str = ""
    sector: str = ""
    region: str = ""
    naf: str = ""
    company_name: str = ""
    weight: str = ""
    stratum: str = ""
    started: str = ""
    submitted: str = ""
    duration: str = ""
    attention: str = ""
    attention_code: str = ""


@dataclass(frozen=True)
class CdoBlock:
    """What the questionnaire asks about the leading of digital.

    Attributes
    ----------
    arrangement : str
        Item that records today's arrangement (its answers carry ``arrangement``).
    observed : tuple of str
        Items that describe comparable companies (*constaté*); ``size_category`` and scores may be named too.
    outcome : str
        Item, declared beforehand, by which an arrangement is judged (*estimé*).
    covariates : tuple of str
        Items about the time before the arrangement: the only ones that an estimate may use.
    """

    arrangement: str
    observed: tuple[str, ...] = ()
    outcome: str = ""
    covariates: tuple[str, ...] = ()


@dataclass(frozen=True)
class WeightingBlock:
    """How the sample was drawn, and how its weights are made; the design weight and the stratum are roles.

    Attributes
    ----------
    unit : {'', 'legal_unit', 'enterprise', 'establishment'}
        What a respondent answers for; empty where it is not said.
    strata : tuple of (str, float)
        Population of each stratum, where the export has no design weight: the weight is population over units drawn.
    without_replacement : bool
        True where each stratum was drawn without replacement (finite population correction).
    cluster, response_group : str
        Items; empty where there are none.
    in_scope, responded, calibrated : Condition or None
        Which units of the sample count, answered, and may have their weight calibrated; all where None.
    calibrate_on : {'respondents', 'sample'}
        Which units meet the margins.
    method : {'raking', 'linear', 'logit', 'truncated'}
    bounds : tuple of float or None
        Of the ratio of calibrated to base weights, for ``logit`` and ``truncated``.
    highest : float or None
        Weights of respondents are cut at so many times their mean before calibration; never where None.
    residuals : {'deleted', 'calibrated', 'base'}
        How errors are computed after calibration: from deleted residuals, which many margins do not make too small;
        as R ``survey``; or as Insee ``gustave``.
    """

    unit: StatisticalUnit | Literal[""] = ""
    strata: tuple[tuple[str, float], ...] = ()
    without_replacement: bool = False
    cluster: str = ""
    response_group: str = ""
    in_scope: Condition | None = None
    responded: Condition | None = None
    calibrated: Condition | None = None
    calibrate_on: Literal["respondents", "sample"] = "respondents"
    method: Literal["raking", "linear", "logit", "truncated"] = "raking"
    bounds: tuple[float, float] | None = None
    highest: float | None = None
    residuals: Literal["deleted", "calibrated", "base"] = "deleted"


@dataclass(frozen=True)
class Limit:
    """What one answer would have to be: one of `codes`, or a number above and below limits (both excluded)."""

    item: str
    codes: tuple[str, ...] = ()
    above: float = float("-inf")
    below: float = float("inf")


@dataclass(frozen=True)
class Consistency:
    """Answers that cannot be true together.

    Attributes
    ----------
    id : str
    label : Text
        What is wrong where the rule is broken.
    never : tuple of Limit
        They may not all hold of one respondent; empty for a sum.
    sum_of : tuple of str
        Numbers whose sum must stay within `bounds`; empty for a contradiction.
    bounds : tuple of float
        Lowest and highest sum.
    """

    id: str
    label: Text
    never: tuple[Limit, ...] = ()
    sum_of: tuple[str, ...] = ()
    bounds: tuple[float, float] = (float("-inf"), float("inf"))


@dataclass(frozen=True)
class Collection:
    """When the survey was in the field, and who answered only to test it.

    Attributes
    ----------
    opened, closed : date or None
        First and last day on which an answer counts.
    test_domains : tuple of str
        Domains of the e-mail addresses of those who made the survey.
    zone : str
        Time zone in which the survey tells times (``Europe/Paris``); UTC where it is empty.
    """

    opened: date | None = None
    closed: date | None = None
    test_domains: tuple[str, ...] = ()
    zone: str = ""


@dataclass(frozen=True)
class Codebook(Shown):
    """A questionnaire: its items, its dimensions, its scores, and who answers it.

    Attributes
    ----------
    id, version : str
        Name and version of the questionnaire.
    title : Text
        Title in both languages.
    respondent : str
        Item that identifies a respondent; empty where the export has none (the row number then serves).
    dimensions, items, scores
        The parts, in the order of the questionnaire.
    variants : tuple of Variant
        Other ways to count the scores.
    active : tuple of str
        Items on which profiles are built: answers, and numbers.
    active_scores : tuple of str
        Dimensions and scores on which they are built too.
    nested : tuple of (str, str)
        (kept, dropped): of two active items that the questionnaire nests, the one that profiles leave out.
    roles : Roles
        Which item says what about the company.
    cdo : CdoBlock or None
        None for a questionnaire that does not ask how digital is led.
    weighting : WeightingBlock
        How the sample was drawn and is weighted.
    consistency : tuple of Consistency
        Answers that cannot be true together.
    collection : Collection
        When the survey was in the field.
    probability_sample : bool
        False where respondents chose themselves: every report then says so.
    population : Text
        Who was asked ("Champ" under the figures).
    origin : Text
        Who wrote the wording, shown with every score.
    source : str
        The TOML text, kept with a study.
    file : str
        Name of the file that it came from.
    """

    id: str
    version: str
    title: Text
    respondent: str
    dimensions: tuple[Dimension, ...]
    items: tuple[Item, ...]
    scores: tuple[Score, ...] = ()
    variants: tuple[Variant, ...] = ()
    active: tuple[str, ...] = ()
    active_scores: tuple[str, ...] = ()
    nested: tuple[tuple[str, str], ...] = ()
    roles: Roles = Roles()
    cdo: CdoBlock | None = None
    weighting: WeightingBlock = WeightingBlock()
    consistency: tuple[Consistency, ...] = ()
    collection: Collection = Collection()
    probability_sample: bool = False
    population: Text = NO_TEXT
    origin: Text = NO_TEXT
    source: str = field(default="", repr=False, compare=False)
    file: str = field(default="", repr=False, compare=False)

    @cached_property
    def _by_name(self) -> dict[str, Item]:
        return {item.name: item for item in self.items}

    def __getitem__(self, name: str) -> Item:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __repr__(self) -> str:
        return f"<Codebook {self.id} {self.version}: {len(self.items)} items, {len(self.dimensions)} dimensions>"

    def dimension(self, name: str) -> Dimension:
        """Return the dimension called `name`."""
        return next(dimension for dimension in self.dimensions if dimension.id == name)

    def score(self, name: str) -> Score:
        """Return the score called `name`."""
        return next(score for score in self.scores if score.id == name)

    @property
    def main_score(self) -> Score | None:
        """The score that orders the profiles; None where the questionnaire has no score."""
        return next((score for score in self.scores if score.main), self.scores[0] if self.scores else None)

    def items_of(self, dimension: str) -> tuple[Item, ...]:
        """Return the items that measure `dimension`, in the order of the questionnaire."""
        return tuple(item for item in self.items if item.dimension == dimension)
