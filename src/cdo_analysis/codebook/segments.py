"""Segments of a survey: a sector, a size category, a region, by the codes of the questionnaire."""

from __future__ import annotations

from collections.abc import Mapping

from cdo_analysis.codebook.model import Codebook
from cdo_analysis.errors import UsageError, did_you_mean

SEGMENT_VARIABLES = ("sector", "size", "region")
"""What a segment may be cut by, in the order of its name."""

SIZE_COLUMN, SIZE_CODES = "size_category", ("micro", "pme", "eti", "ge")
"""The size category of a company is derived: no questionnaire asks it."""


def check_segment(book: Codebook, given: Mapping[str, str]) -> dict[str, str]:
    """Return the codes that cut a segment, those that are empty left out.

    Parameters
    ----------
    book : Codebook
    given : mapping of str to str
        A code for some of :data:`SEGMENT_VARIABLES`; empty where the variable does not cut.

    Returns
    -------
    dict of str to str
        In the order of the variables.

    Raises
    ------
    UsageError
        Nothing cuts, the questionnaire does not ask what would, or there is no such code; a label is answered with its
        code.

    Examples
    --------
    >>> from cdo_analysis.codebook import load_codebook
    >>> check_segment(load_codebook("cdo-2026"), {"sector": "trad", "size": "pme"})
    Traceback (most recent call last):
    cdo_analysis.errors.UsageError: cdo-2026 has no sector 'trad'; did you mean 'trade'?
    """
    codes = {name: given[name] for name in SEGMENT_VARIABLES if given.get(name)}
    if not codes:
        raise UsageError("a segment needs a sector, a size or a region; give one, as in -p sector=trade -p size=pme.")
    for name, code in codes.items():
        known = _labels(book, name)
        if code not in known:
            words = {label.casefold(): each for each, labels in known.items() for label in labels}
            meant = words.get(code.strip().casefold())
            hint = f"; did you mean '{meant}'?" if meant else did_you_mean(code, known)
            raise UsageError(f"{book.id} has no {name} '{code}'{hint}")
    return codes


def segment_column(book: Codebook, name: str) -> str:
    """Return the column of the tidy answers that holds a variable of a segment.

    Raises
    ------
    UsageError
        The questionnaire does not ask it.
    """
    column = SIZE_COLUMN if name == "size" else getattr(book.roles, name)
    if not column:
        raise UsageError(f"{book.id} asks no {name}: a segment cannot be cut by it.")
    return str(column)


def _labels(book: Codebook, name: str) -> dict[str, tuple[str, ...]]:
    """Return the codes of a variable with their labels in both languages."""
    column = segment_column(book, name)
    if column == SIZE_COLUMN:
        return {code: (code,) for code in SIZE_CODES}
    item = book[column]
    return {code: (item.label_of(code, "fr"), item.label_of(code, "en")) for code in item.codes}
