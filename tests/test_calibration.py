"""Calibration, against hand arithmetic, INSEE's Calmar2 and the R package survey (oracles/weighting.R)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.weighting import Calibration, calibrate, read_margins, weighted_mean

ORACLES = Path(__file__).parent / "oracles"


def margins_of(**populations: dict[str, float]) -> pd.DataFrame:
    rows = [(variable, code, n) for variable, counts in populations.items() for code, n in counts.items()]
    return pd.DataFrame(rows, columns=["variable", "category", "population"])


def totals_of(**totals: float) -> pd.DataFrame:
    rows = [(variable, "", total, "total") for variable, total in totals.items()]
    return pd.DataFrame(rows, columns=["variable", "category", "population", "measure"])


def on_population(calibration: Calibration) -> pd.Series:
    return calibration.weights * calibration.population_factor


@pytest.fixture(scope="module")
def r_sample() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "weighting_sample.csv", dtype={"region": "str"}).set_index("respondent")


# --- the reference tools ----------------------------------------------------------------------------------------------


def test_raking_gives_the_weights_of_r_survey_on_generated_firms(r_sample: pd.DataFrame) -> None:
    raking = calibrate(
        r_sample, read_margins(ORACLES / "weighting_margins.csv"), base_weights=r_sample["design_weight"]
    )
    assert raking.weights.mean() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(on_population(raking), r_sample["r_weight"], rtol=1e-8)


def icarus_margins(path: Path, *, percent: bool) -> pd.DataFrame:
    rows = []
    for row in pd.read_csv(path).itertuples():
        marks = [getattr(row, f"mar{place}") for place in range(1, max(row.n, 1) + 1)]
        if row.n:
            kind, factor = ("percent", 100.0) if percent else ("count", 1.0)
            rows += [(row.var, str(place), float(mark) * factor, kind) for place, mark in enumerate(marks, start=1)]
        else:
            rows.append((row.var, "", float(marks[0]), "total"))
    return pd.DataFrame(rows, columns=["variable", "category", "population", "measure"])


@pytest.mark.reference_data
@pytest.mark.parametrize(("file", "suffix"), [("margins_1_totals.csv", ""), ("margins_2_pct.csv", "_2")])
@pytest.mark.parametrize(("method", "bounds"), [("linear", None), ("raking", None), ("logit", (0.2, 1.3))])
def test_weights_are_those_of_insee_calmar2(
    reference_data: Path, file: str, suffix: str, method: str, bounds: tuple[float, float] | None
) -> None:
    # The highest ratio of Calmar2's logit weights is 1.3 to ten digits: the bound; 0.2 below agrees to 3e-8.
    folder = reference_data / "icarus-calmar"
    sample = pd.read_csv(folder / "sample1000_with_calmar2_weights.csv", dtype={"Y2": "str", "Y3": "str"})
    margins = icarus_margins(folder / file, percent=bool(suffix))
    found = calibrate(
        sample, margins, base_weights=sample["weight"], method=method, bounds=bounds, population=50_000, scale=False
    )
    column = f"weight_cal_{'lin' if method == 'linear' else method}{suffix}"
    np.testing.assert_allclose(on_population(found), sample[column], rtol=0, atol=1e-6)


@pytest.mark.reference_data
def test_unequal_importance_gives_the_weights_of_insee_calmar2(reference_data: Path) -> None:
    # Calmar2 printed 9 decimals and stopped at its own tolerance: 1.6e-5 off on weights of about 50.
    folder = reference_data / "icarus-calmar"
    sample = pd.read_csv(folder / "sample1000_with_calmar2_weights.csv", dtype={"Y2": "str", "Y3": "str"})
    found = calibrate(
        sample,
        icarus_margins(folder / "margins_1_totals.csv", percent=False),
        base_weights=sample["weight"],
        method="linear",
        scale=False,
        importance=sample["qTest"],
    )
    np.testing.assert_allclose(on_population(found), sample["weight_cal_lin_qtest"], rtol=0, atol=5e-5)


EMPLOYEES = pd.concat(
    [
        margins_of(categ={"1": 80, "2": 90, "3": 60}, sexe={"1": 140, "2": 90}, service={"1": 100, "2": 130}),
        totals_of(salaire=470_000),
    ]
)


@pytest.mark.reference_data
@pytest.mark.parametrize(
    ("method", "bounds", "column", "movies"),
    [
        ("linear", None, "wLinear", 2.93),
        ("raking", None, "wRaking", 3.22),
        ("logit", (0.4, 2.2), "wLogit", 3.14),
    ],
)
def test_the_small_example_of_icarus_is_reproduced(
    reference_data: Path, method: str, bounds: tuple[float, float] | None, column: str, movies: float
) -> None:
    # Weights are printed with four decimals (icarus accepts 1e-5 of its own); the mean of cinema with two.
    folder = reference_data / "icarus-calmar"
    people = pd.read_csv(folder / "data_employees.csv", dtype={"categ": "str", "sexe": "str", "service": "str"})
    weights = on_population(
        calibrate(people, EMPLOYEES, base_weights=people["weight"], method=method, bounds=bounds, scale=False)
    )
    np.testing.assert_allclose(weights, pd.read_csv(folder / "calWeights_movies.csv")[column], rtol=0, atol=6e-5)
    assert weights @ people["cinema"] / 230 == pytest.approx(movies, abs=0.005)


@pytest.mark.reference_data
def test_bounds_that_icarus_finds_too_narrow_are_refused_by_name(reference_data: Path) -> None:
    people = pd.read_csv(
        reference_data / "icarus-calmar" / "data_employees.csv",
        dtype={"categ": "str", "sexe": "str", "service": "str"},
    )
    with pytest.raises(InputError, match=r"no weights between 0\.9 and 1\.1 times the base weights meet the margins"):
        calibrate(people, EMPLOYEES, base_weights=people["weight"], method="logit", bounds=(0.9, 1.1), scale=False)
    with pytest.raises(InputError, match="count 230 companies and population says 300"):
        calibrate(people, EMPLOYEES, base_weights=people["weight"], population=300)


SCHOOLS = margins_of(stype={"E": 4421, "H": 755, "M": 1018}, **{"sch.wide": {"No": 1072, "Yes": 5122}})


@pytest.mark.reference_data
def test_raking_gives_the_weights_of_r_survey_on_californian_schools(reference_data: Path) -> None:
    # R stopped at its default tolerance, one school of 6194: hence 1e-4 here, and 1e-8 on the generated firms.
    schools = pd.read_csv(reference_data / "survey-api" / "apiclus1_R_rake_weights.csv", dtype={"cds": "str"})
    raking = calibrate(schools, SCHOOLS, base_weights=schools["pw"])
    np.testing.assert_allclose(on_population(raking), schools["w_rake"], rtol=1e-4)
    published = pd.read_csv(reference_data / "survey-api" / "apiclus1.csv")["api00"]
    assert weighted_mean(published, raking.weights).estimate == pytest.approx(641.23, abs=0.005)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_the_table_of_a_calibration_shows_the_shares_before_and_after() -> None:
    firms = pd.DataFrame({"size": ["pme", "pme", "eti"], "region": ["11", "84", "11"]})
    found = calibrate(firms, margins_of(size={"eti": 1, "pme": 3}), base_weights=pd.Series([1.0, 2.0, 3.0]))
    eti = found.table.iloc[0]
    assert eti[["variable", "category", "n"]].tolist() == ["size", "eti", 1]
    shares = ["sample_share", "weighted_share_before", "weighted_share_after", "population_share"]
    assert eti[shares].tolist() == pytest.approx([1 / 3, 1 / 2, 1 / 4, 1 / 4])


@pytest.mark.parametrize(("method", "bounds"), [("raking", None), ("linear", None), ("logit", (0.1, 3.0))])
def test_one_variable_is_post_stratified_whatever_the_method(method: str, bounds: tuple[float, float] | None) -> None:
    # 4 firms for 40: the two PME stand for 30, the two ETI for 10.
    firms = pd.DataFrame({"size": ["pme", "pme", "eti", "eti"]})
    found = calibrate(firms, margins_of(size={"pme": 30, "eti": 10}), method=method, bounds=bounds)
    assert on_population(found).tolist() == pytest.approx([15, 15, 5, 5])


def test_a_numeric_total_alone_moves_weights_in_proportion_to_the_number() -> None:
    # Linear, one number x: w = d (1 + lambda x), with lambda = (T - sum(dx)) / sum(dxx) = (11 - 6) / 14.
    found = calibrate(
        pd.DataFrame({"turnover": [1.0, 2.0, 3.0]}), totals_of(turnover=11.0), method="linear", scale=False
    )
    assert on_population(found).tolist() == pytest.approx([1 + 5 / 14, 1 + 10 / 14, 1 + 15 / 14])
    assert found.table["weighted_share_before"].tolist() == pytest.approx([6 / 11])


def test_truncated_weights_stop_at_the_bound_and_the_others_make_up_for_it() -> None:
    # Without bounds the ratios are 19/14, 24/14, 29/14. At most 1.8: lambda = (11 - 6 - 0.8 * 3) / (1 + 4) = 0.52 puts
    # the second above 1.8 too; with both at the bound the first one has 11 - 1.8 * 5 = 2.0, above 1.8: no solution.
    # At most 2: the third is at the bound, lambda = (11 - 6 - 3) / 5 = 0.4.
    firms, margins = pd.DataFrame({"turnover": [1.0, 2.0, 3.0]}), totals_of(turnover=11.0)
    found = calibrate(firms, margins, method="truncated", bounds=(0.5, 2.0), scale=False)
    assert on_population(found).tolist() == pytest.approx([1.4, 1.8, 2.0])
    with pytest.raises(InputError, match=r"between 0\.5 and 1\.8 .* total of turnover, with 10\.8 for 11"):
        calibrate(firms, margins, method="truncated", bounds=(0.5, 1.8), scale=False)


def test_percentages_need_no_counts_and_take_the_population_from_the_base_weights() -> None:
    firms = pd.DataFrame({"size": ["pme", "pme", "eti", "eti"]})
    margins = margins_of(size={"pme": 75, "eti": 25}).assign(measure="percent")
    found = calibrate(firms, margins, base_weights=pd.Series(10.0, firms.index))
    assert on_population(found).tolist() == pytest.approx([15, 15, 5, 5])
    assert on_population(calibrate(firms, margins, population=80)).tolist() == pytest.approx([30, 30, 10, 10])


def test_bounds_limit_what_comes_on_top_of_uniform_non_response_unless_told_otherwise() -> None:
    # 4 respondents stand for 40: a ratio of 10 for all, then 1.5 and 0.5.
    firms = pd.DataFrame({"size": ["pme", "pme", "eti", "eti"]})
    margins = margins_of(size={"pme": 30, "eti": 10})
    assert on_population(calibrate(firms, margins, method="logit", bounds=(0.4, 1.6)))[0] == pytest.approx(15)
    with pytest.raises(InputError, match="no weights between"):
        calibrate(firms, margins, method="logit", bounds=(0.4, 1.6), scale=False)


def test_a_respondent_of_unknown_category_keeps_its_share() -> None:
    firms = pd.DataFrame({"size": ["pme", "pme", "eti", None]}, index=list("abcd"))
    found = calibrate(firms, margins_of(size={"pme": 10, "eti": 10}))
    assert found.weights.to_dict() == pytest.approx({"a": 0.75, "b": 0.75, "c": 1.5, "d": 1.0})
    assert found.table["n"].tolist() == [2, 1]


def test_margins_hold_among_the_known_when_two_variables_have_unknown() -> None:
    rng = np.random.default_rng(7)
    firms = pd.DataFrame({"size": rng.choice(["pme", "eti"], 200), "region": rng.choice(["11", "84", "93"], 200)})
    firms.loc[:19, "size"] = None
    firms.loc[10:39, "region"] = None
    table = calibrate(firms, margins_of(size={"pme": 80, "eti": 20}, region={"11": 20, "84": 30, "93": 50})).table
    assert table["weighted_share_after"].tolist() == pytest.approx([0.8, 0.2, 0.2, 0.3, 0.5], rel=1e-8)


def test_rare_categories_are_merged_by_the_margins_alone() -> None:
    data = pd.DataFrame({"region": ["11"] * 6 + ["93"] * 3 + ["94"]})
    margins = pd.DataFrame({"variable": "region", "category": ["11", "93+94"], "population": [50.0, 50.0]})
    found = calibrate(data, margins)
    assert found.weights.tolist() == pytest.approx([5 / 6] * 6 + [1.25] * 4)
    assert found.table["n"].tolist() == [6, 4]


# --- what cannot be done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("margins", "said"),
    [
        (margins_of(size={"pme": 1, "eti": 1, "ge": 1}), "no respondent has size 'ge'"),
        (margins_of(size={"pme": 1}), "respondents have size 'eti', which the margins lack"),
        (margins_of(siz={"pme": 1}), "the margins name 'siz'"),
        (totals_of(turnover=5.0), "give the total of 'turnover', which 1 respondents lack .the first of them 1."),
    ],
)
def test_categories_and_numbers_that_do_not_match_are_named(margins: pd.DataFrame, said: str) -> None:
    with pytest.raises(InputError, match=said):
        calibrate(pd.DataFrame({"size": ["pme", "eti"], "turnover": [1.0, np.nan]}), margins)


def test_margins_that_no_weights_can_meet_are_an_error_that_names_one() -> None:
    # Every eti is in region 11, so that 11 cannot have fewer firms than there are eti. survey::rake says "converged"
    # there: its table no longer changes from one pass to the next.
    firms = pd.DataFrame({"size": ["pme", "pme", "eti"], "region": ["11", "84", "11"]})
    margins = margins_of(size={"pme": 30, "eti": 70}, region={"11": 30, "84": 70})
    with pytest.raises(InputError, match=r"no weights above 0 meet the margins together: .* miss the margin \w+ '\w+'"):
        calibrate(firms, margins)


def test_margins_met_only_by_a_weight_of_zero_are_an_error_too() -> None:
    # 70 eti and 70 firms in region 11 leave nothing for the PME of region 11.
    firms = pd.DataFrame({"size": ["pme", "pme", "eti"], "region": ["11", "84", "11"]})
    with pytest.raises(InputError, match="raking finds no weights above 0 that meet the margins"):
        calibrate(firms, margins_of(size={"pme": 30, "eti": 70}, region={"11": 70, "84": 30}))


def test_a_base_weight_that_is_missing_or_zero_is_an_error() -> None:
    firms = pd.DataFrame({"size": ["pme", "eti"]}, index=["a", "b"])
    with pytest.raises(InputError, match="the first of them 'b'"):
        calibrate(firms, margins_of(size={"pme": 1, "eti": 1}), base_weights=pd.Series({"a": 1.0}))


@pytest.mark.parametrize(
    ("method", "bounds", "said"),
    [
        ("logit", None, "needs bounds around 1"),
        ("truncated", (1.2, 2.0), "needs bounds around 1"),
        ("raking", (0.5, 2.0), "takes no bounds"),
        ("rakin", None, "did you mean 'raking'"),
    ],
)
def test_a_method_and_its_bounds_must_go_together(method: str, bounds: tuple[float, float] | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        calibrate(pd.DataFrame({"size": ["pme"]}), margins_of(size={"pme": 1}), method=method, bounds=bounds)


# --- cells ------------------------------------------------------------------------------------------------------------


def test_variables_whose_cross_table_is_far_larger_than_the_sample_are_met_all_the_same() -> None:
    # 8 variables of 5 categories: 390,625 cells for 300 firms.
    rng = np.random.default_rng(3)
    names = [f"v{place}" for place in range(8)]
    firms = pd.DataFrame({name: rng.choice(list("abcde"), 300) for name in names})
    margins = margins_of(**{name: {"a": 15, "b": 25, "c": 20, "d": 22, "e": 18} for name in names})
    table = calibrate(firms, margins).table
    assert table["weighted_share_after"].tolist() == pytest.approx([0.15, 0.25, 0.2, 0.22, 0.18] * 8, rel=1e-8)


def test_pandas_categories_give_the_weights_of_text_also_with_a_level_that_nobody_has() -> None:
    text = pd.DataFrame({"size": ["pme", "pme", "eti", None, "eti"], "region": ["11", "84", "11", "84", "84"]})
    margins = margins_of(size={"pme": 30, "eti": 10}, region={"11": 15, "84": 25})
    coded = text.assign(size=pd.Categorical(text["size"], ["ge", "eti", "pme"]))
    np.testing.assert_allclose(calibrate(coded, margins).weights, calibrate(text, margins).weights, rtol=1e-12)
