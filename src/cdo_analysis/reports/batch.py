"""Many reports of one study: which are to make, which are there already, and what became of all of them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.reports.factory import EngineName, Limits, Outcome, Plan, Task, make_reports
from cdo_analysis.reports.fanout import parameter_sets
from cdo_analysis.reports.formats import SUFFIXES, read_formats
from cdo_analysis.reports.ledger import Ledger, Run
from cdo_analysis.reports.run import Source
from cdo_analysis.reports.template import Template, open_template

if TYPE_CHECKING:
    from cdo_analysis.study import Study

SOME_FAILED = 1
"""Exit code of a batch of which some reports failed."""


@dataclass(frozen=True)
class Summary:
    """What became of a batch.

    Attributes
    ----------
    asked, made, up_to_date : int
        Reports asked for, made now, and left as they were because nothing that they are made of has changed.
    failed : tuple of Outcome
    differing : tuple of str
        Reports that a plain kernel made otherwise, where some were verified.
    verified : int
    seconds : float
    """

    asked: int
    made: int
    up_to_date: int
    failed: tuple[Outcome, ...]
    differing: tuple[str, ...]
    verified: int
    seconds: float

    @property
    def exit_code(self) -> int:
        """0 where every report is there; the code of the failure where all failed of one; else 1."""
        codes = {outcome.exit_code for outcome in self.failed}
        if len(codes) == 1 and not self.made and not self.up_to_date:
            return codes.pop()
        return SOME_FAILED if codes or self.differing else 0

    def to_json(self) -> str:
        """Return the summary on one line."""
        counts = {name: getattr(self, name) for name in ("asked", "made", "up_to_date", "verified")}
        failed = [{"report": o.task.report, "state": o.run.state, "message": o.run.message} for o in self.failed]
        rest = {"failed": failed, "differing": list(self.differing), "seconds": round(self.seconds, 1)}
        return json.dumps({**counts, **rest}, ensure_ascii=False)


@dataclass(frozen=True)
class Batch:
    """Reports to make.

    Attributes
    ----------
    tasks : tuple of Task
    plan : Plan
    """

    tasks: tuple[Task, ...]
    plan: Plan

    def waiting(self) -> list[Task]:
        """Return the reports that are missing, out of date, or not what their run published."""
        if not self.plan.out.is_dir():
            return list(self.tasks)
        done = Ledger(self.plan.out).last(state="succeeded")
        return [task for task in self.tasks if not _is_there(self.plan.out, task, done.get(task.report))]

    def run(
        self,
        *,
        again: bool = False,
        verify: int = 0,
        on_failure: str = "",
        told: Callable[[str], None] = lambda _: None,
        ended: Callable[[Outcome, int, int], None] = lambda *_: None,
    ) -> Summary:
        """Make what is missing or out of date.

        Parameters
        ----------
        again : bool
            True: make all of them.
        verify : int
            How many of those made are made once more by a plain kernel and compared, byte for byte.
        on_failure : str
            A command that is run once if any report failed; it reads the summary, one line of JSON, on standard input.
        told : callable
            See :func:`~cdo_analysis.reports.make_reports`.
        ended : callable
            Is given each outcome, how many have ended and how many there are.

        Returns
        -------
        Summary
        """
        start = time.monotonic()
        tasks = list(self.tasks) if again else self.waiting()
        outcomes = []
        for outcome in make_reports(tasks, self.plan, told=told):
            outcomes.append(outcome)
            ended(outcome, len(outcomes), len(tasks))
        good = [outcome for outcome in outcomes if not outcome.exit_code]
        chosen = [outcome.task for outcome in good[:: max(1, len(good) // max(verify, 1))]][:verify]
        summary = Summary(
            asked=len(self.tasks),
            made=len(good),
            up_to_date=len(self.tasks) - len(tasks),
            failed=tuple(outcome for outcome in outcomes if outcome.exit_code),
            differing=tuple(self._differing(chosen)),
            verified=len(chosen),
            seconds=time.monotonic() - start,
        )
        if on_failure and summary.exit_code:
            subprocess.run(on_failure, shell=True, input=f"{summary.to_json()}\n".encode(), check=False)
        return summary

    def _differing(self, tasks: Sequence[Task]) -> Iterator[str]:
        """Make reports again in plain kernels, apart, and yield those that differ."""
        if not tasks:
            return
        import tempfile

        with tempfile.TemporaryDirectory(prefix="cdo-analysis-verify-") as folder:
            apart = replace(self.plan, out=Path(folder), engine="kernel", cluster="", workers=self.plan.workers or 1)
            for outcome in make_reports(tasks, apart):
                for suffix in ("html", "ipynb", *outcome.run.formats()):
                    name = f"{outcome.task.report}.{suffix}"
                    if outcome.exit_code or (apart.out / name).read_bytes() != (self.plan.out / name).read_bytes():
                        yield outcome.task.report
                        break


def _is_there(out: Path, task: Task, run: Run | None) -> bool:
    """Tell whether the last good run made this very report, and its files still are what it published."""
    if run is None or run.key != task.key or run.period != task.period:
        return False
    others = run.formats()
    if not set(map(SUFFIXES.__getitem__, task.formats)) <= set(others):
        return False
    for suffix, expected in {"html": run.html, "ipynb": run.notebook, **others}.items():
        try:
            found = hashlib.sha256((out / f"{task.report}.{suffix}").read_bytes()).hexdigest()
        except OSError:
            return False
        if found != expected:
            return False
    return True


def plan_batch(
    study: Study | str | Path,
    name: str = "company",
    *,
    out: str | Path = "reports",
    where: Iterable[str] = (),
    companies: Path | None = None,
    by: Iterable[str] = (),
    sets: Path | None = None,
    parameters: Mapping[str, object] | None = None,
    engine: EngineName = "auto",
    workers: int = 1,
    limits: Limits | None = None,
    period: str = "",
    cluster: str = "",
    formats: str | Iterable[str] = (),
) -> Batch:
    """Return the reports of a template that a study can have: one a company, one a segment, or the one.

    Parameters
    ----------
    study : Study, str or Path
    name : str
        Template.
    out : str or Path
        Folder to publish in.
    where : iterable of str
        ``column=value`` of the tidy answers: only companies for which all hold.
    companies : Path, optional
        A file with a company a line: only those.
    by : iterable of str
        Columns of the answers: a report for each combination of their values; ``size=size_category`` where a
        parameter has another name than its column.
    sets : Path, optional
        A CSV file, a column a parameter and a line a report.
    parameters : mapping, optional
        Of every report.
    engine, workers, limits
        See :class:`~cdo_analysis.reports.Plan`.
    period : str
        Such as ``2026-W48``.
    cluster : str
        Address of a Dask scheduler, whose workers make the reports; they must see the study and `out`.
    formats : str or iterable of str
        What is made of each report beside its page: ``pdf``, ``xlsx``, ``csv``.

    Returns
    -------
    Batch

    Raises
    ------
    UsageError, InputError
        A template, company, column, value or parameter is not known, before anything starts.
    """
    source, template = Source(study), open_template(name)
    found = parameter_sets(
        source,
        template,
        where=tuple(where),
        companies=companies,
        by=tuple(by),
        listed=sets,
    )
    made = read_formats(formats)
    tasks = [replace(_task(source, template, one, parameters or {}, period), formats=made) for one in found]
    _check_names(tasks)
    planned = source.plan(out, template, engine=engine, workers=workers, limits=limits, cluster=cluster)
    return Batch(tuple(tasks), replace(planned, pdf="pdf" in made))


def _task(
    source: Source, template: Template, own: Mapping[str, str], parameters: Mapping[str, object], period: str
) -> Task:
    """Return the report that its own parameters tell from the others; its file has the name of their values."""
    twice = sorted(set(own) & set(parameters))
    if twice:
        raise UsageError(f"{twice[0]} is of each report its own; leave -p {twice[0]} out.")
    given = {**parameters, **{name: value for name, value in own.items() if name != "company"}}
    return source.task(template, company=own.get("company"), parameters=given, period=period, named_by=tuple(own))


def _check_names(tasks: Sequence[Task]) -> None:
    """Make sure that no two reports would have one file, on any system."""
    seen: dict[str, Task] = {}
    for task in tasks:
        other = seen.setdefault(task.report.casefold(), task)
        if other is not task:
            raise InputError(f"two reports would both be published as '{task.report}'; give them other values.")
