"""Estimates and errors of a design, against R survey (oracles/design.R), published figures and hand arithmetic.

The estimates and errors of R are met within 1e-9 of themselves, unless a test says otherwise.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.disclosure import PROFILES
from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.exhibits import view
from cdo_analysis.study import Study
from cdo_analysis.tables import mean_by_group
from cdo_analysis.weighting import (
    Calibration,
    Design,
    Estimate,
    Replicates,
    bootstrap,
    calibrate,
    design_from_tables,
    design_tables,
    estimate_by,
    jackknife,
    rao_scott,
    trim_weights,
    weighted_mean,
    weighted_quantile,
    weighted_ratio,
    weighted_share,
    weighted_total,
)

ORACLES = Path(__file__).parent / "oracles"


@pytest.fixture(scope="module")
def r() -> dict[str, list[float]]:
    return json.loads((ORACLES / "design.json").read_text())


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    sample = pd.read_csv(ORACLES / "weighting_sample.csv", dtype={"region": "str"}).set_index("respondent")
    return sample.assign(stratum=sample["size"].where(sample.index != "r05", "alone"))


@pytest.fixture(scope="module")
def apistrat(reference_data: Path) -> pd.DataFrame:
    return pd.read_csv(reference_data / "survey-api" / "apistrat.csv", dtype={"cds": "str"}).set_index("cds")


@pytest.fixture(scope="module")
def apiclus1(reference_data: Path) -> pd.DataFrame:
    return pd.read_csv(reference_data / "survey-api" / "apiclus1.csv", dtype={"cds": "str"}).set_index("cds")


@pytest.fixture(scope="module")
def strat(apistrat: pd.DataFrame) -> Design:
    return Design(apistrat["pw"], strata=apistrat["stype"], population=apistrat["fpc"])


@pytest.fixture(scope="module")
def clus1(apiclus1: pd.DataFrame) -> Design:
    return Design(apiclus1["pw"], clusters=apiclus1["dnum"], population=apiclus1["fpc"])


def both(estimate: Estimate) -> list[float]:
    return [estimate.estimate, estimate.se]


def close(numbers: list[float]) -> object:
    return pytest.approx(numbers, rel=1e-9)


# --- strata, clusters, finite populations -----------------------------------------------------------------------------


@pytest.mark.reference_data
def test_a_stratified_sample_gives_the_figures_of_r(apistrat: pd.DataFrame, strat: Design, r: dict) -> None:
    mean = weighted_mean(apistrat["api00"], strat)
    assert [*both(mean), mean.design_effect, mean.low, mean.high] == close(r["strat_mean"])
    assert both(weighted_total(apistrat["enroll"], strat)) == close(r["strat_total_enroll"])
    assert both(weighted_ratio(apistrat["api.stu"], apistrat["enroll"], strat)) == close(r["strat_ratio"])


@pytest.mark.reference_data
def test_domains_are_parts_of_the_design_and_not_smaller_designs(
    apistrat: pd.DataFrame, strat: Design, r: dict
) -> None:
    means = estimate_by(apistrat["api99"], apistrat["stype"], strat)
    assert means["estimate"].tolist() == close(r["strat_by_mean"])
    assert means["se"].tolist() == close(r["strat_by_se"])
    inside = apistrat["comp.imp"] == "Yes"
    mean = weighted_mean(apistrat.loc[inside, "api00"], strat)
    assert both(mean) == close(r["strat_domain_mean"])
    assert [mean.low, mean.high] == close(r["strat_domain_ci"])
    assert both(weighted_total(apistrat.loc[inside, "enroll"], strat)) == close(r["strat_domain_total"])


@pytest.mark.reference_data
def test_quantiles_and_their_woodruff_intervals_are_those_of_r(
    apistrat: pd.DataFrame, apiclus1: pd.DataFrame, strat: Design, clus1: Design, r: dict
) -> None:
    found = [weighted_quantile(apistrat["api00"], strat, p) for p in (0.25, 0.5, 0.75)]
    assert [q.estimate for q in found] == close(r["strat_quantiles"])
    assert [q.low for q in found] == close(r["strat_quantiles_low"])
    assert [q.high for q in found] == close(r["strat_quantiles_high"])
    assert [q.se for q in found] == close(r["strat_quantiles_se"])
    median = weighted_quantile(apiclus1["api00"], clus1, 0.5)
    assert [median.estimate, median.low, median.high, median.se] == close(r["clus1_median"])


def test_quantiles_of_generated_firms_with_missing_values_are_those_of_r(firms: pd.DataFrame, r: dict) -> None:
    for probability, name in ((0.1, "firms_q10"), (0.5, "firms_median")):
        q = weighted_quantile(firms["budget_keur"], firms["r_weight"], probability)
        assert [q.estimate, q.low, q.high, q.se] == close(r[name])


@pytest.mark.reference_data
def test_clusters_in_one_and_two_stages_give_the_published_figures(
    apiclus1: pd.DataFrame, clus1: Design, reference_data: Path, r: dict
) -> None:
    mean = weighted_mean(apiclus1["api00"], clus1)
    assert both(mean) == close(r["clus1_mean"])
    assert both(mean) == pytest.approx([644.17, 23.542], abs=5e-3)  # vignette of the package
    assert both(weighted_total(apiclus1["enroll"], clus1)) == close(r["clus1_total_enroll"])
    assert both(weighted_ratio(apiclus1["api.stu"], apiclus1["enroll"], clus1)) == close(r["clus1_ratio"])
    totals = [weighted_total(apiclus1["stype"].eq(kind).astype(float), clus1) for kind in "EHM"]
    assert [t.estimate for t in totals] + [t.se for t in totals] == close(r["clus1_stype"])
    two = pd.read_csv(reference_data / "survey-api" / "apiclus2.csv")
    clus2 = Design(two["pw"], clusters=two[["dnum", "snum"]], population=two[["fpc1", "fpc2"]])
    assert both(weighted_mean(two["api00"], clus2)) == pytest.approx(r["clus2_mean"], rel=1e-6)  # pw has 6 digits
    assert both(weighted_total(two["enroll"].dropna(), clus2)) == pytest.approx(r["clus2_total_enroll"], rel=1e-6)


# --- calibrated weights -----------------------------------------------------------------------------------------------

SCHOOLS = pd.DataFrame(
    [
        ("stype", "E", 4421, "count"),
        ("stype", "H", 755, "count"),
        ("stype", "M", 1018, "count"),
        ("api99", "", 3_914_069, "total"),
    ],
    columns=["variable", "category", "population", "measure"],
)


def calibrated(schools: pd.DataFrame, method: str, margins: pd.DataFrame = SCHOOLS) -> tuple[Calibration, Design]:
    bounds = (0.5, 2.0) if method == "logit" else None
    found = calibrate(schools, margins, base_weights=schools["pw"], method=method, bounds=bounds, scale=False)
    design = Design(found.population_weights, clusters=schools["dnum"], population=schools["fpc"], calibration=found)
    return found, design


@pytest.mark.reference_data
@pytest.mark.parametrize("method", ["linear", "raking"])
def test_errors_of_calibrated_estimates_are_those_of_residuals(apiclus1: pd.DataFrame, method: str, r: dict) -> None:
    found, design = calibrated(apiclus1, method)
    weights = found.population_weights
    assert [weights.min(), weights.max()] == close(r[f"cal_{method}_weights"])
    assert both(weighted_mean(apiclus1["api00"], design)) == close(r[f"cal_{method}_mean"])
    assert both(weighted_total(apiclus1["enroll"], design)) == close(r[f"cal_{method}_total"])
    inside = apiclus1["comp.imp"] == "Yes"
    assert both(weighted_mean(apiclus1.loc[inside, "api00"], design)) == close(r[f"cal_{method}_domain"])
    assert weighted_total(apiclus1["api99"], design).se == pytest.approx(0, abs=1e-3)  # it is a margin: 3,914,069


@pytest.mark.reference_data
def test_bounded_logit_weights_and_post_strata_have_the_errors_of_r(apiclus1: pd.DataFrame, r: dict) -> None:
    found, design = calibrated(apiclus1, "logit")
    weights = found.population_weights
    # R stops the logit at the first step below 1e-12 of the totals with weights of 60: 1e-7 on the weights.
    assert [weights.min(), weights.max()] == pytest.approx(r["cal_logit_weights"], rel=1e-7)
    assert both(weighted_mean(apiclus1["api00"], design)) == pytest.approx(r["cal_logit_mean"], rel=1e-7)
    _, post = calibrated(apiclus1, "raking", SCHOOLS.head(3))
    assert both(weighted_mean(apiclus1["api00"], post)) == close(r["post_mean"])
    assert both(weighted_total(apiclus1["enroll"], post)) == close(r["post_total"])


def test_deleted_residuals_are_those_of_lm_over_one_less_its_leverage(firms: pd.DataFrame) -> None:
    r = json.loads((ORACLES / "deleted_residuals.json").read_text())
    margins = pd.read_csv(ORACLES / "weighting_margins.csv", dtype={"category": "str"})
    found = calibrate(firms, margins, base_weights=firms["design_weight"])
    fields = {"strata": firms["region"], "calibration": found}
    design = Design(found.population_weights, residuals="deleted", **fields)
    assert both(weighted_total(firms["has_cdo"], design)) == pytest.approx(r["total"], rel=1e-8)
    assert both(weighted_mean(firms["has_cdo"], design)) == pytest.approx(r["mean"], rel=1e-8)
    plain = weighted_mean(firms["has_cdo"], Design(found.population_weights, **fields))
    assert plain.se == pytest.approx(r["mean_plain"], rel=1e-8)


def test_a_respondent_alone_in_a_margin_leaves_the_error_finite() -> None:
    data = pd.DataFrame({"size": ["pme"] * 8 + ["eti"]})
    margins = pd.DataFrame({"variable": "size", "category": ["pme", "eti"], "population": [90.0, 10.0]})
    found = calibrate(data, margins)
    values = pd.Series([0.0, 1.0] * 4 + [1.0])
    mean = weighted_mean(values, Design(found.population_weights, calibration=found, residuals="deleted"))
    # Residuals of the eight are halves, each over 1 - 1/8, with weights 90/8 of 100; the ninth has none; n / (n - 1).
    assert mean.se == pytest.approx(np.sqrt(9 / 8 * 8 * (0.1125 * 0.5 / 0.875) ** 2))


def test_a_calibrated_share_has_no_error_left_but_keeps_a_cautious_interval() -> None:
    data = pd.DataFrame({"size": ["pme"] * 8 + ["eti"] * 2})
    margins = pd.DataFrame({"variable": "size", "category": ["pme", "eti"], "population": [90.0, 10.0]})
    found = calibrate(data, margins)
    share = weighted_share(data["size"] == "eti", Design(found.population_weights, calibration=found))
    assert share.estimate == pytest.approx(0.1)
    assert share.se == pytest.approx(0, abs=1e-12)
    assert share.low < 0.1 < share.high


# --- strata with one unit ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("single", "name"), [("centre", "lonely_adjust"), ("skip", "lonely_remove")])
def test_a_stratum_with_one_firm_is_treated_as_asked(firms: pd.DataFrame, single: str, name: str, r: dict) -> None:
    design = Design(firms["r_weight"], strata=firms["stratum"], single=single)  # type: ignore[arg-type]
    assert both(weighted_mean(firms["has_cdo"], design)) == close(r[name])


def test_a_stratum_with_one_firm_is_a_sentence_unless_its_whole_population_was_drawn(
    firms: pd.DataFrame, r: dict
) -> None:
    assert Design(firms["r_weight"], strata=firms["stratum"]).single_strata == ("'alone'",)
    with pytest.raises(InputError, match="stratum 'alone' has a single unit or cluster"):
        weighted_mean(firms["has_cdo"], Design(firms["r_weight"], strata=firms["stratum"]))
    population = firms["stratum"].map({"alone": 1, "micro": 500, "pme": 500, "eti": 500})
    design = Design(firms["r_weight"], strata=firms["stratum"], population=population)
    assert both(weighted_mean(firms["has_cdo"], design)) == close(r["lonely_whole"])


# --- replicates -------------------------------------------------------------------------------------------------------


@pytest.mark.reference_data
def test_the_jackknife_is_that_of_r_also_where_each_replicate_is_calibrated(
    apistrat: pd.DataFrame, strat: Design, apiclus1: pd.DataFrame, clus1: Design, r: dict
) -> None:
    jkn = jackknife(strat)
    assert both(weighted_mean(apistrat["api00"], jkn)) == close(r["jkn_mean"])
    assert both(weighted_total(apistrat["enroll"], jkn)) == close(r["jkn_total"])
    assert both(weighted_ratio(apistrat["api.stu"], apistrat["enroll"], jkn)) == close(r["jkn_ratio"])
    assert both(weighted_mean(apiclus1["api00"], jackknife(clus1))) == close(r["jk1_mean"])
    _, design = calibrated(apiclus1, "raking")
    # R calibrates replicates within a tolerance of its own: 1e-6.
    assert both(weighted_mean(apiclus1["api00"], jackknife(design))) == pytest.approx(r["jk1_cal_mean"], rel=1e-6)


@pytest.mark.reference_data
def test_the_bootstrap_meets_the_linearised_error_within_its_noise(apistrat: pd.DataFrame, strat: Design) -> None:
    # 1,000 replicates: the standard error of a standard error is 2.2 % of it; 4 of them are 9 %.
    linear = weighted_mean(apistrat["api00"], strat).se
    drawn = bootstrap(strat, replicates=1000, random_state=1)
    assert weighted_mean(apistrat["api00"], drawn).se == pytest.approx(linear, rel=0.09)
    assert drawn.replicates is not None
    np.testing.assert_array_equal(
        drawn.replicates.weights, bootstrap(strat, replicates=1000, random_state=1).replicates.weights
    )


def test_replicate_weights_that_come_with_a_file_are_used_as_they_are() -> None:
    # Half-samples of 4 firms by hand: means 2, 3, 1.5 and 3.5 around 2.5, so a variance of 2.5 / 4.
    halves = np.array([[2, 0, 2, 0], [0, 2, 0, 2], [2, 2, 0, 0], [0, 0, 2, 2]], dtype="float64").T
    values = pd.Series([1.0, 2.0, 3.0, 4.0])
    mean = weighted_mean(values, Design(pd.Series(1.0, values.index), replicates=Replicates(halves, np.full(4, 0.25))))
    assert [mean.estimate, mean.se] == pytest.approx([2.5, np.sqrt(0.625)])


# --- association ------------------------------------------------------------------------------------------------------


@pytest.mark.reference_data
def test_the_rao_scott_test_is_that_of_svychisq(
    apistrat: pd.DataFrame, apiclus1: pd.DataFrame, strat: Design, clus1: Design, r: dict
) -> None:
    schools = apiclus1[apiclus1["stype"] == "E"]
    for name, test in {
        "chi_clus1": rao_scott(apiclus1["sch.wide"], apiclus1["stype"], clus1),
        "chi_strat": rao_scott(apistrat["comp.imp"], apistrat["stype"], strat),
        "chi_domain": rao_scott(schools["sch.wide"], schools["comp.imp"], clus1),
    }.items():
        assert [test.statistic, test.df, test.df_error, test.p_value] == pytest.approx(r[name], rel=1e-6), name


def test_the_rao_scott_test_of_generated_firms_is_that_of_svychisq(firms: pd.DataFrame, r: dict) -> None:
    test = rao_scott(firms["has_cdo"], firms["size"], firms["r_weight"])
    assert [test.statistic, test.df, test.df_error, test.p_value] == close(r["firms_chi"])
    assert test.table.to_numpy().sum() == pytest.approx(1)


def test_an_empty_cell_is_treated_as_svychisq_treats_it(firms: pd.DataFrame, r: dict) -> None:
    part = firms[~(firms["size"].eq("eti") & firms["region"].eq("93"))]
    assert len(part) < len(firms)
    test = rao_scott(part["size"], part["region"], firms["r_weight"])
    assert [test.statistic, test.df, test.df_error, test.p_value] == pytest.approx(r["chi_empty_cell"], rel=1e-6)


@pytest.mark.reference_data
def test_sport_and_sex_in_histoire_de_vie_have_the_known_f(reference_data: Path) -> None:
    people = pd.read_csv(reference_data / "questionr-hdv2003" / "hdv2003.csv")
    test = rao_scott(people["sexe"], people["sport"], people["poids"])
    assert test.statistic == pytest.approx(12.444, abs=5e-4)
    assert (test.df, test.df_error) == (pytest.approx(1), pytest.approx(1999))
    assert test.p_value == pytest.approx(0.0004289, abs=5e-8)
    cells = test.table * people["poids"].sum()  # xtabs of reference_R.txt, whole persons
    assert cells.loc["Femme"].tolist() == pytest.approx([3_864_550, 2_057_294], abs=1)
    assert cells.loc["Homme"].tolist() == pytest.approx([2_850_210, 2_299_172], abs=1)


def test_an_answer_that_all_gave_cannot_be_tested() -> None:
    rows = pd.Series(["a"] * 4, name="sector")
    with pytest.raises(InputError, match="sector has fewer than two categories"):
        rao_scott(rows, pd.Series(["x", "y", "x", "y"]), pd.Series(1.0, rows.index))


# --- what a study keeps and tables use --------------------------------------------------------------------------------


@pytest.mark.reference_data
def test_a_table_has_the_intervals_of_the_design(apistrat: pd.DataFrame, strat: Design, r: dict) -> None:
    table = mean_by_group(
        apistrat["api99"], apistrat["stype"], strat, order=["E", "H", "M"], profile=PROFILES["insee"]
    ).set_index("category")
    assert table["n"].to_dict() == {"E": 100, "H": 50, "M": 50}
    reach = (table["high"] - table["low"]) / 2
    t = {"E": 1.9842169515, "H": 2.0095752371, "M": 2.0095752371}  # R: qt(.975, c(99, 49, 49))
    assert [reach[kind] / t[kind] for kind in "EHM"] == pytest.approx(r["strat_by_se"], rel=1e-8)


@pytest.mark.reference_data
def test_a_design_kept_as_tables_gives_the_same_errors(apiclus1: pd.DataFrame, tmp_path: Path, r: dict) -> None:
    _, design = calibrated(apiclus1, "raking")
    read = {}
    for name, table in design_tables(design).items():
        table.to_parquet(tmp_path / f"{name}.parquet")
        read[name] = pd.read_parquet(tmp_path / f"{name}.parquet")
    again = design_from_tables(read["design"], read["design_matrix"])
    assert both(weighted_mean(apiclus1["api00"], again)) == close(r["cal_raking_mean"])


def test_the_reports_of_the_sample_use_its_calibration(sample_study: Study) -> None:
    seen = view(sample_study)
    size = seen.responses["size_category"]
    known = size[size.notna()]
    assert weighted_share(known.eq("eti"), seen.design).se < weighted_share(known.eq("eti"), seen.weights).se / 5
    score = seen.scores[seen.main.id]  # type: ignore[union-attr]
    by_design, by_weights = (weighted_mean(score, given) for given in (seen.design, seen.weights))
    assert by_design.estimate == pytest.approx(by_weights.estimate)
    assert 0 < by_design.se < by_weights.se


# --- trimming ---------------------------------------------------------------------------------------------------------


def test_trimmed_weights_are_those_of_r_and_their_cost_is_shown(firms: pd.DataFrame, r: dict) -> None:
    trimmed = trim_weights(firms["r_weight"], highest=25, lowest=3, values=firms[["has_cdo"]])
    assert trimmed.weights.between(3, 25).all()
    # R gives a part of what is cut to weights at the lower limit too: it differs by 0.012 at most, once repeated.
    assert trimmed.weights.tolist() == pytest.approx(r["trim_strict"][:-1], abs=0.02)
    assert trim_weights(firms["r_weight"], highest=25, lowest=3, strict=False).weights.tolist() == close(r["trim_once"])
    assert trimmed.design_effect_after < trimmed.design_effect_before
    assert trimmed.weights.sum() == pytest.approx(firms["r_weight"].sum())
    cost = trimmed.cost.loc["has_cdo"]
    assert cost["before"] == pytest.approx(0.1628221589762889)  # svymean, lonely_adjust in design.json
    assert cost["shift"] == pytest.approx(cost["after"] - cost["before"])


def test_limits_that_cannot_hold_the_total_are_refused() -> None:
    with pytest.raises(UsageError, match="weights of mean 2 cannot all be between 0 and 1"):
        trim_weights(pd.Series([2.0, 2.0]), highest=1)


# --- what cannot be estimated, and what must be said ------------------------------------------------------------------


def test_a_total_with_missing_values_is_refused_and_a_domain_is_not() -> None:
    values, weights = pd.Series([1.0, np.nan, 3.0]), pd.Series([10.0, 10.0, 10.0])
    with pytest.raises(InputError, match=r"1 respondents have no value, the first of them 1: a total would lose"):
        weighted_total(values, weights)
    assert weighted_total(values.dropna(), weights).estimate == 40.0


def test_an_empty_domain_gives_no_estimate_and_a_domain_of_one_no_error() -> None:
    values, design = pd.Series([1.0, 2.0, 3.0]), Design(pd.Series([1.0, 1.0, 1.0]))
    nobody = weighted_mean(values[[]], design)
    assert nobody.n == 0
    assert np.isnan([nobody.estimate, nobody.se, nobody.low]).all()
    one = weighted_mean(values[[1]], design)
    assert (one.estimate, one.n) == (2.0, 1)
    assert np.isnan([one.se, one.low, one.high]).all()
    assert np.isnan(weighted_quantile(values[[]], design, 0.5).estimate)
    assert np.isnan(weighted_ratio(values, pd.Series([0.0, 0.0, 0.0]), design).estimate)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"weights": pd.Series({"a": 1.0, "b": -1.0})}, "unit 'b' has no weight of 0 or more"),
        ({"weights": pd.Series([1.0, 1.0], index=["a", "a"])}, "two weights have the same label"),
        ({"strata": pd.Series({"a": "x"})}, "1 sampled units have no stratum, the first of them 'b'"),
        ({"population": pd.Series({"a": 1.0, "b": 1.0})}, "has 2 clusters or units drawn from a population of 1"),
        ({"population": pd.Series({"a": 9.0, "b": 8.0})}, "has two populations"),
        ({"replicates": Replicates(np.ones((3, 2)), np.ones(2))}, "3 rows of replicate weights came for 2 units"),
    ],
)
def test_a_design_that_does_not_fit_is_said_in_one_sentence(fields: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Design(**{"weights": pd.Series({"a": 1.0, "b": 1.0}), **fields})


@pytest.mark.slow
def test_intervals_of_calibrated_means_cover_where_response_depends_on_the_margins_only() -> None:
    # 600 samples of about 400 of 20,000 firms; ETI answer four times as often, sector a half as often again.
    rng = np.random.default_rng(0)
    n = 20_000
    firms = pd.DataFrame(
        {
            "size": rng.choice(["pme", "eti"], n, p=[0.9, 0.1]),
            "sector": rng.choice(list("abcdef"), n),
            "region": rng.choice(list("uvwxyz"), n),
        }
    )
    eti, a = firms["size"].eq("eti"), firms["sector"].eq("a")
    score = 30 + 10 * eti + 4 * a - 3 * firms["region"].eq("u") + rng.normal(0, 12, n)
    counts = [firms[name].value_counts().rename_axis("category").rename("population") for name in firms]
    margins = pd.concat([part.reset_index().assign(variable=name) for name, part in zip(firms, counts, strict=True)])
    response = np.where(eti, 0.06, 0.015) * np.where(a, 1.5, 1)
    covered = 0
    for _ in range(600):
        sample = firms[rng.random(n) < response]
        found = calibrate(sample, margins)
        mean = weighted_mean(score[sample.index], Design(found.population_weights, calibration=found))
        covered += mean.low <= score.mean() <= mean.high
    assert 0.93 <= covered / 600 <= 0.97
