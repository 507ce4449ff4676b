"""Reports about a segment: the codes of their parameters, checked before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cdo_analysis.codebook import SEGMENT_VARIABLES, check_segment, read_codebook
from cdo_analysis.errors import InputError
from cdo_analysis.reports.parameters import Parameter


def is_about_segment(declared: Mapping[str, Parameter]) -> bool:
    """Tell whether a template is about a sector, a size and a region."""
    return all(name in declared for name in SEGMENT_VARIABLES)


def name_segment(folder: Path, given: Mapping[str, object]) -> dict[str, str]:
    """Return all the variables of a segment, those that were not given empty: no default of the template is left.

    Parameters
    ----------
    folder : Path
        Of the study: its questionnaire knows the codes.
    given : mapping
        Parameters as they were given; others than those of a segment are not looked at.

    Raises
    ------
    UsageError
        Nothing cuts the segment, or there is no such code; with what was meant, where that can be guessed.
    InputError
        The study holds no questionnaire.
    """
    try:
        book = read_codebook((folder / "codebook.toml").read_text(encoding="utf-8"), "codebook.toml")
    except OSError as error:
        raise InputError(
            f"the questionnaire of {folder.name} cannot be read ({error.strerror}); fit it again."
        ) from error
    wanted = {name: str(given.get(name) or "").strip() for name in SEGMENT_VARIABLES}
    return wanted | check_segment(book, wanted)
