"""The order of the stages. Start reading here.

export -> tidy survey -> weights -> maturity scores -> profiles -> CDO fit -> study, from which reports are rendered.

Stages do not know each other: each takes DataFrames and gives DataFrames, and this module alone says what follows what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import platformdirs
from threadpoolctl import threadpool_limits

from cdo_analysis.cdo import CdoColumns, CdoFit, fit_cdo
from cdo_analysis.codebook import Codebook, Condition
from cdo_analysis.intake import Survey, read_survey
from cdo_analysis.maturity import MaturityScores, item_statistics, reliability, score_correlations, score_maturity
from cdo_analysis.profiles import Profiles, find_profiles
from cdo_analysis.reference import load_arrangements, load_margins, load_rules, margin_ids
from cdo_analysis.resources import package_dir, sample_dir
from cdo_analysis.study import Study, read_study, write_study
from cdo_analysis.weighting import (
    Sample,
    Weighting,
    check_units,
    design_tables,
    design_weights,
    effective_n,
    kish_design_effect,
    margins_unit,
    population_total,
    read_margins,
    weigh_sample,
)

SEED = 2026
FEWEST_FOR_PROFILES = 50
SAMPLE = "sample"
_REFERENCE = ("arrangements", "costs", "rules")


@dataclass(frozen=True)
class Analysis:
    """What each stage produced.

    Attributes
    ----------
    survey : Survey
        The respondents in scope.
    weights : Series of float
        Mean 1, indexed like the responses.
    weighting : Weighting
        How the weights came about, and the design that errors need; no calibration where no margins were given.
    scores : MaturityScores
    reliability, items, correlations : DataFrame
        Diagnostics of the scales.
    profiles : Profiles or None
        None where the codebook has no score, or too few companies answered.
    cdo : CdoFit or None
        None where the codebook does not ask how digital is led.
    options : mapping
        What was chosen: seed, note, margins, rules.
    """

    survey: Survey
    weights: pd.Series
    weighting: Weighting
    scores: MaturityScores
    reliability: pd.DataFrame
    items: pd.DataFrame
    correlations: pd.DataFrame
    profiles: Profiles | None
    cdo: CdoFit | None
    options: Mapping[str, Any]


def analyse(
    survey: Survey,
    *,
    margins: pd.DataFrame | None = None,
    other_unit: bool = False,
    rules: str | Path | None = None,
    note: str = "",
    seed: int = SEED,
) -> Analysis:
    """Run every stage once on a tidy survey.

    Parameters
    ----------
    survey : Survey
    margins : DataFrame, optional
        Population totals (variable, category, population) that the weights must meet.
    other_unit : bool
        True: margins that count another unit (enterprises of the LME) than respondents answer for (SIREN) are accepted.
    rules : str or Path, optional
        TOML of expert rules; those of the package by default.
    note : str
        A sentence that every report prints at its head.
    seed : int
        Seed of everything random.

    Returns
    -------
    Analysis
    """
    if margins is not None:
        check_units(margins, survey.codebook.weighting.unit, accept_other=other_unit)
    with threadpool_limits(1):  # the same result whatever the number of cores
        weighting = weigh(survey, margins)
        weights = (weighting.weights / weighting.weights.mean()).rename("weight")
        survey = _keep_respondents(survey, weighting)
        book, responses = survey.codebook, survey.responses
        scores = score_maturity(responses, book)
        profiles = _find_profiles(responses, scores, weights, book, seed)
        cdo = _fit_cdo(responses, scores, weights, book, (rules, seed))
        return Analysis(
            survey=survey,
            weights=weights,
            weighting=weighting,
            scores=scores,
            reliability=reliability(responses, book),
            items=item_statistics(responses, book, sample_weight=weights),
            correlations=score_correlations(scores.values[_dimensions(book)], sample_weight=weights),
            profiles=profiles,
            cdo=cdo,
            options={
                "seed": seed,
                "note": note,
                "rules": str(rules) if rules else "",
                "margins_unit": "" if margins is None else margins_unit(margins),
                "margins_source": "" if margins is None else _sources(margins),
            },
        )


def _sources(margins: pd.DataFrame) -> str:
    """Return where the margins come from and of which year they are, as they say it."""
    known = [name for name in ("source", "year") if name in margins.columns]
    told = margins[known].fillna("").drop_duplicates() if known else margins.iloc[:0, :0]
    return "; ".join(", ".join(part for part in map(str, row) if part) for row in told.itertuples(index=False))


def weigh(survey: Survey, margins: pd.DataFrame | None = None) -> Weighting:
    """Weight the sample as the codebook describes it, and calibrate it on the margins if there are some.

    Design weights, where the codebook names them, are the starting point; a unit without one gets their mean.
    Weights of companies that were not drawn at random start from 1 and are scaled to the population.
    """
    book, data = survey.codebook, survey.responses
    block, roles = book.weighting, book.roles
    drawn = book.probability_sample
    strata = data[roles.stratum] if drawn and roles.stratum else None
    sample = Sample(
        design_weight=_design_weight(survey, strata, margins),
        strata=strata,
        clusters=data[block.cluster] if block.cluster else None,
        without_replacement=block.without_replacement,
        in_scope=_meets(data, block.in_scope),
        responded=_meets(data, block.responded),
        response_group=data[block.response_group] if block.response_group else None,
        calibrated=_meets(data, block.calibrated),
        calibrate_on=block.calibrate_on,
        residuals=block.residuals,
        single="centre",
    )
    return weigh_sample(data, sample, margins, method=block.method, bounds=block.bounds)


def _design_weight(survey: Survey, strata: pd.Series | None, margins: pd.DataFrame | None) -> pd.Series:
    book, data = survey.codebook, survey.responses
    if book.weighting.strata and strata is not None:
        return design_weights(strata, dict(book.weighting.strata))
    base = data[book.roles.weight] if book.roles.weight else pd.Series(1.0, index=data.index)
    base = base.where(base > 0)
    base = base.fillna(base.mean() if base.notna().any() else 1.0)
    total = float("nan") if margins is None else population_total(margins)
    if book.probability_sample or not total > 0:
        return base
    return base * (total / base.sum())


def _meets(data: pd.DataFrame, condition: Condition | None) -> pd.Series | None:
    return None if condition is None else data[condition.item].isin(condition.codes)


def _keep_respondents(survey: Survey, weighting: Weighting) -> Survey:
    """Return the survey of those whose answers count, with what was left out in its flow."""
    kept = weighting.weights.index
    if len(kept) == len(survey):
        return survey
    n = weighting.steps.set_index("step")["n"]
    left = {"out_of_scope": n["drawn"] - n["in_scope"], "no_response": n["in_scope"] - n["responded"]}
    rows = [{"step": step, "n": int(count)} for step, count in left.items() if count]
    flow = pd.concat([survey.flow.iloc[:-1], pd.DataFrame([*rows, {"step": "kept", "n": len(kept)}])])
    return replace(
        survey,
        responses=survey.responses.loc[kept],
        missing=survey.missing.loc[kept],
        flags=survey.flags.loc[kept],
        lines=survey.lines.loc[kept],
        flow=flow.reset_index(drop=True),
    )


def _dimensions(book: Codebook) -> list[str]:
    used = {name for score in book.scores for name in score.dimensions}
    return [dimension.id for dimension in book.dimensions if dimension.id in used]


def _find_profiles(
    responses: pd.DataFrame, scores: MaturityScores, weights: pd.Series, book: Codebook, seed: int
) -> Profiles | None:
    active = list(book.active) or [item.name for item in book if item.dimension and not item.exclusive]
    answered = [name for name in active if responses[name].notna().any()]
    if book.main_score is None or len(responses) < FEWEST_FOR_PROFILES or not answered:
        return None
    return find_profiles(
        responses[answered],
        scores.values[_dimensions(book)],
        sample_weight=weights,
        order_by=scores.values[book.main_score.id],
        random_state=seed,
    )


def _fit_cdo(
    responses: pd.DataFrame,
    scores: MaturityScores,
    weights: pd.Series,
    book: Codebook,
    how: tuple[str | Path | None, int],
) -> CdoFit | None:
    """Give the CDO stage plain frames: what comparable companies are known by, what was before, what was asked."""
    if book.cdo is None:
        return None
    rules, seed = how
    known = pd.concat([responses, scores.values], axis=1)
    means = {a.code: a.arrangement for a in book[book.cdo.arrangement].answers if a.arrangement}
    arrangements = load_arrangements()
    return fit_cdo(
        known,
        responses[book.cdo.arrangement].map(means).astype("str"),
        responses[book.cdo.outcome] if book.cdo.outcome else None,
        columns=CdoColumns(book.cdo.observed, book.cdo.covariates, _consequences(book)),
        reference=(arrangements, load_rules(rules, arrangements=arrangements)),
        sample_weight=weights,
        random_state=seed,
    )


def _consequences(book: Codebook) -> list[str]:
    """Return the scores that today's arrangement may have caused: no estimate may adjust for them."""
    before = set(book.cdo.covariates) if book.cdo else set()
    return [name for name in (*_dimensions(book), *(s.id for s in book.scores)) if name not in before]


