"""Which period a moment belongs to, and which ones were missed: schedules that any scheduler can drive.

A period has a key (``2026-W48``) that the ledger keeps with each run. A run of a period that is done is no run at all,
so that a scheduler may call as often as it likes, twice in an hour that the clock repeats, or late.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from cdo_analysis.errors import UsageError

Every = Literal["day", "week", "month", "quarter"]

_MOST_MISSED = 1_000


def period_of(day: date, every: Every) -> str:
    """Return the key of the period that a day belongs to.

    Examples
    --------
    >>> day = date(2026, 11, 24)
    >>> [period_of(day, every) for every in ("day", "week", "month", "quarter")]
    ['2026-11-24', '2026-W48', '2026-11', '2026-Q4']
    """
    if every == "day":
        return day.isoformat()
    if every == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    if every == "month":
        return f"{day.year}-{day.month:02d}"
    if every == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    raise UsageError(f"every = {every!r}; write day, week, month or quarter.")


def missed_periods(last: str, day: date, every: Every) -> list[str]:
    """Return the periods after `last` and before that of `day`, oldest first.

    Parameters
    ----------
    last : str
        Key of the last period that was done.
    day : date
    every : {'day', 'week', 'month', 'quarter'}

    Examples
    --------
    >>> missed_periods("2026-W45", date(2026, 11, 24), "week")
    ['2026-W46', '2026-W47']
    >>> missed_periods("2026-W53", date(2027, 1, 12), "week")
    ['2027-W01']
    """
    missed: list[str] = []
    now = period_of(day, every)
    while len(missed) < _MOST_MISSED:
        day = _first_day(day, every) - timedelta(days=1)
        key = period_of(day, every)
        if key <= last or key >= now:
            break
        missed.append(key)
    return missed[::-1]


def _first_day(day: date, every: Every) -> date:
    if every == "day":
        return day
    if every == "week":
        return day - timedelta(days=day.weekday())
    if every == "month":
        return day.replace(day=1)
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
