"""The official chain on firms: Insee's gustave, and small samples by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.exhibits import quality, view
from cdo_analysis.intake import Survey, read_survey
from cdo_analysis.pipeline import analyse, find_margins, fit, save, weigh
from cdo_analysis.resources import sample_dir
from cdo_analysis.weighting import (
    Sample,
    Weighting,
    check_units,
    design_weights,
    estimate_by,
    margins_unit,
    weigh_sample,
    weighted_mean,
    weighted_ratio,
    weighted_share,
    weighted_total,
)

ORACLES = Path(__file__).parent / "oracles"


# --- Insee's example, from a codebook ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gustave(reference_data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The sample with its answers, and margins counted on the frame: firms and turnover by division."""
    folder = reference_data / "insee-ict-gustave"
    text = {"division": "str", "strata": "str"}
    answers = pd.read_csv(folder / "ict_survey.csv")[["firm_id", "speed_quanti", "big_data"]]
    sample = pd.read_csv(folder / "ict_sample.csv", dtype=text).merge(answers, on="firm_id", how="left")
    frame = pd.read_csv(folder / "ict_pop.csv", dtype=text).groupby("division")["turnover"].agg(["size", "sum"])
    rows = [("division", division, float(n), "count") for division, n in frame["size"].items()]
    rows += [(f"turnover_{division}", "", float(total), "total") for division, total in frame["sum"].items()]
    return sample, pd.DataFrame(rows, columns=["variable", "category", "population", "measure"])