# --- on disk --------------------------------------------------------------------------------------------------


def fit(
    export: str | Path,
    codebook: str | Path | Codebook,
    out: str | Path,
    *,
    margins: str | Path | None = None,
    other_unit: bool = False,
    rules: str | Path | None = None,
    note: str = "",
    seed: int = SEED,
    sheet: str | None = None,
    encoding: str | None = None,
) -> Study:
    """Read an export, run every stage once, and write the study.

    Parameters
    ----------
    export : str or Path
        CSV or XLSX export.
    codebook : str, Path or Codebook
    out : str or Path
        Folder of the study.
    margins : str or Path, optional
        CSV of population totals; or official counts by id, of some categories: ``"insee-2017:pme,eti"``.
    other_unit, rules, note, seed
        See :func:`analyse`.
    sheet, encoding : str, optional
        See :func:`~cdo_analysis.intake.read_table`.

    Returns
    -------
    Study
    """
    survey = read_survey(export, codebook, sheet=sheet, encoding=encoding)
    totals = find_margins(margins) if margins else None
    return save(analyse(survey, margins=totals, other_unit=other_unit, rules=rules, note=note, seed=seed), out)


def find_margins(margins: str | Path) -> pd.DataFrame:
    """Read margins: a CSV file, or official counts of the package by id.

    Parameters
    ----------
    margins : str or Path
        A file, ``"insee-2017"``, or some of its categories only: ``"insee-2017:pme,eti"``.

    Returns
    -------
    DataFrame

    Raises
    ------
    InputError, UsageError
        The file cannot be used, or the counts have no such category.

    Examples
    --------
    >>> find_margins("insee-2017:pme,eti")[["category", "population", "unit"]]
      category  population        unit
    0      pme    147767.0  enterprise
    1      eti      5722.0  enterprise
    """
    name, _, chosen = str(margins).partition(":")
    if name not in margin_ids() or Path(margins).exists():
        return read_margins(margins)
    return load_margins(name).table(tuple(chosen.split(",")) if chosen else None)


