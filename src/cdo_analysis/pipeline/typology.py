"""The typology of a survey: profiles, what other methods say of them, what goes with them, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import UsageError
from cdo_analysis.intake import Survey
from cdo_analysis.maturity import MaturityScores
from cdo_analysis.pipeline.names import inherit_names, judge_names, read_names
from cdo_analysis.profiles import (
    Effort,
    Mixture,
    Profiles,
    ScoreMeans,
    find_profiles,
    read_mixture,
    relate_outcome,
    smart_lca,
)
from cdo_analysis.profiles.agreement import compare_partitions
from cdo_analysis.profiles.choice import Column
from cdo_analysis.profiles.factorial_clusters import FactorialClusters
from cdo_analysis.profiles.family import encode_columns
from cdo_analysis.profiles.gap import gap_statistic
from cdo_analysis.profiles.ratio_test import SAMPLES
from cdo_analysis.profiles.stability import split_half
from cdo_analysis.reference import load_arrangements
from cdo_analysis.study import Study, read_study
from cdo_analysis.weighting import Design

FEWEST_FOR_PROFILES = 50
NUMBERS = range(1, 8)
SPLITS, GAPS = 5, 20
"""Random halves and draws without grouping behind the table of numbers: enough to read it, not to publish it."""


@dataclass(frozen=True)
class TypologyOptions:
    """What may be asked of the typology.

    Attributes
    ----------
    names : str or Path, optional
        TOML of the names of the profiles: see :func:`~cdo_analysis.pipeline.names.read_names`.
    reference : str or Path, optional
        Study of an earlier wave: its profiles keep their numbers, and their names where no file gives others.
    ratio_tests : int, default 39
        Samples of each bootstrap likelihood-ratio test, at most; 0 for no test.
    """

    names: str | Path | None = None
    reference: str | Path | None = None
    ratio_tests: int = SAMPLES


@dataclass(frozen=True)
class Typology:
    """What the stage found.

    Attributes
    ----------
    profiles : Profiles
    agreement : DataFrame
        Methods two by two: see :func:`~cdo_analysis.profiles.agreement.compare_partitions`.
    relations : DataFrame
        ``variable``, then the columns of :func:`~cdo_analysis.profiles.relate_outcome`; empty without CDO block.
    names : DataFrame
        ``profile``, ``fr``, ``en``, ``state``; empty where no name was given.
    reference : str
        Id of the reference study; empty without one.
    """

    profiles: Profiles
    agreement: pd.DataFrame
    relations: pd.DataFrame
    names: pd.DataFrame
    reference: str = ""

    def tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the tables that a study keeps, each with its name."""
        found = self.profiles
        yield "profile_table", found.table
        yield "profile_stabilities", found.stabilities
        yield "profile_posterior", found.posterior
        yield "profile_assignment", found.assignment
        yield "profile_shares", found.shares
        yield "profile_practices", found.practices
        yield "profile_measures", found.measures
        yield "profile_stability", found.stability
        yield "profile_grouping", found.grouping.table
        yield "profile_errors", found.errors
        yield "profile_residuals", found.residuals
        yield "profile_dropped", found.dropped
        yield "profile_matches", found.matches
        yield "profile_agreement", self.agreement
        yield "profile_relations", self.relations
        yield "profile_names", self.names
        yield "profile_checklist", smart_lca(found)

    def info(self) -> dict[str, Any]:
        """Return the verdict, what it rests on and what the profiles are made of, for the index of a study."""
        found, grouping = self.profiles, self.profiles.grouping
        return {
            "verdict": found.verdict,
            "means_agreement": _finite(found.means_agreement),
            "shape": grouping.shape,
            "crossed": grouping.crossed,
            "p_continuum": _finite(grouping.p_continuum),
            "replicates": grouping.replicates,
            "active": [str(name) for name in found.model.feature_names_in_],
            "continuous": [str(name) for name in cast("Sequence[str]", found.settings["continuous"])],
            "splits": SPLITS,
            "reference": self.reference,
        }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def find_typology(
    survey: Survey,
    scores: MaturityScores,
    weights: pd.Series,
    *,
    options: TypologyOptions,
    seed: int,
    design: Design | None = None,
) -> Typology | None:
    """Find profiles in the active items, or in all that has a dimension; too few companies have none.

    Where the design of the survey is given, what the profiles are related to has intervals that follow it.

    Raises
    ------
    InputError, UsageError
        The file of names or the reference study cannot be used.
    """
    book, responses = survey.codebook, survey.responses
    given = read_names(options.names) if options.names else None
    reference = read_study(options.reference) if options.reference else None
    items = active_columns(book, responses, scores.values)
    if book.main_score is None or len(responses) < FEWEST_FOR_PROFILES or items.empty:
        return None
    dimensions, numbers = scores.values[dimensions_of(book)], continuous_of(book, items)
    found = find_profiles(
        items,
        dimensions,
        sample_weight=weights,
        order_by=scores.values[book.main_score.id],
        numbers=NUMBERS,
        continuous=numbers,
        reference=_model_of(reference),
        repeated=[pair for pair in book.nested if set(pair) <= set(items)],
        effort=Effort(ratio_test_samples=options.ratio_tests),
        columns=_further_columns(encode_columns(items, numbers), dimensions, weights, seed),
        random_state=seed,
    )
    return Typology(
        profiles=found,
        agreement=_compare_methods(found, items, dimensions, weights, seed),
        relations=_relate(found, book, responses, weights if design is None else design),
        names=_name(found, given, reference),
        reference=reference.id if reference else "",
    )


