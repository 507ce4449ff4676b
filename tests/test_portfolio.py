"""The portfolio: shares that add up to everybody, small cells hidden, nothing where all is small."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.exhibits import View, panorama, view
from cdo_analysis.exhibits.study_view import Groups
from cdo_analysis.study import Study


@pytest.fixture(scope="module")
def seen(sample_study: Study) -> View:
    return view(sample_study, language="fr")


def halves(seen: View, first: int) -> Groups:
    """Two groups: the first respondents, and the others."""
    index = seen.study.table("recommendation").index
    values = pd.Series(np.where(np.arange(len(index)) < first, "a", "b"), index=index)
    return Groups(values, ["a", "b"], {"a": "A", "b": "B"})


def test_each_row_adds_up_to_all_the_respondents_of_the_group(seen: View) -> None:
    table, _ = panorama.demand_by(seen, halves(seen, 200))
    shown = table.groupby("group")["estimate"].sum()
    hidden = table[table["flag"].eq("c")].groupby("group").size()
    assert len(hidden) == 0 or hidden.ge(2).all()
    assert (shown <= 1 + 1e-9).all()
    assert table.groupby("group")["group_n"].first().tolist() == [200, len(seen.scores) - 200]


def test_the_share_of_an_option_is_its_weight_among_all_the_weight_of_the_group(seen: View) -> None:
    groups = halves(seen, 250)
    table, gathered = panorama.demand_by(seen, groups)
    assert not gathered
    found = seen.study.table("recommendation")
    inside = groups.values.index[groups.values.eq("a")]
    led = found.loc[inside]
    led = led[led["first"].eq("shared_role") & led["state"].ne("abstained")].index
    by_hand = seen.weights[led].sum() / seen.weights[inside].sum()
    cell = table[table["group"].eq("a") & table["category"].eq("shared_role")]
    assert cell["estimate"].tolist() == pytest.approx([by_hand])


def test_no_row_and_no_column_hides_a_single_cell(seen: View) -> None:
    for variable in ("size_category", "sector", "profile"):
        piece = panorama.portfolio(seen, variable)
        assert piece is not None
        assert piece.table is not None
        body = [row[2:] for row in piece.table.rows]
        assert all(row.count("c") != 1 for row in body)


def test_a_group_of_fewer_than_ten_is_left_out(seen: View) -> None:
    """Nine companies that the rules send to the same option: no cell is small, and yet they are not shown apart."""
    found = seen.study.table("recommendation")
    alike = found.index[found["first"].eq("shared_role") & found["state"].ne("abstained")][:9]
    values = halves(seen, 220).values.where(~found.index.isin(alike), "few")
    table, _ = panorama.demand_by(seen, Groups(values, ["a", "b", "few"], {}))
    assert set(table["group"]) == {"a", "b"}


def test_where_too_much_would_be_hidden_nothing_is_shown(seen: View) -> None:
    index = seen.study.table("recommendation").index
    tiny = pd.Series([f"g{i // 12}" for i in range(len(index))], index=index)
    table, _ = panorama.demand_by(seen, Groups(tiny, sorted(tiny.unique()), {}))
    assert table.empty


def test_the_piece_is_advice_with_its_population_and_its_n(seen: View) -> None:
    piece = panorama.portfolio(seen, "profile")
    assert piece is not None
    assert piece.evidence == "advised"
    assert "n = " in dict(piece.notes)["Champ"]
    assert piece.alt


def test_an_unknown_variable_has_no_portfolio(seen: View) -> None:
    assert panorama.portfolio(seen, "colour") is None


def test_options_stand_side_by_side_in_the_panorama(seen: View) -> None:
    piece = panorama.options(seen)
    assert piece is not None
    assert piece.table is not None
    assert len(piece.table.rows) == 8