def save(analysis: Analysis, out: str | Path) -> Study:
    """Write an analysis as a study.

    What names or reaches a person (items that the codebook marks as personal) is not written.
    """
    texts = {"codebook": analysis.survey.codebook.source}
    if analysis.cdo is not None:
        texts |= {name: (package_dir("reference") / f"{name}.toml").read_text(encoding="utf-8") for name in _REFERENCE}
        if analysis.options["rules"]:
            texts["rules"] = Path(analysis.options["rules"]).read_text(encoding="utf-8")
    return write_study(
        out, tables=dict(_tables(analysis)), documents=dict(_documents(analysis)), texts=texts, info=_info(analysis)
    )


def _tables(a: Analysis) -> Iterator[tuple[str, pd.DataFrame]]:
    survey = a.survey
    personal = [item.name for item in survey.codebook if item.personal]
    yield "responses", survey.responses.drop(columns=personal)
    yield "missing", survey.missing.drop(columns=personal)
    yield "issues", survey.issues[~survey.issues["item"].isin(personal)]
    yield "recodings", survey.recodings[~survey.recodings["item"].isin(personal)]
    yield "flags", survey.flags
    yield "flow", survey.flow
    yield "weights", a.weights.to_frame()
    yield "weighting_steps", a.weighting.steps
    yield from design_tables(a.weighting.design).items()
    if a.weighting.calibration is not None:
        yield "margins", a.weighting.calibration.table
    yield "scores", a.scores.values
    yield "coverage", a.scores.coverage
    yield "bands", a.scores.bands
    yield "grades", a.scores.grades
    yield "reliability", a.reliability
    yield "items", a.items
    yield "correlations", a.correlations
    if a.profiles is not None:
        yield from _profile_tables(a.profiles)
    if a.cdo is not None:
        yield from a.cdo.tables()


