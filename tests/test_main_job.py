"""The whole chain: on the sample against what was spoilt in it, on real firms through a codebook alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.cdo import SET_ACCEPTABILITY
from cdo_analysis.exhibits import company, panorama, quality, view
from cdo_analysis.pipeline import fit
from cdo_analysis.resources import package_dir, sample_dir
from cdo_analysis.study import Study

TRUTH = pd.read_csv(sample_dir() / "truth.csv", dtype={"siren": "str"}).set_index("siren")


def test_every_stage_left_its_result(sample_study: Study) -> None:
    read = ("responses", "missing", "issues", "flow")
    scored = ("weights", "margins", "scores", "reliability")
    profiled = ("profile_table", "profile_posterior", "profile_assignment")
    led = ("arrangements", "observed_probabilities", "advice_acceptability", "recommendation")
    for table in (*read, *scored, *profiled, *led):
        assert len(sample_study.table(table)) > 0, table


def test_weights_meet_the_margins_and_are_positive(sample_study: Study) -> None:
    margins = sample_study.table("margins")
    assert np.allclose(margins["weighted_share_after"], margins["population_share"], atol=1e-6)
    assert (sample_study.column("weights", "weight") > 0).all()
    assert sample_study.column("weights", "weight").mean() == pytest.approx(1)


def test_companies_are_those_that_were_drawn(sample_study: Study) -> None:
    found = sample_study.table("scores").index
    assert len(found) == len(TRUTH) == 450
    by_line = found.str.startswith("line-").sum()
    assert by_line == 5, "the five SIREN whose key is wrong"
    assert found[~found.str.startswith("line-")].isin(TRUTH.index).all()


def test_profiles_grow_with_the_planted_ones(sample_study: Study) -> None:
    found = sample_study.column("profile_assignment", "profile").rename("found")
    both = TRUTH.join(found, how="inner")
    means = both.groupby("found")["profile"].mean()
    assert means.is_monotonic_increasing
    assert sample_study.table("profile_table")["k"].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_a_recommendation_is_a_set_or_an_abstention_with_its_reason(sample_study: Study) -> None:
    table = sample_study.table("recommendation")
    assert set(table["state"]) == {"recommended", "close", "abstained"}
    assert (table["reason"].ne("") == table["state"].eq("abstained")).all()
    named = table[table["state"].ne("abstained")]
    both = named["first_share"] + named["second_share"].where(named["state"].eq("close"), 0)
    assert (both >= SET_ACCEPTABILITY - 1e-9).all()
    options = sample_study.table("recommendation_options")
    feasible = sample_study.table("advice_feasible").stack()
    within_reach = [feasible[(row.respondent, row.arrangement)] for row in options.itertuples()]
    assert all(within_reach), "what is out of reach is never named"


def test_nothing_personal_is_kept(sample_study: Study) -> None:
    personal = {item.name for item in sample_study.codebook if item.personal}
    assert personal >= {"contact_email", "comment"}
    assert not personal & set(sample_study.table("responses").columns)
    assert not any(b"@example" in path.read_bytes() for path in sample_study.folder.iterdir())


def test_the_three_kinds_of_evidence_are_never_in_one_picture(sample_study: Study) -> None:
    seen = view(sample_study)
    one = sample_study.table("scores").index[0]
    pieces = [show(seen, one) for show in (company.observed, company.advised, company.estimated)]
    assert [piece.evidence for piece in pieces] == ["observed", "advised", "estimated"]


def test_what_a_company_left_unanswered_is_said_to_be_not_available(sample_study: Study) -> None:
    seen = view(sample_study)
    unanswered = seen.advice.answers.isna().sum(axis=1)
    for one, n in unanswered[unanswered > 0].items():
        said = [row[-1] for row in company.answers(seen, one).table.rows]
        assert said.count(seen.numbers.absent) == n
        assert "nan" not in said


@pytest.fixture(scope="session")
def itflex(reference_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    export = reference_data / "itflex-csem" / "ITFlex.csv"
    return fit(export, "itflex-csem", tmp_path_factory.mktemp("itflex") / "study")


@pytest.mark.reference_data
def test_a_codebook_alone_makes_the_chain_run_on_real_firms(itflex: Study) -> None:
    # R, psych 2.2.9 on the same file: alpha by dimension, means of the four scales.
    assert itflex.table("reliability")["alpha"].round(4).tolist() == [0.7721, 0.6967, 0.7323, 0.7346]
    means = itflex.table("scores")[["compatibility", "connectivity", "modularity", "personnel"]].mean()
    assert means.round(4).tolist() == [3.51, 3.87, 3.2925, 3.6475]
    assert len(itflex.table("responses")) == 100


@pytest.mark.reference_data
def test_a_codebook_without_cdo_block_gives_reports_that_say_so(itflex: Study) -> None:
    seen = view(itflex)
    assert any("ne demande pas qui pilote" in text for text in panorama.cover(seen).paragraphs)
    assert any("ne demande pas qui pilote" in text for text in company.cover(seen, "line-2").paragraphs)
    assert panorama.arrangements_today(seen) is None
    assert panorama.advice_overview(seen) is None
    assert company.advised(seen, "line-2") is None
    assert company.dimensions(seen, "line-2") is not None
    assert quality.scales(seen).table is not None


@pytest.mark.reference_data
def test_no_python_knows_the_questionnaire_of_those_firms() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in package_dir(".").rglob("*.py"))
    assert "ITCOMP" not in source