@pytest.fixture(scope="module")
def ict(gustave: tuple[pd.DataFrame, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Survey:
    path = tmp_path_factory.mktemp("ict") / "ict.csv"
    sample = gustave[0].copy()
    for flag in ("scope", "resp", "calib", "big_data"):
        sample[flag] = sample[flag].map({True: "TRUE", False: "FALSE"})
    sample.drop(columns=["w_nrc", "w_calib"]).to_csv(path, index=False)
    return read_survey(path, ORACLES / "ict-gustave.toml")


@pytest.fixture(scope="module")
def weighting(ict: Survey, gustave: tuple[pd.DataFrame, pd.DataFrame]) -> Weighting:
    return weigh(ict, gustave[1])


@pytest.mark.reference_data
def test_the_weights_of_each_step_are_those_of_insee(weighting: Weighting, gustave: tuple) -> None:
    steps = weighting.steps.set_index("step")
    assert steps["n"].to_dict() == {
        "drawn": 650,
        "in_scope": 544,
        "responded": 506,
        "corrected": 506,
        "calibrated": 506,
    }
    assert steps.loc["drawn", "population"] == pytest.approx(7670, rel=1e-9)
    assert steps.loc["corrected", "population"] == pytest.approx(6560.339907, abs=1e-6)
    published = gustave[0].set_index("firm_id")["w_calib"]
    np.testing.assert_allclose(weighting.weights, published[weighting.weights.index], rtol=0, atol=1e-9)
    # Out of scope and without answer count in the 7670 that the published weights add up to: 1470.49 of them.
    apart = published.drop(weighting.weights.index)
    assert weighting.weights.sum() + apart.sum() == pytest.approx(7670, abs=1e-4)


@pytest.mark.reference_data
def test_estimates_and_errors_are_those_of_insee(ict: Survey, weighting: Weighting) -> None:
    # reference_R_gustave.txt prints 12 significant digits, the errors 10 to 13.
    data, design = ict.responses, weighting.design
    speed = weighted_mean(data["speed_quanti"], design)
    assert (speed.estimate, speed.se) == pytest.approx((36.81270668185, 1.58657850436), rel=1e-10)
    kept = data.index.isin(weighting.weights.index)
    staff = weighted_mean(data.loc[kept, "employees"], design)
    assert (staff.estimate, staff.se) == pytest.approx((89.09692153, 6.860409338), rel=1e-9)
    ratio = weighted_ratio(data.loc[kept, "turnover"], data.loc[kept, "employees"], design)
    assert (ratio.estimate, ratio.se) == pytest.approx((260.39641232081, 20.05036703958), rel=1e-10)
    big_data = weighted_share(data.loc[kept, "big_data"].eq("TRUE"), design)
    assert (big_data.estimate, big_data.se) == pytest.approx((0.08364623825, 0.01210295982), rel=1e-8)
    turnover = weighted_total(data.loc[kept, "turnover"], design)
    assert turnover.estimate == pytest.approx(143_831_883.5, abs=0.1)
    assert turnover.se == pytest.approx(0, abs=1e-3)


@pytest.mark.reference_data
def test_domains_are_those_of_insee(ict: Survey, weighting: Weighting) -> None:
    data = ict.responses
    by = estimate_by(data["speed_quanti"], data["division"], weighting.design)
    published = {
        "58": (152, 36.22627931, 2.583044363),
        "59": (69, 24.11385787, 2.665744580),
        "60": (35, 53.24217845, 5.718929123),
        "61": (41, 85.04560344, 9.784955789),
        "62": (170, 34.55942443, 2.493927378),
        "63": (39, 35.07277046, 5.375643735),
    }
    for division, (n, estimate, se) in published.items():
        assert by.loc[division, "n"] == n
        assert by.loc[division, ["estimate", "se"]].tolist() == pytest.approx([estimate, se], rel=1e-9)
    large = data["employees"] >= 50
    speed = weighted_mean(data.loc[large, "speed_quanti"], weighting.design)
    assert (speed.n, speed.estimate, speed.se) == (193, pytest.approx(41.78957213), pytest.approx(3.461552621))


@pytest.mark.reference_data
def test_only_respondents_in_scope_are_analysed_and_the_flow_says_so(ict: Survey, gustave: tuple) -> None:
    analysis = analyse(ict, margins=gustave[1])
    assert len(analysis.survey) == 506
    flow = analysis.survey.flow.set_index("step")["n"]
    assert (flow["received"], flow["out_of_scope"], flow["no_response"], flow["kept"]) == (650, 106, 38, 506)
    assert analysis.weights.mean() == pytest.approx(1)


@pytest.mark.reference_data
def test_the_quality_report_tells_the_steps_of_the_weights_and_the_totals_met(
    gustave: tuple[pd.DataFrame, pd.DataFrame], ict: Survey, tmp_path: Path
) -> None:
    margins = gustave[1].assign(unit="legal_unit", source="base de sondage")
    seen = view(save(analyse(ict, margins=margins), tmp_path / "study"), language="en")
    found = quality.representation(seen)
    words = " ".join(found.paragraphs)
    assert "650 units drawn, for a population of 7,670; 544 in scope (6,560); 506 responding (6,142)" in words
    assert "the margins count legal units (SIREN), as respondents do" in words
    assert found.table is not None
    assert [row[0] for row in found.table.rows][-1] == "Total: Chiffre d'affaires de la division 63"


# --- by hand ----------------------------------------------------------------------------------------------------------

FIRMS = pd.DataFrame(
    {
        "stratum": ["a", "a", "a", "a", "b", "b"],
        "scope": [True, True, True, False, True, True],
        "answered": [True, True, False, False, True, True],
        "value": [1.0, 3.0, np.nan, np.nan, 10.0, 20.0],
    }
)


def drawn(**fields: object) -> Sample:
    weight = design_weights(FIRMS["stratum"], {"a": 40, "b": 6})
    known = {"strata": FIRMS["stratum"], "in_scope": FIRMS["scope"], "responded": FIRMS["answered"]}
    return Sample(weight, **{**known, "response_group": FIRMS["stratum"], **fields})  # type: ignore[arg-type]


def test_weights_of_a_small_sample_follow_the_four_steps() -> None:
    # a: 4 of 40 drawn (10 each), 3 in scope, 2 of them answered: 15 each. b: 2 of 6 (3 each), both answered.
    found = weigh_sample(FIRMS, drawn())
    assert found.weights.tolist() == [15, 15, 3, 3]
    assert found.steps["population"].tolist() == [46, 36, 26, 36]
    assert found.groups["rate"].tolist() == pytest.approx([2 / 3, 1.0])


def test_non_response_adds_to_the_error_of_a_total() -> None:
    # With replacement. Scores 15*1, 15*3, 0, 0 in a; 30, 60 in b. a: 4/3 * (225 + 2025 - 4 * 15**2) = 1800;
    # b: 2 * (15**2 + 15**2) = 900. Non-response, p = 2/3: (1 - p) / 10 * (225 + 2025) = 75.
    total = weighted_total(FIRMS.loc[FIRMS["answered"], "value"], weigh_sample(FIRMS, drawn()).design)
    assert total.estimate == 150
    assert total.se**2 == pytest.approx(1800 + 900 + 75)


def test_without_replacement_the_share_drawn_shrinks_the_error() -> None:
    # As above: 1800 * (1 - 4/40) + 900 * (1 - 2/6) + 75.
    design = weigh_sample(FIRMS, drawn(without_replacement=True)).design
    assert weighted_total(FIRMS.loc[FIRMS["answered"], "value"], design).se ** 2 == pytest.approx(1620 + 600 + 75)


def test_a_unit_that_keeps_its_weight_is_left_out_of_the_calibration_and_of_its_margins() -> None:
    # 36 firms in all; the one of 3 that keeps its weight leaves 33 to the three others, 15, 15 and 3 before.
    data = FIRMS.assign(all="x")
    margins = pd.DataFrame({"variable": ["all"], "category": ["x"], "population": [69.0]})
    moved = pd.Series([True, True, True, True, True, False])
    found = weigh_sample(data, drawn(calibrated=moved), margins)
    assert found.weights.tolist() == pytest.approx([30, 30, 6, 3])
    assert weighted_total(FIRMS.loc[FIRMS["answered"], "value"], found.design).estimate == pytest.approx(240)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"responded": FIRMS["stratum"].eq("a")}, "nobody responded in the response group 'b' .2 units in scope."),
        ({"responded": pd.Series(False, FIRMS.index)}, "no unit in scope responded"),
        (
            {"response_group": FIRMS["stratum"].where(FIRMS["answered"])},
            "unit 2 is in scope, did not respond and has no",
        ),
    ],
)
def test_non_response_that_cannot_be_corrected_is_a_sentence(fields: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        weigh_sample(FIRMS, drawn(**fields))


def test_strata_and_their_sizes_must_know_each_other() -> None:
    with pytest.raises(InputError, match="unit 4 is of stratum 'b', whose population is not given"):
        design_weights(FIRMS["stratum"], {"a": 40})
    with pytest.raises(InputError, match="stratum 'c' has a population and no unit drawn"):
        design_weights(FIRMS["stratum"], {"a": 40, "b": 6, "c": 2})


# --- the unit of the margins ------------------------------------------------------------------------------------------


def test_margins_of_another_unit_are_refused_unless_accepted() -> None:
    margins = find_margins("insee-2017:pme,eti")
    assert margins_unit(margins) == "enterprise"
    with pytest.raises(InputError, match="respondents answer for a legal_unit and the margins count enterprises"):
        check_units(margins, "legal_unit")
    check_units(margins, "legal_unit", accept_other=True)
    check_units(margins, "enterprise")
    check_units(margins.drop(columns="unit"), "legal_unit")


def test_a_unit_that_has_no_name_here_and_two_units_at_once_are_refused() -> None:
    margins = find_margins("insee-2017:pme,eti")
    with pytest.raises(InputError, match="count 'siren', which is no unit known here; write one of legal_unit"):
        margins_unit(margins.assign(unit="siren"))
    with pytest.raises(InputError, match="count enterprise and legal_unit"):
        margins_unit(margins.assign(unit=["enterprise", "legal_unit"]))


def test_official_counts_are_margins_by_their_id(tmp_path: Path) -> None:
    assert find_margins("insee-2017")["population"].sum() == 3_855_109
    with pytest.raises(UsageError, match="do not count 'tpe'"):
        find_margins("insee-2017:tpe")
    with pytest.raises(InputError, match="cannot be read"):
        find_margins(tmp_path / "insee-2017")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_study_calibrated_on_another_unit_says_so_on_every_page(tmp_path: Path, language: str) -> None:
    export, margins = sample_dir() / "enquete-cdo-2026.csv", "insee-2017:pme,eti"
    with pytest.raises(InputError, match="--other-unit"):
        fit(export, "cdo-2026", tmp_path / "study", margins=margins)
    seen = view(fit(export, "cdo-2026", tmp_path / "study", margins=margins, other_unit=True), language=language)
    other = {"fr": "entreprises au sens de la LME", "en": "enterprises in the sense of the LME"}[language]
    assert seen.study.info["weighting"]["margins_unit"] == "enterprise"
    assert other in seen.warning
    assert other in " ".join(quality.representation(seen).paragraphs)
    assert {gate.id: gate.state for gate in quality.gates(seen)}["units"] == "attention"
    assert "2017" in " ".join(quality.methods(seen).bullets)


# --- a limit on weights -----------------------------------------------------------------------------------------------


def test_high_weights_are_cut_before_calibration_and_margins_are_still_met() -> None:
    data = pd.DataFrame({"size": ["pme", "pme", "pme", "eti"]})
    margins = pd.DataFrame({"variable": "size", "category": ["pme", "eti"], "population": [6.0, 4.0]})
    sample = Sample(pd.Series([1.0, 1.0, 5.0, 1.0]), highest=1.75)
    plain = weigh_sample(data, sample)
    # The limit is 1.75 times the mean of 2: 1.5 are shared by three.
    assert plain.weights.tolist() == pytest.approx([1.5, 1.5, 3.5, 1.5])
    found = weigh_sample(data, sample, margins)
    assert found.weights.tolist() == pytest.approx([6 * 1.5 / 6.5, 6 * 1.5 / 6.5, 6 * 3.5 / 6.5, 4.0])
    assert found.steps["step"].tolist() == ["drawn", "in_scope", "responded", "corrected", "trimmed", "calibrated"]
    assert found.trimming is not None
    assert (found.trimming.n, found.trimming.moved) == (1, pytest.approx(1.5 / 8))


LIMITED = """id = "w"
title = "Vague"
respondent = "firm"
[roles]
weight = "weight"
[weighting]
highest = 1.75
[[dimension]]
id = "d"
label = "Pratiques"
[[score]]
id = "s"
method = "points"
label = "Score"
dimensions = ["d"]
[[item]]
name = "firm"
kind = "text"
question = "?"
[[item]]
name = "weight"
kind = "number"
question = "?"
[[item]]
name = "p"
question = "?"
dimension = "d"
answers = [{ code = "0", label = "non", value = 0 }, { code = "1", label = "oui", value = 1 }]
"""


@pytest.mark.slow
def test_the_quality_report_says_what_the_limit_gains_and_costs(tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text(LIMITED)
    # Weights 1, 1, 1, 5 five times over; those of 5 say yes: 5/8 of the weight, and 3.5/8 once cut.
    rows = "".join(f"f{i},{w},{p}\n" for i, (w, p) in enumerate([(1, 0), (1, 0), (1, 0), (5, 1)] * 5))
    (tmp_path / "w.csv").write_text("firm,weight,p\n" + rows)
    seen = view(fit(tmp_path / "w.csv", tmp_path / "w.toml", tmp_path / "study"), language="en")
    said = " ".join(quality.representation(seen).paragraphs)
    assert "limited to 1.8 times their mean: 5 weights touched, 19% of the total weight moved" in said
    # Kish: 4 * 28 / 64 = 1.75 before; 4 * (3 * 2.25 + 12.25) / 64 = 1.19 after.
    assert "the design effect goes from 1.75 to 1.19" in said
    assert "goes from 62.5 to 43.8" in said
