"""Variants of a score, declared in a codebook: the DMA fixture by hand, and files that do not hold together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cdo_analysis.codebook import Codebook, load_codebook, read_codebook
from cdo_analysis.datasets import make_population
from cdo_analysis.errors import CodebookError
from cdo_analysis.maturity import compare_variants, score_maturity, score_variants


@pytest.fixture(scope="module")
def book() -> Codebook:
    return load_codebook("cdo-2026")


def company(book: Codebook, sector: str, **given: int) -> pd.DataFrame:
    """Return a company that gave its first `given` rows of each block the highest answer, all others the lowest."""
    row: dict[str, str | None] = {}
    for item in book:
        row[item.name] = min(item.points, key=lambda code: item.points[code]) if item.points else None
    for block, count in given.items():
        names = [item for item in book if item.block == block and item.dimension]
        row |= {item.name: max(item.points, key=lambda code: item.points[code]) for item in names[:count]}
    return pd.DataFrame(row | {"sector": sector}, index=["c"], dtype="str")


def test_without_plans_strategy_counts_what_is_there(book: Codebook) -> None:
    answers = company(book, "industry", planned=10, invested=5)
    score, variant = score_maturity(answers, book).values, score_variants(answers, book)
    # Strategy 100 * 15 / 30 = 50 and without plans 100 * 5 / 20 = 25; the five other dimensions are 0.
    assert score["dma"].tolist() == pytest.approx([50 / 6])
    assert variant["dma_without_plans"].tolist() == pytest.approx([25 / 6])


@pytest.mark.parametrize(("sector", "expected"), [("industry", 50 * 4 / 7 / 6), ("finance", 50 / 6)])
def test_items_that_do_not_apply_are_left_out_for_those_sectors_only(
    book: Codebook, sector: str, expected: float
) -> None:
    # Readiness: technologies 0 of 10; advanced: the four that apply everywhere, of 7 or of 4.
    answers = company(book, sector, advanced=7)
    answers[["adv_cad_cam", "adv_mes", "adv_additive"]] = "0"
    assert score_variants(answers, book)["dma_applicable"].tolist() == pytest.approx([expected])


def test_the_exclusive_key_of_the_highest_answers_gives_the_known_maxima(book: Codebook) -> None:
    answers = company(book, "industry", **{item.block: 30 for item in book if item.dimension})
    answers["data_not_digital"] = "0"
    table = score_variants(answers, book)
    # 7 of 8 management points: data 50 * 7 / 8 + 50 = 93.75 and DMA 98.958 under both keys with denominator 8.
    assert score_maturity(answers, book).values["dma"].tolist() == pytest.approx([100])
    assert table[["dma_exclusive_point", "dma_exclusive_lost_point"]].iloc[0].tolist() == pytest.approx(
        [98.958] * 2, abs=5e-4
    )


def test_variants_are_compared_with_their_score_over_those_who_have_both(book: Codebook) -> None:
    answers = pd.concat([company(book, "industry", planned=10 * n, invested=n) for n in (0, 1)], ignore_index=True)
    values = score_maturity(answers, book).values
    table = compare_variants(values, score_variants(answers, book), book, sample_weight=pd.Series([1.0, 3.0]))
    row = table.loc["dma_without_plans"]
    # Scores 0 and 100 * 11 / 30 / 6; variants 0 and 100 * 1 / 20 / 6; weights 1 and 3.
    assert row["mean"] == pytest.approx(0.75 * 5 / 6)
    assert row["difference"] == pytest.approx(0.75 * (5 - 110 / 3) / 6)
    assert (row["n"], row["rank_correlation"]) == (2, pytest.approx(1))


BASE = """id = "t"
title = "t"
[[dimension]]
id = "d"
label = "d"
[[score]]
id = "s"
method = "points"
label = "s"
dimensions = ["d"]
[[item]]
name = "a"
question = "a"
dimension = "d"
answers = [{ code = "1", value = 1, label = "1" }, { code = "0", value = 0, label = "0" }]
[[item]]
name = "b"
question = "b"
dimension = "d"
answers = [{ code = "1", value = 1, label = "1" }, { code = "0", value = 0, label = "0" }]
[[variant]]
id = "v"
label = "v"
"""


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ('score = "z"\nleave_out = ["a"]', "is of the score 'z'"),
        ('score = "s"', "changes nothing"),
        ('score = "s"\nleave_out = ["c"]', "leaves out 'c'"),
        ('score = "s"\nleave_out = ["a", "b"]', "leaves nothing of the dimension 'd'"),
        ('score = "s"\nleave_out = ["a"]\nwhere = { item = "z", codes = ["1"] }', "asks for the item 'z'"),
        ('score = "s"\nleave_out = ["a"]\nwhere = { item = "b", codes = ["7"] }', "asks for the code '7' of 'b'"),
        ('score = "s"\nleave_out = ["a"]\n[[variant]]\nid = "v"\nlabel = "w"\nscore = "s"\nleave_out = ["b"]', "twice"),
    ],
)
def test_a_variant_that_does_not_fit_its_codebook_is_an_error(variant: str, message: str) -> None:
    with pytest.raises(CodebookError, match=message):
        read_codebook(f"{BASE}{variant}\n", "t.toml")


@pytest.mark.reference_data
def test_the_synthetic_population_has_an_order_of_magnitude_of_digital_intensity(
    book: Codebook, reference_data: Path
) -> None:
    """France, DII v3, 2023: the share of SMEs at basic level at least, and its rise with size."""
    published = pd.read_csv(reference_data / "eurostat-dii" / "isoc_e_dii.csv")
    france = published[(published["geo"] == "FR") & (published["TIME_PERIOD"] == 2023)]
    basic = france[france["indic_is"] == "E_DI3_GELO"].set_index("size_emp")["OBS_VALUE"]
    population = make_population(20_000, random_state=3)
    dii = score_maturity(population.answers, book).values["dii"]
    headcount = population.answers["headcount"].astype(float)
    found = {
        "10-249": 100 * dii[headcount < 250].ge(4).mean(),
        "10-49": 100 * dii[headcount < 50].ge(4).mean(),
        "50-249": 100 * dii[headcount.between(50, 249)].ge(4).mean(),
    }
    assert basic["10-249"] == pytest.approx(51.97, abs=0.01)
    for size, share in found.items():
        assert share == pytest.approx(basic[size], abs=20), size
    assert found["10-49"] < found["50-249"]
