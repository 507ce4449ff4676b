"""Profiles related to an outcome, to an earlier wave and to each other's numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles import (
    Effort,
    LatentClasses,
    classification_errors,
    estimate_transitions,
    find_profiles,
    match_classes,
    order_like,
    relate_outcome,
)
from cdo_analysis.weighting import Design, weighted_mean
from cdo_analysis.weighting.replicates import jackknife

ORACLES = Path(__file__).parent / "oracles"
YES = np.array([[0.2] * 6, [0.8] * 3 + [0.3] * 3, [0.8] * 6])


def plant(n: int, *, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Three classes of six yes/no items, badly separated."""
    random = np.random.default_rng(seed)
    truth = random.choice(3, n, p=[0.4, 0.3, 0.3])
    items = pd.DataFrame((random.random((n, 6)) < YES[truth]).astype(int), columns=list("abcdef"))
    return items, truth


@pytest.fixture(scope="module")
def stepmix() -> tuple[pd.DataFrame, dict[str, object]]:
    found = json.loads((ORACLES / "latent_profiles.json").read_text())["three_step"]
    return pd.read_csv(ORACLES / "latent_profiles.csv"), found


@pytest.mark.parametrize(("method", "name"), [("modal", "none"), ("bch", "bch")])
def test_means_of_the_profiles_are_those_of_stepmix(stepmix, method, name):
    data, found = stepmix
    table = relate_outcome(pd.DataFrame(found["posterior"]), data["number"], methods=[method])
    assert_allclose(table["estimate"], found[f"{name}_number"], atol=1e-5)


@pytest.mark.parametrize(("method", "name"), [("modal", "none"), ("bch", "bch"), ("ml", "ml")])
def test_shares_of_answers_in_the_profiles_are_those_of_stepmix(stepmix, method, name):
    data, found = stepmix
    outcome = data["answer"].astype(int).astype("category")
    table = relate_outcome(pd.DataFrame(found["posterior"]), outcome, methods=[method])
    assert_allclose(table["estimate"], np.ravel(found[f"{name}_answer"]), atol=2e-5)


def test_means_by_likelihood_are_near_those_of_stepmix_which_holds_the_shares(stepmix):
    # StepMix keeps the shares of the first step in the third; here they are estimated again, as Vermunt (2010) does.
    data, found = stepmix
    table = relate_outcome(pd.DataFrame(found["posterior"]), data["number"], methods=["ml"])
    assert_allclose(table["estimate"], found["ml_number"], atol=0.01)


def test_modal_assignment_brings_planted_means_together_and_the_corrections_do_not():
    gaps = {"modal": [], "bch": [], "ml": []}
    for seed in range(20):
        items, truth = plant(1000, seed=seed)
        outcome = pd.Series(np.random.default_rng(100 + seed).normal(np.array([0.0, 1.0, 3.0])[truth]))
        model = LatentClasses(3, n_init=10, random_state=0).fit(items)
        posterior = pd.DataFrame(model.predict_proba(items))
        table = relate_outcome(posterior, outcome)
        wide = table.pivot(index="method", columns="profile", values="estimate")
        for method in gaps:
            gaps[method].append(wide.loc[method].max() - wide.loc[method].min())
    assert np.mean(gaps["modal"]) < 2.7
    assert np.mean(gaps["bch"]) == pytest.approx(3.0, abs=0.15)
    assert np.mean(gaps["ml"]) == pytest.approx(3.0, abs=0.15)


def test_intervals_hold_the_planted_means_where_the_profiles_are_known():
    held = {"bch": 0, "ml": 0}
    shares = np.array([0.4, 0.3, 0.3])
    for seed in range(40):
        items, truth = plant(500, seed=seed)
        outcome = pd.Series(np.random.default_rng(100 + seed).normal(np.array([0.0, 1.0, 3.0])[truth]))
        joint = np.prod(np.where(items.to_numpy()[:, None, :] == 1, YES, 1 - YES), axis=2) * shares
        table = relate_outcome(pd.DataFrame(joint / joint.sum(axis=1, keepdims=True)), outcome, methods=["bch", "ml"])
        planted = table["profile"].map({0: 0.0, 1: 1.0, 2: 3.0})
        table["held"] = table["low"].le(planted) & table["high"].ge(planted)
        for method in held:
            held[method] += int(table.loc[table["method"].eq(method), "held"].sum())
    # 120 intervals of 95 %: 114 expected, 3 standard errors below is 107.
    assert min(held.values()) >= 107


