"""A company outside the survey: scored, placed and advised like a respondent, and the study stays what it was."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.datasets import draw_survey, make_population, write_export
from cdo_analysis.errors import InputError
from cdo_analysis.exhibits import View, company, view
from cdo_analysis.intake import Firm, read_firm
from cdo_analysis.pipeline import StudyWithFirm, fit, with_firm
from cdo_analysis.reports import report
from cdo_analysis.study import Study

EXAMPLES = {path.stem[:2]: path for path in (Path(__file__).resolve().parents[1] / "data" / "examples").glob("*.toml")}
MADE_FROM_ROWS = ("scores", "coverage", "advice_acceptability", "observed_probabilities", "profile_posterior")


def contents(study: Study) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in study.folder.iterdir()}


def twin(study: Study, respondent: str) -> Firm:
    """Return a company that gave the very answers of a respondent, under another number."""
    book = load_codebook("cdo-2026")
    row = study.table("responses").loc[[respondent]].reindex(columns=[*(item.name for item in book), "size_category"])
    row.index = pd.Index(["outside"], name="respondent")
    return Firm(book, row, study.table("missing").loc[[respondent]].set_axis(row.index), "twin.toml")


@pytest.fixture(scope="module")
def seen(sample_study: Study) -> View:
    return view(with_firm(sample_study, read_firm(EXAMPLES["03"])))


# --- like a respondent --------------------------------------------------------------------------------------------


def test_the_answers_of_a_respondent_give_its_scores_its_profile_and_its_advice(sample_study: Study) -> None:
    respondent = sample_study.table("recommendation").query("state == 'recommended'").index[0]
    beside = with_firm(sample_study, twin(sample_study, respondent))
    for name in ("scores", "coverage", "advice_acceptability", "profile_posterior"):
        table = beside.table(name)
        assert table.loc["outside"].to_numpy() == pytest.approx(table.loc[respondent].to_numpy(), nan_ok=True), name
    rows = beside.table("recommendation").loc[["outside", respondent]]
    for column in ("state", "first", "second", "gap", "coverage", "estimated_top", "estimated_agreement"):
        assert rows[column].iloc[0] == rows[column].iloc[1], column
    predicted = view(beside).estimates.predicted.loc[["outside", respondent]].to_numpy()
    assert predicted[0] == pytest.approx(predicted[1])


def test_every_exhibit_of_a_company_is_made_for_one_outside(seen: View) -> None:
    made = [company.cover, company.observed, company.advised, company.estimated, company.reasons, company.changes,
            company.costs, company.dimensions, company.profile, company.limits, company.answers]  # fmt: skip
    assert all(exhibit(seen, "outside") is not None for exhibit in made)


def test_the_report_says_that_the_company_is_outside_and_weighs_nothing(seen: View) -> None:
    said = company.cover(seen, "outside").to_text()
    assert "ne fait pas partie de l'enquête" in said
    assert "sans y avoir aucun poids" in said
    assert "réponses à l'enquête" not in said


def test_the_peers_of_a_company_are_the_respondents_and_only_they(sample_study: Study) -> None:
    book = with_firm(sample_study, read_firm(EXAMPLES["02"]))
    assert len(book.table("responses")) == len(sample_study.table("responses")) + 1
    assert company.peers_words(view(book), "outside").count("n = 30") == 1


# --- the study stays what it was ----------------------------------------------------------------------------------


def test_nothing_of_the_company_reaches_the_study(sample_study: Study) -> None:
    before = contents(sample_study)
    tables = {name: sample_study.table(name) for name in MADE_FROM_ROWS}
    beside = with_firm(sample_study, read_firm(EXAMPLES["03"]))
    for name in MADE_FROM_ROWS:
        assert "outside" in beside.table(name).index
        pd.testing.assert_frame_equal(beside.table(name).drop(index="outside"), tables[name])
        assert "outside" not in sample_study.table(name).index
    assert contents(sample_study) == before


def test_no_respondent_moves_because_a_company_looks_in(sample_study: Study) -> None:
    firm = read_firm(EXAMPLES["07"])
    near, far = (
        with_firm(sample_study, firm),
        with_firm(sample_study, twin(sample_study, sample_study.table("scores").index[0])),
    )
    common = [name for name in near.table("advice_acceptability").index if name != "outside"]
    pd.testing.assert_frame_equal(
        near.table("advice_acceptability").loc[common], far.table("advice_acceptability").loc[common]
    )


def test_a_company_that_also_answered_the_survey_is_not_its_own_peer(sample_study: Study, tmp_path: Path) -> None:
    respondent = next(name for name in sample_study.table("scores").index if name.isdigit())
    path = tmp_path / "firm.toml"
    path.write_text(
        f'codebook = "cdo-2026-meeting"\n[answers]\nsiren = "{respondent}"\nheadcount = 30\n', encoding="utf-8"
    )
    beside = with_firm(sample_study, read_firm(path))
    assert beside.table("responses").index.tolist().count(respondent) == 1
    assert beside.table("responses").at[respondent, "headcount"] == 30
    assert sample_study.table("responses").at[respondent, "headcount"] != 30


# --- shorter forms ------------------------------------------------------------------------------------------------


def test_a_shorter_form_is_compared_on_the_questions_that_both_were_asked(sample_study: Study) -> None:
    """Six dimensions of three questions: the respondents are scored again on these alone, and the name says so."""
    beside = with_firm(sample_study, read_firm(EXAMPLES["07"]))
    main = beside.codebook.main_score
    assert main is not None
    assert main.id == "dma"
    assert main.label.fr.endswith("(questions communes)")
    assert main.bands == ()
    shared = [item.name for item in beside.codebook if item.dimension]
    assert len(shared) == 18
    # By hand: strategy is the share of the three ticked, of the company and of a respondent.
    names = ["prepared_needs", "prepared_management", "prepared_staff"]
    answers = beside.table("responses")[names].eq("1").sum(axis=1) / 3 * 100
    complete = beside.table("responses")[names].notna().all(axis=1)
    scores = beside.table("scores")["strategy"]
    assert scores["outside"] == pytest.approx(200 / 3)
    assert scores[complete].to_numpy() == pytest.approx(answers[complete].to_numpy())


def test_the_long_score_of_a_shorter_form_is_unmeasured_for_the_rules(sample_study: Study) -> None:
    beside = with_firm(sample_study, read_firm(EXAMPLES["07"]))
    assert np.isnan(beside.table("advice_answers").loc["outside", "dma"])
    assert beside.table("recommendation").loc["outside", "coverage"] == pytest.approx(24 / 25)


def test_the_meeting_form_has_no_score_no_profile_and_no_estimate(sample_study: Study) -> None:
    seen = view(with_firm(sample_study, read_firm(EXAMPLES["02"])))
    assert seen.main is None
    assert company.dimensions(seen, "outside") is None
    assert company.profile(seen, "outside") is None
    estimated = company.estimated(seen, "outside")
    assert estimated is not None
    assert "n'entre pas dans l'estimation" in estimated.to_text()
    assert seen.study.table("recommendation").loc["outside", "estimated_agreement"] == "unavailable"


def test_a_questionnaire_that_shares_nothing_with_the_study_is_refused(sample_study: Study) -> None:
    book: Codebook = load_codebook("itflex-csem")
    row = pd.DataFrame({item.name: ["3"] for item in book}, index=pd.Index(["outside"], name="respondent"))
    firm = Firm(book, row.assign(size_category=None), row, "flex.toml")
    with pytest.raises(InputError, match="shares no question with 'cdo-2026'"):
        with_firm(sample_study, firm)


# --- eighty answers of a chamber of commerce ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def eighty(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of eighty synthetic companies."""
    folder = tmp_path_factory.mktemp("chamber")
    drawn = draw_survey(make_population(2_000, random_state=80), 80, random_state=80)
    write_export(drawn, folder / "chamber.csv", dirty=False)
    return fit(folder / "chamber.csv", "cdo-2026", folder / "study", note="Données synthétiques.")


