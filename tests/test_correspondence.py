"""Factorial axes, Ward's tree and clusters on them, against FactoMineR (oracles/factorial.R)."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.profiles.correspondence import FactorialAxes
from cdo_analysis.profiles.factorial_clusters import FactorialClusters
from cdo_analysis.profiles.supplementary import correlate_numbers, place_categories
from cdo_analysis.profiles.ward import grow_tree, suggest_number

ORACLES = Path(__file__).parent / "oracles"
ACTIVE = ["erp", "crm", "cloud", "training", "security", "ai"]


@parametrize_with_checks([FactorialAxes(), FactorialClusters()])
def test_the_estimators_keep_the_contract_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "factorial.csv", keep_default_na=False).astype({"score": float, "staff": float})


@pytest.fixture(scope="module")
def r() -> dict:
    return json.loads((ORACLES / "factorial.json").read_text())


@pytest.fixture(scope="module")
def weighted(firms) -> FactorialAxes:
    return FactorialAxes(3, rare=0).fit(firms[ACTIVE], sample_weight=firms["weight"])


def align(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Turn axes as R turned them: the sign of an axis means nothing."""
    return ours * np.sign(np.sum(ours * theirs, axis=0))


# Axes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.reference_data
def test_the_axes_of_the_tea_survey_have_the_printed_inertia(reference_data):
    tea = pd.read_csv(reference_data / "factominer" / "tea.csv").iloc[:, :18]
    inertia = FactorialAxes(5, rare=0).fit(tea).inertia()
    assert_allclose(100 * inertia["share"][:5], [9.8850, 8.1031, 6.0006, 5.2036, 4.9166], atol=6e-5)


@pytest.mark.reference_data
def test_the_axes_of_the_poisoned_meal_have_the_printed_inertia(reference_data):
    meal = pd.read_csv(reference_data / "factominer" / "poison.csv").iloc[:, 4:15]
    inertia = FactorialAxes(5, rare=0).fit(meal).inertia()
    assert_allclose(100 * inertia["share"][:3], [33.5231, 12.9140, 10.7348], atol=6e-5)


def test_weighted_axes_rows_and_contributions_are_those_of_factominer(weighted, firms, r):
    theirs = r["weighted"]
    assert_allclose(weighted.eigenvalues_, theirs["eigenvalues"], rtol=1e-9)
    rows = np.array(theirs["rows"])
    assert_allclose(align(weighted.transform(firms[ACTIVE])[:5, :2], rows), rows, atol=1e-9)
    table = weighted.contributions().query("axis == 1").set_index(["item", "category"])["contribution"]
    assert 100 * table["ai", "daily"] == pytest.approx(theirs["contributions"]["daily"][0], rel=1e-9)
    assert 100 * table["erp", "yes"] == pytest.approx(theirs["contributions"]["erp_yes"][0], rel=1e-9)
    assert table.sum() == pytest.approx(1)


def test_answers_stand_where_factominer_puts_them(weighted, firms, r):
    points = weighted.transform(firms[ACTIVE])[:, :2]
    rows = np.array(r["weighted"]["rows"])
    turned = points * np.sign(np.sum(points[:5] * rows, axis=0))
    placed = place_categories(turned, firms[[*ACTIVE, "size"]], sample_weight=firms["weight"])
    placed = placed.set_index(["item", "category", "axis"])
    for item, category, name, source in [
        ("ai", "daily", "daily", "weighted"),
        ("erp", "no", "erp_no", "weighted"),
        ("size", "eti", "eti", "supplementary"),
        ("size", "pme", "pme", "supplementary"),
    ]:
        for axis in (1, 2):
            r_point, r_test = (r[source][kind][name][axis - 1] for kind in ("categories", "tests"))
            assert placed.loc[(item, category, axis), "coordinate"] == pytest.approx(r_point, abs=1e-8)
            assert placed.loc[(item, category, axis), "v_test"] == pytest.approx(r_test, rel=1e-7)
    correlations = correlate_numbers(turned, firms[["score"]], sample_weight=firms["weight"])["correlation"]
    assert_allclose(correlations, r["supplementary"]["score"], atol=1e-9)


