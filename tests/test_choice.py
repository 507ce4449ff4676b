"""Choice models against R (oracles/choice.R), Greene's published tables, hand arithmetic and planted truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.cdo import (
    LongNames,
    Nests,
    ObservedChoice,
    ObservedSettings,
    Separation,
    brier_score,
    calibration_curve,
    check_nests,
    find_separation,
    fit_conditional,
    fit_multinomial,
    fit_nested,
    fit_observed,
    likelihood_ratio,
)
from cdo_analysis.cdo.effects import Fitted, average_effects
from cdo_analysis.cdo.encoding import learn_encoding
from cdo_analysis.cdo.logit import newton, with_intercept
from cdo_analysis.errors import InputError, UsageError

ORACLES = Path(__file__).parent / "oracles"
LONG = LongNames("firm", "option", "chosen")


@pytest.fixture(scope="module")
def oracle() -> dict[str, Any]:
    return json.loads((ORACLES / "choice.json").read_text())


@pytest.fixture(scope="module")
def long() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "choice_sample.csv")


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "multinom.csv")


# --- multinomial ------------------------------------------------------------------------------------------------------


def test_weighted_coefficients_and_both_errors_are_those_of_r(firms: pd.DataFrame, oracle: dict[str, Any]) -> None:
    """nnet::multinom for the first two, the sandwich of survey::svymle for the third."""
    X = pd.DataFrame({"x": firms["x"], "b": firms["group"].eq("b") * 1.0, "c": firms["group"].eq("c") * 1.0})
    table = fit_multinomial(X, firms["choice"], sample_weight=firms["weight"]).table()
    assert table["coefficient"].tolist() == pytest.approx(oracle["coefficient"], abs=1e-6)
    assert table["se"].tolist() == pytest.approx(oracle["se"], abs=1e-4)
    assert table["robust_se"].tolist() == pytest.approx(oracle["robust_se"], abs=1e-4)


def bank(reference_data: Path) -> tuple[pd.DataFrame, pd.Series]:
    table = pd.read_csv(reference_data / "mnl-oracles" / "BankWages.csv")
    columns = {"education": table["education"].astype(float), "minority": table["minority"].eq("yes") * 1.0}
    return pd.DataFrame(columns | {"woman": table["gender"].eq("female") * 1.0}), table["job"]


@pytest.mark.reference_data
def test_bank_wages_of_men_are_those_of_nnet(reference_data: Path) -> None:
    X, job = bank(reference_data)
    men = X["woman"].eq(0)
    fit = fit_multinomial(X.loc[men, ["education", "minority"]], job[men], base="custodial")
    expected = [-4.760725, 0.5533995, -0.4269495, -30.774855, 2.1867717, -2.5360409]
    assert fit.table()["coefficient"].tolist() == pytest.approx(expected, abs=3e-5)
    errors = [1.172774, 0.09904108, 0.5027084, 4.478612, 0.29483562, 0.9342070]
    assert fit.table()["se"].tolist() == pytest.approx(errors, abs=3e-5)
    assert fit.log_likelihood == pytest.approx(-118.736, abs=5e-4)
    assert fit.converged
    assert without_separation(X[men], job[men])


def without_separation(X: pd.DataFrame, choice: pd.Series) -> bool:
    y, options = coded(choice)
    return find_separation(X.to_numpy(), y, options=options, features=list(X)) == ()


def coded(choice: pd.Series) -> tuple[np.ndarray, list[str]]:
    y, options = pd.factorize(choice, sort=True)
    return y, list(options)


@pytest.mark.reference_data
def test_that_no_woman_is_custodial_is_found_and_named(reference_data: Path) -> None:
    X, job = bank(reference_data)
    y, options = coded(job)
    found = find_separation(X.to_numpy(), y, options=options, features=list(X))
    assert found == (Separation("custodial", "woman", rises=False),)
    assert not fit_multinomial(X, job).converged


def test_a_penalty_gives_what_separation_takes_away_and_is_the_one_of_scikit_learn(firms: pd.DataFrame) -> None:
    from sklearn.linear_model import LogisticRegression

    X = pd.DataFrame({"x": firms["x"], "never": (firms["choice"].ne("interim") & firms["x"].gt(0)) * 1.0})
    y, options = coded(firms["choice"])
    assert [s.option for s in find_separation(X.to_numpy(), y, options=options, features=list(X))] == ["interim"]
    fit = fit_multinomial(X, firms["choice"], ridge=4.0, sample_weight=firms["weight"])
    peer = LogisticRegression(C=0.25, tol=1e-10, max_iter=5000).fit(X, firms["choice"], sample_weight=firms["weight"])
    assert fit.coefficients[:, 1:] == pytest.approx(peer.coef_ - peer.coef_[0], abs=1e-5)
    assert fit.converged


def test_two_columns_that_together_tell_an_option_are_both_named() -> None:
    """Firms have "c" exactly where x + z is above 1.5, which neither says alone."""
    rng = np.random.default_rng(0)
    Z = rng.uniform(size=(300, 3))
    y = np.where(Z[:, 0] + Z[:, 1] > 1.5, 2, rng.integers(0, 2, 300))
    found = find_separation(Z, y, options=["a", "b", "c"], features=["x", "z", "noise"])
    assert {(s.option, s.feature, s.rises) for s in found} >= {("c", "x", True), ("c", "z", True)}


def test_a_logit_of_one_option_or_of_missing_values_is_refused() -> None:
    with pytest.raises(InputError, match="was asked of 1 options"):
        fit_multinomial(pd.DataFrame({"x": [1.0, 2.0]}), pd.Series(["a", "a"]))
    with pytest.raises(InputError, match="missing values; fill or drop them"):
        fit_multinomial(pd.DataFrame({"x": [1.0, np.nan]}), pd.Series(["a", "b"]))


# --- effects ----------------------------------------------------------------------------------------------------------


def fitted_to(X: pd.DataFrame, choice: pd.Series, w: np.ndarray, ridge: float = 0.0) -> pd.DataFrame:
    encoding = learn_encoding(X)
    y, options = coded(choice)
    Z = with_intercept(encoding.encode(X))
    beta, _ = newton(Z, y, w, ridge=ridge, options=len(options))
    return average_effects(X, encoding, Fitted(Z, y, w, beta, ridge), options)


def test_average_effects_are_those_of_r_and_their_errors_near_its_jackknife(
    firms: pd.DataFrame, oracle: dict[str, Any]
) -> None:
    """The jackknife refits nnet without each firm: linearisation must be within 6 % of it."""
    weights = firms["weight"].to_numpy()
    table = fitted_to(firms[["x", "group"]], firms["choice"], weights)
    assert table.loc[0, "step"] == pytest.approx(oracle["step"], abs=1e-7)
    common = firms["group"].value_counts().idxmax()
    ours = table.set_index(["column", "level", "option"]).sort_index()
    options = sorted(firms["choice"].unique())
    effects, errors = np.reshape(oracle["effects"], (3, 3)), np.reshape(oracle["effects_se"], (3, 3))
    assert ours.loc[("x", ""), "effect"].tolist() == pytest.approx(effects[0].tolist(), abs=1e-6)
    assert ours.loc[("x", ""), "se"].tolist() == pytest.approx(errors[0].tolist(), rel=0.06)
    shift = {"a": np.zeros(3), "b": effects[1], "c": effects[2]}  # of each level against "a"
    for level in {"a", "b", "c"} - {common}:
        found = ours.loc[("group", level)].loc[options]
        assert found["effect"].tolist() == pytest.approx((shift[level] - shift[common]).tolist(), abs=1e-6)
        if "a" in (level, common):
            other = ({level, common} - {"a"}).pop()
            assert found["se"].tolist() == pytest.approx(errors["abc".index(other)].tolist(), rel=0.06)


def test_effects_of_one_change_add_up_to_nothing_and_count_the_firms() -> None:
    X = pd.DataFrame({"size": [1.0, 2.0, 3.0, 4.0, 5.0, np.nan] * 20, "sector": ["x", "x", "y"] * 40})
    choice = pd.Series(np.random.default_rng(1).choice(["a", "b", "c"], 120))
    table = fitted_to(X, choice, np.ones(120), ridge=1.0)
    assert table.groupby(["column", "level"])["effect"].sum().abs().max() < 1e-12
    assert table[table["column"].eq("size")]["n"].tolist() == [100] * 3
    assert table[["level", "against", "n"]].iloc[-1].tolist() == ["y", "x", 40]
    of_y = choice[X["sector"].eq("y")].value_counts()
    assert table[table["level"].eq("y")].set_index("option")["firms"].to_dict() == of_y.to_dict()


@pytest.mark.slow
def test_intervals_of_effects_cover_the_truth_about_as_often_as_they_say() -> None:
    """300 samples of 500 firms drawn with unequal chances: 95 %, give or take three standard errors of the count."""
    rng = np.random.default_rng(5)
    pool = 200_000
    x, group = rng.normal(size=pool), rng.choice(["a", "b"], pool, p=[0.6, 0.4])
    scores = np.column_stack([np.zeros(pool), 0.8 * x - 0.5 * (group == "b"), -0.4 * x + 0.5 * (group == "b")])
    y = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    chance = 1 / (1 + np.exp(-0.8 * x))
    shares = lambda s: np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)  # noqa: E731
    to_b, to_a = np.array([0, -0.5, 0.5]), np.zeros(3)
    line = np.column_stack([np.zeros(pool), 0.8 * x, -0.4 * x])
    truth = (shares(line + to_b) - shares(line + to_a)).mean(axis=0)
    inside = np.zeros(3)
    for _ in range(300):
        drawn = rng.choice(pool, 500, p=chance / chance.sum())
        X = pd.DataFrame({"x": x[drawn], "group": group[drawn]})
        table = fitted_to(X, pd.Series(np.array(["p", "q", "r"])[y[drawn]]), 1 / chance[drawn])
        rows = table[table["level"].eq("b")]
        inside += ((rows["low"] <= truth) & (truth <= rows["high"])).to_numpy()
    assert ((inside / 300 > 0.91) & (inside / 300 < 0.99)).all(), inside / 300


# --- calibration ------------------------------------------------------------------------------------------------------


def test_a_calibration_curve_by_hand() -> None:
    """Two firms are given 0.2 and 0.8, two 0.4 and 0.6. The pair of bins at 0.2 and 0.4 has weights 1, 1 and 3, 1."""
    predicted = np.array([[0.2, 0.8], [0.2, 0.8], [0.4, 0.6], [0.4, 0.6]])
    y, w = np.array([0, 1, 0, 1]), np.array([1.0, 1.0, 3.0, 1.0])
    table = calibration_curve(predicted, y, w, bins=4)
    assert table["predicted"].tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert table["observed"].tolist() == pytest.approx([0.5, 0.75, 0.25, 0.5])
    assert table["n"].tolist() == [2, 2, 2, 2]
    assert table["firms"].tolist() == [1, 1, 1, 1]
    error = np.sqrt((3 * 0.25) ** 2 + 0.75**2) / 4 * np.sqrt(4 / 3)  # residuals 0.25 and -0.75, weights 3 and 1 of 4
    assert table.loc[1, "low"] == pytest.approx(max(0.0, 0.75 - 1.959964 * error), abs=1e-6)


def test_the_brier_score_of_shares_is_one_less_their_squares() -> None:
    y = np.array([0] * 5 + [1] * 3 + [2] * 2)
    score = brier_score(np.tile([0.5, 0.3, 0.2], (10, 1)), y, np.ones(10))
    assert score == pytest.approx(1 - 0.25 - 0.09 - 0.04)


# --- conditional and nested -------------------------------------------------------------------------------------------

TWO_NESTS = {"a": "first", "b": "first", "c": "second", "d": "second"}


@pytest.mark.parametrize(
    ("name", "nests"),
    [
        ("nested", Nests(TWO_NESTS)),
        ("common", Nests(TWO_NESTS, common=True)),
        ("inclusive", Nests(TWO_NESTS, scaling="inclusive")),
    ],
)
def test_nested_logits_are_those_of_r(long: pd.DataFrame, oracle: dict[str, Any], name: str, nests: Nests) -> None:
    fit = fit_nested(long, ["cost", "quality"], names=LONG, nests=nests)
    assert fit.log_likelihood == pytest.approx(oracle[name]["log_likelihood"], abs=1e-4)
    assert fit.parameters["coefficient"].tolist() == pytest.approx(oracle[name]["coefficient"], abs=2e-3)
    assert fit.parameters["se"].tolist() == pytest.approx(oracle[name]["se"], rel=0.01)
    assert fit.converged


def test_conditional_logits_are_those_of_r_with_and_without_weights(long: pd.DataFrame, oracle: dict[str, Any]) -> None:
    for name, names in (("conditional", LONG), ("weighted", LongNames("firm", "option", "chosen", "weight"))):
        fit = fit_conditional(long, ["cost", "quality"], names=names)
        assert fit.log_likelihood == pytest.approx(oracle[name]["log_likelihood"], abs=1e-5)
        assert fit.parameters["coefficient"].tolist() == pytest.approx(oracle[name]["coefficient"], abs=1e-4)
        assert fit.parameters["se"].tolist() == pytest.approx(oracle[name]["se"], rel=1e-3)


def test_the_likelihood_ratio_of_a_nest_is_twice_the_difference_r_finds(
    long: pd.DataFrame, oracle: dict[str, Any]
) -> None:
    small = fit_conditional(long, ["cost", "quality"], names=LONG)
    large = fit_nested(long, ["cost", "quality"], names=LONG, nests=Nests(TWO_NESTS, common=True))
    test = likelihood_ratio(large, small)
    assert test.statistic == pytest.approx(2 * (-238.229908 + 240.535499), abs=1e-3)
    assert (test.df, test.p_value) == (1, pytest.approx(0.0318, abs=2e-4))  # pchisq(4.611182, 1, lower = FALSE)
    with pytest.raises(UsageError, match="name the larger model first"):
        likelihood_ratio(small, large)


@pytest.fixture
def travel(reference_data: Path) -> pd.DataFrame:
    table = pd.read_csv(reference_data / "mnl-oracles" / "TravelMode.csv")
    air = table["income"] * table["mode"].eq("air")
    return table.assign(chosen=table["choice"].eq("yes"), income_air=air)


TRAVEL = LongNames("individual", "mode", "chosen")


@pytest.mark.reference_data
def test_travel_modes_are_those_of_greene_conditional(travel: pd.DataFrame) -> None:
    """Greene, Econometric Analysis, 5th edition, table 21.11: coefficients, errors and log-likelihood -199.1284."""
    fit = fit_conditional(travel, ["gcost", "wait", "income_air"], names=TRAVEL, base="car")
    expected = {
        "(intercept:air)": (5.2074, 0.7791), "(intercept:train)": (3.8690, 0.4431), "(intercept:bus)": (3.1632, 0.4503),
        "gcost": (-0.0155, 0.0044), "wait": (-0.0961, 0.0104), "income_air": (0.0133, 0.0103),
    }  # fmt: skip
    for name, (coefficient, error) in expected.items():
        assert fit.parameters.loc[name, "coefficient"] == pytest.approx(coefficient, abs=6e-5)
        assert fit.parameters.loc[name, "se"] == pytest.approx(error, abs=6e-5)
    assert fit.log_likelihood == pytest.approx(-199.1284, abs=1e-4)


@pytest.mark.reference_data
def test_travel_modes_are_those_of_greene_nested(travel: pd.DataFrame) -> None:
    """Same book, table 21.12: inclusive values 0.5860 (fly) and 0.3890 (ground), log-likelihood -193.6561."""
    modes = {"air": "fly", "train": "ground", "bus": "ground", "car": "ground"}
    nests = Nests(modes, scaling="inclusive")
    fit = fit_nested(travel, ["gcost", "wait", "income_air"], names=TRAVEL, base="car", nests=nests)
    found = fit.parameters["coefficient"]
    expected = [6.042, 4.096, 5.065, -0.03159, -0.1126, 0.5860, 0.3890]
    rows = ["(intercept:air)", "(intercept:bus)", "(intercept:train)", "gcost", "wait", "iv:fly", "iv:ground"]
    assert found[rows].tolist() == pytest.approx(expected, rel=1e-3)
    # Greene lets income act on the choice to fly, above the inclusive value: 0.01533 there.
    assert found["income_air"] * found["iv:fly"] == pytest.approx(0.01533, abs=1e-5)
    assert fit.parameters.loc[["iv:fly", "iv:ground"], "se"].tolist() == pytest.approx([0.141, 0.124], abs=6e-4)
    assert fit.log_likelihood == pytest.approx(-193.6561, abs=1e-4)


def test_a_nest_of_one_option_has_no_inclusive_value_where_utilities_are_divided(long: pd.DataFrame) -> None:
    fit = fit_nested(long, ["cost"], names=LONG, nests=Nests({"a": "one", "c": "two", "d": "two"}))
    assert [name for name in fit.parameters.index if name.startswith("iv")] == ["iv:two"]
    with pytest.raises(UsageError, match="no nest has two of the options"):
        fit_nested(long, ["cost"], names=LONG, nests=Nests({"a": "one", "b": "two"}))


def test_tables_of_choices_that_cannot_be_used_are_named(long: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="firm 7 has 0 chosen options; each firm has one"):
        fit_conditional(long.assign(chosen=long["chosen"].where(long["firm"].ne(7), 0)), ["cost"], names=LONG)
    with pytest.raises(UsageError, match="no column 'price'"):
        fit_conditional(long, ["price"], names=LONG)


# --- what the observed choice says of itself --------------------------------------------------------------------------


def drawn_in_nests(n: int, value: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the multinomial probabilities of four options, and choices whose nests have an inclusive value."""
    rng = np.random.default_rng(seed)
    V = rng.normal(size=(n, 4))
    within, lam = V / value, np.array([value, value])
    inside = np.log(np.exp(within).reshape(n, 2, 2).sum(axis=2))
    upper = lam * inside - np.log(np.exp(lam * inside).sum(axis=1, keepdims=True))
    shares = np.exp(within - inside.repeat(2, axis=1) + upper.repeat(2, axis=1))
    y = np.minimum((shares.cumsum(axis=1) < rng.uniform(size=(n, 1))).sum(axis=1), 3)
    return np.exp(V) / np.exp(V).sum(axis=1, keepdims=True), y