@pytest.mark.slow
@pytest.mark.parametrize("example", ["02", "03", "07", "10"])
def test_eighty_answers_are_enough_to_compare_and_too_few_to_claim_anything(eighty: Study, example: str) -> None:
    seen = view(with_firm(eighty, read_firm(EXAMPLES[example])))
    cover, estimated = company.cover(seen, "outside").to_text(), company.estimated(seen, "outside")
    assert "Petite enquête (80 réponses" in cover
    assert estimated is not None
    assert not eighty.table("recommendation")["estimated_claim"].any()
    assert isinstance(seen.study, StudyWithFirm)


@pytest.mark.slow
@pytest.mark.parametrize(("example", "language"), [("02", "fr"), ("07", "en")])
def test_a_report_on_a_company_outside_is_rendered_and_names_no_respondent(
    eighty: Study, tmp_path: Path, example: str, language: str
) -> None:
    before = contents(eighty)
    made = report(eighty, "company", answers=EXAMPLES[example], out=tmp_path, parameters={"language": language})
    page = made.html.read_text(encoding="utf-8")
    assert read_firm(EXAMPLES[example]).name in page
    names = eighty.table("responses")
    assert not [name for name in names.index if name in page]
    assert not [name for name in names["company_name"].dropna() if len(name) > 5 and name in page]
    assert contents(eighty) == before