def test_rare_answers_are_passive_as_in_specific_analysis(firms, r):
    assert r["specific"]["excluded"] == "daily"
    model = FactorialAxes(3, rare=r["specific"]["threshold"]).fit(firms[ACTIVE], sample_weight=firms["weight"])
    assert_allclose(model.eigenvalues_, r["specific"]["eigenvalues"], rtol=1e-8)
    rows = np.array(r["specific"]["rows"])
    assert_allclose(align(model.transform(firms[ACTIVE])[:5, :2], rows), rows, atol=1e-8)
    table = model.contributions()
    assert table.loc[table["category"] == "daily", ["active", "contribution"]].to_numpy().tolist() == [[False, 0.0]] * 3


def test_missing_answers_are_passive_as_in_specific_analysis(firms, r):
    holes = firms[ACTIVE].copy()
    holes.loc[[0, 4, 8, 29], "erp"] = None
    holes.loc[[1, 4, 76], "ai"] = None
    model = FactorialAxes(3, rare=0).fit(holes, sample_weight=firms["weight"])
    assert_allclose(model.eigenvalues_, r["missing"]["eigenvalues"], rtol=1e-8)
    rows = np.array(r["missing"]["rows"])
    assert_allclose(align(model.transform(holes)[:5, :2], rows), rows, atol=1e-8)


def test_mixed_tables_have_the_axes_of_famd(firms, r):
    mixed = firms[[*ACTIVE, "score", "staff"]]
    model = FactorialAxes(3, rare=0).fit(mixed, sample_weight=firms["weight"])
    assert_allclose(model.eigenvalues_[:3], r["mixed"]["eigenvalues"], rtol=1e-9)
    assert_allclose(100 * model.inertia()["share"][:3], r["mixed"]["shares"], rtol=1e-9)
    rows = np.array(r["mixed"]["rows"])
    assert_allclose(align(model.transform(mixed)[:5, :2], rows), rows, atol=1e-9)


def test_corrected_inertia_follows_benzecri_and_greenacre_by_hand():
    # Two yes/no questions with a cross table of 3, 1, 1, 3: phi = 1/2, eigenvalues (1 + phi) / 2 and (1 - phi) / 2.
    # Benzécri: only 3/4 is above 1/2. Greenacre: (2 (3/4 - 1/2))^2 = 1/4 over the inertia of the cross table, phi^2.
    table = pd.DataFrame({"erp": list("yyyynnnn"), "crm": list("yyynynnn")})
    inertia = FactorialAxes(2, rare=0).fit(table).inertia()
    assert_allclose(inertia["eigenvalue"], [0.75, 0.25])
    assert_allclose(inertia["benzecri"], [1, 0])
    assert_allclose(inertia["greenacre"], [1, 0])


def test_without_relation_between_questions_there_is_nothing_to_correct():
    table = pd.DataFrame({"erp": list("yynn"), "crm": list("ynyn")})
    assert FactorialAxes(2, rare=0).fit(table).inertia()["benzecri"].tolist() == [0, 0]


def test_rows_that_weigh_the_same_are_counted_to_the_same_axes_as_rows_that_are_multiplied(firms):
    table = pd.concat([firms[ACTIVE]] * 3, ignore_index=True)
    counted = FactorialAxes(3, rare=0).fit(table)
    nearly = np.ones(len(table))
    nearly[0] += 1e-12
    assert_allclose(counted.eigenvalues_, FactorialAxes(3, rare=0).fit(table, sample_weight=nearly).eigenvalues_)


