"""One continuum or classes, how many, and which items repeat each other."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chi2_contingency

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles import (
    Effort,
    LatentClasses,
    bivariate_residuals,
    bootstrap_jaccard,
    compare_numbers,
    find_profiles,
    find_repeated,
    judge_grouping,
    ratio_tests,
    smart_lca,
)
from cdo_analysis.profiles.continuum import draw_answers, fit_one_factor
from cdo_analysis.profiles.grouping import bootstrap_continuum
from cdo_analysis.profiles.ordered import fit_ordered_classes, shift_answers
from cdo_analysis.profiles.packing import Patterns

LEVELS = {"strongly disagree": 0, "disagree": 1, "agree": 2, "strongly agree": 3}


def plant_continuum(n: int, *, seed: int, items: int = 12) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    easy, slope = np.linspace(-1.5, 1.5, items), np.linspace(0.8, 2.0, items)
    chance = 1 / (1 + np.exp(-slope * (random.normal(size=(n, 1)) - easy)))
    return pd.DataFrame((random.random((n, items)) < chance).astype(int)).add_prefix("item")


def plant_types(n: int, *, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Three classes: little of anything, the first six items, the last six: they cross."""
    random = np.random.default_rng(seed)
    truth = random.choice(3, n, p=[0.4, 0.3, 0.3])
    yes = np.array([[0.2] * 12, [0.75] * 6 + [0.2] * 6, [0.2] * 6 + [0.75] * 6])
    return pd.DataFrame((random.random((n, 12)) < yes[truth]).astype(int)).add_prefix("item"), truth


def judge(answers: pd.DataFrame, **options: object):
    models = compare_numbers(answers, numbers=[1, 2, 3, 4], effort=Effort(starts=10), random_state=0)[1]
    return judge_grouping(answers, models, **options)


# One factor against published fits ------------------------------------------------------------------------------


@pytest.mark.reference_data
def test_one_factor_of_wirs_has_the_likelihood_of_r_ltm(reference_data):
    answers = pd.read_csv(reference_data / "wirs-firms-ltm" / "WIRS.csv")
    factor = fit_one_factor(answers)
    # ltm with its 21 nodes printed -3420.0656; 41 nodes integrate a little better.
    assert factor.log_likelihood == pytest.approx(-3420.0656, abs=0.01)
    assert factor.n_parameters == 12 + (factor.skew != 0)


@pytest.mark.reference_data
def test_one_factor_of_ordered_answers_has_the_likelihood_of_r_grm(reference_data):
    science = pd.read_csv(reference_data / "wirs-firms-ltm" / "Science.csv")[["Comfort", "Work", "Future", "Benefit"]]
    ordered = science.apply(lambda column: pd.Categorical(column, categories=list(LEVELS), ordered=True))
    factor = fit_one_factor(ordered)
    # R ltm::grm: -1608.87 with 16 parameters, normal trait; a skewed one is kept only where its BIC is lower.
    assert factor.bic <= 16 * np.log(392) + 2 * 1608.87 + 0.1
    assert factor.log_likelihood >= -1608.98


@pytest.mark.reference_data
def test_wirs_is_a_grouping_of_three_classes_and_not_one_continuum(reference_data):
    found = judge(pd.read_csv(reference_data / "wirs-firms-ltm" / "WIRS.csv"))
    assert found.verdict == "profiles"
    assert np.isnan(found.p_continuum)
    classes = found.table[found.table["model"].eq("classes")].set_index("k")["bic"]
    assert classes.idxmin() == 3
    assert classes[3] == pytest.approx(6739.300, abs=1e-3)


# Planted verdicts -----------------------------------------------------------------------------------------------


def test_a_planted_continuum_is_not_called_a_typology():
    verdicts = [judge(plant_continuum(500, seed=seed)).verdict for seed in range(5)]
    assert verdicts.count("profiles") == 0
    assert "no_grouping" not in verdicts


def test_planted_types_are_profiles_that_cross():
    found = judge(plant_types(600, seed=1)[0])
    assert (found.verdict, found.shape) == ("profiles", "crossing")
    assert found.crossed == pytest.approx(0.5)


def test_separate_levels_are_profiles_that_are_parallel():
    random = np.random.default_rng(0)
    truth = random.choice(2, 500)
    answers = pd.DataFrame((random.random((500, 12)) < np.array([0.1, 0.9])[truth][:, None]).astype(int))
    found = judge(answers.add_prefix("item"))
    assert (found.verdict, found.shape, found.crossed) == ("profiles", "parallel", 0.0)


def test_independent_answers_are_no_grouping():
    answers = pd.DataFrame(np.random.default_rng(0).integers(0, 2, (200, 6))).add_prefix("item")
    assert judge(answers).verdict == "no_grouping"


