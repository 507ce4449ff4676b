"""Scores by the formulas of the EU DMA and the DII, reliability against the R package psych (oracles/reliability.R)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdo_analysis.codebook import Codebook, load_codebook, read_codebook
from cdo_analysis.errors import CodebookError, InputError, UsageError
from cdo_analysis.maturity import (
    MaturityScores,
    dimension_without_block,
    item_statistics,
    reliability,
    score_correlations,
    score_maturity,
)

ORACLES = Path(__file__).parent / "oracles"

# The 96 atoms of the EU DMA: blocks of each dimension with their number of items and their scale.
DMA = {
    "strategy": {"planned": (10, "tick"), "invested": (10, "tick"), "prepared": (10, "tick")},
    "readiness": {"tech": (10, "tick"), "adv": (7, "level")},
    "human": {"skill": (7, "tick"), "engage": (8, "tick")},
    "data": {"data": (8, "tick"), "secure": (6, "tick")},
    "automation": {"ai": (5, "level")},
    "green": {"env": (10, "tick"), "green": (5, "half")},
}
SCALES = {"level": ["0", "1", "2", "3", "4", "5"], "half": ["0", "0.5", "1"], "scale": ["1", "2", "3", "4", "5"]}


def answers_toml() -> str:
    """Return the TOML of the scales; each has the code 98, "don't know"."""
    text = ""
    for name, codes in SCALES.items():
        answers = [f'{{ code = "{code}", value = {code}, label = "{code}" }}' for code in codes]
        answers.append('{ code = "98", missing = "dont_know", label = "?" }')
        text += f'[[answers]]\nid = "{name}"\nanswers = [{", ".join(answers)}]\n'
    return text


def battery(block: str, dimension: str, size: int, scale: str, *, exclusive: str = "", reverse: str = "") -> str:
    """Return the TOML of a battery with the rows <block>_1, <block>_2, …; its `exclusive` and `reverse` rows."""
    marks = {exclusive: ", exclusive = true", reverse: ", reverse = true"}
    names = [f"{block}_{number}" for number in range(1, size + 1)]
    rows = ", ".join(f'{{ name = "{name}", label = "{name}"{marks.get(name, "")} }}' for name in names)
    answers = 'select = "any"' if scale == "tick" else f'answers = "{scale}"'
    return f'[[item]]\nname = "{block}"\nquestion = "?"\ndimension = "{dimension}"\n{answers}\nrows = [{rows}]\n'


def codebook_of(*items: str, dimensions: list[str], score: str) -> Codebook:
    named = "".join(f'[[dimension]]\nid = "{name}"\nlabel = "{name}"\n' for name in dimensions)
    return read_codebook(f'id = "t"\ntitle = "t"\n{answers_toml()}{named}{score}\n' + "".join(items), "t.toml")


def dma_codebook(exclusive: str, minimum_coverage: float = 0.5) -> Codebook:
    items = [
        battery(block, dimension, size, scale, exclusive="data_2")
        for dimension, blocks in DMA.items()
        for block, (size, scale) in blocks.items()
    ]
    score = f"""[[score]]
    id = "dma"
    method = "points"
    label = "DMA"
    dimensions = {json.dumps(list(DMA))}
    exclusive = "{exclusive}"
    minimum_coverage = {minimum_coverage}
    bands = [{{ id = "low", start = 0, label = "l" }}, {{ id = "high", start = 50, label = "h" }}]
    """
    return codebook_of(*items, dimensions=list(DMA), score=score)


def company(book: Codebook, **answered: list[str]) -> pd.DataFrame:
    """Return the row of a company that gave `answered` to the first rows of each block, and "0" to all others."""
    row = {item.name: "0" for item in book.items}
    for block, codes in answered.items():
        row |= {f"{block}_{number}": code for number, code in enumerate(codes, start=1)}
    return pd.DataFrame(row, index=pd.Index(["c"], name="respondent"), dtype="str")


def fixture_company(book: Codebook) -> pd.DataFrame:
    """Return the worked example: 4 plans, 5 investments, 6 preparations, 7 technologies, …"""
    ticks = {"planned": 4, "invested": 5, "prepared": 6, "tech": 7, "skill": 4, "engage": 5}
    ticks |= {"data": 5, "secure": 4, "env": 3}
    levels = {"adv": ["5", "0", "3", "2", "1"], "ai": ["2", "0", "0", "0", "4"], "green": ["0.5", "0.5", "1"]}
    return company(book, **{block: ["1"] * count for block, count in ticks.items()}, **levels)


def highest(book: Codebook) -> pd.DataFrame:
    return pd.DataFrame({item.name: [item.codes[-1] if not item.tick else "1"] for item in book.items}, dtype="str")


def score_of(scores: MaturityScores, name: str = "dma") -> float:
    return float(scores.values[name].iloc[0])


# --- points: the EU DMA -----------------------------------------------------------------------------------------------


def test_the_worked_example_of_the_dma_gives_its_dimensions_and_its_score() -> None:
    book = dma_codebook("point")
    scores = score_maturity(fixture_company(book), book)
    expected = [50.000, 50.714, 59.821, 64.583, 24.000, 35.000, 47.353]
    assert scores.values.iloc[0].tolist() == pytest.approx(expected, abs=5e-4)
    assert scores.values.columns.tolist() == [*DMA, "dma"]
    assert (scores.coverage == 1).all(axis=None)
    assert scores.bands["dma"].tolist() == ["low"]


@pytest.mark.parametrize(
    ("exclusive", "data", "dma"), [("drop", 100, 100), ("point", 100, 100), ("lost_point", 93.75, 98.958)]
)
def test_the_highest_answers_reach_the_maximum_of_each_key(exclusive: str, data: float, dma: float) -> None:
    book = dma_codebook(exclusive)
    scores = score_maturity(highest(book), book)
    assert score_of(scores, "data") == pytest.approx(data)
    assert score_of(scores) == pytest.approx(dma, abs=5e-4)


@pytest.mark.parametrize("exclusive", ["drop", "point", "lost_point"])
def test_the_lowest_answers_score_zero(exclusive: str) -> None:
    book = dma_codebook(exclusive)
    assert score_of(score_maturity(company(book), book)) == 0


def test_the_exclusive_answer_alone_earns_a_point_only_under_the_key_point() -> None:
    earned = {}
    for exclusive in ("drop", "point", "lost_point"):
        book = dma_codebook(exclusive)
        earned[exclusive] = score_of(score_maturity(company(book, data=["0", "1"]), book), "data")
    assert earned == {"drop": 0, "point": 6.25, "lost_point": 0}


def test_the_bundled_questionnaire_scores_the_worked_example() -> None:
    book = load_codebook("cdo-2026")
    book = replace(book, scores=tuple(replace(score, exclusive="point") for score in book.scores))
    given_to = {"planned": 4, "invested": 5, "prepared": 6, "technologies": 7, "skills": 4, "engagement": 5}
    given_to |= {"data_management": 5, "data_security": 4, "green_practices": 3}
    ranked = {"advanced": [5, 0, 3, 2, 1, 0, 0], "ai": [2, 0, 0, 0, 4], "green_management": [0.5, 0.5, 1, 0, 0]}
    row = {item.name: item.codes[0] if item.kind == "choice" else None for item in book.items}
    for block in {item.block for item in book.items if item.dimension}:
        names = [item.name for item in book.items if item.block == block and item.dimension]
        codes = ranked.get(block) or [1] * given_to[block] + [0] * (len(names) - given_to[block])
        row |= {name: str(code) for name, code in zip(names, codes, strict=True)}
    responses = pd.DataFrame(row, index=["c"], dtype="str")
    assert score_of(score_maturity(responses, book)) == pytest.approx(47.353, abs=5e-4)
    assert dimension_without_block(responses, book, "planned").tolist() == pytest.approx([55.0])  # (5 + 6) / 20


def test_what_was_not_measured_is_not_zero() -> None:
    book = dma_codebook("drop", minimum_coverage=0.3)
    responses = company(book, skill=["1", "1"], engage=["1"] * 8)
    responses[["skill_3", "skill_4", "skill_5", "skill_6", "skill_7"]] = np.nan
    scores = score_maturity(responses, book)
    assert score_of(scores, "human") == 100
    assert scores.coverage["human"].tolist() == [10 / 15]
    assert scores.grades["human"].tolist() == ["C"]


def test_a_block_with_nothing_measured_leaves_its_dimension() -> None:
    book = dma_codebook("drop", minimum_coverage=0.5)
    responses = company(book, env=["1"] * 5)
    responses[[f"green_{number}" for number in range(1, 6)]] = np.nan
    assert score_of(score_maturity(responses, book), "green") == 50


def test_a_score_is_not_given_when_one_dimension_is_measured_too_little() -> None:
    book = dma_codebook("drop", minimum_coverage=0.5)
    responses = company(book)
    responses[["ai_1", "ai_2", "ai_3"]] = np.nan
    scores = score_maturity(responses, book)
    assert np.isnan(score_of(scores, "automation"))
    assert np.isnan(score_of(scores))
    assert scores.grades[["automation", "dma"]].isna().all(axis=None)
    assert scores.bands["dma"].isna().all()
    # 95 atoms are counted, as the exclusive one is dropped; three of them are not measured.
    assert scores.coverage["dma"].tolist() == [92 / 95]


@pytest.mark.parametrize(("measured", "grade"), [(10, "A"), (9, "A"), (8, "B"), (7, "B"), (6, "C"), (5, "C")])
def test_the_grade_follows_the_share_of_items_measured(measured: int, grade: str) -> None:
    score = '[[score]]\nid = "s"\nmethod = "points"\nlabel = "s"\ndimensions = ["d"]\n'
    book = codebook_of(battery("q", "d", 10, "tick"), dimensions=["d"], score=score)
    scores = score_maturity(company(book, q=["1"] * measured + [None] * (10 - measured)), book)
    assert scores.grades.iloc[0].tolist() == [grade, grade]


def test_a_dimension_without_a_block_keeps_the_others() -> None:
    book = dma_codebook("drop")
    strategy = dimension_without_block(fixture_company(book), book, "planned")
    assert strategy.tolist() == pytest.approx([55.0])  # (5 + 6) / 20
    assert strategy.name == "strategy"


def test_a_block_that_cannot_be_left_out_is_an_error() -> None:
    book = dma_codebook("drop")
    with pytest.raises(UsageError, match="did you mean 'planned'"):
        dimension_without_block(company(book), book, "plan")
    with pytest.raises(UsageError, match="'automation' has no other block than 'ai'"):
        dimension_without_block(company(book), book, "ai")


def test_rounding_does_not_put_a_score_below_the_band_that_it_reaches() -> None:
    # Five blocks with 3, 6, 7, 6 and 7 of 10: 29 of 50, which binary arithmetic finds just under 58.
    score = """[[score]]
    id = "s"
    method = "points"
    label = "s"
    dimensions = ["d"]
    bands = [{ id = "low", start = 0, label = "l" }, { id = "high", start = 58, label = "h" }]
    """
    book = codebook_of(*(battery(f"b{n}", "d", 10, "tick") for n in range(5)), dimensions=["d"], score=score)
    counts = [3, 6, 7, 6, 7]
    scores = score_maturity(company(book, **{f"b{n}": ["1"] * k for n, k in enumerate(counts)}), book)
    assert score_of(scores, "s") < 58
    assert scores.bands["s"].tolist() == ["high"]


_BOOKS = {key: dma_codebook(key, minimum_coverage=0.0) for key in ("drop", "point", "lost_point")}


@settings(max_examples=60, deadline=None)
@given(key=st.sampled_from(sorted(_BOOKS)), data=st.data())
def test_every_legal_answer_pattern_scores_between_0_and_100(key: str, data: st.DataObject) -> None:
    book = _BOOKS[key]
    position = st.lists(st.integers(-1, 5), min_size=len(book.items), max_size=len(book.items))
    codes = [
        None if place < 0 else item.codes[place % len(item.codes)]
        for item, place in zip(book.items, data.draw(position), strict=True)
    ]
    responses = pd.DataFrame([codes], columns=[item.name for item in book.items], dtype="str")
    scores = score_maturity(responses, book)
    known = scores.values.notna()
    assert scores.values[known].stack().between(0, 100).all()
    assert (scores.grades.notna() == known).all(axis=None)
    assert (scores.coverage > 0).where(known, True).all(axis=None)


# --- likert, count ----------------------------------------------------------------------------------------------------


def test_a_likert_dimension_is_the_mean_of_its_items_reversed_ones_included() -> None:
    score = '[[score]]\nid = "s"\nmethod = "likert"\nlabel = "s"\ndimensions = ["d", "e"]\n'
    items = battery("q", "d", 3, "scale", reverse="q_3"), battery("p", "e", 1, "scale")
    book = codebook_of(*items, dimensions=["d", "e"], score=score)
    scores = score_maturity(company(book, q=["4", "98", "1"], p=["2"]), book)
    assert scores.values.iloc[0].tolist() == [4.5, 2.0, 3.25]  # (4 + (6 - 1)) / 2, then (4.5 + 2) / 2
    assert scores.coverage.iloc[0].tolist() == [2 / 3, 1.0, 0.75]


def test_a_likert_score_that_lists_items_is_their_mean() -> None:
    book = codebook_of(battery("q", "d", 4, "scale"), dimensions=["d"], score="")
    score = replace(load_codebook("itflex-csem").scores[0], id="s", dimensions=(), items=("q_1", "q_2", "q_4"))
    responses = company(book, q=["5", "2", "1", "98"])
    scores = score_maturity(responses, replace(book, scores=(score,)))
    assert scores.values.to_dict("records") == [{"s": 3.5}]


COUNT = """[[score]]
id = "dii"
method = "count"
label = "DII"
items = ["q_1", "q_2", "q_3", "q_4"]
bands = [{ id = "very_low", start = 0, label = "v" }, { id = "low", start = 2, label = "l" },
  { id = "high", start = 4, label = "h" }]
