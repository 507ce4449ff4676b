"""Which platform wrote a file, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.intake.platforms import forms, kobo, limesurvey, long, qualtrics
from cdo_analysis.intake.records import Records

Platform = Literal[
    "table", "limesurvey", "qualtrics", "kobo", "google-forms", "microsoft-forms", "long", "spss", "stata", "parquet"
]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)

_RECOGNISED: tuple[tuple[Platform, Callable[[Records], bool]], ...] = (
    ("qualtrics", qualtrics.wrote),
    ("limesurvey", limesurvey.wrote),
    ("kobo", kobo.wrote),
    ("google-forms", forms.google_wrote),
    ("microsoft-forms", forms.microsoft_wrote),
    ("long", long.wrote),
)
_ARRANGED: dict[str, Callable[[Records, str], Records]] = {
    "qualtrics": qualtrics.arrange,
    "limesurvey": limesurvey.arrange,
    "kobo": kobo.arrange,
    "google-forms": forms.arrange_google,
    "microsoft-forms": forms.arrange_microsoft,
    "long": long.arrange,
}


def find_platform(records: Records, asked: str | None = None) -> Platform:
    """Return the platform that the caller names, or the one that the records show; ``table`` where nothing does.

    Raises
    ------
    UsageError
        No platform has the name that is asked for.
    """
    for platform in PLATFORMS:
        if asked == platform or (asked is None and records.platform == platform):
            return platform
    if asked is not None:
        raise UsageError(f"there is no platform '{asked}'{did_you_mean(asked, PLATFORMS)}")
    return next((platform for platform, wrote in _RECOGNISED if wrote(records)), "table")


def arrange(records: Records, platform: Platform, name: str) -> Records:
    """Return the records as a plain table: one header, one record a respondent."""
    arranged = _ARRANGED.get(platform)
    return arranged(records, name) if arranged else records
