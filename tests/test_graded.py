"""The graded response model against the R package ltm (published data) and against what was planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.codebook import load_codebook
from cdo_analysis.datasets import make_population
from cdo_analysis.errors import InputError
from cdo_analysis.maturity import fit_graded, graded_scores, rank_correlations, score_maturity


@pytest.mark.reference_data
def test_two_levels_give_the_two_parameter_model_of_ltm_on_real_firms(reference_data: Path) -> None:
    firms = pd.read_csv(reference_data / "wirs-firms-ltm" / "WIRS.csv").to_numpy(float)
    model = fit_graded(firms)
    # ltm integrates over 21 nodes and stops earlier: 2e-3 on the likelihood, 1e-3 on the parameters.
    assert model.log_likelihood == pytest.approx(-3420.0656, abs=2e-3)
    expected = [3.401139, -0.942122, 0.809385, 1.368928, 0.476268, 1.680463]
    assert model.difficulty[:, 0].tolist() == pytest.approx(expected, abs=1.5e-3)
    assert model.discrimination.tolist() == pytest.approx(
        [0.153406, 0.367692, 1.717997, 1.010104, 2.032414, 1.374578], abs=1e-3
    )
    assert model.parameters == 12  # AIC 6864.131 = 2 * 12 + 2 * 3420.0656


@pytest.mark.reference_data
def test_four_levels_give_the_graded_model_of_ltm(reference_data: Path) -> None:
    order = {"strongly disagree": 0, "disagree": 1, "agree": 2, "strongly agree": 3}
    people = pd.read_csv(reference_data / "wirs-firms-ltm" / "Science.csv")
    codes = people[["Comfort", "Work", "Future", "Benefit"]].replace(order).to_numpy(float)
    model = fit_graded(codes)
    assert model.log_likelihood == pytest.approx(-1608.87, abs=6e-3)
    assert model.discrimination.tolist() == pytest.approx([1.041, 1.226, 2.299, 1.094], abs=5e-3)
    printed = [[-4.672, -2.536, 1.408], [-2.385, -0.735, 1.849], [-2.281, -0.965, 0.856], [-3.060, -0.906, 1.543]]
    assert model.difficulty == pytest.approx(np.array(printed), abs=1e-2)


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return theta, discrimination, difficulty and the answers of 4,000 firms to six items of four and two levels."""
    rng = np.random.default_rng(8)
    theta, slopes = rng.normal(size=4000), np.array([0.6, 1.0, 1.4, 1.8, 1.2, 2.0])
    cuts = np.array(
        [[-1.0, 0.0, 1.5], [-1.5, -0.5, 0.5], [-0.5, 0.5, 1.0], [-1.0, 0.2, 1.2], [0.3, 9, 9], [-0.4, 9, 9]]
    )
    noise = rng.logistic(size=(4000, 6))
    tendency = slopes * theta[:, None] + noise
    codes = (tendency[:, :, None] > slopes[:, None] * cuts).sum(axis=2).astype(float)
    codes[:, 4:] = np.minimum(codes[:, 4:], 1)
    return theta, slopes, cuts, codes


def test_what_was_planted_is_found_within_its_error(planted: tuple[np.ndarray, ...]) -> None:
    theta, slopes, cuts, codes = planted
    model = fit_graded(codes)
    assert model.converged
    assert model.discrimination == pytest.approx(slopes, abs=0.2)
    assert model.difficulty[:4] == pytest.approx(cuts[:4], abs=0.2)
    assert np.isnan(model.difficulty[4:, 1:]).all()
    found, error = model.score(codes)
    assert np.sqrt(np.square(found - theta).mean()) == pytest.approx(np.sqrt(np.square(error).mean()), rel=0.05)


def test_answers_missing_at_random_leave_the_parameters_where_they_are(planted: tuple[np.ndarray, ...]) -> None:
    _, slopes, _, codes = planted
    gaps = np.where(np.random.default_rng(1).random(codes.shape) < 0.2, np.nan, codes)
    model = fit_graded(gaps)
    assert model.discrimination == pytest.approx(slopes, abs=0.25)
    theta, error = model.score(np.full((1, 6), np.nan))
    assert (theta[0], error[0]) == (pytest.approx(0, abs=1e-9), pytest.approx(1, abs=1e-6))


def test_weights_act_as_that_many_respondents(planted: tuple[np.ndarray, ...]) -> None:
    codes = planted[3][:300]
    times = np.where(np.arange(300) < 100, 3, 1)
    weighted, repeated = (
        fit_graded(codes, sample_weight=times.astype(float)),
        fit_graded(np.repeat(codes, times, axis=0)),
    )
    assert weighted.discrimination == pytest.approx(repeated.discrimination, abs=1e-3)


def test_ranks_that_nobody_has_are_an_error() -> None:
    with pytest.raises(InputError, match=r"item 1 has the ranks \[0\.0, 2\.0\]"):
        fit_graded(np.array([[0.0], [2.0]]))


def test_dimensions_of_the_synthetic_survey_rank_companies_much_as_their_scores_do() -> None:
    book, answers = load_codebook("cdo-2026"), make_population(1_000, random_state=4).answers
    values, graded = score_maturity(answers, book).values, graded_scores(answers, book)
    assert list(graded) == ["strategy", "readiness", "human", "data", "automation", "green"]
    for name in graded:
        pair = pd.DataFrame({"score": values[name], "graded": graded[name]})
        assert rank_correlations(pair).iloc[0, 1] > 0.9, name