def test_sure_profiles_need_no_correction():
    posterior = pd.DataFrame(np.eye(2)[[0, 0, 1, 1]])
    table = relate_outcome(posterior, pd.Series([1.0, 3.0, 10.0, 12.0]))
    assert_allclose(table["estimate"], [2.0, 11.0] * 3, atol=1e-6)
    # Half the sum of squared gaps to the mean: sqrt(1 + 1) / 2.
    assert_allclose(table.loc[table["method"].ne("ml"), "se"], np.sqrt(2) / 2)


def test_errors_of_assignment_are_the_ones_counted_by_hand():
    # Members of profile 0: 0.9 + 0.7 assigned to it, 0.2 + 0.2 to the other.
    errors = classification_errors([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.2, 0.8]], sample_weight=[1, 1, 1, 3])
    assert_allclose(errors, [[1.6 / 2.4, 0.8 / 2.4], [0.4 / 3.6, 3.2 / 3.6]])


def test_an_outcome_that_nobody_gave_is_refused():
    with pytest.raises(UsageError, match="known of nobody"):
        relate_outcome(pd.DataFrame(np.eye(2)), pd.Series([np.nan, np.nan]))


# The design of the survey -------------------------------------------------------------------------------------------

METHODS = ["modal", "bch", "ml"]


