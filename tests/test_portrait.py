"""The portraits of profiles, against FactoMineR's catdes (oracles/factorial.R) and hand arithmetic."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.portrait import describe_categories, describe_numbers
from cdo_analysis.profiles.typical import describe_typical_member, nearest_rows, separate_neighbours

ORACLES = Path(__file__).parent / "oracles"
ITEMS = ["erp", "crm", "cloud", "training", "security", "ai", "size"]


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "factorial.csv", keep_default_na=False).astype({"score": float, "staff": float})


@pytest.fixture(scope="module")
def r() -> dict:
    return json.loads((ORACLES / "factorial.json").read_text())


def test_answers_of_weighted_profiles_are_described_as_by_catdes(firms, r):
    labels = np.array(r["partition"]) - 1
    ours = describe_categories(labels, firms[ITEMS], sample_weight=firms["weight"], active=ITEMS[:6])
    assert set(ours.loc[ours["role"] == "supplementary", "item"]) == {"size"}
    ours = ours.set_index(["profile", "item", "category"])
    compared = 0
    for profile, rows in r["categories"].items():
        for row in rows:
            item, _, category = row["name"].partition("=")
            mine = ours.loc[(int(profile) - 1, item, category.removeprefix(f"{item}_"))]
            shares = mine[["share_of_answer", "share_in_profile", "overall"]].to_numpy(float)
            assert_allclose(100 * shares, [row["Cla/Mod"], row["Mod/Cla"], row["Global"]], rtol=1e-9)
            # R may print a probability above 1 where the profile is like the others, and then no valeur-test.
            assert mine["p_value"] == pytest.approx(min(1.0, row["p.value"]), rel=1e-7, abs=1e-13)
            if row["p.value"] < 1:
                assert mine["v_test"] == pytest.approx(row["v.test"], rel=1e-6)
            compared += 1
    assert compared == len(ours) == 3 * 16


def test_means_of_weighted_profiles_are_described_as_by_catdes(firms, r):
    labels = np.array(r["partition"]) - 1
    ours = describe_numbers(labels, firms[["score", "staff"]], sample_weight=firms["weight"])
    ours = ours.set_index(["profile", "variable"])
    names = ["v.test", "Mean in category", "Overall mean", "sd in category", "Overall sd", "p.value"]
    mine = ["v_test", "mean", "overall", "deviation", "overall_deviation", "p_value"]
    rows = [(int(profile) - 1, row) for profile, table in r["numbers"].items() for row in table]
    for profile, row in rows:
        figures = ours.loc[(profile, row["name"]), mine].to_numpy(float)
        assert_allclose(figures, [row[name] for name in names], rtol=1e-8, atol=1e-13)
    assert len(rows) == 6


def test_the_probability_of_a_share_is_the_one_counted_by_hand():
    # All 5 of a profile of 5 among 10 say yes: one draw in 252; two-sided with half weight on the edge: 1 / 252.
    table = describe_categories([0] * 5 + [1] * 5, pd.DataFrame({"erp": ["yes"] * 5 + ["no"] * 5}))
    assert_allclose(table["p_value"], 1 / 252)


def test_millions_of_firms_have_finite_tests():
    labels = np.repeat([0, 1], 50_000)
    table = describe_categories(labels, pd.DataFrame({"erp": np.repeat(["no", "yes"], 50_000)}))
    # The normal law: (50000 - 25000) / sqrt(50000 * 50000 / 99999 / 4).
    assert_allclose(np.abs(table["v_test"]), 316.2261, rtol=1e-6)


def test_a_design_effect_of_four_halves_the_tests_of_means():
    random = np.random.default_rng(0)
    labels, score = np.repeat([0, 1], 200), pd.DataFrame({"dma": random.normal(size=400)})
    plain = describe_numbers(labels, score)["v_test"]
    worth_less = describe_numbers(labels, score, n_effective=100)["v_test"]
    assert_allclose(worth_less, plain / 2, rtol=0.01)


def test_the_interval_of_a_mean_is_the_one_computed_by_hand():
    # Profile 0: 10 and 20, weights 1 and 3; mean 17.5; influence 1/4 * -7.5 and 3/4 * 2.5; n / (n - 1) = 4 / 3.
    table = describe_numbers([0, 0, 1, 1], pd.DataFrame({"dma": [10.0, 20, 5, 5]}), sample_weight=[1, 3, 2, 2])
    row = table[table["profile"] == 0].iloc[0]
    assert row["mean"] == 17.5
    assert row["standard_error"] == pytest.approx(np.sqrt(4 / 3 * 2 * 1.875**2))
    assert row["high"] - row["mean"] == pytest.approx(1.959964 * row["standard_error"], rel=1e-6)


def test_the_error_of_the_design_is_the_one_passed_in():
    def error(values, inside):
        return 7.0 if inside[0] else 2.0

    table = describe_numbers([0, 0, 1], pd.DataFrame({"dma": [1.0, 2.0, 3.0]}), standard_error=error)
    assert table.set_index("profile")["standard_error"].tolist() == [7.0, 2.0]


def test_missing_answers_and_respondents_without_profile_are_left_out():
    answers = pd.DataFrame({"erp": ["yes", "no", None, "yes", "no"]})
    table = describe_categories([0, 0, 0, 1, -1], answers).set_index(["profile", "category"])
    assert table.loc[(0, "yes"), "share_in_profile"] == 0.5
    assert table.loc[(0, "yes"), "share_of_answer"] == 0.5
    assert table.loc[(0, "yes"), "overall"] == pytest.approx(2 / 3)
    numbers = describe_numbers([0, 0, 0, 1, -1], pd.DataFrame({"dma": [1.0, 3.0, np.nan, 5.0, 100.0]}))
    assert numbers["overall"].tolist() == [3.0, 3.0]
    assert numbers["n"].tolist() == [2, 1]


def test_an_answer_of_everybody_and_a_profile_of_everybody_differ_from_nothing():
    answers = pd.DataFrame({"web": ["yes"] * 4, "erp": ["yes", "no", "yes", "no"]})
    assert describe_categories([0, 0, 0, 0], answers)["v_test"].tolist() == [0.0, 0.0, 0.0]
    assert describe_numbers([0, 0], pd.DataFrame({"dma": [1.0, 2.0]}))["v_test"].tolist() == [0.0]


def test_tables_of_other_respondents_are_refused():
    with pytest.raises(UsageError, match="3 labels, 2 rows"):
        describe_categories([0, 1, 1], pd.DataFrame({"erp": ["yes", "no"]}))


def test_neighbours_are_separated_by_the_answers_that_differ_most():
    answers = pd.DataFrame({"erp": list("nnnnyyyy"), "crm": list("nnynyyyn"), "web": list("ynynynyn")})
    table = separate_neighbours(describe_categories([0, 0, 0, 0, 1, 1, 1, 1], answers), number=2)
    assert table["item"].tolist() == ["erp", "crm"]
    assert table[["profile", "next"]].to_numpy().tolist() == [[0, 1], [0, 1]]
    erp = table.iloc[0]
    assert {erp["share"], erp["share_next"]} == {0.0, 1.0}


def test_the_nearest_rows_of_a_profile_are_its_own():
    distances = np.array([[3.0, 0.1], [1.0, 9.0], [2.0, 9.0], [9.0, 4.0]])
    table = nearest_rows(distances, [0, 0, 0, 1], number=2)
    assert table["row"].tolist() == [1, 2, 3]
    assert table["distance"].tolist() == [1.0, 2.0, 4.0]


def test_the_typical_member_is_made_of_weighted_majorities_and_says_how_many_it_describes():
    answers = pd.DataFrame({"erp": ["yes", "yes", "no", None], "crm": ["no", "yes", "yes", "yes"]})
    table = describe_typical_member([0, 0, 0, 0], answers, sample_weight=[1, 1, 5, 1]).set_index("item")
    assert table["category"].to_dict() == {"erp": "no", "crm": "yes"}
    assert table.loc["erp", "share"] == pytest.approx(5 / 7)
    assert table["n"].to_dict() == {"erp": 1, "crm": 3}
    assert table["n_alike"].tolist() == [1, 1]
