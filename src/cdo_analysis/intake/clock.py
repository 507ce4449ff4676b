"""In which time zone the times of an export are written, and in which they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from cdo_analysis.errors import UsageError


@dataclass(frozen=True)
class Clock:
    """The zones of times.

    Attributes
    ----------
    written : tzinfo or None
        Zone of the times of the file that say none; None leaves them as they are.
    told : tzinfo or None
        Zone in which the survey tells times; UTC where None.

    Examples
    --------
    >>> clock = Clock(find_zone("UTC"), find_zone("Europe/Paris"))
    >>> clock.tell(datetime(2026, 7, 1, 12, 0))
    datetime.datetime(2026, 7, 1, 14, 0)
    """

    written: tzinfo | None = None
    told: tzinfo | None = None

    def tell(self, moment: datetime) -> datetime:
        """Return a time in the zone of the survey, without its zone."""
        if moment.tzinfo is None and self.written is None:
            return moment
        known = moment if moment.tzinfo else moment.replace(tzinfo=self.written)
        return known.astimezone(self.told or UTC).replace(tzinfo=None)


ANY_ZONE = Clock()
"""Times without zone as they are, the others in UTC."""


def find_zone(name: str) -> tzinfo | None:
    """Return the zone of a name such as ``Europe/Paris`` or ``UTC``; None for an empty one.

    Raises
    ------
    UsageError
        There is no such zone.
    """
    if not name:
        return None
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(f"there is no time zone '{name}'; write for instance Europe/Paris or UTC.") from error
