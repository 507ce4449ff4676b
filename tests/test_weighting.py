"""Margins and estimates, against hand arithmetic and the R package survey (oracles/weighting.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.errors import InputError
from cdo_analysis.weighting import (
    effective_n,
    kish_design_effect,
    read_margins,
    weighted_mean,
    weighted_share,
)

ORACLES = Path(__file__).parent / "oracles"


@pytest.fixture(scope="module")
def r_sample() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "weighting_sample.csv", dtype={"region": "str"}).set_index("respondent")


@pytest.fixture(scope="module")
def r_numbers() -> dict:
    return json.loads((ORACLES / "weighting.json").read_text())


# --- margins ----------------------------------------------------------------------------------------------------------


def test_margins_written_by_a_french_spreadsheet_are_read(tmp_path: Path) -> None:
    path = tmp_path / "margins.csv"
    text = "\ufeffvariable;category;population;year\nregion;01;1 234,5;2023\n;;;\nregion; 2A ;10;2023;\n"
    path.write_text(text, "utf-8")
    margins = read_margins(path)
    assert margins["category"].tolist() == ["01", "2A"]
    assert margins["population"].tolist() == [1234.5, 10.0]
    assert margins["year"].tolist() == ["2023", "2023"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("variable,category,populaton\nsize,pme,3\n", "no column 'population' (it has: variable, category, populaton)"),
        ("variable,category,population\n", "has no category"),
        ("variable,category,population\nsize,pme,3\nsize,pme,4\n", "gives size 'pme' twice"),
        ("variable,category,population\nsize,pme,0\n", "the population of size 'pme' is not a number above 0"),
        ('variable,category,population\nsize,pme,"1,234"\n', "the population of size 'pme' is not a number above 0"),
        ("variable,category,population,measure\nsize,pme,3,counts\n", "size 'pme' has the measure 'counts'"),
        (
            "variable,category,population,measure\nturnover,pme,3,total\n",
            "has the category 'pme'; leave that cell empty",
        ),
        ("variable,category,population,measure\nsize,pme,60,percent\nsize,eti,30,percent\n", "of 'size' add up to 90"),
        ("variable,category,population,measure\nsize,pme,60,percent\nsize,eti,30,\n", "measures 'size' in two ways"),
        ("variable,category,population\nsize,,3\n", "lacks its variable or its category"),
        ("variable,category,population\nsize,pme,1,234\n", "more cells than the first line"),
        (
            "variable,category,population\nsize,pme,1000\nsector,ict,1006\n",
            "'size' adds up to 1000 and 'sector' to 1006",
        ),
    ],
)
def test_what_is_wrong_with_margins_is_said_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "margins.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as error:
        read_margins(path)
    assert said in str(error.value)
    assert str(error.value).startswith("margins.csv")


def test_margins_that_differ_by_rounding_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "margins.csv"
    path.write_text("variable,category,population\nsize,pme,1000\nsector,ict,1004\n", "utf-8")
    assert len(read_margins(path)) == 2


@pytest.mark.parametrize("name", [".", "absent.csv", "latin.csv"])
def test_a_file_of_margins_that_cannot_be_read_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "latin.csv").write_bytes("variable;category\nrégion;11\n".encode("cp1252"))
    with pytest.raises(InputError, match=r"CSV"):
        read_margins(tmp_path / name)


# --- estimates --------------------------------------------------------------------------------------------------------


def test_design_effect_and_effective_n_on_weights_computed_by_hand() -> None:
    assert effective_n([1, 2, 3]) == pytest.approx(36 / 14)
    assert kish_design_effect([1, 2, 3]) == pytest.approx(3 * 14 / 36)


def test_a_weighted_mean_is_that_of_svymean_missing_values_included(r_sample: pd.DataFrame, r_numbers: dict) -> None:
    mean = weighted_mean(r_sample["budget_keur"], r_sample["r_weight"])
    assert (mean.estimate, mean.se) == pytest.approx((r_numbers["mean"], r_numbers["mean_se"]), rel=1e-10)
    assert [mean.low, mean.high] == pytest.approx(r_numbers["mean_interval"], rel=1e-10)
    assert mean.n == 77


def test_a_share_has_the_error_of_svymean_and_a_wilson_interval(r_sample: pd.DataFrame, r_numbers: dict) -> None:
    share = weighted_share(r_sample["has_cdo"] == 1, r_sample["r_weight"])
    assert (share.estimate, share.se) == pytest.approx((r_numbers["share"], r_numbers["share_se"]), rel=1e-10)
    assert [share.low, share.high] == pytest.approx(r_numbers["share_wilson"], rel=1e-10)
    assert share.n_effective == pytest.approx(r_numbers["effective_n"], rel=1e-10)
    # svyciprop(method = "logit"), another interval within 0 and 1, is less than one point away.
    assert [share.low, share.high] == pytest.approx(r_numbers["share_svyciprop_logit"], abs=0.01)


@pytest.mark.reference_data
def test_the_french_survey_histoire_de_vie_gives_its_weighted_figures(reference_data: Path) -> None:
    people = pd.read_csv(reference_data / "questionr-hdv2003" / "hdv2003.csv")
    sport = weighted_share(people["sport"] == "Oui", people["poids"])
    assert (people["sport"] == "Oui").mean() == pytest.approx(0.3615)
    assert sport.estimate == pytest.approx(0.39349, abs=5e-6)
    age, television = (weighted_mean(people[name], people["poids"]) for name in ("age", "heures.tv"))
    assert (age.estimate, age.se) == (pytest.approx(46.347, abs=5e-4), pytest.approx(0.5284, abs=5e-5))
    assert (television.estimate, television.se) == (pytest.approx(2.1693, abs=5e-5), pytest.approx(0.049, abs=5e-4))
    assert television.n == 1995


@pytest.mark.parametrize("value", [0, 1])
def test_a_share_of_none_or_all_has_an_interval_of_some_width(value: int) -> None:
    # Wilson for 0 of 10, by hand: z^2 / (10 + z^2) = 3.841459 / 13.841459. The weights are worth 10 equal ones.
    weights = pd.Series([1.0] * 10)
    share = weighted_share(pd.Series([value] * 10), weights)
    assert share.estimate == value
    assert share.high - share.low == pytest.approx(0.277533, abs=1e-6)
    assert 0 <= share.low <= share.high <= 1


def test_one_rare_small_weight_does_not_narrow_an_interval_beyond_equal_weights() -> None:
    holds = pd.Series([1] + [0] * 19)
    light = weighted_share(holds, pd.Series([0.01] + [1.0] * 19))
    none = weighted_share(pd.Series([0] * 20), pd.Series([1.0] * 20))
    assert light.high >= none.high


def test_too_few_answers_give_no_interval_and_no_answer_no_estimate() -> None:
    one = weighted_mean(pd.Series([3.0]), pd.Series([1.0]))
    assert one.estimate == 3.0
    assert np.isnan([one.se, one.low, one.high]).all()
    nobody = weighted_share(pd.Series([np.nan, np.nan]), pd.Series([1.0, 1.0]))
    assert np.isnan([nobody.estimate, nobody.low, nobody.high]).all()
    assert nobody.n == 0


def test_values_without_weight_or_that_are_no_yes_or_no_are_refused() -> None:
    with pytest.raises(InputError, match="respondent 'b' has no weight"):
        weighted_mean(pd.Series({"a": 1.0, "b": 2.0}), pd.Series({"a": 1.0}))
    with pytest.raises(InputError, match="0 or 1"):
        weighted_share(pd.Series([0, 2]), pd.Series([1.0, 1.0]))
