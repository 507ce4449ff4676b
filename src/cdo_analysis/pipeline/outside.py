"""One company outside the survey, seen beside its respondents: scored, placed and advised as they are, without a refit.

The study on disk is never touched: the rows of the company are added to its tables in memory.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from cdo_analysis.cdo import Estimates, ObservedChoice, advise, derive_answers, recommend
from cdo_analysis.codebook import Codebook, Item, Score, Text
from cdo_analysis.errors import InputError
from cdo_analysis.intake import Firm
from cdo_analysis.maturity import MaturityScores, score_maturity, sensitivity
from cdo_analysis.profiles import Mixture, read_mixture
from cdo_analysis.profiles.description import assign, profile_columns
from cdo_analysis.reference import Arrangements, Rules, load_arrangements, load_rules
from cdo_analysis.study import Study

FEWEST_SHARED = 3
"""Items of a dimension that the company and the respondents must share for the dimension to be compared."""

MINIMUM_BEFORE = 0.5
"""Share of what an estimate adjusts for that the company must have answered to get a prediction."""

_FITTED = "what a new company is placed by"

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True, eq=False, repr=False)
class StudyWithFirm(Study):
    """A study beside which a company stands that is not one of its respondents; for reports on that company alone.

    Its rows carry no weight: no model, share, mean or interval of the study was computed with them. Where the same
    company is also a respondent, its answers to the survey are left out of what it is compared with.

    Attributes
    ----------
    firm : Firm
    base : Study
        The study as it is without the company.
    """

    firm: Firm
    base: Study

    @property
    def outsider(self) -> str:
        """Id of the company."""
        return self.firm.id

    @cached_property
    def codebook(self) -> Codebook:
        """The questionnaire of the study, its scores cut down to the questions that both were asked."""
        return comparable_codebook(self.base.codebook, self._shared)

    def table(self, name: str) -> pd.DataFrame:
        """Return the table `name`; those that have a row a respondent have one for the company too."""
        if name in self._scores:
            return self._scores[name].copy()
        rows = self._doubt if name == "sensitivity" else self._rows
        if name not in rows:
            return self.base.table(name)
        if name not in self._joined:
            self._joined[name] = add_firm(self.base.table(name), rows[name], self.firm.id)
        return self._joined[name].copy()

    @property
    def shared(self) -> dict[Hashable, Any]:
        """What is kept with the study beside which the company stands."""
        return self.base.shared

    @cached_property
    def _joined(self) -> Tables:
        return {}

    # --- what the questionnaires share -----------------------------------------------------------------------------

    def check(self) -> None:
        """Load what the study was made with, and refuse a questionnaire that shares no question with its own."""
        if not any(item.answers or item.kind == "number" for item in self._shared):
            raise InputError(
                f"{self.firm.file} answers '{self.firm.codebook.id}', which shares no question with "
                f"'{self.base.codebook.id}', the questionnaire of the study; name a study of the same questionnaire."
            )
        self._fitted  # noqa: B018 - what is loaded here is not loaded when the company is advised

    @cached_property
    def _shared(self) -> list[Item]:
        """Items of the study that the company was asked too, with the same answers."""
        asked = self.firm.codebook
        return [item for item in self.base.codebook if item.name in asked and asked[item.name].codes == item.codes]

    @cached_property
    def _answers(self) -> pd.DataFrame:
        """The answers of the company, in the columns of the study."""
        study = self.base.table("responses")
        names = [item.name for item in self._shared if item.name in study.columns]
        own = self.firm.responses[[*names, "size_category"]].reindex(columns=study.columns)
        own = own.astype({name: dtype for name, dtype in study.dtypes.items() if name not in names})
        role = self.base.codebook.roles.company_name
        return own.assign(**{role: self.firm.name or None}) if role else own

    @cached_property
    def _fitted(self) -> _Fitted:
        if _FITTED not in self.shared:
            self.shared[_FITTED] = _load(self.base)
        found: _Fitted = self.shared[_FITTED]
        return found

    # --- what the stages say of it ---------------------------------------------------------------------------------

    @cached_property
    def _scores(self) -> Tables:
        """The tables of scores, of respondents and company, on the questions that both were asked."""
        if self.codebook == self.base.codebook:
            return {}
        everyone = add_firm(self.base.table("responses"), self._answers, self.firm.id)
        scores = score_maturity(everyone, self.codebook)
        return _score_tables(scores)

    @cached_property
    def _rows(self) -> Tables:
        """The row of the company in each table that has one a respondent."""
        long = score_maturity(self._answers, self.base.codebook)
        known = pd.concat([self._answers, long.values], axis=1)
        rows = {"responses": self._answers, "weights": self._one("weights"), **_score_tables(long)}
        rows |= self._profile(known)
        return rows | (self._evidence(known, self._fitted.evidence) if self._fitted.evidence else {})

    def _one(self, name: str) -> pd.DataFrame:
        """Return a row of ones: weights have a mean of 1, and no mean is ever taken over this one."""
        table = self.base.table(name)
        return pd.DataFrame(1.0, index=self._answers.index, columns=table.columns)

    @cached_property
    def _doubt(self) -> Tables:
        """How far the score of the company depends on choices; unknown where its score rests on fewer questions."""
        main = self.base.codebook.main_score
        if main is None or self._scores or self._rows["scores"][main.id].isna().all():
            empty = self.base.table("sensitivity").columns
            return {"sensitivity": pd.DataFrame(float("nan"), index=self._answers.index, columns=empty)}
        seed = int(self.info["options"]["seed"])
        return {"sensitivity": sensitivity(self._answers, self.base.codebook, random_state=seed)}

    def _profile(self, known: pd.DataFrame) -> Tables:
        """Place the company in the profiles of the study, where it answered what they are made of."""
        model = self._fitted.profiles
        if model is None:
            return {}
        items = known_answers(model, known)
        if items.isna().all(axis=None):
            return {}
        names = profile_columns(model.n_clusters)
        posterior = pd.DataFrame(model.predict_proba(items), index=items.index, columns=names)
        assignment = assign(posterior, pd.Series(True, index=items.index))
        return {"profile_posterior": posterior, "profile_assignment": assignment}

    def _evidence(self, known: pd.DataFrame, fitted: _Evidence) -> Tables:
        """Return the three kinds of evidence on the company, and the recommendation."""
        block, rules, estimates = self.base.codebook.cdo, fitted.rules, fitted.estimates
        assert block is not None
        comparable, before = known[list(block.observed)], known[list(block.covariates)]
        observed = fitted.observed.for_firms(comparable)
        enough = len(before.columns) > 0 and float(before.iloc[0].notna().mean()) >= MINIMUM_BEFORE
        # Without a prediction for the company, the estimate is "unavailable"; a gate that is not passed still says so.
        predicted = estimates.for_firms(before) if enough or estimates.projection is None else None
        advice = advise(derive_answers(known, rules), rules, fitted.arrangements, **self.document("advice"))
        today = self._today(block.arrangement)
        found = recommend(advice, rules, observed=observed, estimates=predicted, today=today["today"])
        rows = {"arrangements": today, "comparable": comparable, "observed_probabilities": observed.probabilities}
        rows |= {f"advice_{name}": frame for name, frame in advice.to_frames().items()}
        rows |= {"recommendation": found.table, "recommendation_options": found.options}
        return rows | ({"before": before} if enough else {})

    def _today(self, item: str) -> pd.DataFrame:
        means = {answer.code: answer.arrangement for answer in self.base.codebook[item].answers if answer.arrangement}
        return self._answers[item].map(means).astype("str").rename("today").to_frame()


@dataclass(frozen=True)
class _Evidence:
    """What a company is advised and compared by."""

    arrangements: Arrangements
    rules: Rules
    observed: ObservedChoice
    estimates: Estimates


@dataclass(frozen=True)
class _Fitted:
    """What a study fitted, that a new company is placed by; None where the study has no such part."""

    profiles: Mixture | None
    evidence: _Evidence | None


def _load(study: Study) -> _Fitted:
    profiles = read_mixture(study.document("profile_model")) if study.has("profile_model") else None
    if not study.has("recommendation"):
        return _Fitted(profiles, None)
    arrangements = load_arrangements(study.text_path("arrangements"))
    rules = load_rules(study.text_path("rules"), arrangements=arrangements)
    observed = ObservedChoice.from_dict(study.document("observed"), pd.DataFrame())
    return _Fitted(profiles, _Evidence(arrangements, rules, observed, Estimates.from_dict(study.document("estimates"))))


def with_firm(study: Study, firm: Firm) -> StudyWithFirm:
    """Return `study` with a company beside its respondents; nothing is fitted, and nothing is written.

    Parameters
    ----------
    study : Study
    firm : Firm
        See :func:`~cdo_analysis.intake.read_firm`; its questionnaire may be a shorter form of that of the study.

    Returns
    -------
    StudyWithFirm

    Raises
    ------
    InputError
        The two questionnaires share no question.
    """
    seen = StudyWithFirm(study.folder, study.info, firm, study)
    seen.check()
    return seen


def known_answers(model: Mixture, responses: pd.DataFrame) -> pd.DataFrame:
    """Return what a model is made of; an answer that no respondent gave says nothing, and counts as missing."""
    items = responses[[str(name) for name in model.feature_names_in_]]
    seen = zip(model.answer_names, model.categories_, strict=True)
    return items.assign(**{name: items[name].where(items[name].isin(list(known))) for name, known in seen})


def add_firm(table: pd.DataFrame, row: pd.DataFrame, firm: str) -> pd.DataFrame:
    """Return `table` with the rows of a company at its end, and without what it held of the same company.

    A company may have no row of its own, such as one that has no obstacle: what the table held of it goes all the same.
    """
    named = table.index.name == row.index.name and row.index.name is not None
    if named:
        return pd.concat([table.drop(index=firm, errors="ignore"), row])
    key = next(name for name in ("firm", "respondent") if name in table.columns)
    return pd.concat([table[table[key].ne(firm)], row], ignore_index=True)


def _score_tables(scores: MaturityScores) -> Tables:
    return {"scores": scores.values, "coverage": scores.coverage, "bands": scores.bands, "grades": scores.grades}


# --- scores on the questions that both were asked --------------------------------------------------------------------


def comparable_codebook(book: Codebook, shared: list[Item]) -> Codebook:
    """Return `book` with its scores on the shared items alone; `book` itself where it shares them all."""
    names = {item.name for item in shared}
    counted = {item.name for item in book if item.dimension} | {name for score in book.scores for name in score.items}
    if counted <= names:
        return book
    scores = [score for score in (_shortened(score, book, names) for score in book.scores) if score is not None]
    # Items of other scores stay, so that the answers of respondents keep their labels.
    items = tuple(replace(item, dimension=item.dimension if item.name in names else "") for item in book)
    return replace(book, items=items, scores=tuple(scores), variants=())


def _shortened(score: Score, book: Codebook, names: set[str]) -> Score | None:
    """Return a score on the shared items, under a name that says so; None where they are too few to compare."""
    if set(score.items) - names:
        return None
    if not score.dimensions or all(item.name in names for name in score.dimensions for item in book.items_of(name)):
        return score
    shared = (sum(item.name in names for item in book.items_of(name)) for name in score.dimensions)
    if min(shared) < FEWEST_SHARED:
        return None
    label = Text(f"{score.label.fr} (questions communes)", f"{score.label.of('en')} (shared questions)")
    return replace(score, label=label, bands=(), official=False)
