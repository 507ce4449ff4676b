"""The bootstrap of Cronbach's alpha: by hand, against rows laid out, against the R package psych."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.maturity import alpha_bootstrap

ORACLES = Path(__file__).parent / "oracles"
FOUR_FIRMS = pd.DataFrame(
    {"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 3.0, 2.0, 4.0], "c": [2.0, 2.0, 4.0, 4.0]}, index=["f1", "f2", "f3", "f4"]
)


@pytest.fixture(scope="module")
def r_sample() -> pd.DataFrame:
    sample = pd.read_csv(ORACLES / "reliability_sample.csv", index_col="respondent")
    return sample.assign(q4=6 - sample["q4"])


def laid_out(points: np.ndarray, replicates: int, seed: int) -> np.ndarray:
    """Return alpha of bootstrap samples whose rows are copied, from their covariance matrix."""
    random, k = np.random.default_rng(seed), points.shape[1]
    matrices = [np.cov(points[random.integers(len(points), size=len(points))].T) for _ in range(replicates)]
    return np.array([k / (k - 1) * (1 - np.trace(matrix) / matrix.sum()) for matrix in matrices])


def test_alpha_of_four_firms_is_the_one_computed_by_hand() -> None:
    # Variances 5/4, 5/4 and 4/4; sums 4, 7, 9, 12 of variance 34/4: 3/2 * (1 - 14/34) = 15/17.
    found = alpha_bootstrap(FOUR_FIRMS)
    assert found.alpha == pytest.approx(15 / 17, abs=1e-12)
    assert (found.n, found.items) == (4, 3)


def test_counts_of_rows_give_the_alphas_of_rows_laid_out(r_sample: pd.DataFrame) -> None:
    points = r_sample.filter(like="q").dropna().to_numpy()
    found = alpha_bootstrap(points, replicates=200, random_state=5)
    expected = laid_out(points, 200, seed=5)
    assert found.replicates == pytest.approx(expected, abs=1e-12)
    assert [found.low, found.high] == pytest.approx(np.quantile(expected, [0.025, 0.975]), abs=1e-12)


def test_other_draws_give_the_same_interval_within_their_own_noise(r_sample: pd.DataFrame) -> None:
    points = r_sample.filter(like="q").dropna().to_numpy()
    found = alpha_bootstrap(points, replicates=2000, random_state=1)
    ends = np.quantile(laid_out(points, 2000, seed=2), [0.025, 0.975])
    assert [found.low, found.high] == pytest.approx(ends, abs=0.02)  # the standard error of an end is about 0.005
    assert found.low < found.alpha < found.high


def test_alpha_with_and_without_weights_is_that_of_psych(r_sample: pd.DataFrame) -> None:
    numbers = json.loads((ORACLES / "reliability.json").read_text(encoding="utf-8"))
    points = r_sample.filter(like="q")
    assert alpha_bootstrap(points).alpha == pytest.approx(numbers["alpha"], abs=1e-9)
    assert alpha_bootstrap(points).n == numbers["n"]
    shuffled = r_sample["weight"].sample(frac=1, random_state=0)
    assert alpha_bootstrap(points, sample_weight=shuffled).alpha == pytest.approx(numbers["weighted_alpha"], abs=1e-9)


def test_more_replicates_go_on_from_fewer() -> None:
    assert alpha_bootstrap(FOUR_FIRMS, replicates=300).replicates[:7].tolist() == pytest.approx(
        alpha_bootstrap(FOUR_FIRMS, replicates=7).replicates.tolist(), abs=1e-12, nan_ok=True
    )


def test_answers_far_from_zero_lose_nothing() -> None:
    far = alpha_bootstrap(FOUR_FIRMS + 1e7, random_state=3)
    near = alpha_bootstrap(FOUR_FIRMS, random_state=3)
    assert far.replicates == pytest.approx(near.replicates, abs=1e-9, nan_ok=True)


def test_an_item_that_all_answer_alike_is_left_out() -> None:
    found = alpha_bootstrap(FOUR_FIRMS.assign(same=5.0))
    assert (found.items, found.alpha) == (3, pytest.approx(15 / 17, abs=1e-12))


def test_a_replicate_of_one_firm_alone_has_no_alpha_and_does_not_count() -> None:
    found = alpha_bootstrap(np.array([[0.0, 0.0], [1.0, 1.0]]), replicates=400)
    assert np.isnan(found.replicates).mean() == pytest.approx(0.5, abs=0.1)  # both draws alike: one chance in two
    assert (found.low, found.high) == (pytest.approx(1.0), pytest.approx(1.0))


def test_what_gives_no_alpha_is_said() -> None:
    with pytest.raises(InputError, match="two items with different answers; there are 4 and 1"):
        alpha_bootstrap(FOUR_FIRMS[["a"]])
    with pytest.raises(InputError, match="4 respondents do not all have a weight"):
        alpha_bootstrap(FOUR_FIRMS, sample_weight=pd.Series([1.0, 1.0], index=["f1", "f2"]))
    with pytest.raises(UsageError, match="replicates = 0"):
        alpha_bootstrap(FOUR_FIRMS, replicates=0)
