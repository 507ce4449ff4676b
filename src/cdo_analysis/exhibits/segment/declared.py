"""What a segment report publishes, as facts for the audit: the segment, and everybody of whom it is known."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cdo_analysis.codebook import segment_column
from cdo_analysis.disclosure import KNOWN, Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.segment.part import Segment
from cdo_analysis.exhibits.study_view import Groups, View


def inside_of(view: View, part: Segment) -> Cell:
    """Return the segment as a group of respondents."""
    return Cell.of({segment_column(view.book, name): code for name, code in part.codes.items()})


def size_facts(view: View, part: Segment) -> list[Fact]:
    """Return how many are in the segment, and of how many it is known: the rest is the difference."""
    inside = inside_of(view, part)
    return published.counted(view, [inside, published.known(view, *inside.variables)])


def answer_facts(view: View, part: Segment, table: pd.DataFrame, answers: Groups) -> list[Fact]:
    """Return what the shares of the answers to one question tell; see :func:`answer_gaps`."""
    return published.shares_beside(view, table, answers, inside_of(view, part))


def mean_facts(view: View, part: Segment, table: pd.DataFrame) -> list[Fact]:
    """Return what the means of scores tell; see :func:`mean_gaps`."""
    columns = {str(name): view.scores[str(name)] for name in table["name"]}
    return published.means_beside(view, table, columns, inside_of(view, part))


def holding_facts(view: View, part: Segment, table: pd.DataFrame, cells: Mapping[str, Cell]) -> list[Fact]:
    """Return what the shares of things that hold or not tell; see :func:`share_gaps`.

    Parameters
    ----------
    view : View
    part : Segment
    table : DataFrame
        name, flag.
    cells : mapping of str to Cell
        For whom each thing holds: answers to one item.
    """
    inside, facts = inside_of(view, part), list[Fact]()
    around = published.known(view, *inside.variables)
    for name, flag in zip(table["name"], table["flag"], strict=True):
        cell = cells[str(name)]
        answered = Cell.of(dict.fromkeys(cell.variables, KNOWN))
        facts += published.told(view, [cell & inside], inside & answered, [flag])
        facts += published.told(view, [cell & around], around & answered, [flag])
        facts += [] if flag == "c" else published.counted(view, [inside & answered, around & answered])
    return facts
