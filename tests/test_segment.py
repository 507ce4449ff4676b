"""The segment report: who is in, what differs, what is hidden, what a wrong parameter is answered."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.codebook import check_segment, load_codebook
from cdo_analysis.errors import UsageError
from cdo_analysis.exhibits import View, segment, view
from cdo_analysis.reports import open_template, report
from cdo_analysis.reports.run import Source
from cdo_analysis.study import Study


@pytest.fixture(scope="module")
def seen(sample_study: Study) -> View:
    return view(sample_study)


def test_a_segment_is_where_its_variables_meet_and_who_may_be_in_it_is_in_neither_side(seen: View) -> None:
    part = segment.choose(seen, sector="trade", size="pme")
    answers = seen.responses
    both = answers["sector"].eq("trade") & answers["size_category"].eq("pme")
    unknown = answers["sector"].eq("trade") & answers["size_category"].isna()
    assert (part.n, part.unknown) == (int(both.sum()), int(unknown.sum()))
    assert part.n + part.rest + part.unknown == len(answers)
    assert part.name == "Commerce de gros ou de détail, PME (hors micro)"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sector": "trdae"}, "no sector 'trdae'; did you mean 'trade'?"),
        ({"sector": "Commerce de gros ou de détail"}, "did you mean 'trade'?"),
        ({"region": "Bretagne"}, "did you mean '53'?"),
        ({"size": "eit"}, "no size 'eit'; known: eti, ge, micro, pme"),
        ({"sector": "", "size": ""}, "a segment needs a sector, a size or a region"),
    ],
)
def test_a_wrong_segment_is_told_what_was_meant(given: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        check_segment(load_codebook("cdo-2026"), given)


def test_files_are_named_by_the_segment_and_the_default_of_the_template_does_not_stay(sample_study: Study) -> None:
    source, template = Source(sample_study), open_template("segment")
    both = source.task(template, parameters={"sector": "trade", "size": "pme"})
    size = source.task(template, parameters={"size": "eti", "language": "en"})
    assert (both.report, size.report) == ("segment-trade-pme", "segment-eti")
    assert size.values["sector"] == ""
    with pytest.raises(UsageError, match="did you mean 'trade'"):
        source.task(template, parameters={"sector": "tradee"})


def test_differences_are_those_of_weighted_means_and_carry_their_own_interval(seen: View) -> None:
    part = segment.choose(seen, size="eti")
    row = segment.dimension_gaps(seen, part).iloc[0]
    scores, weights = seen.scores["dma"], seen.weights
    inside, outside = part.inside.eq(True).fillna(False), part.inside.eq(False).fillna(False)
    known = scores.notna()
    means = [float(np.average(scores[side & known], weights=weights[side & known])) for side in (inside, outside)]
    assert [row["inside"], row["outside"], row["gap"]] == pytest.approx([*means, means[0] - means[1]])
    assert row["low"] < row["gap"] < row["high"]
    assert bool(row["told"]), "the sample plants a large difference between ETI and PME"


def test_p_values_are_adjusted_over_all_rows(seen: View) -> None:
    table = segment.practice_gaps(seen, segment.choose(seen, sector="trade"))
    known = table.dropna(subset="p").sort_values("p")
    assert (known["adjusted"] >= known["p"]).all()
    assert known["adjusted"].is_monotonic_increasing
    assert (table["told"] == table["adjusted"].le(0.05)).all()


def test_a_row_is_hidden_where_one_of_its_cells_has_too_few(seen: View) -> None:
    part = segment.choose(seen, sector="trade", region="84")
    table = segment.practice_gaps(seen, part)
    hidden = table[table["flag"].eq("c")]
    assert len(hidden) > 10
    assert hidden[["n", "inside", "outside", "gap", "low", "high", "p"]].isna().all(axis=None)
    for name in table.loc[table["flag"].ne("c"), "name"]:
        points = seen.responses[name].map(seen.book[name].points).astype(float)[part.members].dropna()
        counts = [int(points.ge(0.5).sum()), int(points.lt(0.5).sum())]
        assert all(n == 0 or n >= seen.profile.count for n in counts)


def test_too_few_respondents_give_one_page_that_says_so_and_nothing_else(seen: View) -> None:
    part = segment.choose(seen, sector="agriculture")
    head = segment.cover(seen, part)
    assert head.facts["state"] == "abstained"
    assert "trop peu de répondants" in head.title
    said = head.title + " ".join(head.paragraphs)
    assert str(part.n) not in re.findall(r"\d+", said), "the count itself is not published"
    pieces = [
        segment.respondents,
        segment.composition,
        segment.dimensions,
        segment.practices,
        segment.levels,
        segment.arrangements,
    ]
    pieces += [segment.advised, segment.estimated, segment.expectations, segment.obstacles]
    assert [piece(seen, part) for piece in pieces] == [None] * len(pieces)
    assert segment.change(seen, part, seen.study.folder) is None


def test_that_nothing_stands_out_is_an_answer(seen: View) -> None:
    random = np.random.default_rng(1).random(len(seen.responses)) < 0.3
    drawn = pd.Series(random, index=seen.responses.index, dtype="boolean")
    part = segment.Segment({"sector": "drawn"}, "Tirage", drawn, seen.profile.mean)
    head = segment.cover(seen, part)
    assert "rien ne distingue" in head.title
    assert head.facts["state"] == "answered"


def test_each_kind_of_evidence_has_its_label(seen: View) -> None:
    part = segment.choose(seen, size="eti")
    pieces = [segment.arrangements(seen, part), segment.advised(seen, part), segment.estimated(seen, part)]
    assert [piece and piece.evidence for piece in pieces] == ["observed", "advised", "estimated"]


def test_a_segment_that_is_its_own_earlier_wave_did_not_move(seen: View) -> None:
    moved = segment.change(seen, segment.choose(seen, sector="trade"), seen.study.folder)
    assert moved is not None
    assert moved.table is not None
    assert {row[4] for row in moved.table.rows} == {"0,0"}


@pytest.mark.slow
def test_french_and_english_pages_have_the_same_numbers(sample_study: Study, tmp_path: Path) -> None:
    numbers = []
    for language in ("fr", "en"):
        made = report(
            sample_study, "segment", out=tmp_path / language, parameters={"size": "eti", "language": language}
        )
        html = made.html.read_text(encoding="utf-8")
        cells = re.findall(r'<td class="number">([^<]*)</td>', html)
        plain = [re.sub(r"[\s\u202f\u00a0]", "", cell).replace(",", ".") for cell in cells]
        numbers.append([re.sub(r"(?<=\d)(à|to)(?=[+−\d])", "~", cell) for cell in plain])
    assert len(numbers[0]) > 300
    assert numbers[0] == numbers[1]
