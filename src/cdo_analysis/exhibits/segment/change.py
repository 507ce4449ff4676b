"""How far the segment moved since an earlier wave, on the questions that both waves ask alike."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.panorama.change import change_within
from cdo_analysis.exhibits.segment.part import Segment, choose
from cdo_analysis.exhibits.study_view import View


def change(view: View, part: Segment, previous: str | Path) -> Exhibit | None:
    """Return how far the score and the dimensions of the segment moved since an earlier wave.

    None without an earlier wave or a score, or where the segment is too small in either.

    Parameters
    ----------
    view : View
    part : Segment
    previous : str or Path
        Study of the earlier wave; empty where there is none.

    Raises
    ------
    InputError, UsageError
        There is no such study, it does not know the segment, or the two waves have no score in common.
    """
    if not part.is_enough:
        return None

    def members(wave: View) -> pd.Index:
        return choose(wave, **part.codes).members

    return change_within(view, previous, members)
