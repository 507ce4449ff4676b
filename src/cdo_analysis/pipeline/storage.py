"""An export becomes a study: read, run every stage once, keep what each stage found."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake import ExportOptions, Survey, leave_out_flagged, pseudonymise, read_survey
from cdo_analysis.pipeline.overrides import check_overrides, read_overrides
from cdo_analysis.pipeline.stages import SEED, Analysis, analyse
from cdo_analysis.pipeline.typology import TypologyOptions
from cdo_analysis.pipeline.weights import find_margins
from cdo_analysis.profiles.ratio_test import SAMPLES
from cdo_analysis.reference import load_arrangements
from cdo_analysis.resources import package_dir
from cdo_analysis.study import Study, write_study
from cdo_analysis.weighting import design_tables, effective_n, kish_design_effect

_REFERENCE = ("arrangements", "costs", "rules")
_VERSIONS = ("cdo-analysis", "numpy", "pandas", "scikit-learn", "scipy")


def fit(
    export: str | Path,
    codebook: str | Path | Codebook,
    out: str | Path,
    *,
    margins: str | Path | None = None,
    other_unit: bool = False,
    rules: str | Path | None = None,
    experts: str | Path | None = None,
    overrides: str | Path | None = None,
    names: str | Path | None = None,
    reference: str | Path | None = None,
    ratio_tests: int = SAMPLES,
    note: str = "",
    seed: int = SEED,
    sheet: str | None = None,
    encoding: str | None = None,
    options: ExportOptions | None = None,
    edits: pd.DataFrame | None = None,
    pseudonym_key: bytes | None = None,
    without_flagged: bool = False,
) -> Study:
    """Read an export, run every stage once, and write the study.

    Parameters
    ----------
    export : str or Path
        An export: CSV, XLSX, ODS, SPSS, Stata or Parquet.
    codebook : str, Path or Codebook
    out : str or Path
        Folder of the study.
    margins : str or Path, optional
        CSV of population totals; or official counts by id, of some categories: ``"insee-2017:pme,eti"``.
    other_unit, rules, experts, note, seed
        See :func:`analyse`.
    overrides : str or Path, optional
        Decisions of analysts, kept and shown beside the recommendation: see
        :func:`~cdo_analysis.pipeline.overrides.read_overrides`.
    names, reference, ratio_tests
        Names of the profiles, study of an earlier wave whose profiles keep their numbers, samples of the bootstrap
        likelihood-ratio tests: see :class:`~cdo_analysis.pipeline.typology.TypologyOptions`.
    sheet, encoding : str, optional
        See :func:`~cdo_analysis.intake.read_table`.
    options : ExportOptions, optional
    edits : DataFrame, optional
        See :func:`~cdo_analysis.intake.read_survey`.
    pseudonym_key : bytes, optional
        Respondents are named by a hash keyed with it: see :func:`~cdo_analysis.intake.pseudonymise`.
    without_flagged : bool
        True: respondents whom a flag concerns are left out and counted, so that every report can be made with and
        without them; each says so at its head.

    Returns
    -------
    Study
    """
    decided = read_overrides(overrides) if overrides else None
    survey = read_survey(export, codebook, sheet=sheet, encoding=encoding, options=options, edits=edits)
    if pseudonym_key is not None:
        survey = pseudonymise(survey, pseudonym_key)
    if without_flagged:
        survey = leave_out_flagged(survey)
    if decided is not None:
        _check_decisions(decided, survey)
    totals = find_margins(margins) if margins else None
    chosen: dict[str, Any] = {"other_unit": other_unit, "rules": rules, "experts": experts, "note": note, "seed": seed}
    chosen["typology"] = TypologyOptions(names, reference, ratio_tests)
    return save(analyse(survey, margins=totals, **chosen), out, overrides=decided)


def _check_decisions(decided: pd.DataFrame, survey: Survey) -> None:
    if survey.codebook.cdo is None:
        raise InputError(
            f"the questionnaire '{survey.codebook.id}' does not ask how digital is led; leave the overrides out."
        )
    check_overrides(decided, survey.responses.index, load_arrangements())


def save(analysis: Analysis, out: str | Path, *, overrides: pd.DataFrame | None = None) -> Study:
    """Write an analysis as a study.

    What names or reaches a person (items that the codebook marks as personal) is not written. Overrides are, with their
    notes and authors: they are the analyst's own words, for whoever reads the report.
    """
    if overrides is not None:
        _check_decisions(overrides, analysis.survey)
    texts = {"codebook": analysis.survey.codebook.source}
    if analysis.cdo is not None:
        texts |= {name: (package_dir("reference") / f"{name}.toml").read_text(encoding="utf-8") for name in _REFERENCE}
        if analysis.options["rules"]:
            texts["rules"] = Path(analysis.options["rules"]).read_text(encoding="utf-8")
    tables = dict(_tables(analysis)) | ({} if overrides is None else {"overrides": overrides})
    return write_study(out, tables=tables, documents=dict(_documents(analysis)), texts=texts, info=_info(analysis))


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
    yield from a.diagnostics.items()
    if a.typology is not None:
        yield from a.typology.tables()
    if a.cdo is not None:
        yield from a.cdo.tables()


def _documents(a: Analysis) -> Iterator[tuple[str, dict[str, Any]]]:
    if a.typology is not None:
        yield "profile_model", a.typology.profiles.model.to_dict()
    if a.cdo is not None:
        yield from a.cdo.documents()


def _info(a: Analysis) -> dict[str, Any]:
    survey, book = a.survey, a.survey.codebook
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
            "experts": Path(a.options["experts"]).name,
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
        "profiles": a.typology.info() if a.typology else {"verdict": "not_sought", "means_agreement": None},
        "versions": {name: version(name) for name in _VERSIONS},
    }