def dimensions_of(book: Codebook) -> list[str]:
    """Return the dimensions that scores are made of, in the order of the questionnaire."""
    used = {name for score in book.scores for name in score.dimensions}
    return [dimension.id for dimension in book.dimensions if dimension.id in used]


def active_columns(book: Codebook, responses: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return what profiles are made of: the active items, or all that have a dimension, and the active scores.

    Columns that nobody filled are left out.
    """
    every = [item.name for item in book if item.dimension and not item.exclusive]
    names = book.active or ([] if book.active_scores else every)
    table = pd.concat([responses[list(names)], scores[list(book.active_scores)]], axis=1)
    return table.loc[:, table.notna().any()]


def continuous_of(book: Codebook, items: pd.DataFrame) -> list[str]:
    """Return the columns that are numbers: scores, and items that the questionnaire asks as numbers."""
    return [name for name in map(str, items) if name not in book or book[name].kind == "number"]


def _model_of(reference: Study | None) -> Mixture | None:
    if reference is None:
        return None
    if not reference.has("profile_model"):
        raise UsageError(f"the reference study {reference.folder.name} has no profiles; name one that has.")
    return read_mixture(reference.document("profile_model"))


def _further_columns(
    items: pd.DataFrame, dimensions: pd.DataFrame, weights: pd.Series, seed: int
) -> Mapping[str, Column]:
    """Return what fills the columns of split halves (latent classes) and of the gap (k-means on the dimensions)."""

    def halves(k: int, model: Mixture) -> float:
        known = items[model.feature_names_in_]
        shares = split_half(model, known, sample_weight=weights, replicates=SPLITS, random_state=seed)
        return float("nan") if k == 1 else float(shares.mean())

    complete = dimensions.notna().all(axis=1) & (weights > 0)
    if complete.sum() <= max(NUMBERS) or dimensions.shape[1] < 2:
        return {"split_half": halves}
    means = ScoreMeans(1, random_state=seed)
    gaps = gap_statistic(
        means, dimensions, numbers=NUMBERS, sample_weight=weights, replicates=GAPS, random_state=seed
    ).set_index("k")
    return {
        "split_half": halves,
        "gap": lambda k, _: float(gaps["gap"][k]),
        "gap_error": lambda k, _: float(gaps["error"][k]),
    }


def _compare_methods(
    found: Profiles, items: pd.DataFrame, dimensions: pd.DataFrame, weights: pd.Series, seed: int
) -> pd.DataFrame:
    """Set the profiles beside as many groups by k-means on the dimensions, and by factorial axes with Ward's tree."""
    k = found.model.n_clusters
    columns = ["first", "second", "n", "adjusted_rand", "adjusted_rand_weighted"]
    complete = dimensions.notna().all(axis=1) & (weights > 0)
    if k == 1 or complete.sum() < k:
        return pd.DataFrame(columns=columns).astype({"first": "str", "second": "str"})
    known = items[found.model.feature_names_in_]
    ward = FactorialClusters(k, random_state=seed).fit(known, sample_weight=weights)
    means = ScoreMeans(k, random_state=seed).fit(dimensions, sample_weight=weights)
    partitions = {"classes": found.assignment["profile"].to_numpy(), "means": means.labels_, "ward": ward.labels_}
    return compare_partitions(partitions, sample_weight=weights)


def _relate(found: Profiles, book: Codebook, responses: pd.DataFrame, weights: pd.Series | Design) -> pd.DataFrame:
    """Relate the profiles to today's arrangement (grouped) and to the outcome, with and without correction."""
    parts = []
    if book.cdo is not None and found.model.n_clusters > 1:
        arrangements = load_arrangements()
        means = {a.code: a.arrangement for a in book[book.cdo.arrangement].answers if a.arrangement}
        today = responses[book.cdo.arrangement].map(means).map(arrangements.parent_of, na_action="ignore")
        outcomes = {book.cdo.arrangement: today.astype(object)}
        outcomes |= {book.cdo.outcome: responses[book.cdo.outcome]} if book.cdo.outcome else {}
        for name, outcome in outcomes.items():
            if outcome.notna().sum() >= FEWEST_FOR_PROFILES and found.assignment["profile"].nunique() > 1:
                table = relate_outcome(found.posterior, outcome, sample_weight=weights)
                parts.append(table.assign(variable=name))
    columns = ["variable", "method", "profile", "category", "estimate", "se", "low", "high", "n"]
    table = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    return table.astype({"variable": "str", "method": "str", "category": "str"})


def _name(found: Profiles, given: pd.DataFrame | None, reference: Study | None) -> pd.DataFrame:
    """Return the names of the file, else those of the reference, and whether each is shown."""
    if given is None and reference is not None and reference.has("profile_names"):
        given = inherit_names(reference.table("profile_names").drop(columns="state"), found.matches)
    if given is None:
        given = pd.DataFrame({"profile": [], "fr": [], "en": []}).astype({"profile": int, "fr": "str", "en": "str"})
    return judge_names(given, found.stability, found.verdict)
