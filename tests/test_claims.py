"""The claims of the founding article: data that a study can contradict, and the slope that their tests rest on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.codebook import load_codebook
from cdo_analysis.errors import InputError
from cdo_analysis.exhibits import View, view
from cdo_analysis.exhibits.claims import VERDICTS, claims, examine_claims
from cdo_analysis.exhibits.reference_pages import claims_page
from cdo_analysis.reference import Claims, load_claims, load_rules
from cdo_analysis.resources import package_dir
from cdo_analysis.study import Study
from cdo_analysis.weighting import Design, Estimate, weighted_slope

HERE = Path(__file__).resolve().parent


# --- slopes -----------------------------------------------------------------------------------------------------------


def figures(found: Estimate) -> list[float]:
    return [found.estimate, found.se, found.low, found.high]


@pytest.mark.reference_data
def test_slopes_and_their_errors_are_those_of_r(reference_data: Path) -> None:
    """R survey, svyglm: tests/oracles/slope.R. Errors of R leave out n / (n - 1) nowhere."""
    r = json.loads((HERE / "oracles" / "slope.json").read_text())
    api = pd.read_csv(reference_data / "survey-api" / "apistrat.csv", dtype={"cds": "str"}).set_index("cds")
    year_round = api["yr.rnd"].eq("Yes").astype(float)
    strat = Design(api["pw"], strata=api["stype"])
    by = [api["ell"], year_round, api["ell"] * year_round]
    domain = api["comp.imp"].eq("Yes")
    assert figures(weighted_slope(api["api00"], [api["ell"]], strat)) == pytest.approx(r["slope"], rel=1e-9)
    assert figures(weighted_slope(api["api00"], [year_round], api["pw"])) == pytest.approx(r["difference"], rel=1e-9)
    assert figures(weighted_slope(api["api00"], by, strat)) == pytest.approx(r["interaction"], rel=1e-9)
    found = weighted_slope(api.loc[domain, "api00"], [api["ell"]], strat)
    assert figures(found) == pytest.approx(r["domain"], rel=1e-9)


def test_a_column_that_never_changes_has_no_slope() -> None:
    y = pd.Series([1.0, 2.0, 3.0])
    assert np.isnan(weighted_slope(y, [pd.Series(1.0, y.index)], pd.Series(1.0, y.index)).estimate)


# --- the file ---------------------------------------------------------------------------------------------------------


def test_there_are_fifteen_claims_and_each_can_be_contradicted() -> None:
    article = load_claims()
    assert [claim.number for claim in article.claims] == list(range(1, 16))
    assert all(claim.tests and claim.against.fr for claim in article.claims)
    assert "Conflit d'intérêts" in article.conflict.fr


def test_claims_name_items_of_the_questionnaire_and_criteria_of_the_rules() -> None:
    book, rules = load_codebook("cdo-2026"), load_rules()
    for claim in load_claims().claims:
        assert [name for name in claim.items if name not in book] == []
        assert [name for name in claim.criteria if name not in rules.ids] == []
        for test in claim.tests:
            for variable in filter(None, (test.value, test.by, test.among)):
                names = {*variable.items} - {"arrangement", "size_category"}
                assert [name for name in names if name not in book] == []
                if variable.codes and variable.item != "arrangement":
                    assert set(variable.codes) <= set(book[variable.item].codes)


def test_sector_and_tenure_are_hypotheses_that_data_can_contradict() -> None:
    by_number = {claim.number: claim for claim in load_claims().claims}
    assert {test.expected for test in by_number[14].tests} == {"none"}
    assert [test.kind for test in by_number[9].tests] == ["slope", "interaction", "slope"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('kind = "interaction"', 'kind = "interactions"', "did you mean 'interaction'"),
        ('expected = "none"', 'expected = "above"', "expects 'above' of a association"),
        ('value = { item = "leads_change" }', "value = { at_least = 2 }", "does not say what is measured"),
    ],
)
def test_a_wrong_claims_file_is_refused_in_one_sentence(tmp_path: Path, before: str, after: str, message: str) -> None:
    text = (package_dir("reference") / "claims.toml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "claims.toml").write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        load_claims(tmp_path / "claims.toml")


def test_the_page_of_the_documentation_is_up_to_date() -> None:
    written = (HERE.parent / "docs" / "claims.md").read_text(encoding="utf-8")
    assert written == claims_page(), "run python -m cdo_analysis.exhibits.reference_pages docs"


# --- on a survey ------------------------------------------------------------------------------------------------------

HEAD = """
version = "1"
date = "2026"
title = { fr = "a", en = "a" }
conflict = { fr = "a", en = "a" }
[[claim]]
number = 1
text = { fr = "a", en = "a" }
items = []
criteria = []
against = { fr = "a", en = "a" }
[[claim.test]]
estimand = { fr = "a", en = "a" }
"""


def one_claim(folder: Path, test: str) -> Claims:
    path = folder / "claims.toml"
    path.write_text(HEAD + test, encoding="utf-8")
    return load_claims(path)


@pytest.fixture(scope="module")
def seen(sample_study: Study) -> View:
    return view(sample_study, language="fr")


def test_every_test_gets_a_verdict_and_an_interval_or_the_reason_why_not(seen: View) -> None:
    table = examine_claims(seen)
    assert table["claim"].unique().tolist() == list(range(1, 16))
    assert set(table["verdict"]) <= set(VERDICTS)
    decided = table[table["verdict"].isin(["supported", "contradicted"]) & table["kind"].ne("association")]
    assert len(decided)
    assert (decided["low"] < decided["high"]).all()
    assert table.loc[table["flag"].eq("c"), "estimate"].isna().all()


def test_what_everybody_has_is_supported_and_what_nobody_has_contradicted(seen: View, tmp_path: Path) -> None:
    """Budgets of zero or more: everybody is at least at 0, and nobody at 100,000 k€."""
    for bound, verdict in ((0, "supported"), (100_000, "contradicted")):
        test = f'kind = "share"\nvalue = {{ item = "cdo_budget_keur", at_least = {bound} }}\n'
        test += 'expected = "above"\nthan = 0.5'
        assert examine_claims(seen, one_claim(tmp_path, test))["verdict"].tolist() == [verdict]


def test_the_slope_of_an_answer_on_itself_is_one(seen: View, tmp_path: Path) -> None:
    test = 'kind = "slope"\nvalue = { item = "headcount" }\nby = { item = "headcount" }\nexpected = "above"'
    found = examine_claims(seen, one_claim(tmp_path, test)).loc[0]
    assert (found["estimate"], found["verdict"]) == (pytest.approx(1.0), "supported")


def test_too_few_respondents_and_questions_not_put_get_no_verdict(seen: View, tmp_path: Path) -> None:
    few = 'kind = "share"\nvalue = { item = "team_managed", at_least = 1 }\nexpected = "above"\n'
    few += 'among = { item = "arrangement", codes = ["internal_with_experts"] }'
    found = examine_claims(seen, one_claim(tmp_path, few)).loc[0]
    assert (found["verdict"], found["flag"]) == ("too_few", "c")
    assert np.isnan(found["estimate"])
    absent = 'kind = "share"\nvalue = { item = "colour", codes = ["red"] }\nexpected = "above"'
    assert examine_claims(seen, one_claim(tmp_path, absent))["verdict"].tolist() == ["not_asked"]


def test_the_piece_states_the_interest_of_the_author_and_the_number_of_tests(seen: View) -> None:
    piece = claims(seen)
    assert piece is not None
    assert piece.evidence == "observed"
    assert "JETPULP" in piece.paragraphs[0]
    assert "Bonferroni" in dict(piece.notes)["Lecture"]
    assert piece.table is not None
    assert len(piece.table.rows) == sum(len(claim.tests) for claim in load_claims().claims)


def test_no_claim_is_told_from_noise_more_often_than_said(seen: View, tmp_path: Path) -> None:
    """An answer shuffled over respondents goes with nothing: at most one run in twenty may say otherwise."""
    rng, wrong = np.random.default_rng(7), 0
    values, by = seen.responses["cdo_budget_keur"], seen.responses["headcount"]
    for _ in range(200):
        shuffled = pd.Series(rng.permutation(by.to_numpy()), by.index)
        found = weighted_slope(values.rank(), [shuffled.rank()], seen.design)
        wrong += bool(found.low > 0 or found.high < 0)
    assert wrong <= 20  # 5 % of 200 is 10; more than 20 has a chance of 1 in 1,000
