"""What published numbers give away: bounds against hand arithmetic, a textbook and enumeration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdo_analysis.disclosure import (
    PROFILES,
    Cell,
    Fact,
    Knowledge,
    audit,
    count_of,
    flag_cross_table,
    hidden_count,
    is_dominated,
)
from cdo_analysis.errors import DisclosureError

PRUDENT, INSEE = PROFILES["prudent"], PROFILES["insee"]

# Federal Committee on Statistical Methodology, Statistical Policy Working Paper 22 (2nd version, 2005), chapter II:
# delinquent children by county and education of the head of the household, with the nine cells it hides in vain.
CHILDREN = {"Alpha": (15, 1, 3, 1), "Beta": (20, 10, 10, 15), "Gamma": (3, 10, 10, 2), "Delta": (12, 14, 7, 2)}
EDUCATION = ("low", "medium", "high", "very high")
HIDDEN_IN_VAIN = {
    ("Alpha", "medium"), ("Alpha", "high"), ("Alpha", "very high"), ("Beta", "medium"), ("Beta", "high"),
    ("Gamma", "low"), ("Gamma", "very high"), ("Delta", "low"), ("Delta", "very high"),
}  # fmt: skip


def _published(table: pd.DataFrame, hidden: pd.DataFrame, place: str = "report/table") -> list[Fact]:
    """Return a table with its margins as facts: rows are of `row`, columns of `column`."""
    facts = [count_of(place, Cell(), int(table.to_numpy().sum()))]
    facts += [count_of(place, Cell.of(row=str(row)), int(n)) for row, n in table.sum(axis=1).items()]
    facts += [count_of(place, Cell.of(column=str(column)), int(n)) for column, n in table.sum(axis=0).items()]
    for row, column in product(table.index, table.columns):
        cell = Cell.of(row=str(row), column=str(column))
        facts.append(
            hidden_count(place, cell) if hidden.at[row, column] else count_of(place, cell, table.at[row, column])
        )
    return facts


def _textbook() -> tuple[pd.DataFrame, pd.DataFrame]:
    table = pd.DataFrame(CHILDREN, index=list(EDUCATION)).T
    hidden = pd.DataFrame(
        [[(row, column) in HIDDEN_IN_VAIN for column in EDUCATION] for row in table.index], table.index, EDUCATION
    )
    return table, hidden


def test_the_textbook_cell_that_looks_hidden_and_is_not_is_found_to_be_one() -> None:
    facts = _published(*_textbook())
    knowledge = Knowledge(facts, [fact.cell for fact in facts])
    assert knowledge.bounds(Cell.of(row="Alpha", column="very high")) == (1, 1)


def test_the_audit_names_that_cell() -> None:
    opened = audit(_published(*_textbook()), INSEE).openings
    assert [str(opening) for opening in opened if opening.low == opening.high] == [
        "[column = very high, row = Alpha] has 1 companies, by report/table"
    ]


def test_the_textbook_table_suppressed_by_the_package_opens_nothing() -> None:
    table, _ = _textbook()
    for profile in (INSEE, PRUDENT):
        hidden = flag_cross_table(table, profile).eq("c")
        assert audit(_published(table, hidden), profile).openings == ()


def test_what_the_total_leaves_is_found_by_subtraction() -> None:
    told = [count_of("a", Cell(), 100), count_of("b", Cell.of(size="pme"), 97), hidden_count("b", Cell.of(size="eti"))]
    [opening] = audit(told, PRUDENT).openings
    assert (opening.low, opening.high, opening.places) == (0, 3, ("a", "b"))


def test_two_reports_that_are_safe_alone_open_a_cell_together() -> None:
    """A panorama hides two cells of a row; a report on a part prints one of them: 40 - 30 - 7 = 3."""
    one, two, three = (Cell.of(sector="trade", led=led) for led in ("boss", "adviser", "interim"))
    panorama = [count_of("panorama/led", Cell.of(sector="trade"), 40), count_of("panorama/led", one, 30)]
    panorama += [
        count_of("panorama/all", Cell(), 90),
        hidden_count("panorama/led", two),
        hidden_count("panorama/led", three),
    ]
    answered = Cell.of(sector="trade", led=("boss", "adviser", "interim"))
    segment = [count_of("segment/led", two, 7), count_of("segment/led", answered, 40)]
    assert audit(panorama, PRUDENT).openings == ()
    assert audit(segment, PRUDENT).openings == ()
    [opening] = audit([*panorama, *segment], PRUDENT).openings
    assert opening.cell == three
    assert (opening.low, opening.high) == (3, 3)
    assert set(opening.places) == {"panorama/led", "segment/led"}


def test_everybody_minus_a_segment_is_looked_at_too() -> None:
    """57 of the second profile, 54 of them in trade: three are in no other sector, which nothing prints."""
    told = [count_of("p", Cell(), 90), count_of("p", Cell.of(profile="2"), 57), count_of("p", Cell.of(profile="1"), 33)]
    told += [count_of("p", Cell.of(sector="trade"), 60), count_of("p", Cell.of(sector="other"), 30)]
    told += [count_of("segment", Cell.of(sector="trade", profile="2"), 54)]
    assert "[profile = 2, sector = other] has 3 companies" in str(audit(told, PRUDENT).openings[0])


def test_rounding_leaves_room() -> None:
    hidden = hidden_count("b", Cell.of(size="eti"))
    exact = [count_of("a", Cell(), 100), count_of("b", Cell.of(size="pme"), 95), hidden]
    rounded = [count_of("a", Cell(), 98, 102), count_of("b", Cell.of(size="pme"), 93, 97), hidden]
    assert Knowledge(exact, [hidden.cell]).bounds(hidden.cell) == (0, 5)
    assert Knowledge(rounded, [hidden.cell]).bounds(hidden.cell) == (0, 9)


def test_facts_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(DisclosureError, match="contradict"):
        audit([count_of("a", Cell(), 10), count_of("b", Cell.of(size="pme"), 12)], PRUDENT)


def test_a_small_count_in_print_is_an_opening_of_its_own() -> None:
    [opening] = audit([count_of("a", Cell(), 100), count_of("a", Cell.of(flag="yes"), 4)], PRUDENT).openings
    assert (opening.kind, opening.low) == ("shown", 4)


def test_a_mean_that_two_others_leave_is_worked_out() -> None:
    """100 firms at 50 on average, 95 of them at 48: the other five have (5000 - 4560) / 5 = 88."""
    pme = Cell.of(size="pme")
    counts = [count_of("p", Cell(), 100), count_of("p", pme, 95)]
    score = {"measure": "mean", "item": "score", "scale": (0.0, 100.0)}
    means = [Fact("p", Cell(), 50.0, 50.0, **score), Fact("s", pme, 48.0, 48.0, **score)]  # type: ignore[arg-type]
    [opening] = audit([*counts, *means], PRUDENT).openings
    assert (opening.low, opening.high) == (pytest.approx(88), pytest.approx(88))
    assert opening.kind == "mean"


def test_means_printed_in_whole_points_leave_the_few_in_doubt() -> None:
    """Rounded to a point, the same two means leave the five anywhere between 68 and 100."""
    pme = Cell.of(size="pme")
    counts = [count_of("p", Cell(), 100), count_of("p", pme, 95)]
    score = {"measure": "mean", "item": "score", "scale": (0.0, 100.0)}
    means = [Fact("p", Cell(), 49.5, 50.5, **score), Fact("s", pme, 47.5, 48.5, **score)]  # type: ignore[arg-type]
    assert audit([*counts, *means], PRUDENT).openings == ()


def test_one_company_with_most_of_a_sum_is_dominant() -> None:
    assert is_dominated([86, 7, 7], INSEE)
    assert not is_dominated([85, 8, 7], INSEE)
    assert is_dominated([50, 41, 9], PRUDENT), "the two largest have 91 %"
    assert not is_dominated([50, 39, 11], PRUDENT)


def test_the_second_largest_may_not_come_within_ten_percent_of_the_largest() -> None:
    """total - x1 - x2 = 4 is under 10 % of 60; 7 is not."""
    lenient = replace(PRUDENT, two_largest_share=1.0)
    assert is_dominated([60, 20, 4], lenient)
    assert not is_dominated([60, 20, 7], lenient)


def test_a_group_that_gives_one_answer_does_not_show_which() -> None:
    counts = pd.DataFrame([[12, 0, 0], [30, 20, 40]])
    assert flag_cross_table(counts, PRUDENT).iloc[0].eq("c").sum() >= 2
    assert flag_cross_table(counts, INSEE).iloc[0].eq("c").sum() == 0


# --- against enumeration: every table of whole numbers that agrees with what is published -------------------------


def _tables(table: np.ndarray, hidden: np.ndarray) -> Iterator[np.ndarray]:
    """Yield every table of whole numbers that has the shown cells and the margins of `table`."""
    places = [tuple(place) for place in np.argwhere(hidden)]
    most = [int(min(table[i].sum(), table[:, j].sum())) for i, j in places]
    for values in product(*(range(m + 1) for m in most[:-1])):
        other = table.copy()
        for place, value in zip(places, values, strict=False):
            other[place] = value
        if places:
            i, j = places[-1]
            other[i, j] = 0
            other[i, j] = table[i].sum() - other[i].sum()
        if (other >= 0).all() and (other.sum(0) == table.sum(0)).all() and (other.sum(1) == table.sum(1)).all():
            yield other


small_tables = st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=2, max_size=2)
masks = st.lists(st.booleans(), min_size=6, max_size=6).filter(lambda mask: 0 < sum(mask) <= 6)


@settings(max_examples=60, deadline=None)
@given(small_tables, masks)
def test_bounds_are_those_of_all_tables_that_agree(cells: list[list[int]], mask: list[bool]) -> None:
    table, hidden = np.array(cells), np.array(mask).reshape(2, 3)
    found = list(_tables(table, hidden))
    facts = _published(pd.DataFrame(table), pd.DataFrame(hidden))
    knowledge = Knowledge(facts, [fact.cell for fact in facts])
    for i, j in np.argwhere(hidden):
        values = [int(other[i, j]) for other in found]
        assert knowledge.bounds(Cell.of(row=str(i), column=str(j))) == (min(values), max(values))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3))
def test_no_small_cell_of_a_flagged_table_is_proven_small(cells: list[list[int]]) -> None:
    """Where totals may be shown at all, some table that agrees has at least five in each hidden small cell."""
    table = pd.DataFrame(cells)
    few = [*table.sum(axis=0), *table.sum(axis=1)]
    if min(few) < PRUDENT.count:
        return
    hidden = flag_cross_table(table, PRUDENT).eq("c")
    facts = _published(table, hidden)
    knowledge = Knowledge(facts, [fact.cell for fact in facts])
    for i, j in np.argwhere(table.gt(0).to_numpy() & table.lt(5).to_numpy()):
        _, high = knowledge.bounds(Cell.of(row=str(i), column=str(j)))
        assert high >= 5 or hidden.iloc[i].all() or hidden.iloc[:, j].all()
        assert hidden.iloc[i, j]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=16, max_size=16), st.data())
def test_tables_cut_along_a_junction_tree_give_the_bounds_of_the_whole(cells: list[int], data: st.DataObject) -> None:
    """Four variables in a cycle of pairs: bounds from the pieces equal those from one table of all four."""
    joint = np.array(cells).reshape(2, 2, 2, 2)
    names, pairs = "abcd", [(0, 1), (1, 2), (2, 3), (0, 3)]
    told = [count_of("", Cell(), int(joint.sum()))]
    asked = []
    for one, other in pairs:
        margin = joint.sum(axis=tuple(axis for axis in range(4) if axis not in (one, other)))
        for i, j in product(range(2), repeat=2):
            cell = Cell.of({names[one]: str(i), names[other]: str(j)})
            asked.append(cell)
            if data.draw(st.booleans()):
                told.append(count_of("", cell, int(margin[i, j])))
    whole = Cell.of(a="0", b="0", c="0", d="0")
    pieces, full = Knowledge(told, asked), Knowledge(told, [*asked, whole])
    assert len(full.joint.cliques) == 2, "everybody, and one table of all"
    for cell in asked:
        assert pieces.bounds(cell) == full.bounds(cell)
