"""A study seen in one language and under one disclosure profile: what every exhibit needs to know, and to say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from cdo_analysis.cdo import Advice, Estimates, ObservedChoice
from cdo_analysis.codebook import Codebook, Language, Score
from cdo_analysis.disclosure import DEFAULT, Cell, DisclosureProfile, disclosure_profile
from cdo_analysis.exhibits.exhibit import Evidence, Exhibit, TableView
from cdo_analysis.messages import Catalogue, Numbers, catalogue
from cdo_analysis.reference import Arrangements, Costs, Rules, load_arrangements, load_costs, load_rules
from cdo_analysis.showing import Shown
from cdo_analysis.study import Study
from cdo_analysis.tables import rows_of
from cdo_analysis.weighting import Design, design_from_tables

WITHHELD = "CDO_ANALYSIS_WITHHELD"
"""Variable of the environment that holds, as JSON, the groups to hide besides those that tables hide themselves."""

SIZES: tuple[str, ...] = ("micro", "pme", "eti", "ge")

_OF_EXPERTS = ("experts", "by_expert")
"""Tables of an advice that rests on the weights of experts."""

ENOUGH = 100
"""Respondents under which every report says that its figures are orders of magnitude, as the quality report does."""


Made = TypeVar("Made")


class Groups(NamedTuple):
    """Groups of respondents: the group of each one, the groups that are not empty in their order, their names.

    ``name`` is the variable that they come from, ``parts`` the categories that each gathers, where it does.
    """

    values: pd.Series
    order: list[str]
    labels: dict[str, str]
    name: str = ""
    parts: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, repr=False)
class View(Shown):
    """A study, the words to speak of it, and the cells that may be shown.

    Attributes
    ----------
    study : Study
    say : Catalogue
    profile : DisclosureProfile
    withheld : frozenset of Cell
        Groups that an audit found to be told by the tables of a report together, to be hidden besides.
    """

    study: Study
    say: Catalogue
    profile: DisclosureProfile
    withheld: frozenset[Cell] = frozenset()

    @property
    def language(self) -> Language:
        """Language of the report."""
        return self.say.language

    @property
    def numbers(self) -> Numbers:
        """How the language writes numbers."""
        return self.say.numbers

    # --- what the study holds ----------------------------------------------------------------------------------

    @cached_property
    def book(self) -> Codebook:
        """The questionnaire."""
        return self.study.codebook

    @cached_property
    def weights(self) -> pd.Series:
        """Weight of each respondent, mean 1."""
        return self.study.column("weights", "weight")

    @property
    def is_weighted(self) -> bool:
        """Tell whether weights differ."""
        return bool(self.weights.max() - self.weights.min() > 1e-9)

    @cached_property
    def design(self) -> Design:
        """How respondents were drawn and weighted: what intervals rest on."""
        matrix = self.study.table("design_matrix") if self.study.has("design_matrix") else None
        return design_from_tables(self.study.table("design"), matrix)

    @cached_property
    def responses(self) -> pd.DataFrame:
        """Tidy answers."""
        return self.study.table("responses")

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores and dimensions."""
        return self.study.table("scores")

    def groups(self, name: str) -> Groups:
        """Return the groups that the answers to `name` make: ``size_category``, or an item of choice."""
        return self.once(("groups", name), lambda: self._groups(name))

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what `make` makes of the whole study: made once for all the companies that reports are about."""
        made = self.study.derived
        place = ("view", self.language, self.profile.id, key)
        if place not in made:
            made[place] = make()
        found: Made = made[place]
        return found

    def _groups(self, name: str) -> Groups:
        values = self.responses[name]
        if name == "size_category":
            codes, labels = SIZES, {size: self.say(f"size.{size}") for size in SIZES}
        else:
            item = self.book[name]
            codes, labels = tuple(item.codes), {code: item.label_of(code, self.language) for code in item.codes}
        return Groups(values, [code for code in codes if values.eq(code).any()], labels, name)

    # --- how digital is led ------------------------------------------------------------------------------------

    @property
    def has_cdo(self) -> bool:
        """Tell whether the survey asks how digital is led."""
        return self.study.has("recommendation")

    @cached_property
    def arrangements(self) -> Arrangements:
        """The options, as they were when the study was made."""
        found: Arrangements = self._read_once("arrangements", load_arrangements)
        return found

    @cached_property
    def rules(self) -> Rules:
        """The expert rules that gave the advice."""
        found: Rules = self._read_once("rules", lambda path: load_rules(path, arrangements=self.arrangements))
        return found

    @cached_property
    def costs(self) -> Costs:
        """Salaries and day rates."""
        found: Costs = self._read_once("costs", load_costs)
        return found

    def _read_once(self, name: str, load: Callable[[Path], Any]) -> Any:
        """Return what is read from a text of the study, once for all the companies that are seen beside it."""
        key = ("text", name)
        if key not in self.study.shared:
            self.study.shared[key] = load(self.study.text_path(name))
        return self.study.shared[key]

    @cached_property
    def advice(self) -> Advice:
        """What the rules advise (*conseillé*); nothing is drawn again."""
        names = ("answers", "feasible", "obstacles", "acceptability")
        frames = {name: self.study.table(f"advice_{name}") for name in names}
        frames |= {name: self.study.table(f"advice_{name}") for name in _OF_EXPERTS if self.study.has(f"advice_{name}")}
        return Advice.from_frames(frames, self.rules, **self.study.document("advice"))

    @cached_property
    def observed(self) -> ObservedChoice:
        """What comparable companies have (*constaté*)."""
        return ObservedChoice.from_dict(self.study.document("observed"), self.study.table("observed_probabilities"))

    @cached_property
    def estimates(self) -> Estimates:
        """What the declared outcome suggests (*estimé sous hypothèses*)."""
        return Estimates.from_dict(self.study.document("estimates")).for_firms(self.study.table("before"))

    def option_label(self, name: str) -> str:
        """Return how an arrangement, or a group of them, is called."""
        return self.arrangements.label(name, self.language)

    # --- scores ------------------------------------------------------------------------------------------------

    @property
    def main(self) -> Score | None:
        """The score that heads the reports."""
        return self.book.main_score

    @property
    def decimals(self) -> int:
        """Decimals of the main score and of its dimensions: none for points out of 100."""
        return 0 if self.main is None or self.main.method == "points" else 2

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest value of the main score and of its dimensions."""
        return (0.0, 100.0) if self.main is None else self.score_range(self.main)

    @property
    def scale_words(self) -> str:
        """The scale of the main score: "0 à 100"."""
        low, high = map(self.numbers.number, self.scale)
        return self.say("label.range", low=low, high=high)

    @cached_property
    def dimensions(self) -> list[str]:
        """Dimensions of the main score, in the order of the questionnaire."""
        return list(self.main.dimensions) if self.main else []

    def dimension_label(self, name: str) -> str:
        """Return how a dimension is called."""
        return self.book.dimension(name).label.of(self.language)

    def measure_label(self, name: str) -> str:
        """Return how a dimension or a score is called."""
        dimensions = {dimension.id: dimension.label for dimension in self.book.dimensions}
        return (dimensions | {score.id: score.label for score in self.book.scores})[name].of(self.language)

    def score_range(self, score: Score) -> tuple[float, float]:
        """Return the lowest and the highest value that a score can take."""
        if score.method == "points":
            return 0.0, 100.0
        if score.method == "count":
            return 0.0, float(len(score.items))
        names = score.items or tuple(item.name for name in score.dimensions for item in self.book.items_of(name))
        ranges = [self.book[name].value_range for name in names]
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    def score_words(self, score: Score) -> str:
        """Return the name of a score with its scale: "Maturité numérique, de 0 à 100"."""
        low, high = map(self.numbers.number, self.score_range(score))
        return self.say("label.scale", name=score.label.of(self.language), low=low, high=high)

    # --- what exhibits are made of -----------------------------------------------------------------------------

    def exhibit(self, id: str, title: str, **fields: Any) -> Exhibit:
        """Return an exhibit in the language of the view."""
        data = self.say("page.list" if fields.get("folded") else "page.data")
        words = {"data": data, "enlarge": self.say("page.enlarge")}
        told = fields.pop("published", ())
        return Exhibit(id=id, title=title, language=self.language, words=words, **fields).publishing(told)

    def cover(self, title: str, subtitle: str, paragraphs: Sequence[str], *, state: str = "answered") -> Exhibit:
        """Return the head of a report, with what must be read before the rest and the study that it comes from.

        Parameters
        ----------
        title, subtitle : str
        paragraphs : sequence of str
            What was found, in a few lines.
        state : {'answered', 'abstained'}
            ``abstained`` where the report says that nothing can be said.
        """
        file, book, hidden = self.study.info["data"]["file"], self.book_words, self.profile.id
        study = self.say("page.study", id=self.study.id, file=file, codebook=book, disclosure=hidden)
        words = {"subtitle": subtitle, "alert": self.warning, "paragraphs": paragraphs}
        facts, said, dates = {"state": state, "study": self.study.id}, [study], self.field_dates
        if dates:
            first, last = map(self.numbers.date, dates)
            facts, said = (
                facts | {"data": dates[1].isoformat()},
                [self.say("page.field", first=first, last=last), study],
            )
        imprint = " · ".join(said)
        return self.exhibit("cover", title, level=1, imprint=imprint, facts=facts, **words)

    @cached_property
    def field_dates(self) -> tuple[date, date] | None:
        """First and last day on which an answer came; None where the questionnaire does not record it."""
        name = self.book.roles.submitted
        days = self.responses[name].dropna() if name in self.responses else pd.Series(dtype="datetime64[ns]")
        return (days.min().date(), days.max().date()) if len(days) else None

    @property
    def book_words(self) -> str:
        """Id and version of the questionnaire."""
        return f"{self.book.id} {self.book.version}"

    @property
    def warning(self) -> str:
        """What must be read before the rest: what the data are, and that respondents chose themselves."""
        note = _in_language(str(self.study.info["options"].get("note", "")), self.language)
        chosen = "" if self.book.probability_sample else self.say("page.not_a_sample")
        outside = self.say("page.outside") if self.study.outsider else ""
        return " ".join(filter(None, [outside, note, self.without_flagged, chosen, self.other_unit, self.small_sample]))

    @property
    def without_flagged(self) -> str:
        """Say how many respondents were left out because a flag concerned them; empty where none was."""
        if not self.study.has("flow"):
            return ""
        steps = self.study.table("flow").set_index("step")["n"]
        return self.say("page.without_flagged", n=int(steps["flagged"])) if "flagged" in steps.index else ""

    @property
    def small_sample(self) -> str:
        """Say that few answered; empty where enough did."""
        n = int(self.study.info["data"]["respondents"])
        return self.say("page.small_sample", n=n, enough=ENOUGH) if n < ENOUGH else ""

    @property
    def other_unit(self) -> str:
        """Say that the margins count another unit than respondents answer for; empty where they do not."""
        facts = self.study.info["weighting"]
        if not (facts["unit"] and facts["margins_unit"]) or facts["unit"] == facts["margins_unit"]:
            return ""
        unit, other = (self.say(f"unit.{facts[name]}") for name in ("unit", "margins_unit"))
        return self.say("quality.unit_other", unit=unit, other=other)

    def caption(
        self,
        key: str,
        fields: Mapping[str, object] | None = None,
        *,
        n: float | None = None,
        weighted: bool = True,
        variant: str = "",
    ) -> dict[str, Any]:
        """Return what is written around a figure, as fields of an exhibit: title, description, notes.

        Parameters
        ----------
        key : str
            Sentences of the catalogue: ``<key>_title``, ``<key>_alt`` and, where there is one, ``<key>_reading``.
        fields : mapping, optional
            What fills them.
        n : float, optional
            Respondents behind the figure.
        weighted : bool
            False where the numbers are not weighted.
        variant : str
            Takes ``<key>_title_<variant>`` for the title.
        """
        filled = fields or {}
        reading = self.say(f"{key}_reading", **filled) if f"{key}_reading" in self.say else ""
        return {
            "title": self.say(f"{key}_title_{variant}" if variant else f"{key}_title", **filled),
            "alt": self.say(f"{key}_alt", **filled),
            "notes": self.notes(reading=reading, n=n, weighted=weighted),
        }

    def evidence(self, kind: Evidence) -> dict[str, Any]:
        """Return the kind of evidence and how it is called, as fields of an exhibit."""
        return {"evidence": kind, "evidence_label": self.say(f"evidence.{kind}")}

    def notes(self, *, reading: str = "", n: float | None = None, weighted: bool = True) -> list[tuple[str, str]]:
        """Return the notes under a figure: how to read it, whom it is about, where it comes from."""
        how = self.say("notes.weighted" if weighted and self.is_weighted else "notes.unweighted")
        population = self.book.population.of(self.language) or self.say("notes.respondents")
        count = f" ({self.say('label.n', n=self.count(n))})" if n is not None else ""
        source = self.say("notes.source_text", title=self.book.title.of(self.language))
        return [
            *([(self.say("notes.reading"), reading)] if reading else []),
            (self.say("notes.scope"), self.join_parts([f"{population}{count}", how])),
            (self.say("notes.source"), source),
        ]

    def estimate_table(self, table: pd.DataFrame, first: str, *, share: bool = False, decimals: int = 0) -> TableView:
        """Return the data behind a figure: label, n, estimate, interval, with symbols for what is hidden."""
        write = self.numbers.share if share else (lambda v: self.numbers.number(v, decimals))
        rows = [[str(row.label), *self._cells(row, write)] for row in rows_of(table)]
        header = [first, "n", self.say("label.share" if share else "label.mean"), self.say("label.interval")]
        return TableView(header, rows, numeric=(False, True, True, True))

    def _cells(self, row: Any, write: Any) -> list[str]:
        if row.flag == "c":
            return ["c", "c", "c"]
        mark = " (u)" if row.flag == "u" else ""
        interval = f"{write(row.low)} – {write(row.high)}" if np.isfinite(row.low) else self.numbers.absent
        return [self.count(row.n), f"{write(row.estimate)}{mark}", interval]

    def count(self, n: float) -> str:
        """Write how many respondents there are, rounded where the disclosure profile asks for it."""
        return self.numbers.number(self.profile.published(n))

    def join_parts(self, parts: Iterable[str]) -> str:
        """Join parts of a sentence with the semicolon of the language."""
        return ("\u00a0; " if self.language == "fr" else "; ").join(parts)

    def list_words(self, words: Sequence[str]) -> str:
        """Join words: "a, b et c"."""
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self.say('label.and')} {words[-1]}"