def test_nests_are_told_where_they_are_and_hardly_ever_where_they_are_not() -> None:
    refuted = {1.0: 0, 0.5: 0}
    for value in refuted:
        for seed in range(40):
            found = check_nests(*drawn_in_nests(400, value, seed), ["a", "b", "c", "d"], TWO_NESTS)
            assert found is not None
            refuted[value] += found.refuted
    assert refuted[1.0] <= 6  # 2 expected; 7 or more happens once in 300 times
    assert refuted[0.5] >= 36
    planted = check_nests(*drawn_in_nests(20_000, 0.5, 0), ["a", "b", "c", "d"], TWO_NESTS)
    assert planted is not None
    assert planted.value == pytest.approx(0.5, abs=3 * planted.se)
    assert planted.groups == {"first": ["a", "b"], "second": ["c", "d"]}


def test_without_a_group_of_two_options_there_is_nothing_to_check() -> None:
    predicted, y = drawn_in_nests(50, 1.0, 0)
    assert check_nests(predicted, y, ["a", "b", "c", "d"], {}) is None


def survey(n: int = 400) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    rng = np.random.default_rng(11)
    X = pd.DataFrame({"budget": rng.lognormal(3, 1, n), "sector": rng.choice(["trade", "industry"], n)})
    scores = np.column_stack([np.zeros(n), 1.2 * (np.log(X["budget"]) - 3), rng.normal(size=n) * 0])
    have = np.array(["boss_led", "internal", "internal_with_experts"])[
        (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    ]
    have[X["sector"].eq("trade") & (have == "boss_led")] = "internal"
    return X, pd.Series(have), pd.Series(rng.uniform(0.5, 2, n))


def test_an_observed_choice_says_its_effects_its_calibration_its_nests_and_what_separates() -> None:
    X, have, weight = survey()
    found = fit_observed(X, have, sample_weight=weight)
    assert found.quality is not None
    assert found.quality.brier < found.quality.base_brier
    told = found.effects[found.effects["column"].eq("budget")].set_index("option")["effect"]
    assert told["boss_led"] < 0 < told["internal"]
    assert found.separations == (Separation("boss_led", "sector=trade", rises=False),)
    assert found.nesting is not None
    assert found.nesting.groups == {"internal_cdo": ["internal", "internal_with_experts"]}
    assert found.calibration["n"].sum() == 3 * len(X)
    saved = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    again = ObservedChoice.from_dict(saved, found.probabilities)
    pd.testing.assert_frame_equal(again.effects, found.effects)
    pd.testing.assert_frame_equal(again.calibration, found.calibration)
    assert (again.separations, again.nesting) == (found.separations, found.nesting)


def test_two_options_are_penalised_as_scikit_learn_penalises_them() -> None:
    from sklearn.linear_model import LogisticRegression

    X, have, weight = survey()
    two = have.replace("internal_with_experts", "internal")
    settings = ObservedSettings(penalties=(0.1,), parents={})
    model = fit_observed(X, two, sample_weight=weight, settings=settings).model
    weights = weight / weight.mean()
    peer = LogisticRegression(C=0.1, tol=1e-10).fit(model.encoding.encode(X), two, sample_weight=weights)
    assert model.coefficients[1] - model.coefficients[0] == pytest.approx(peer.coef_[0], abs=1e-5)