@pytest.mark.slow
def test_the_bootstrap_keeps_a_continuum_and_gives_up_one_that_is_not():
    seeds = list(range(19))
    assert bootstrap_continuum(plant_continuum(250, seed=3), 2, seeds=seeds) > 0.05
    assert bootstrap_continuum(plant_types(250, seed=3)[0], 3, seeds=seeds) == 0.05
    one, two = (bootstrap_continuum(plant_continuum(150, seed=4), 2, seeds=seeds[:5], n_jobs=n) for n in (1, 2))
    assert one == two


def test_answers_drawn_from_a_continuum_have_its_shares():
    answers = plant_continuum(400, seed=5)
    drawn = draw_answers(fit_one_factor(answers), np.zeros((40_000, 12), dtype=bool), np.random.RandomState(0))
    assert_allclose(drawn.mean(), answers.mean(), atol=0.02)
    assert_allclose(drawn.corr().to_numpy(), answers.corr().to_numpy(), atol=0.13)


# Ordered classes --------------------------------------------------------------------------------------------------


def test_yes_no_items_have_no_order_to_gain():
    answers, _ = plant_types(300, seed=2)
    model = LatentClasses(3, random_state=0).fit(answers)
    patterns = Patterns.of(model.encode(answers), [2] * 12)
    start = (model.class_shares_, np.concatenate(model.item_probabilities_, axis=1))
    ordered = fit_ordered_classes(patterns, patterns.sum_weights(np.ones(300)), start)
    assert ordered.log_likelihood == pytest.approx(model.log_likelihood_, abs=1e-3)
    assert ordered.n_parameters == model.n_parameters_


def test_ordered_answers_cost_a_shift_a_class():
    # Two classes of an item of five answers: 1 share, 4 answers, 1 shift; without order 1 + 2 * 4.
    random = np.random.default_rng(0)
    answers = pd.DataFrame(random.integers(0, 5, (200, 3)))
    model = LatentClasses(2, n_init=3, random_state=0).fit(answers)
    patterns = Patterns.of(model.encode(answers), [5] * 3)
    start = (model.class_shares_, np.concatenate(model.item_probabilities_, axis=1))
    ordered = fit_ordered_classes(patterns, patterns.sum_weights(np.ones(200)), start)
    assert ordered.n_parameters == 1 + 3 * 5
    assert ordered.log_likelihood < model.log_likelihood_


def test_shifted_answers_keep_the_counts_of_answers_and_the_mean_of_each_class():
    counts = np.array([[20.0, 10.0, 5.0, 15.0], [2.0, 8.0, 30.0, 10.0]])
    fitted = shift_answers(counts, np.full((2, 4), 0.25)) * counts.sum(axis=1, keepdims=True)
    assert_allclose(fitted.sum(axis=0), counts.sum(axis=0), atol=1e-4)
    assert_allclose(fitted @ np.arange(4), counts @ np.arange(4), atol=1e-3)


# The table of k ---------------------------------------------------------------------------------------------------


def two_classes(n: int, *, seed: int) -> pd.DataFrame:
    """Return six yes/no items of two classes, far apart."""
    random = np.random.default_rng(seed)
    truth = random.choice(2, n)
    return pd.DataFrame((random.random((n, 6)) < np.array([0.2, 0.8])[truth][:, None]).astype(int)).add_prefix("item")


def two_profiles(n: int, *, seed: int) -> pd.DataFrame:
    """Return four numbers of two profiles, two deviations apart, a twentieth missing."""
    random = np.random.default_rng(seed)
    centres = np.array([[0.0] * 4, [2.0, 2.0, 1.0, 2.0]])
    numbers = random.normal(centres[random.choice(2, n)], 1)
    numbers[random.random(numbers.shape) < 0.05] = np.nan
    return pd.DataFrame(numbers).add_prefix("score")


def test_each_number_of_classes_is_tested_against_one_fewer():
    found = ratio_tests(two_classes(300, seed=1), [1, 2, 3, 5])
    assert found["p"].isna().tolist() == [True, False, False, True], "5 has no 4 to be set against"
    assert found.loc[2, ["p", "samples"]].tolist() == [1 / 40, 39]
    # Five samples that reach the data end the test: p is five over those drawn.
    assert found.loc[3, "p"] == pytest.approx(5 / found.loc[3, "samples"])
    again = ratio_tests(two_classes(300, seed=1), [1, 2, 3, 5], n_jobs=2)
    pd.testing.assert_frame_equal(found, again)


@pytest.mark.slow
@pytest.mark.parametrize("draw", [two_classes, two_profiles])
def test_p_is_uniform_at_the_planted_number_and_small_below_it(draw):
    p = []
    for seed in range(60):
        table = draw(200, seed=seed)
        numbers = [name for name in table if name.startswith("score")]
        p.append(ratio_tests(table, [1, 2, 3], continuous=numbers, random_state=seed)["p"].tolist()[1:])
    below, at = np.array(p).T
    assert below.max() <= 0.05
    # 60 uniform draws: a mean of 0.5, error 0.037; 3 at 0.05 or less, 8 being beyond three errors.
    assert at.mean() == pytest.approx(0.5, abs=0.12)
    assert np.sum(at <= 0.05) <= 8
    assert np.sum(at <= 0.5) == pytest.approx(30, abs=12)


