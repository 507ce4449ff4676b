"""A study seen in one language and under one disclosure profile: what every exhibit needs to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis.cdo import Advice, Estimates, ObservedChoice
from cdo_analysis.codebook import Codebook, Language, Score
from cdo_analysis.disclosure import DEFAULT, DisclosureProfile, disclosure_profile
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.messages import Catalogue, Numbers, catalogue
from cdo_analysis.reference import Arrangements, Costs, Rules, load_arrangements, load_costs, load_rules
from cdo_analysis.study import Study
from cdo_analysis.tables import rows_of
from cdo_analysis.weighting import Design, design_from_tables

SIZES = ("micro", "pme", "eti", "ge")


@dataclass(frozen=True)
class View:
    """A study, the words to speak of it, and the cells that may be shown.

    Attributes
    ----------
    study : Study
    say : Catalogue
    profile : DisclosureProfile
    """

    study: Study
    say: Catalogue
    profile: DisclosureProfile

    @property
    def language(self) -> Language:
        """Language of the report."""
        return self.say.language

    @property
    def numbers(self) -> Numbers:
        """How the language writes numbers."""
        return self.say.numbers

    @cached_property
    def book(self) -> Codebook:
        """The questionnaire."""
        return self.study.codebook

    @cached_property
    def weights(self) -> pd.Series:
        """Weight of each respondent, mean 1."""
        return self.study.column("weights", "weight")

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

    @property
    def has_cdo(self) -> bool:
        """Tell whether the survey asks how digital is led."""
        return self.study.has("recommendation")

    @cached_property
    def arrangements(self) -> Arrangements:
        """The options, as they were when the study was made."""
        return load_arrangements(self.study.text_path("arrangements"))

    @cached_property
    def rules(self) -> Rules:
        """The expert rules that gave the advice."""
        return load_rules(self.study.text_path("rules"), arrangements=self.arrangements)

    @cached_property
    def costs(self) -> Costs:
        """Salaries and day rates."""
        return load_costs(self.study.text_path("costs"))

    @cached_property
    def advice(self) -> Advice:
        """What the rules advise (*conseillé*); nothing is drawn again."""
        frames = {
            name: self.study.table(f"advice_{name}") for name in ("answers", "feasible", "obstacles", "acceptability")
        }
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

    @property
    def main(self) -> Score | None:
        """The score that heads the reports."""
        return self.book.main_score

    @cached_property
    def dimensions(self) -> list[str]:
        """Dimensions of the main score, in the order of the questionnaire."""
        return list(self.main.dimensions) if self.main else []

    def dimension_label(self, name: str) -> str:
        """Return how a dimension is called."""
        return self.book.dimension(name).label.of(self.language)

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
        """Return the name of a score with its scale: "Maturité numérique (0 à 100)"."""
        low, high = (self.numbers.number(v) for v in self.score_range(score))
        return self.say("label.scale", name=score.label.of(self.language), low=low, high=high)

    def groups(self, name: str) -> tuple[pd.Series, list[str], dict[str, str]]:
        """Return the groups of a variable: the values, their order and their labels; empty groups are left out."""
        values = self.responses[name]
        if name == "size_category":
            order, labels = list(SIZES), {size: self.say(f"size.{size}") for size in SIZES}
        else:
            item = self.book[name]
            order = list(item.codes)
            labels = {code: item.label_of(code, self.language) for code in order}
        return values, [code for code in order if values.eq(code).any()], labels

    def exhibit(self, id: str, title: str, **fields: Any) -> Exhibit:
        """Return an exhibit in the language of the view."""
        words = {"data": self.say("page.data")}
        return Exhibit(id=id, title=title, language=self.language, words=words, **fields)

    def notes(self, *, reading: str = "", n: float | None = None, weighted: bool = True) -> list[tuple[str, str]]:
        """Return the notes under a figure: how to read it, whom it is about, where it comes from."""
        how = self.say("notes.weighted" if weighted and self.is_weighted else "notes.unweighted")
        population = self.book.population.of(self.language) or self.say("notes.respondents")
        count = f" ({self.say('label.n', n=self.numbers.number(n))})" if n is not None else ""
        notes = [(self.say("notes.reading"), reading)] if reading else []
        notes.append(
            (
                self.say("notes.scope"),
                f"{population}{count} ; {how}" if self.language == "fr" else f"{population}{count}; {how}",
            )
        )
        notes.append((self.say("notes.source"), self.source))
        return notes

    @property
    def source(self) -> str:
        """Where the numbers come from."""
        return self.say("notes.source_text", title=self.book.title.of(self.language), id=self.study.id)

    @property
    def is_weighted(self) -> bool:
        """Tell whether weights differ."""
        return bool(self.weights.max() - self.weights.min() > 1e-9)

    @property
    def warning(self) -> str:
        """What must be read before the rest: what the data are, and that respondents chose themselves."""
        parts = [str(self.study.info["options"].get("note", ""))]
        if not self.book.probability_sample:
            parts.append(self.say("page.not_a_sample"))
        facts = self.study.info["weighting"]
        if facts["unit"] and facts["margins_unit"] and facts["unit"] != facts["margins_unit"]:
            names = (self.say(f"unit.{facts[name]}") for name in ("unit", "margins_unit"))
            parts.append(self.say("quality.unit_other", **dict(zip(("unit", "other"), names, strict=True))))
        return " ".join(part for part in parts if part)

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
        return [self.numbers.number(row.n), f"{write(row.estimate)}{mark}", interval]

    def list_words(self, words: Sequence[str]) -> str:
        """Join words: "a, b et c"."""
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self.say('label.and')} {words[-1]}"


def view(study: Study, *, language: str = "fr", disclosure: str = DEFAULT) -> View:
    """Return `study` seen in `language` and under the disclosure profile `disclosure`.

    Raises
    ------
    UsageError
        There is no such language or disclosure profile.
    """
    return View(study, catalogue(language), disclosure_profile(disclosure))
