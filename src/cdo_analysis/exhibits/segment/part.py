"""The segment: which respondents are in it, which are in the rest, and how it is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from cdo_analysis.codebook import check_segment, segment_column
from cdo_analysis.exhibits.study_view import View


@dataclass(frozen=True)
class Segment:
    """A sector, a size category, a region, or where several of them meet.

    Attributes
    ----------
    codes : dict of str to str
        Of each variable that cuts the segment: ``{"sector": "trade", "size": "pme"}``.
    name : str
        In words: "Commerce, PME (hors micro)".
    inside : Series of boolean
        True in the segment, False in the rest, missing where what is known of a respondent does not tell.
    fewest : int
        Fewest respondents that a mean needs, on either side.
    """

    codes: dict[str, str]
    name: str
    inside: pd.Series = field(repr=False)
    fewest: int

    @cached_property
    def n(self) -> int:
        """Respondents of the segment."""
        return int(self.inside.eq(True).sum())

    @cached_property
    def rest(self) -> int:
        """Respondents of the rest."""
        return int(self.inside.eq(False).sum())

    @cached_property
    def unknown(self) -> int:
        """Respondents of whom it is not known."""
        return int(self.inside.isna().sum())

    @property
    def is_enough(self) -> bool:
        """Tell whether anything may be said of the segment and of the rest."""
        return min(self.n, self.rest) >= self.fewest

    @property
    def members(self) -> pd.Index:
        """Respondents of the segment."""
        return self.inside.index[self.inside.fillna(False)]


def choose(view: View, *, sector: str = "", size: str = "", region: str = "") -> Segment:
    """Return the segment where a sector, a size category and a region meet; those left empty do not cut it.

    Parameters
    ----------
    view : View
    sector, region : str
        A code of the questionnaire.
    size : str
        ``micro``, ``pme``, ``eti`` or ``ge``.

    Returns
    -------
    Segment

    Raises
    ------
    UsageError
        Nothing cuts, the questionnaire does not ask what would, or there is no such code.
    """
    codes = check_segment(view.book, {"sector": sector, "size": size, "region": region})
    inside, words = pd.Series(True, index=view.responses.index, dtype="boolean"), []
    for name, code in codes.items():
        groups = view.groups(segment_column(view.book, name))
        inside &= groups.values.eq(code).astype("boolean").where(groups.values.notna())
        words.append(str(groups.labels[code]))
    return Segment(codes, ", ".join(words), inside, view.profile.mean)