def drawn_firms(n: int, *, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return companies of three profiles with an outcome, an answer and a stratum, and their exact posteriors."""
    items, truth = plant(n, seed=seed)
    random = np.random.default_rng(100 + seed)
    joint = np.prod(np.where(items.to_numpy()[:, None, :] == 1, YES, 1 - YES), axis=2) * [0.4, 0.3, 0.3]
    firms = pd.DataFrame({"outcome": random.normal(np.array([0.0, 1.0, 3.0])[truth])})
    firms["answer"] = pd.Categorical(np.where(firms["outcome"] > 1, "high", "low"))
    firms["stratum"] = np.where(firms["outcome"] + random.normal(size=n) > 1, "a", "b")
    return firms, pd.DataFrame(joint / joint.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("outcome", ["outcome", "answer"])
def test_a_simple_random_sample_has_the_errors_of_companies_drawn_one_by_one(outcome):
    firms, posterior = drawn_firms(300, seed=1)
    alone = relate_outcome(posterior, firms[outcome])
    design = Design(pd.Series(7.0, index=firms.index))
    drawn = relate_outcome(posterior, firms[outcome], sample_weight=design)
    assert_allclose(drawn["estimate"], alone["estimate"], atol=1e-8)
    # The variance of a sample has n - 1 where that of scores has n.
    assert_allclose(drawn["se"], alone["se"] * np.sqrt(300 / 299), rtol=1e-6)
    # Student's law with 299 degrees of freedom reaches 1.9679 errors on each side.
    assert_allclose(drawn["high"] - drawn["estimate"], 1.967930 * drawn["se"], rtol=1e-6)


def test_modal_means_have_the_errors_of_the_means_of_a_domain_of_the_design():
    firms, posterior = drawn_firms(400, seed=2)
    weights = pd.Series(np.where(firms["stratum"] == "a", 2.0, 9.0), index=firms.index)
    design = Design(weights, strata=firms["stratum"])
    table = relate_outcome(posterior, firms["outcome"], sample_weight=design, methods=["modal"]).set_index("profile")
    labels = posterior.to_numpy().argmax(axis=1)
    for profile in range(3):
        mean = weighted_mean(firms["outcome"][labels == profile], design)
        assert table.loc[profile, "estimate"] == pytest.approx(mean.estimate)
        assert table.loc[profile, "se"] == pytest.approx(mean.se)


def test_companies_that_come_in_identical_pairs_count_once():
    firms, posterior = drawn_firms(200, seed=3)
    twice = firms.loc[firms.index.repeat(2)].reset_index(drop=True)
    both = posterior.loc[posterior.index.repeat(2)].reset_index(drop=True)
    one = pd.Series(1.0, index=twice.index)
    pairs = Design(one, clusters=pd.Series(np.repeat(np.arange(200), 2), index=twice.index))
    once = relate_outcome(posterior, firms["outcome"], sample_weight=Design(one.head(200)))
    clustered = relate_outcome(both, twice["outcome"], sample_weight=pairs)
    assert_allclose(clustered["se"], once["se"], rtol=1e-5)
    naive = relate_outcome(both, twice["outcome"], sample_weight=one)
    assert_allclose(naive["se"] * np.sqrt(2), once["se"], rtol=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_linearised_errors_are_those_of_the_jackknife(method):
    firms, posterior = drawn_firms(500, seed=4)
    weights = pd.Series(np.where(firms["stratum"] == "a", 2.0, 9.0), index=firms.index)
    design = Design(weights, strata=firms["stratum"])
    linear, knife = (
        relate_outcome(posterior, firms["outcome"], sample_weight=each, methods=[method])
        for each in (design, jackknife(design))
    )
    # The jackknife is on the cautious side; the outer product is one estimate of the information among others.
    assert_allclose(linear["se"], knife["se"], rtol=0.1 if method == "ml" else 0.03)


def test_units_without_answer_are_of_the_design_and_not_of_the_estimate():
    firms, posterior = drawn_firms(200, seed=5)
    weights = pd.Series(1.0, index=range(210))
    weights.iloc[200:] = 0.0
    found = relate_outcome(posterior, firms["outcome"], sample_weight=Design(weights))
    alone = relate_outcome(posterior, firms["outcome"])
    assert_allclose(found["estimate"], alone["estimate"], atol=1e-8)
    # 210 drawn: 210 / 209 of the sum of squares, whose mean is 0.
    assert_allclose(found["se"], alone["se"] * np.sqrt(210 / 209), rtol=1e-6)


@pytest.mark.slow
def test_intervals_of_a_cluster_sample_hold_the_planted_means_and_those_without_design_do_not():
    """Forty clusters of ten companies whose outcomes share nine tenths of their variance beyond the profile."""
    held = {(kind, method): 0 for kind in ("design", "alone") for method in ("bch", "ml")}
    draws = 120
    for seed in range(draws):
        items, truth = plant(400, seed=seed)
        random = np.random.default_rng(500 + seed)
        cluster = pd.Series(np.repeat(np.arange(40), 10))
        noise = 1.5 * random.normal(size=40)[cluster] + 0.5 * random.normal(size=400)
        outcome = pd.Series(np.array([0.0, 1.0, 3.0])[truth] + noise)
        joint = np.prod(np.where(items.to_numpy()[:, None, :] == 1, YES, 1 - YES), axis=2) * [0.4, 0.3, 0.3]
        posterior = pd.DataFrame(joint / joint.sum(axis=1, keepdims=True))
        one = pd.Series(1.0, index=posterior.index)
        for kind, weights in (("design", Design(one, clusters=cluster)), ("alone", one)):
            table = relate_outcome(posterior, outcome, sample_weight=weights, methods=["bch", "ml"])
            planted = table["profile"].map({0: 0.0, 1: 1.0, 2: 3.0})
            table["held"] = table["low"].le(planted) & table["high"].ge(planted)
            for method in ("bch", "ml"):
                held[kind, method] += int(table.loc[table["method"].eq(method), "held"].sum())
    shares = {key: count / (3 * draws) for key, count in held.items()}
    assert min(shares["design", "bch"], shares["design", "ml"]) >= 0.91
    assert max(shares["alone", "bch"], shares["alone", "ml"]) <= 0.88


# Numbers that do not change ---------------------------------------------------------------------------------------


def test_classes_in_another_order_are_matched_back():
    items, _ = plant(800, seed=1)
    model = LatentClasses(3, random_state=0).fit(items)
    shuffled = model.reorder([2, 0, 1])
    for X in (None, items):
        matches = match_classes(shuffled, model, X)
        assert matches["reference"].tolist() == [2, 0, 1]
        assert_array_equal(shuffled.reorder(order_like(matches)).labels_, model.labels_)
    assert match_classes(shuffled, model)["similarity"].min() == pytest.approx(1.0)


def test_a_new_class_takes_the_number_after_those_of_the_reference():
    items, _ = plant(800, seed=1)
    two, three = (LatentClasses(k, random_state=0).fit(items) for k in (2, 3))
    matches = match_classes(three, two, items)
    assert sorted(matches["reference"]) == [-1, 0, 1]
    order = order_like(matches)
    assert matches["reference"].iloc[order[2]] == -1


def test_models_without_a_common_item_are_not_matched_by_their_answers():
    one = LatentClasses(1).fit(pd.DataFrame({"erp": [0, 1]}))
    other = LatentClasses(1).fit(pd.DataFrame({"crm": [0, 1]}))
    with pytest.raises(UsageError, match="no item in common"):
        match_classes(one, other)


def test_the_next_wave_keeps_the_numbers_even_against_the_order_of_maturity():
    first, _ = plant(700, seed=2)
    second, truth = plant(700, seed=3)
    earlier = LatentClasses(3, random_state=0).fit(first)
    most_first = earlier.reorder(np.argsort([-t for t in earlier.item_probabilities_[5][:, 1]]).tolist())
    score = second.mean(axis=1)
    found = find_profiles(
        second, score.to_frame("all"), order_by=score, numbers=[3], reference=most_first, effort=Effort(starts=20)
    )
    assert found.matches["reference"].tolist() == [0, 1, 2]
    assert found.matches["similarity"].min() > 0.85
    # The class with the highest last item was number 0 of the earlier wave: it still is, with the highest rank.
    assert found.shares["rank"].iloc[0] == found.shares["rank"].max()
    assert np.mean(truth[found.assignment["profile"].eq(0).to_numpy()] == 2) > 0.6


# Moves between waves ----------------------------------------------------------------------------------------------


def test_firms_that_stay_do_not_move_because_their_profile_is_doubtful():
    n = 4000
    first, truth = plant(n, seed=4)
    again = pd.DataFrame((np.random.default_rng(5).random((n, 6)) < YES[truth]).astype(int), columns=list("abcdef"))
    model = LatentClasses(3, random_state=0).fit(pd.concat([first, again]))
    before, after = (pd.DataFrame(model.predict_proba(items)) for items in (first, again))
    moves = estimate_transitions(before, after, replicates=20)
    stay = moves[moves["before"].eq(moves["after"])]
    assert stay["modal"].mean() < 0.75
    assert stay["estimate"].mean() > 0.93
    assert_allclose(moves.groupby("before")["estimate"].sum(), 1.0)
    assert moves["n"].sum() == n
    assert (moves["low"] <= moves["high"]).all()


def test_a_planted_move_is_found_again():
    n = 4000
    first, truth = plant(n, seed=6)
    random = np.random.default_rng(7)
    later = np.where((truth == 0) & (random.random(n) < 0.4), 2, truth)
    second = pd.DataFrame((random.random((n, 6)) < YES[later]).astype(int), columns=list("abcdef"))
    model = LatentClasses(3, random_state=0).fit(pd.concat([first, second]))
    level = np.argsort(sum(table[:, 1] for table in model.item_probabilities_))
    model = model.reorder(level.tolist())
    before, after = (pd.DataFrame(model.predict_proba(items)) for items in (first, second))
    moves = estimate_transitions(before, after, replicates=0).set_index(["before", "after"])["estimate"]
    assert moves[0, 2] == pytest.approx(0.4, abs=0.08)
    assert moves[0, 0] == pytest.approx(0.6, abs=0.08)


def test_waves_without_a_common_respondent_are_refused():
    with pytest.raises(UsageError, match="no respondent is in both waves"):
        estimate_transitions(pd.DataFrame(np.eye(2), index=list("ab")), pd.DataFrame(np.eye(2), index=list("cd")))
