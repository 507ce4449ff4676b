"""Percentiles among peers and change between waves, checked by hand arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.codebook import Codebook, read_codebook
from cdo_analysis.errors import UsageError
from cdo_analysis.exhibits import view
from cdo_analysis.exhibits.company import dimensions
from cdo_analysis.exhibits.panorama import change
from cdo_analysis.maturity import Wave, compare_waves, peer_percentiles
from cdo_analysis.pipeline import fit
from cdo_analysis.study import Study, read_study

WIDENING = [["sector", "size"], ["sector"]]

# --- peers ------------------------------------------------------------------------------------------------------------


def test_peers_widen_until_they_are_enough() -> None:
    groups = pd.DataFrame({"sector": ["a"] * 5 + ["b"] * 2, "size": ["s", "s", "s", "l", "l", "s", "s"]})
    table = peer_percentiles(pd.Series(np.arange(7.0)), groups, widening=WIDENING, fewest=2)
    assert table["level"].tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert table["peers"].tolist() == [2, 2, 2, 4, 4, 6, 6]
    assert table["percentile"].tolist() == [0, 50, 100, 75, 100, 85, 100]  # 5 of 6 = 83.3, rounded to 85


def test_a_company_is_not_its_own_peer_and_ties_count_half() -> None:
    groups = pd.DataFrame({"sector": ["a"] * 5})
    table = peer_percentiles(pd.Series([3.0, 3.0, 3.0, 1.0, 9.0]), groups, widening=[["sector"]], fewest=4)
    assert table["percentile"].tolist() == [50, 50, 50, 0, 100]  # one below, two equal (half), of four: 2/4


def test_weights_of_peers_count_and_the_own_one_does_not() -> None:
    groups = pd.DataFrame({"sector": ["a"] * 4})
    weights = pd.Series([3.0, 1.0, 100.0, 1.0])
    table = peer_percentiles(
        pd.Series([1.0, 2.0, 3.0, 4.0]), groups, widening=[["sector"]], fewest=3, sample_weight=weights
    )
    # The third: 4 of 5 below. The second: 3 of 104 below. The fourth: all below.
    assert table["percentile"].tolist() == [0, 5, 80, 100]


def test_the_interval_is_that_of_wilson_with_the_effective_number() -> None:
    groups = pd.DataFrame({"sector": ["a"] * 11})
    table = peer_percentiles(pd.Series(np.arange(11.0)), groups, widening=[["sector"]], fewest=10)
    # 5 of 10: Wilson's interval is 23.7 to 76.3 %; 0 of 10: 0 to 27.8 % (Brown, Cai and DasGupta 2001, formula 4).
    assert table.loc[5, ["percentile", "low", "high"]].tolist() == [50, 25, 75]
    assert table.loc[0, ["percentile", "low", "high"]].tolist() == [0, 0, 30]


def test_a_company_without_a_score_or_a_group_is_told_so() -> None:
    groups = pd.DataFrame({"sector": ["a", "a", None, "a"]})
    table = peer_percentiles(pd.Series([1.0, 2.0, 3.0, np.nan]), groups, widening=[["sector"]], fewest=1)
    assert table["level"].tolist() == [0, 0, 1, -1]
    assert table.loc[3, ["percentile", "peers"]].isna().all()
    alone = peer_percentiles(pd.Series([1.0]), groups.head(1), widening=[["sector"]], fewest=1)
    assert alone["level"].tolist() == [-1]


def test_groups_that_cannot_be_sought_are_an_error() -> None:
    values, groups = pd.Series([1.0]), pd.DataFrame({"sector": ["a"]})
    with pytest.raises(UsageError, match="sought by 'naf', which is not among sector"):
        peer_percentiles(values, groups, widening=[["naf"]], fewest=3)
    with pytest.raises(UsageError, match="fewest is 0"):
        peer_percentiles(values, groups, widening=[["sector"]], fewest=0)


@pytest.mark.parametrize(
    ("language", "peers", "doubt"),
    [
        ("en", "is ahead of about", "your level would stay the same in"),
        ("fr", "devance environ", "votre niveau resterait le même dans"),
    ],
)
def test_the_company_report_says_where_it_stands_and_how_firm_its_level_is(
    sample_study: Study, language: str, peers: str, doubt: str
) -> None:
    company = sample_study.table("sensitivity").dropna().index[0]
    shown = dimensions(view(sample_study, language=language), company)
    assert shown is not None
    assert peers in " ".join(shown.paragraphs)
    assert doubt in " ".join(shown.paragraphs)


# --- change -----------------------------------------------------------------------------------------------------------


def wave(items: list[str], *, top: int = 1, method: str = "points", version: str = "v1") -> Codebook:
    """Return a codebook of `items` from 0 to `top`, in the dimension d, with the score s."""
    answers = ", ".join(f'{{ code = "{n}", value = {n}, label = "{n}" }}' for n in range(top + 1))
    counted = f"items = {items}" if method == "count" else 'dimensions = ["d"]'
    text = f'id = "t-{version}"\ntitle = "t"\n[[dimension]]\nid = "d"\nlabel = "d"\n'
    text += f'[[score]]\nid = "s"\nmethod = "{method}"\nversion = "{version}"\nlabel = "s"\n{counted}\n'
    for name in items:
        text += f'[[item]]\nname = "{name}"\nblock = "q"\nquestion = "?"\ndimension = "d"\nanswers = [{answers}]\n'
    return read_codebook(text.replace('block = "q"\n', ""), "t.toml")


def frame(firms: str, **columns: str) -> pd.DataFrame:
    return pd.DataFrame({k: list(v) for k, v in columns.items()}, index=list(firms), dtype="str")


def test_the_same_companies_are_compared_with_themselves_on_the_items_of_both_waves() -> None:
    before = Wave(frame("abc", p="001", q="001", old="111"), wave(["p", "q", "old"]))
    after = Wave(frame("abcz", p="0111", q="0011", new="0000"), wave(["p", "q", "new"], version="v2"))
    found = compare_waves(before, after)
    assert (found.items, found.left_out, found.paired) == (("p", "q"), ("new", "old"), True)
    row = found.table.loc["s"]
    # Scores of a, b, c: 0, 0, 100 and 0, 50, 100: changes 0, 50, 0, of mean 50/3 and error sd / sqrt(3) = 50/3.
    assert row[["n", "before", "after", "change", "se"]].tolist() == pytest.approx([3, 100 / 3, 50, 50 / 3, 50 / 3])
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * 50 / 3)
    assert found.table.loc["d"].tolist() == pytest.approx(row.tolist())


def test_waves_without_a_company_in_common_are_two_samples() -> None:
    before = Wave(frame("abcd", p="0011"), wave(["p"]))
    after = Wave(frame("efgh", p="0111"), wave(["p"]))
    found = compare_waves(before, after)
    # Variances of 0, 0, 100, 100 and 0, 100, 100, 100 over n: 10000/3 / 4 and 2500 / 4.
    assert not found.paired
    assert found.table.loc["s", ["n", "change", "se"]].tolist() == pytest.approx([8, 25, np.sqrt(10000 / 12 + 625)])


def test_weights_of_the_second_wave_weigh_the_change() -> None:
    weights = pd.Series([1.0, 3.0], index=["a", "b"])
    before, after = Wave(frame("ab", p="00"), wave(["p"])), Wave(frame("ab", p="01"), wave(["p"]), weights)
    # Changes 0 and 100, mean 75; residuals -75/4 and 3 * 25/4: error sqrt(2 * 2 * 18.75 ** 2) = 37.5.
    assert compare_waves(before, after).table.loc["s", ["change", "se"]].tolist() == pytest.approx([75, 37.5])


def test_an_item_with_another_scale_is_not_comparable() -> None:
    before, after = Wave(frame("ab", p="01", q="01"), wave(["p", "q"])), wave(["p", "r"], top=2)
    with pytest.raises(UsageError, match="share no item of the score 's'"):
        compare_waves(before, Wave(frame("ab", p="01", r="01"), after))


def _study(folder: Path, answers: pd.DataFrame) -> Path:
    answers.rename_axis("firm").to_csv(folder.with_suffix(".csv"))
    folder.with_suffix(".toml").write_text(SAVED.format(items="".join(SAVED_ITEM.format(name=c) for c in answers)))
    fit(folder.with_suffix(".csv"), folder.with_suffix(".toml"), folder)
    return folder


SAVED = """id = "w"
title = "Vague"
respondent = "firm"
[[dimension]]
id = "d"
label = "Pratiques"
[[score]]
id = "s"
method = "points"
label = "Score"
dimensions = ["d"]
[[item]]
name = "firm"
kind = "text"
question = "?"
{items}"""
SAVED_ITEM = """
[[item]]
name = "{name}"
question = "?"
dimension = "d"
answers = [{{ code = "0", label = "non", value = 0 }}, {{ code = "1", label = "oui", value = 1 }}]
"""


@pytest.mark.slow
@pytest.mark.parametrize("shared", [True, False])
def test_the_panorama_says_how_far_the_score_moved_since_the_earlier_wave(tmp_path: Path, shared: bool) -> None:
    names = [f"f{i}" for i in range(20)]
    # Ten of twenty say yes to p, then fifteen: 50 to 75 points; q changes with nobody, r is asked once.
    before = pd.DataFrame({"p": list("01" * 10), "q": list("01" * 10), "r": "1"}, index=names)
    after = pd.DataFrame({"p": list("0111" * 5), "q": list("01" * 10)}, index=[n if shared else f"g{n}" for n in names])
    first = _study(tmp_path / "first", before)
    second = _study(tmp_path / "second", after)
    found = change(view(read_study(second), language="en"), first)
    assert found is not None
    assert found.table is not None
    score = found.table.rows[0]
    assert score[2:5] == ["50.0", "62.5", "12.5"]
    # Paired: five firms move by 50 of twenty: sd of the changes 22.21, error 4.967, Student 2.093 with 19 degrees.
    expected = "2.1 – 22.9" if shared else None
    assert found.title.startswith("The score rose" if shared else "No sure move")
    assert expected is None or score[5] == expected
    assert "1 others are left aside" in found.paragraphs[1]


def test_a_panorama_without_an_earlier_wave_shows_no_change(sample_study: Study) -> None:
    assert change(view(sample_study), "") is None


def test_two_versions_of_the_dii_are_never_compared() -> None:
    old = Wave(frame("ab", p="01"), wave(["p"], method="count", version="v3-2023"))
    new = Wave(frame("ab", p="01"), wave(["p"], method="count", version="v4-2024"))
    with pytest.raises(UsageError, match=r"'s' has version v3-2023 in one wave and v4-2024 in the other: .* never"):
        compare_waves(old, new)
    assert compare_waves(old, old).table.loc["s", "change"] == 0


def test_a_wave_without_the_score_is_an_error() -> None:
    one, other = Wave(frame("ab", p="01"), wave(["p"])), Wave(frame("ab", p="01"), wave(["p"]))
    with pytest.raises(UsageError, match="has no score 'dii'"):
        compare_waves(one, other, score="dii")