def test_single_precision_of_many_rows_keeps_six_digits(firms):
    many = pd.concat([firms] * 90, ignore_index=True)
    model = FactorialAxes(3, rare=0).fit(many[ACTIVE], sample_weight=many["weight"])
    once = FactorialAxes(3, rare=0).fit(firms[ACTIVE], sample_weight=firms["weight"])
    assert len(many) > 20_000
    assert_allclose(model.eigenvalues_, once.eigenvalues_, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_answers_may_be_of_any_dtype_of_text(weighted, firms, dtype):
    model = FactorialAxes(3, rare=0).fit(firms[ACTIVE].astype(dtype), sample_weight=firms["weight"])
    assert_allclose(model.eigenvalues_, weighted.eigenvalues_, rtol=1e-12)


def test_unused_categories_of_pandas_are_no_answers(firms):
    table = firms[ACTIVE].astype({"ai": pd.CategoricalDtype(["daily", "weekly", "none", "test"])})
    model = FactorialAxes(3, rare=0).fit(table)
    assert model.variables_.categories[5].tolist() == ["daily", "none", "test"]
    with pytest.raises(InputError, match="'weekly'"):
        model.transform(table.assign(ai=table["ai"].where(table.index > 0, "weekly")))


def test_an_unseen_answer_is_refused_by_name(weighted, firms):
    with pytest.raises(InputError, match="column 'ai' holds 'hourly'"):
        weighted.transform(firms[ACTIVE].assign(ai="hourly"))


def test_a_column_that_does_not_vary_alone_has_no_axis():
    with pytest.raises(UsageError, match="no column varies"):
        FactorialAxes().fit(pd.DataFrame({"erp": ["yes", "yes"]}))


def test_an_unknown_continuous_column_is_refused(firms):
    with pytest.raises(UsageError, match="did you mean 'score'"):
        FactorialAxes(continuous=["scores"]).fit(firms)


# The tree -----------------------------------------------------------------------------------------------------------


def test_the_tree_of_three_points_is_the_one_computed_by_hand():
    # Masses 2, 1, 1 at 0, 3, 5: uniting 3 and 5 loses 1 * 1 / 2 * 4 = 2; then 0 and 4, 2 * 2 / 4 * 16 = 16.
    tree = grow_tree(np.array([[0.0], [3.0], [5.0]]), np.array([2.0, 1.0, 1.0]))
    assert_allclose(tree.losses, [2, 16])
    assert tree.cut(2).tolist() == [0, 1, 1]
    assert tree.cut(3).tolist() == [0, 1, 2]
    assert tree.cut(1).tolist() == [0, 0, 0]
    with pytest.raises(UsageError, match="3 leaves"):
        tree.cut(4)


def test_the_losses_of_the_tree_sum_to_the_inertia():
    random = np.random.default_rng(0)
    points, masses = random.normal(size=(60, 3)), random.uniform(0.5, 2, 60)
    middle = np.average(points, axis=0, weights=masses)
    total = np.sum(masses * np.sum((points - middle) ** 2, axis=1))
    assert grow_tree(points, masses).losses.sum() == pytest.approx(total)


def test_the_weighted_tree_is_that_of_factominer(weighted, firms, r):
    points = weighted.transform(firms[ACTIVE])
    weights = firms["weight"].to_numpy() / firms["weight"].sum()
    tree = grow_tree(points, weights)
    assert_allclose(tree.losses[::-1][:10], r["tree"]["losses"], rtol=1e-8)
    assert adjusted_rand_score(tree.cut(3), r["tree"]["clusters"]) == 1


def test_the_clusters_are_those_of_hcpc(firms, r):
    model = FactorialClusters(3, n_components=3, rare=0).fit(firms[ACTIVE])
    assert_allclose(model.losses_[:10], r["groups"]["losses"], rtol=1e-8)
    assert adjusted_rand_score(model.labels_, r["groups"]["clusters"]) == 1
    assert suggest_number(model.losses_) == r["suggested"]


@pytest.mark.reference_data
def test_the_tea_drinkers_fall_into_the_printed_clusters(reference_data):
    tea = pd.read_csv(reference_data / "factominer" / "tea.csv").iloc[:, :18]
    model = FactorialClusters(3, n_components=5, rare=0).fit(tea)
    assert sorted(np.bincount(model.labels_)) == [32, 97, 171]
    assert suggest_number(model.losses_) == 3


# Clusters -----------------------------------------------------------------------------------------------------------


def test_a_row_of_weight_two_counts_as_the_row_written_twice(firms):
    times = np.random.default_rng(1).integers(1, 4, len(firms))
    once = FactorialClusters(3).fit(firms[ACTIVE], sample_weight=times)
    copies = FactorialClusters(3).fit(firms[ACTIVE].loc[firms.index.repeat(times)])
    # Copies of a row may be torn apart by the last moves, one by one; the tree cannot tell the difference.
    assert_allclose(once.axes_.eigenvalues_, copies.axes_.eigenvalues_)
    assert_allclose(once.losses_[:5], copies.losses_[:5], rtol=1e-9)
    assert adjusted_rand_score(once.labels_, copies.predict(firms[ACTIVE])) > 0.95


def test_the_order_of_the_rows_changes_nothing(firms):
    order = np.random.default_rng(2).permutation(len(firms))
    model = FactorialClusters(4).fit(firms[ACTIVE])
    shuffled = FactorialClusters(4).fit(firms[ACTIVE].iloc[order])
    assert adjusted_rand_score(shuffled.labels_, model.labels_[order]) == 1


def test_who_answered_nothing_belongs_nowhere_and_moves_nothing(firms):
    table = firms[ACTIVE].astype(object)
    nobody = pd.concat([table, pd.DataFrame([[None] * 6], columns=ACTIVE)], ignore_index=True)
    model = FactorialClusters(3).fit(nobody)
    assert model.labels_[-1] == -1
    assert model.predict(nobody)[-1] == -1
    assert_array_equal(model.labels_[:-1], FactorialClusters(3).fit(table).labels_)


def test_placing_the_rows_of_the_fit_gives_their_clusters(firms):
    mixed = firms[[*ACTIVE, "score", "staff"]]
    model = FactorialClusters(3).fit(mixed, sample_weight=firms["weight"])
    assert_array_equal(model.predict(mixed), model.labels_)


def test_planted_profiles_are_found_by_the_french_way():
    random = np.random.default_rng(3)
    truth = random.choice(3, size=3000, p=[0.5, 0.3, 0.2])
    yes = np.array([[0.1] * 12, [0.9] * 6 + [0.1] * 6, [0.9] * 12])
    answers = pd.DataFrame(random.random((3000, 12)) < yes[truth]).astype(str).set_axis(list("abcdefghijkl"), axis=1)
    model = FactorialClusters(3, random_state=0).fit(answers)
    assert adjusted_rand_score(truth, model.labels_) > 0.85
    assert model.axes_.n_components_ == 2


PLACE_ELSEWHERE = """
import json, sys
import pandas as pd
from cdo_analysis.profiles.factorial_clusters import FactorialClusters
saved, rows = json.load(sys.stdin)
print(json.dumps(FactorialClusters.from_dict(saved).predict(pd.DataFrame(rows)).tolist()))
"""


def test_a_saved_model_places_companies_alike_in_another_process(firms):
    mixed = firms[[*ACTIVE, "score"]]
    model = FactorialClusters(3, continuous=["score"]).fit(mixed, sample_weight=firms["weight"]).reorder([2, 0, 1])
    rows = mixed.head(40).astype(object)
    rows.iloc[3, 0], rows.iloc[4, 6] = None, None
    sent = json.dumps([model.to_dict(), rows.to_dict("records")], allow_nan=False)
    done = subprocess.run(
        [sys.executable, "-c", PLACE_ELSEWHERE], input=sent, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == model.predict(rows.astype({"score": float})).tolist()
    assert_array_equal(model.labels_, model.predict(mixed))


def test_saved_axes_say_the_same_of_themselves(weighted, firms):
    again = FactorialAxes.from_dict(json.loads(json.dumps(weighted.to_dict(), allow_nan=False)))
    pd.testing.assert_frame_equal(again.inertia(), weighted.inertia())
    pd.testing.assert_frame_equal(again.contributions(), weighted.contributions())
    with pytest.raises(InputError, match="fit the study again"):
        FactorialClusters.from_dict(weighted.to_dict())


def test_fewer_rows_than_clusters_are_refused():
    with pytest.raises(UsageError, match="n_clusters=4"):
        FactorialClusters(4).fit(pd.DataFrame({"erp": ["yes", "no", None]}))