def test_a_test_of_a_large_survey_takes_five_thousand_respondents():
    table = pd.concat([two_classes(400, seed=1)] * 13, ignore_index=True)
    found = ratio_tests(table, [1, 2], replicates=3)
    assert found.loc[2, ["respondents", "samples", "p"]].tolist() == [5000, 3, 0.25]


def test_every_number_has_a_stability_a_profile_and_the_chosen_ones_are_among_them():
    answers, _ = plant_types(300, seed=6)
    score = answers.mean(axis=1)
    effort = Effort(starts=10, stability_samples=5, ratio_test_samples=0, continuum_samples=0)
    found = find_profiles(answers, score.to_frame("all"), order_by=score, numbers=[1, 2, 3], effort=effort)
    assert found.stabilities.groupby("k").size().tolist() == [1, 2, 3]
    lowest = found.stabilities.groupby("k")["jaccard"].min().tolist()
    assert found.table["jaccard_min"].tolist() == lowest
    assert found.table["jaccard_samples"].tolist() == [5, 5, 5]
    k = found.model.n_clusters
    chosen = found.stabilities.loc[found.stabilities["k"].eq(k), "jaccard"]
    assert found.stability["jaccard"].tolist() == chosen.tolist()
    # As the function alone says of the chosen model, its answers written otherwise.
    alone = bootstrap_jaccard(found.model, answers, replicates=5, random_state=0)
    assert_allclose(alone, chosen)


def test_residuals_of_one_class_are_the_chi_square_of_the_pair():
    answers, _ = plant_types(200, seed=4)
    residuals = bivariate_residuals(LatentClasses(1, n_init=1).fit(answers), answers)
    first = residuals.iloc[0]
    expected = chi2_contingency(pd.crosstab(answers[first["item"]], answers[first["other"]]), correction=False)
    assert first["residual"] == pytest.approx(expected.statistic, rel=1e-5)
    assert len(residuals) == 66


def test_further_columns_of_the_table_are_those_asked_for():
    answers, _ = plant_types(200, seed=4)
    columns = {"classes": lambda k, model: k * 10.0}
    effort = Effort(ratio_test_samples=0)
    table, _ = compare_numbers(answers, numbers=[1, 2], effort=effort, columns=columns, random_state=0)
    assert table["classes"].tolist() == [10.0, 20.0]
    assert table["ratio_test_p"].isna().all()
    assert table["caic"].iloc[0] == pytest.approx(table["bic"].iloc[0] + 12)


# Items that repeat each other -------------------------------------------------------------------------------------


def test_copies_nested_and_declared_items_are_left_out_once():
    random = np.random.default_rng(0)
    media = random.integers(0, 2, 300)
    other = random.integers(0, 2, (300, 2))
    answers = pd.DataFrame(
        {
            "media": media,
            "two_media": media * random.integers(0, 2, 300),
            "erp": other[:, 0],
            "erp_again": np.where(random.random(300) < 0.02, 1 - other[:, 0], other[:, 0]),
            "crm": other[:, 1],
            "cloud": random.integers(0, 2, 300),
        }
    )
    found = find_repeated(answers, declared=[("crm", "cloud")]).set_index("item")
    assert found["kept"].to_dict() == {"cloud": "crm", "two_media": "media", "erp_again": "erp"}
    assert found["reason"].to_dict() == {"cloud": "declared", "two_media": "nested", "erp_again": "copy"}
    with pytest.raises(UsageError, match="'intranet'"):
        find_repeated(answers, declared=[("crm", "intranet")])


def test_a_repeated_item_makes_no_profile():
    answers, _ = plant_types(300, seed=6)
    score = answers.mean(axis=1)
    twice = answers.assign(item0_again=answers["item0"])
    found = find_profiles(twice, score.to_frame("all"), order_by=score, numbers=[1, 2, 3], effort=Effort(starts=10))
    assert found.dropped["item"].tolist() == ["item0_again"]
    assert "item0_again" not in set(found.practices["item"])


# What is said of it -----------------------------------------------------------------------------------------------


def test_levels_of_a_continuum_are_not_named_and_the_checklist_says_why():
    answers = plant_continuum(600, seed=7)
    score = answers.mean(axis=1)
    found = find_profiles(answers, score.to_frame("all"), order_by=score, numbers=[1, 2, 3], effort=Effort(starts=10))
    assert found.verdict == "continuum"
    assert not found.stability["named"].any()
    answers_given = smart_lca(found).set_index("item")["answer"]
    assert answers_given["continuum"] == "verdict_continuum"
    assert answers_given["question"] == "analyst"
    facts = smart_lca(found).set_index("item")["facts"]
    assert json.loads(facts["names"]) == {"n": 0, "k": found.model.n_clusters}