"""


@pytest.mark.parametrize(
    ("answers", "value", "low", "high", "band"),
    [
        (["1", "1", "0", "1"], 3, 3, 3, "low"),
        (["1", "1", "0", None], None, 2, 3, "low"),
        (["1", "0", "0", None], None, 1, 2, None),
        ([None, None, None, None], None, None, None, None),
    ],
)
def test_a_count_says_between_what_and_what_it_lies_when_a_condition_is_unknown(
    answers: list[str | None], value: float | None, low: float | None, high: float | None, band: str | None
) -> None:
    book = codebook_of(battery("q", "", 4, "tick"), dimensions=[], score=COUNT)
    scores = score_maturity(company(book, q=answers), book)
    expected = {"dii": value, "dii_low": low, "dii_high": high}
    assert scores.values.replace({np.nan: None}).to_dict("records") == [expected]
    assert scores.bands["dii"].dropna().tolist() == ([band] if band else [])


def test_bands_and_grades_are_in_order() -> None:
    book = codebook_of(battery("q", "", 4, "tick"), dimensions=[], score=COUNT)
    scores = score_maturity(company(book, q=["1"]), book)
    assert scores.bands["dii"].cat.ordered
    assert scores.bands["dii"].cat.categories.tolist() == ["very_low", "low", "high"]
    assert scores.grades["dii"].cat.categories.tolist() == ["C", "B", "A"]


def test_a_dimension_that_two_scores_use_is_shown_as_the_main_one_counts_it() -> None:
    points = '[[score]]\nid = "p"\nmethod = "points"\nlabel = "p"\ndimensions = ["d"]\n'
    likert = '[[score]]\nid = "l"\nmethod = "likert"\nlabel = "l"\ndimensions = ["d"]\nmain = true\n'
    book = codebook_of(battery("q", "d", 2, "scale"), dimensions=["d"], score=points + likert)
    scores = score_maturity(company(book, q=["2", "2"]), book)
    assert scores.values.to_dict("records") == [{"d": 2.0, "p": 25.0, "l": 2.0}]


def test_responses_that_cannot_be_scored_are_an_error() -> None:
    book = dma_codebook("drop")
    with pytest.raises(InputError, match="no column 'ai_5'"):
        score_maturity(company(book).drop(columns="ai_5"), book)
    with pytest.raises(InputError, match="'ai_5' holds numbers"):
        score_maturity(company(book).assign(ai_5=1.0), book)


def test_a_codebook_that_cannot_be_scored_is_an_error() -> None:
    # The loader refuses such files; a codebook that was made by hand can still be one.
    score = '[[score]]\nid = "s"\nmethod = "likert"\nlabel = "s"\ndimensions = ["d"]\n'
    good = codebook_of(battery("q", "d", 2, "scale"), dimensions=["d"], score=score)
    same_name = replace(good, scores=(replace(good.scores[0], id="d"),))
    with pytest.raises(CodebookError, match="has the name of a dimension"):
        score_maturity(company(good), same_name)
    empty = replace(good, items=tuple(replace(item, dimension="") for item in good.items))
    with pytest.raises(CodebookError, match="'d', which has no item to count"):
        score_maturity(company(good), empty)


# --- reliability ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def r_sample() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "reliability_sample.csv", dtype="str").set_index("respondent")


@pytest.fixture(scope="module")
def r_numbers() -> dict:
    return json.loads((ORACLES / "reliability.json").read_text())


@pytest.fixture(scope="module")
def r_codebook() -> Codebook:
    return codebook_of(battery("q", "d", 5, "scale", reverse="q_4"), dimensions=["d"], score="")


def answers_of(sample: pd.DataFrame) -> pd.DataFrame:
    return sample.rename(columns={f"q{number}": f"q_{number}" for number in range(1, 6)})


def test_reliability_is_that_of_psych(r_sample: pd.DataFrame, r_numbers: dict, r_codebook: Codebook) -> None:
    row = reliability(answers_of(r_sample), r_codebook).loc["d"]
    assert row[["items", "n", "lowest_item"]].tolist() == [5, r_numbers["n"], "q_5"]
    assert r_numbers["lowest_item"] == "q5"
    for name in ("alpha", "alpha_low", "alpha_high", "mean_correlation", "lowest_item_rest"):
        assert row[name] == pytest.approx(r_numbers[name], abs=1e-9), name


def test_weighted_reliability_is_that_of_psych_on_a_weighted_covariance(
    r_sample: pd.DataFrame, r_numbers: dict, r_codebook: Codebook
) -> None:
    weight = r_sample["weight"].astype(float)
    row = reliability(answers_of(r_sample), r_codebook, sample_weight=weight).loc["d"]
    assert row["alpha"] == pytest.approx(r_numbers["weighted_alpha"], abs=1e-9)
    assert row["lowest_item_rest"] == pytest.approx(r_numbers["weighted_lowest_item_rest"], abs=1e-9)


def test_item_statistics_are_those_of_r_on_the_reversed_scale(
    r_sample: pd.DataFrame, r_numbers: dict, r_codebook: Codebook
) -> None:
    table = item_statistics(answers_of(r_sample), r_codebook)
    means = [6 - mean if place == 3 else mean for place, mean in enumerate(r_numbers["mean"])]
    assert table["mean"].tolist() == pytest.approx(means, abs=1e-9)
    assert table["sd"].tolist() == pytest.approx(r_numbers["sd"], abs=1e-9)
    assert table["n"].tolist() == [120, 118, 120, 117, 120]


def test_weights_act_as_that_many_respondents(r_codebook: Codebook) -> None:
    pattern = pd.DataFrame({f"q_{n}": pd.Series(list("1253"), dtype="str") for n in range(1, 6)})
    pattern["q_4"] = pd.Series(list("5424"), dtype="str")
    times = pd.Series([1, 3, 2, 2])
    weighted = reliability(pattern, r_codebook, sample_weight=times).loc["d"]
    repeated = reliability(pattern.loc[pattern.index.repeat(times)].reset_index(drop=True), r_codebook).loc["d"]
    shown = ["alpha", "mean_correlation", "lowest_item_rest", "floor_share", "ceiling_share"]
    assert weighted[shown].tolist() == pytest.approx(repeated[shown].tolist())


def test_floor_and_ceiling_are_the_shares_of_all_lowest_and_all_highest_answers() -> None:
    book = codebook_of(battery("q", "d", 2, "tick"), dimensions=["d"], score="")
    answers = pd.DataFrame({"q_1": list("00011"), "q_2": list("00101")}, dtype="str")
    row = reliability(answers, book).loc["d"]
    assert row[["floor_share", "ceiling_share"]].tolist() == [0.4, 0.2]


def test_an_item_that_everybody_answers_alike_is_left_out() -> None:
    book = codebook_of(battery("q", "d", 3, "tick"), dimensions=["d"], score="")
    answers = pd.DataFrame({"q_1": list("0011"), "q_2": list("0001"), "q_3": list("1111")}, dtype="str")
    row = reliability(answers, book).loc["d"]
    # Two items of variances 1/4 and 3/16 and covariance 1/8: alpha = 2 * (1 - (7/16) / (11/16)) = 8/11.
    assert row["items"] == 2
    assert row["alpha"] == pytest.approx(8 / 11)


def test_too_few_items_or_respondents_give_no_alpha() -> None:
    book = codebook_of(battery("q", "d", 2, "tick"), dimensions=["d", "e"], score="")
    table = reliability(pd.DataFrame({"q_1": ["1"], "q_2": ["0"]}, dtype="str"), book)
    assert table["alpha"].isna().all()
    assert table[["items", "n"]].to_numpy().tolist() == [[0, 1], [0, 0]]


def test_correlations_are_between_those_who_have_both_scores() -> None:
    values = pd.DataFrame({"a": [1.0, 2.0, 3.0, np.nan], "b": [2.0, 1.0, np.nan, 5.0], "c": [1.0, 1.0, 1.0, 1.0]})
    table = score_correlations(values)
    assert table.loc["a", "b"] == pytest.approx(-1)
    assert table["c"].isna().all()


@pytest.mark.reference_data
def test_a_battery_on_real_firms_gives_the_figures_of_psych(reference_data: Path) -> None:
    book = load_codebook("itflex-csem")
    raw = pd.read_csv(reference_data / "itflex-csem" / "ITFlex.csv", dtype="str")
    responses = raw.rename(columns={item.column: item.name for item in book.items})
    values = score_maturity(responses, book).values
    assert reliability(responses, book)["alpha"].tolist() == pytest.approx([0.7721, 0.6967, 0.7323, 0.7346], abs=5e-5)
    assert values.mean().iloc[:4].tolist() == pytest.approx([3.51, 3.87, 3.2925, 3.6475])
    correlations = score_correlations(values.iloc[:, :4]).to_numpy()[np.tril_indices(4, -1)]
    assert correlations.tolist() == pytest.approx([0.5873, 0.5550, 0.5567, 0.3737, 0.4731, 0.5719], abs=5e-5)
    first = item_statistics(responses, book).loc["itcomp1"]
    assert (first["mean"], first["sd"]) == (pytest.approx(3.19), pytest.approx(1.22, abs=5e-3))


@pytest.mark.reference_data
def test_a_battery_that_does_not_hang_together_names_its_item(reference_data: Path) -> None:
    book = codebook_of(battery("q", "d", 6, "tick"), dimensions=["d"], score="")
    firms = pd.read_csv(reference_data / "wirs-firms-ltm" / "WIRS.csv", dtype="str")
    firms.columns = [item.name for item in book.items]
    row = reliability(firms, book).loc["d"]
    assert row["alpha"] == pytest.approx(0.4094, abs=5e-5)
    assert row["lowest_item"] == "q_1"
    without = codebook_of(battery("q", "d", 6, "tick", exclusive="q_1"), dimensions=["d"], score="")
    assert reliability(firms, without).loc["d", "alpha"] == pytest.approx(0.5298, abs=5e-5)
