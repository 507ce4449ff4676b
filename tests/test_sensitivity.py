"""How far a score moves when weights or one answer change, checked by hand arithmetic; ways to sum up dimensions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from cdo_analysis.codebook import Codebook, read_codebook
from cdo_analysis.errors import UsageError
from cdo_analysis.maturity import compensation, rank_correlations, score_maturity, sensitivity, weight_sensitivity

BANDS = 'bands = [{ id = "low", start = 0, label = "l" }, { id = "high", start = 50, label = "h" }]\n'


def book(method: str, score: str, bands: str = BANDS) -> Codebook:
    """Return a codebook with two dimensions: x1, x2 (0 to 2) and y1 to y4 (0 or 1)."""
    text = 'id = "t"\ntitle = "t"\n[[dimension]]\nid = "x"\nlabel = "x"\n[[dimension]]\nid = "y"\nlabel = "y"\n'
    text += f'[[score]]\nid = "s"\nmethod = "{method}"\nlabel = "s"\n{score}\n{bands}'
    for block, rows, levels in (("x", 2, 3), ("y", 4, 2)):
        answers = ", ".join(f'{{ code = "{n}", value = {n}, label = "{n}" }}' for n in range(levels))
        listed = ", ".join(f'{{ name = "{block}{n}", label = "{n}" }}' for n in range(1, rows + 1))
        text += f'[[item]]\nname = "{block}"\nquestion = "?"\ndimension = "{block}"\n'
        text += f"answers = [{answers}]\nrows = [{listed}]\n"
    return read_codebook(text, "t.toml")


def answers(*codes: str) -> pd.DataFrame:
    names = ["x1", "x2", "y1", "y2", "y3", "y4"]
    return pd.DataFrame([[None if c == "-" else c for c in row] for row in codes], columns=names, dtype="str")


def test_weights_of_two_dimensions_move_the_score_by_the_gap_times_their_error() -> None:
    # The score is a + w (b - a) with w of standard deviation 0.1: (70 - 20) * 0.1 = 5.
    sd, flip = weight_sensitivity(np.array([[20.0, 70.0]]), np.array([0.0, 50.0]), weight_sd=0.1, draws=20_000)
    assert sd.tolist() == pytest.approx([5.0])
    # w follows a beta law of mean 1/2 and standard deviation 0.1 (parameters 12, 12); the band changes above w = 0.6.
    assert flip[0] == pytest.approx(beta.sf(0.6, 12, 12), abs=0.01)


def test_equal_dimensions_do_not_move_and_a_missing_one_gives_nothing() -> None:
    sd, flip = weight_sensitivity(np.array([[40.0, 40.0, 40.0], [np.nan, 1.0, 2.0]]), np.array([0.0, 50.0]))
    assert (sd[0], flip[0]) == (0, 0)
    assert np.isnan([sd[1], flip[1]]).all()


def test_weights_cannot_move_more_than_a_dirichlet_law_allows() -> None:
    with pytest.raises(UsageError, match=r"weight_sd is 0\.5; for 2 dimensions, give more than 0 and less than 0\.5"):
        weight_sensitivity(np.ones((1, 2)), np.array([0.0]), weight_sd=0.5)


def test_one_answer_moves_a_score_of_points_by_its_share() -> None:
    # x: 2 and 1 of 2 = 75; y: 1 of 4 = 25; score 50. A step of x is worth 100 / 2 / 2 / 2 = 12.5, one of y also
    # 100 / 2 / 4 = 12.5. Moves: x1 down, x2 down and up, y1 down, y2 to y4 up: seven, of which three go below 50.
    row = sensitivity(answers("211000"), book("points", 'dimensions = ["x", "y"]')).iloc[0]
    assert row["answer_sd"] == pytest.approx(12.5)
    assert row["answer_flip"] == pytest.approx(3 / 7)
    assert row["weights_sd"] == pytest.approx(50 * 0.05)


def test_an_answer_that_was_not_given_does_not_move_and_the_others_weigh_more() -> None:
    # y measured on two items: a step of y is worth 100 / 2 / 2 = 25, one of x 12.5; x1 down, x2 down and up, y1 down,
    # y2 up: squares 3 * 156.25 + 2 * 625, five moves. Score (75 + 50) / 2 = 62.5: only y1 down (37.5) goes below 50;
    # x down reaches 50, which is still high.
    row = sensitivity(answers("2110--"), book("points", 'dimensions = ["x", "y"]')).iloc[0]
    assert row["answer_sd"] == pytest.approx(np.sqrt((3 * 156.25 + 2 * 625) / 5))
    assert row["answer_flip"] == pytest.approx(1 / 5)


def test_every_change_is_the_one_that_scoring_again_finds() -> None:
    questionnaire = book("points", 'dimensions = ["x", "y"]')
    before = answers("201101")
    moves = ["101101", "211101", "200101", "201001", "201111", "201100"]  # x1, x2, y1, y2, y3, y4
    after = (
        score_maturity(answers(*moves), questionnaire).values["s"]
        - score_maturity(before, questionnaire).values["s"][0]
    )
    assert sensitivity(before, questionnaire)["answer_sd"][0] == pytest.approx(np.sqrt(np.square(after).mean()))


def test_a_count_moves_by_one_and_has_no_weights() -> None:
    count = 'items = ["y1", "y2", "y3", "y4"]'
    bands = 'bands = [{ id = "low", start = 0, label = "l" }, { id = "high", start = 2, label = "h" }]\n'
    table = sensitivity(answers("001000", "001100", "00110-"), book("count", count, bands))
    assert table["answer_sd"].tolist()[:2] == [1.0, 1.0]
    assert table["answer_flip"].tolist()[:2] == [3 / 4, 2 / 4]  # one of four more makes 2; one of two less makes 1
    assert table.loc[2].isna().all()
    assert table["weights_sd"].isna().all()


def test_a_likert_score_of_items_moves_by_the_share_of_those_answered() -> None:
    row = sensitivity(answers("11----"), book("likert", 'items = ["x1", "x2"]', "")).iloc[0]
    assert row["answer_sd"] == pytest.approx(0.5)
    assert np.isnan(row["answer_flip"])


def test_without_a_score_there_is_nothing_to_move() -> None:
    none = read_codebook('id = "t"\ntitle = "t"\n[[item]]\nname = "a"\nkind = "number"\nquestion = "?"\n', "t.toml")
    with pytest.raises(UsageError, match="codebook 't' has no score"):
        sensitivity(pd.DataFrame({"a": [1.0]}), none)


def test_the_same_seed_gives_the_same_table() -> None:
    questionnaire = book("points", 'dimensions = ["x", "y"]')
    given = answers("211000", "021110")
    assert sensitivity(given, questionnaire).equals(sensitivity(given, questionnaire))


def test_compensation_lowers_what_is_uneven_and_leaves_what_is_even() -> None:
    table = compensation(pd.DataFrame({"x": [50.0, 10.0, np.nan], "y": [50.0, 90.0, 1.0]}))
    assert table.iloc[0].tolist() == pytest.approx([50, 50, 50])
    assert table.iloc[1].tolist() == pytest.approx([50, 30, 10])
    assert table.iloc[2].isna().all()


def test_rank_correlations_with_ties_and_weights_are_those_of_hand_arithmetic() -> None:
    values = pd.DataFrame({"a": [1.0, 2.0, 2.0, 4.0], "b": [1.0, 3.0, 2.0, 4.0]})
    # Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: covariance 4.5, variances 4.5 and 5.
    assert rank_correlations(values).loc["a", "b"] == pytest.approx(4.5 / np.sqrt(4.5 * 5))
    alone = rank_correlations(values, sample_weight=pd.Series([1.0, 0.0, 0.0, 1.0]))
    assert alone.loc["a", "b"] == pytest.approx(1)