def _profile_tables(profiles: Profiles) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "profile_table", profiles.table
    yield "profile_posterior", profiles.posterior
    yield "profile_assignment", profiles.assignment
    yield "profile_shares", profiles.shares
    yield "profile_practices", profiles.practices
    yield "profile_stability", profiles.stability


def _documents(a: Analysis) -> Iterator[tuple[str, dict[str, Any]]]:
    if a.profiles is not None:
        yield "profile_model", a.profiles.model.to_dict()
    if a.cdo is not None:
        yield from a.cdo.documents()


def _info(a: Analysis) -> dict[str, Any]:
    survey, book = a.survey, a.survey.codebook
    agreement = a.profiles.means_agreement if a.profiles is not None else float("nan")
    return {
        "codebook": f"{book.id} {book.version}".strip(),
        "data": {
            "file": survey.file,
            "sha256": survey.sha256,
            "received": int(survey.flow["n"].iloc[0]),
            "respondents": len(survey),
        },
        "options": {
            "seed": a.options["seed"],
            "note": a.options["note"],
            "rules": Path(a.options["rules"]).name,
        },
        "weighting": {
            "method": book.weighting.method,
            "single_strata": len(a.weighting.design.single_strata),
            "unit": book.weighting.unit,
            "margins_unit": a.options["margins_unit"],
            "margins_source": a.options["margins_source"],
            "probability_sample": book.probability_sample,
            "design_effect": float(kish_design_effect(a.weights)),
            "effective_n": float(effective_n(a.weights)),
            "calibrated": a.weighting.calibration is not None,
        },
        "profiles": {
            "verdict": a.profiles.verdict if a.profiles is not None else "not_sought",
            "means_agreement": None if pd.isna(agreement) else float(agreement),
        },
        "versions": {name: version(name) for name in ("cdo-analysis", "numpy", "pandas", "scikit-learn", "scipy")},
    }


def open_study(study: str | Path) -> Study:
    """Open a study folder, or the bundled sample.

    Parameters
    ----------
    study : str or Path
        A folder that :func:`fit` wrote; ``"sample"`` is the bundled synthetic survey, fitted on first use and kept in
        the user's cache.

    Returns
    -------
    Study
    """
    return sample_study() if str(study) == SAMPLE else read_study(study)


def sample_study() -> Study:
    """Return the study of the bundled sample; it is fitted once a version of the code."""
    folder = Path(platformdirs.user_cache_dir("cdo-analysis")) / f"sample-{_fingerprint()}"
    if (folder / "study.json").is_file():
        return read_study(folder)
    return fit_sample(folder)


def fit_sample(out: str | Path) -> Study:
    """Fit the bundled sample (synthetic) and write its study to `out`."""
    sample = sample_dir()
    note = "Données synthétiques : aucune entreprise réelle. / Synthetic data: no real company."
    return fit(sample / "enquete-cdo-2026.csv", "cdo-2026", out, margins=sample / "margins.csv", note=note)


def _fingerprint() -> str:
    """Return a hash of the package's code and data and of the sample: a change in either makes a new study."""
    digest = hashlib.sha256()
    for folder in (package_dir("."), sample_dir()):
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".toml", ".csv"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
