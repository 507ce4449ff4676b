"""Cells that too few companies are behind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.disclosure import PROFILES, disclosure_profile, flag_counts, flag_cross_table, flag_means
from cdo_analysis.errors import UsageError
from cdo_analysis.tables import mean_by_group, missing_by_item, peer_band, share_by_category, shares_by_group

PRUDENT = PROFILES["prudent"]


def _answers(**counts: int) -> tuple[pd.Series, pd.Series]:
    answers = pd.Series([name for name, n in counts.items() for _ in range(n)], dtype="str")
    return answers, pd.Series(1.0, index=answers.index)


def test_a_count_of_four_is_hidden_and_a_count_of_five_is_shown_unreliable() -> None:
    assert flag_counts(pd.Series([4, 4, 92]), PRUDENT).tolist() == ["c", "c", ""]
    assert flag_counts(pd.Series([5, 95]), PRUDENT).tolist() == ["u", ""]


def test_insee_hides_two_companies_and_shows_three() -> None:
    assert flag_counts(pd.Series([2, 2, 50]), PROFILES["insee"]).tolist() == ["c", "c", ""]
    assert flag_counts(pd.Series([3, 50]), PROFILES["insee"]).tolist() == ["u", ""]


def test_a_single_hidden_cell_takes_the_next_smallest_with_it() -> None:
    assert flag_counts(pd.Series([60, 3, 40]), PRUDENT).tolist() == ["", "c", "c"]


def test_an_empty_cell_is_shown_as_zero() -> None:
    assert flag_counts(pd.Series([0, 50, 50]), PRUDENT).tolist() == ["", "", ""]


def test_a_mean_of_nine_is_hidden() -> None:
    assert flag_means(pd.Series([9, 10, 30]), PRUDENT).tolist() == ["c", "u", ""]


def test_an_unknown_profile_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'prudent'"):
        disclosure_profile("prudant")


def test_a_hidden_share_leaves_no_number_in_its_row() -> None:
    answers, weights = _answers(a=60, b=40, c=2)
    table = share_by_category(answers, weights, order=["a", "b", "c"], profile=PRUDENT).set_index("category")
    assert table.loc["c", ["n", "estimate", "low", "high"]].isna().all()
    assert table.loc["b", ["n", "estimate", "low", "high"]].isna().all(), "a alone and the total would give c away"
    assert table.loc["a", "n"] == 60


def test_shares_are_weighted_and_only_among_those_who_answered() -> None:
    answers = pd.Series(["a", "b", None] * 40, dtype="str")
    weights = pd.Series([3.0, 1.0, 5.0] * 40)
    table = share_by_category(answers, weights, order=["a", "b"], profile=PRUDENT)
    assert table["estimate"].tolist() == pytest.approx([0.75, 0.25])
    assert table["n"].tolist() == [40, 40]


def _lines(flags: pd.DataFrame, counts: pd.DataFrame) -> list[tuple[np.ndarray, np.ndarray]]:
    hidden, numbers = flags.eq("c").to_numpy(), counts.to_numpy()
    return [*zip(hidden, numbers, strict=True), *zip(hidden.T, numbers.T, strict=True)]


@pytest.mark.parametrize("seed", range(20))
def test_no_line_of_a_cross_table_gives_a_hidden_cell_away(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = pd.DataFrame(rng.poisson([12, 8, 2], size=(5, 3)))
    flags = flag_cross_table(counts, PRUDENT)
    assert (flags.eq("c") >= (counts.gt(0) & counts.lt(5))).all(axis=None), "every small cell is hidden"
    for hidden, numbers in _lines(flags, counts):
        others = (~hidden & (numbers > 0)).any()
        assert not hidden.any() or hidden.sum() >= 2
        assert not hidden.any() or numbers[hidden].sum() >= PRUDENT.count or not others


def test_a_hidden_cell_beside_zeros_hides_a_zero() -> None:
    flags = flag_cross_table(pd.DataFrame([[3, 0, 0], [40, 30, 50]]), PRUDENT)
    assert flags.iloc[0].eq("c").sum() == 2


def test_a_cross_table_of_shares_has_no_number_in_its_hidden_cells() -> None:
    rng = np.random.default_rng(0)
    answers = pd.Series(rng.choice(["a", "b", "c"], size=200, p=[0.6, 0.35, 0.05]))
    groups = pd.Series(rng.choice(["x", "y", "z"], size=200, p=[0.6, 0.3, 0.1]))
    table = shares_by_group(
        answers, groups, pd.Series(1.0, index=answers.index), order=(["a", "b", "c"], ["x", "y", "z"]), profile=PRUDENT
    )
    hidden = table["flag"].eq("c")
    assert hidden.any()
    assert table.loc[hidden, ["n", "estimate", "low", "high"]].isna().all(axis=None)
    counts = pd.crosstab(groups, answers)
    assert all(counts.at[row.group, row.category] == row.n for row in table[~hidden].itertuples())


def test_a_mean_over_few_companies_is_not_given() -> None:
    values = pd.Series(range(25), dtype=float)
    groups = pd.Series(["few"] * 9 + ["enough"] * 16)
    table = mean_by_group(values, groups, pd.Series(1.0, values.index), order=["few", "enough"], profile=PRUDENT)
    assert np.isnan(table["estimate"][0])
    assert table["estimate"][1] == pytest.approx(16.5)


def test_peers_are_rounded_and_have_no_quartiles_under_twenty() -> None:
    values = pd.Series(np.linspace(30.3, 60.7, 19))
    band = peer_band(values, pd.Series(1.0, values.index), profile=PRUDENT)
    assert band["mean"] == 46
    assert np.isnan(band["low"])
    assert np.isnan(band["high"])
    enough = pd.Series(np.linspace(0, 100, 41))
    band = peer_band(enough, pd.Series(1.0, enough.index), profile=PRUDENT)
    assert (band["low"], band["high"]) == (25, 75)


def test_a_rare_kind_of_missing_answer_is_hidden_and_cannot_be_worked_out() -> None:
    missing = pd.DataFrame({"q": ["refused"] * 2 + ["dont_know"] * 8 + ["abandoned"] * 20 + [None] * 70})
    table = missing_by_item(missing, kinds=["refused", "dont_know", "abandoned"], profile=PRUDENT)
    assert np.isnan(table["refused"][0])
    assert np.isnan(table["dont_know"][0]), "the total less the others would give the refusals away"
    assert table["abandoned"][0] == pytest.approx(0.20)
    assert table["total"][0] == pytest.approx(0.30)
    few = missing_by_item(pd.DataFrame({"q": ["refused"] * 3 + [None] * 97}), kinds=["refused"], profile=PRUDENT)
    assert few[["refused", "total"]].isna().all(axis=None)
