"""Reports that a schedule asks for: made once a period, whatever calls and however often."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.reports.batch import Batch, Summary, plan_batch
from cdo_analysis.reports.periods import Every, missed_periods, period_of
from cdo_analysis.reports.run import Source

if TYPE_CHECKING:
    from cdo_analysis.study import Study

Stale = Literal["refuse", "mark"]
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Schedule:
    """When reports are due.

    Attributes
    ----------
    every : {'day', 'week', 'month', 'quarter'}
    zone : str
        Time zone whose calendar counts.
    max_age_days : float
        Oldest study that is still fresh, in days since it was fitted; 0 for no limit.
    stale : {'refuse', 'mark'}
        What an older study gives: an error, or reports whose manifests say its age.
    catch_up : bool
        True: periods missed since the last one that was done are made too, from the study as it is now.
    """

    every: Every
    zone: str = "Europe/Paris"
    max_age_days: float = 0.0
    stale: Stale = "refuse"
    catch_up: bool = False

    def today(self) -> date:
        """Return the day that it is in the zone."""
        try:
            return datetime.now(ZoneInfo(self.zone)).date()
        except (ZoneInfoNotFoundError, ValueError):
            raise UsageError(f"there is no time zone '{self.zone}'; write one such as Europe/Paris.") from None


@dataclass(frozen=True)
class Due:
    """What a schedule asks for now.

    Attributes
    ----------
    period : str
        The present one.
    missed : tuple of str
        Periods since the last one that was done, oldest first.
    batches : tuple of Batch
        What is to be made, a batch a period; empty where all is there.
    """

    period: str
    missed: tuple[str, ...]
    batches: tuple[Batch, ...]

    def run(self, *, told: Callable[[str], None] = lambda _: None, **options: Any) -> list[Summary]:
        """Make what is due; see :meth:`~cdo_analysis.reports.Batch.run`."""
        return [batch.run(told=told, **options) for batch in self.batches]


def plan_due(
    study: Study | str | Path,
    name: str,
    schedule: Schedule,
    *,
    out: str | Path = "reports",
    parameters: Mapping[str, object] | None = None,
    **options: Any,
) -> Due:
    """Return what is due: each period has a folder of its own in `out`, named by its key.

    Parameters
    ----------
    study : Study, str or Path
    name : str
        Template.
    schedule : Schedule
    out : str or Path
    parameters : mapping, optional
    **options
        See :func:`~cdo_analysis.reports.plan_batch`.

    Raises
    ------
    InputError
        The study is older than it may be.
    """
    day, root, source = schedule.today(), Path(out), Source(study)
    period = period_of(day, schedule.every)
    done = _done(root, name, schedule.every)
    missed = tuple(missed_periods(done[-1], day, schedule.every)) if done else ()
    batches = []
    for each in [*(missed if schedule.catch_up else ()), period]:
        planned = plan_batch(study, name, out=root / each, parameters=parameters, period=each, **options)
        if planned.waiting():
            batches.append(planned)
    if batches:
        age = _check_age(source, schedule)
        batches = [replace(b, plan=replace(b.plan, facts={**b.plan.facts, **age})) for b in batches]
    return Due(period, missed, tuple(batches))


def _done(root: Path, name: str, every: Every) -> list[str]:
    """Return the periods that have a report of the template, oldest first."""
    same = len(period_of(date(2026, 1, 1), every))
    stem = Path(name).stem
    folders = [path for path in root.glob("[0-9]*") if path.is_dir() and len(path.name) == same]
    return sorted(path.name for path in folders if any(path.glob(f"{stem}*.html")))


def _check_age(source: Source, schedule: Schedule) -> dict[str, float]:
    """Return how old a stale study is, for the manifests; nothing where it is fresh."""
    age = (time.time() - (source.folder / "study.json").stat().st_mtime) / _DAY_S
    if not schedule.max_age_days or age <= schedule.max_age_days:
        return {}
    if schedule.stale == "refuse":
        raise InputError(
            f"the study {source.folder.name} was fitted {age:.0f} days ago, more than {schedule.max_age_days:g}; "
            "fit it again, or take --stale mark."
        )
    return {"stale_days": round(age, 1)}
