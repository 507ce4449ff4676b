"""A part of the population against the rest, against R survey and stats (oracles/contrast.R), Newcombe and hand counts.

Estimates and errors of R are met within 1e-9 of themselves.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.weighting import Contrast, Design, adjust_p, contrast_means, contrast_shares

ORACLES = Path(__file__).parent / "oracles"


@pytest.fixture(scope="module")
def r() -> dict[str, list[float]]:
    return json.loads((ORACLES / "contrast.json").read_text())


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    sample = pd.read_csv(ORACLES / "weighting_sample.csv", dtype={"region": "str"}).set_index("respondent")
    inside = (sample["size"].eq("pme") & sample["sector"].isin(["trade", "industry"])).astype("boolean")
    return sample.assign(inside=inside.where(~sample.index.isin(["r09", "r30"])))


def numbers(found: Contrast) -> list[float]:
    """Return both estimates, both errors, the difference and its error, and the covariance that they imply."""
    one, other, gap = found.inside, found.outside, found.difference
    covariance = (one.se**2 + other.se**2 - gap.se**2) / 2
    return [one.estimate, other.estimate, one.se, other.se, gap.estimate, gap.se, covariance]


def test_the_difference_of_two_domains_and_its_error_are_those_of_r(firms: pd.DataFrame, r: dict) -> None:
    design = Design(firms["r_weight"], strata=firms["region"])
    means = contrast_means(firms["budget_keur"], firms["inside"], design)
    assert numbers(means) == pytest.approx(r["mean"], rel=1e-7)
    assert [means.difference.estimate, means.difference.se] == pytest.approx(r["slope"], rel=1e-9)
    assert numbers(contrast_shares(firms["has_cdo"], firms["inside"], design)) == pytest.approx(r["share"], rel=1e-7)


@pytest.mark.reference_data
def test_domains_that_share_clusters_have_a_covariance(reference_data: Path, r: dict) -> None:
    schools = pd.read_csv(reference_data / "survey-api" / "apiclus1.csv", dtype={"cds": "str"}).set_index("cds")
    design = Design(schools["pw"], clusters=schools["dnum"], population=schools["fpc"])
    assert numbers(contrast_means(schools["api00"], schools["stype"].eq("H"), design)) == pytest.approx(r["clusters"])


def test_with_equal_weights_a_difference_of_means_is_close_to_the_test_of_welch(r: dict) -> None:
    first, second = [3.1, 4.7, 8.2, 6.0, 9.9, 2.2], [1.0, 2.5, 2.0, 3.6, 4.1, 0.4, 2.8, 1.9, 3.3]
    values = pd.Series([*first, *second])
    found = contrast_means(values, pd.Series([True] * 6 + [False] * 9), pd.Series(1.0, values.index))
    gap, _, _, p, low, high = r["welch"]
    assert found.difference.estimate == pytest.approx(gap)
    # The design divides by n - 1 of the whole where Welch does so in each part: errors differ by a twentieth.
    assert found.p_value == pytest.approx(p, abs=0.01)
    assert [found.difference.low, found.difference.high] == pytest.approx([low, high], abs=0.3)


def test_a_respondent_who_may_be_in_the_part_or_not_is_in_neither(firms: pd.DataFrame) -> None:
    found = contrast_shares(firms["has_cdo"], firms["inside"], firms["r_weight"])
    assert found.inside.n + found.outside.n == len(firms) - 2


def test_nobody_of_a_few_is_not_taken_for_a_certainty() -> None:
    holds = pd.Series([0.0] * 10 + [0.0] * 80 + [1.0] * 20)
    found = contrast_shares(holds, pd.Series(np.arange(110) < 10), pd.Series(1.0, holds.index))
    # Newcombe, method 10, by hand: Wilson of 0/10 is (0, 0.2775), of 20/100 is (0.1334, 0.2888).
    assert found.difference.estimate == pytest.approx(-0.2)
    assert found.difference.high == pytest.approx(-0.2 + np.hypot(0.2775, 0.2 - 0.1334), abs=0.002)
    assert found.p_value > 0.05


def test_the_interval_at_one_less_the_p_value_ends_at_zero(firms: pd.DataFrame) -> None:
    p = contrast_shares(firms["has_cdo"], firms["inside"], firms["r_weight"]).p_value
    at = contrast_shares(firms["has_cdo"], firms["inside"], firms["r_weight"], level=1 - p)
    assert min(abs(at.difference.low), abs(at.difference.high)) == pytest.approx(0, abs=1e-8)


def test_adjusted_p_values_are_those_of_r(r: dict) -> None:
    p = [0.001, 0.2, 0.013, 0.04, 0.0401, 0.9, 0.012]
    assert adjust_p(p, "holm").tolist() == pytest.approx(r["holm"])
    assert adjust_p(p, "bh").tolist() == pytest.approx(r["bh"])
    assert np.isnan(adjust_p([0.01, float("nan")], "holm")).tolist() == [False, True]


def test_what_cannot_be_compared_is_an_error() -> None:
    values = pd.Series([1.0, 2.0])
    with pytest.raises(InputError, match="nothing to compare"):
        contrast_means(values, pd.Series([True, True]), pd.Series(1.0, values.index))
    with pytest.raises(UsageError, match="no adjustment 'bonferroni'"):
        adjust_p([0.1], "bonferroni")  # type: ignore[arg-type]