def _in_language(note: str, language: Language) -> str:
    """Return the part of a note in a language, where it is written in both: "French / English"."""
    parts = note.split(" / ")
    return (parts[0] if language == "fr" else parts[1]) if len(parts) == 2 else note


def view(study: Study, *, language: str = "fr", disclosure: str = DEFAULT) -> View:
    """Return `study` seen in `language` and under the disclosure profile `disclosure`.

    What :data:`WITHHELD` lists in the environment is hidden besides: the run of a report sets it.

    Raises
    ------
    UsageError
        There is no such language or disclosure profile.
    """
    say, profile = catalogue(language), disclosure_profile(disclosure)
    withheld = frozenset(map(Cell.of, json.loads(os.environ.get(WITHHELD, "[]"))))
    key = ("view", language, disclosure, withheld)
    found: View = study.derived.setdefault(key, View(study, say, profile, withheld))
    return found


def warm_up(study: Study, *, language: str = "fr", disclosure: str = DEFAULT) -> View:
    """Read and build all that reports of a study need, once for all the processes that are forked from this one.

    Parameters
    ----------
    study : Study
    language, disclosure : str
        Of the reports to come.

    Returns
    -------
    View

    See Also
    --------
    cdo_analysis.exhibits.rehearse : also draws what the figures of all companies share.
    """
    seen = view(study, language=language, disclosure=disclosure)
    for file in study.info["files"]:
        if file.endswith(".parquet"):
            study.table(file.removesuffix(".parquet"))
    _ = (seen.design, seen.scores, seen.weights, seen.responses)
    if seen.has_cdo:
        _ = (seen.advice, seen.observed, seen.estimates, seen.costs)
    return seen
