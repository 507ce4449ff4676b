"""Reports made one after the other or side by side, each in a process of its own, and published whole or not at all.

The process that drives never imports what reports need: it starts processes, holds the clock, keeps the ledger and
moves finished files to where readers look.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from cdo_analysis.errors import (
    BusyError,
    CdoAnalysisError,
    DisclosureError,
    InputError,
    InterruptedRunError,
    ProcessDiedError,
    PublishError,
    ReportError,
    TimeLimitError,
    UsageError,
)
from cdo_analysis.reports.disclosed import Published, Release
from cdo_analysis.reports.formats import SUFFIXES
from cdo_analysis.reports.index import refresh_index
from cdo_analysis.reports.job import FAILED, NOTEBOOK, PAGE, RESULT, Job, staged
from cdo_analysis.reports.ledger import FOLDER, Ledger, Run, now
from cdo_analysis.reports.processes import End, Fork, Plain, Processes, fork_is_possible

EngineName = Literal["auto", "fork", "kernel"]

MANIFEST = "manifest.json"
_ENOUGH_SPACE = 50_000_000
_STARTING_S = 120.0
_PAUSE_S = 5.0
_TRANSIENT = ("disk_full", "not_started")
"""Kinds of failure that may be gone a moment later: tried a second time. Data and notebooks fail once."""
_STATES = {
    DisclosureError.exit_code: "blocked_by_disclosure",
    TimeLimitError.exit_code: "timeout",
    ProcessDiedError.exit_code: "process_died",
    PublishError.exit_code: "cannot_publish",
}
_SAID: tuple[type[CdoAnalysisError], ...] = (
    UsageError, InputError, DisclosureError, ReportError, TimeLimitError, ProcessDiedError, PublishError, BusyError,
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """What a report may take.

    Attributes
    ----------
    cell_s, run_s : float
        Seconds of a cell, and of the whole.
    memory_mb : float
        Memory on top of what a forked process starts with; 0 for no limit.
    """

    cell_s: float = 300.0
    run_s: float = 900.0
    memory_mb: float = 4_000.0


@dataclass(frozen=True)
class Task:
    """A report to make.

    Attributes
    ----------
    report : str
        Stem of its files: ``panorama``, ``company-732829320``.
    template : str
    values : dict
        Parameters, checked.
    key : str
        Hash of all that it is made of.
    period : str
        Such as ``2026-W48``.
    formats : tuple of str
        What is made beside the page: ``pdf``, ``xlsx``, ``csv``.
    """

    report: str
    template: str
    values: dict[str, Any]
    key: str
    period: str = ""
    formats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a report.

    Attributes
    ----------
    task : Task
    run : Run
        As the ledger has it.
    title : str
        Of the report; empty where it was not published.
    exit_code : int
        0 where it was.
    """

    task: Task
    run: Run
    title: str = ""
    exit_code: int = 0


@dataclass
class _Running:
    task: Task
    run: Run
    staging: Path
    since: float
    attempt: int
    why_killed: str = ""


@dataclass(frozen=True)
class Plan:
    """How reports are made.

    Attributes
    ----------
    out : Path
        Folder to publish in.
    study : str
        Study to open in the warm process; empty for none.
    engine : {'auto', 'fork', 'kernel'}
        ``auto`` forks where that is possible and safe, and else takes plain kernels.
    workers : int
        Reports made side by side; 0, on a cluster, for as many as it has threads.
    limits : Limits
    facts : dict
        What every manifest says: study, code, versions.
    cluster : str
        Address of a Dask scheduler whose workers make the reports; empty for this machine.
    common : dict
        Parameters that all the reports have, such as their language; found where reports are made.
    pdf : bool
        True where PDFs will be made: what makes them is then loaded once.
    """

    out: Path
    study: str = ""
    engine: EngineName = "auto"
    workers: int = 1
    limits: Limits = field(default_factory=Limits)
    facts: dict[str, Any] = field(default_factory=dict)
    cluster: str = ""
    common: dict[str, Any] = field(default_factory=dict)
    pdf: bool = False


def make_reports(
    tasks: Sequence[Task], plan: Plan, *, told: Callable[[str], None] = lambda _: None
) -> Iterator[Outcome]:
    """Make reports, and yield what became of each as it ends.

    A failure is an outcome and stops no other report; the last good files of a report that fails stay as they are.

    Parameters
    ----------
    tasks : sequence of Task
        Of one template.
    plan : Plan
    told : callable
        Is given a sentence where something is worth knowing: that plain kernels are used, and why.

    Raises
    ------
    PublishError
        The folder cannot be written.
    InterruptedRunError
        A signal asked to stop (Ctrl-C, SIGTERM, SIGHUP); what ran is killed and written as interrupted.
    """
    if not tasks:
        return
    with _prepared(plan.out) as ledger, _signals() as asked, ExitStack() as stack:
        works = stack.enter_context(open_processes(tasks[0].template, replace(plan, common=_common(tasks)), told))
        try:
            yield from _Factory(plan, ledger, works, asked).run(tasks)
        finally:
            why = refresh_index(plan.out, period=tasks[0].period)
            if why:
                told(f"the page of the folder could not be written: {why}")


def _common(tasks: Sequence[Task]) -> dict[str, Any]:
    """Return the parameters that all tasks have alike."""
    return {name: value for name, value in tasks[0].values.items() if all(t.values.get(name) == value for t in tasks)}


@contextmanager
def _prepared(out: Path) -> Iterator[Ledger]:
    if out.exists() and not out.is_dir():
        raise PublishError(f"{out} is a file; name a folder with --out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(out).free
    except OSError as error:
        raise PublishError(f"{out} cannot be written: {error.strerror}; choose another --out.") from error
    if free < _ENOUGH_SPACE and os.environ.get("CDO_ANALYSIS_ANY_SPACE") != "1":
        raise PublishError(f"{out} has {free // 1_000_000} MB left; free some space, or choose another --out.")
    ledger = Ledger(out)
    ledger.recover()
    held = {_staging_of(out, run).name for run in ledger.running()}
    for folder in (out / FOLDER).glob("staging-*"):
        if folder.name not in held:
            shutil.rmtree(folder, ignore_errors=True)
    yield ledger


def _staging_of(out: Path, run: str) -> Path:
    return out / FOLDER / f"staging-{run}"


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Note signals that ask to stop, instead of dying of them; only the main thread of a program can."""
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)

    before = {}
    try:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                number = getattr(signal, name)
                before[number] = signal.signal(number, note)
    except ValueError:
        pass
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def open_processes(template: str, plan: Plan, told: Callable[[str], None]) -> Processes:
    """Return what makes the reports of a template, as a plan asks for it; say where it is not what was hoped for."""
    if plan.cluster:
        from cdo_analysis.reports.cluster import open_cluster

        return open_cluster(template, plan, told)
    if plan.engine == "kernel" or (plan.engine == "auto" and not fork_is_possible()):
        return Plain(memory_mb=plan.limits.memory_mb)
    limits = {"cell_s": plan.limits.cell_s, "memory_mb": plan.limits.memory_mb}
    fork = Fork(template, plan.study, common=plan.common, pdf=plan.pdf, **limits)
    why = fork.wait_until_ready(_STARTING_S)
    if not why:
        return fork
    fork.close()
    if plan.engine == "fork":
        raise PublishError(f"reports cannot be forked: {why}; take --engine kernel.")
    told(f"plain kernels are used, because {why}")
    return Plain(memory_mb=plan.limits.memory_mb)


@dataclass(frozen=True)
class _Waiting:
    task: Task
    attempt: int = 1
    not_before: float = 0.0


class _Factory:
    """The loop: start what fits, wait, conclude."""

    def __init__(self, plan: Plan, ledger: Ledger, works: Processes, asked: list[int]) -> None:
        self.plan, self.ledger, self.works, self.asked = plan, ledger, works, asked
        self.running: dict[str, _Running] = {}
        self.published = Published(plan.out)

    def run(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Yield an outcome for each task."""
        waiting = deque(_Waiting(task) for task in tasks)
        try:
            while waiting or self.running:
                while self._may_start(waiting):
                    busy = self._start(waiting.popleft())
                    if busy is not None:
                        yield busy
                for end in self.works.wait(0.5):
                    started = self.running.pop(end.id)
                    outcome = self._conclude(started, end)
                    if outcome is None:
                        waiting.append(_Waiting(started.task, started.attempt + 1, time.monotonic() + _PAUSE_S))
                    else:
                        yield outcome
                self._kill_overdue()
                if self.asked:
                    raise InterruptedRunError(self.asked[0])
        finally:
            self._stop_all()

    def _may_start(self, waiting: deque[_Waiting]) -> bool:
        if not waiting or waiting[0].not_before > time.monotonic():
            return False
        return len(self.running) < self.works.room(self.plan.workers)

    def _start(self, waiting: _Waiting) -> Outcome | None:
        task = waiting.task
        run = Run(
            id=uuid.uuid4().hex[:12],
            report=task.report,
            template=Path(task.template).stem,
            key=task.key,
            period=task.period,
        )
        try:
            run = self.ledger.begin(run)
        except BusyError as error:
            return Outcome(task, replace(run, state="failed", message=str(error)), exit_code=error.exit_code)
        staging = _staging_of(self.plan.out, run.id)
        try:
            staging.mkdir(parents=True)
        except OSError as error:
            return self._end(task, run, "cannot_publish", f"{staging} cannot be made: {error.strerror}", 8)
        self.running[run.id] = _Running(task, run, staging, time.monotonic(), waiting.attempt)
        where, limit = str(staging.resolve()), self.plan.limits.cell_s
        self.works.start(Job(run.id, task.template, task.values, where, limit, task.formats))
        return None

    def _conclude(self, started: _Running, end: End) -> Outcome | None:
        """Publish what was made, or say why not; None where it is worth a second try."""
        task, run = started.task, replace(started.run, peak_mb=round(end.peak_kb / 1000, 1))
        run = replace(run, seconds=round(time.monotonic() - started.since, 3))
        result = _read_result(started.staging)
        try:
            if started.why_killed or end.late:
                return self._end(task, run, "timeout", started.why_killed or self._late(task), 6, started.staging)
            if result is None:
                return self._without_result(started, run, end)
            if result["state"] == "succeeded":
                return self._publish(started, run, result)
            state, code = _STATES.get(result["exit_code"], "failed"), result["exit_code"]
            if result["kind"] == "out_of_memory":
                state = "out_of_memory"
            ended = self._end(task, run, state, result["message"], code, started.staging, result)
            return None if result["kind"] in _TRANSIENT and started.attempt == 1 else ended
        finally:
            shutil.rmtree(started.staging, ignore_errors=True)

    def _without_result(self, started: _Running, run: Run, end: End) -> Outcome | None:
        task, staging = started.task, started.staging
        if end.lost and started.attempt == 1:
            self._end(task, run, "process_died", "the process that forks reports was gone; tried again", 7, staging)
            return None
        if end.status == PublishError.exit_code:
            said = f"{task.report} cannot be written: no space is left in {self.plan.out}; free some."
            ended = self._end(task, run, "cannot_publish", said, PublishError.exit_code, staging)
            return None if started.attempt == 1 else ended
        return self._end(task, run, "process_died", _death(task, end), 7, staging)

    def _publish(self, started: _Running, run: Run, result: dict[str, Any]) -> Outcome:
        task, out = started.task, self.plan.out
        files = {NOTEBOOK: "ipynb", **{staged(name): SUFFIXES[name] for name in task.formats}, PAGE: "html"}
        hashes = {}
        try:
            for made, suffix in files.items():
                data = (started.staging / made).read_bytes()
                hashes[suffix] = hashlib.sha256(data).hexdigest()
                if hashes[suffix] != result["files"][made]["sha256"]:
                    return self._end(task, run, "failed", f"{made} is not what its process wrote", 5, started.staging)
            result = {**result, "disclosure": self._audit(started, run)}
            self._remove_others(task)
            for made, suffix in files.items():
                (started.staging / made).chmod(0o644)
                os.replace(started.staging / made, out / f"{task.report}.{suffix}")
        except OSError as error:
            said = f"{task.report} cannot be written to {out}: {error.strerror}; choose another --out."
            return self._end(task, run, "cannot_publish", said, PublishError.exit_code)
        except (DisclosureError, PublishError) as error:
            return self._end(task, run, _STATES[error.exit_code], str(error), error.exit_code, started.staging)
        others = {suffix: hashes[suffix] for suffix in map(SUFFIXES.__getitem__, task.formats)}
        run = replace(run, html=hashes["html"], notebook=hashes["ipynb"], others=json.dumps(others))
        ended = self._end(task, run, "succeeded", "", 0, result=result)
        return replace(ended, title=result["title"])

    def _remove_others(self, task: Task) -> None:
        """Remove what the last good run published in formats that this one does not make: it would be out of date."""
        before = self.ledger.last(task.report, "succeeded").get(task.report)
        for suffix in set(before.formats() if before else ()) - set(map(SUFFIXES.__getitem__, task.formats)):
            (self.plan.out / f"{task.report}.{suffix}").unlink(missing_ok=True)

    def _audit(self, started: _Running, run: Run) -> dict[str, Any]:
        """Audit what the report would publish with all that was published of the wave."""
        wave = str(self.plan.facts.get("data", {}).get("sha256", ""))
        task = started.task
        release = Release.read(started.staging, wave=wave, report=task.report, run=run.id, values=task.values)
        return self.published.admit(release)

    def _end(
        self,
        task: Task,
        run: Run,
        state: str,
        message: str,
        exit_code: int,
        staging: Path | None = None,
        result: dict[str, Any] | None = None,
    ) -> Outcome:
        run = replace(run, state=state, message=message, ended=now())
        if state == "cannot_publish" and staging is not None:
            # First of all, so that there is room to write down what happened.
            shutil.rmtree(staging, ignore_errors=True)
        with contextlib.suppress(*([PublishError] if state == "cannot_publish" else [])):  # a disk too full for both
            self.ledger.end(run)
        self._write_manifest(task, run, exit_code, result or {})
        if staging is not None:
            for made in (FAILED, NOTEBOOK):
                with contextlib.suppress(OSError):  # most often: there is none
                    os.replace(staging / made, self.plan.out / FOLDER / f"{run.id}.ipynb")
        return Outcome(task, run, exit_code=exit_code)

    def _write_manifest(self, task: Task, run: Run, exit_code: int, result: dict[str, Any]) -> None:
        """Write what is known of a run beside the ledger; a disk too full for it changes no outcome."""
        manifest = {
            "schema": 1,
            **{name: value for name, value in vars(run).items() if name not in ("pid", "born")},
            "exit_code": exit_code,
            "parameters": {name: value for name, value in task.values.items() if name != "study"},
            "engine": self.works.name,
            **self.plan.facts,
            "result": {name: value for name, value in result.items() if name != "message"},
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        folder = self.plan.out / FOLDER
        part = folder / f"{run.id}.part"
        try:
            part.write_text(text, encoding="utf-8")
            os.replace(part, folder / f"{task.report}.json")
        except OSError:
            part.unlink(missing_ok=True)

    def _kill_overdue(self) -> None:
        limit = self.plan.limits.run_s + self.works.grace_s
        for name, started in self.running.items():
            if not started.why_killed and time.monotonic() - started.since > limit:
                started.why_killed = self._late(started.task)
                self.works.kill(name)

    def _late(self, task: Task) -> str:
        return f"{task.report} took more than {self.plan.limits.run_s:g} s and was stopped."

    def _stop_all(self) -> None:
        for name, started in self.running.items():
            self.works.kill(name)
            self._end(started.task, started.run, "interrupted", "interrupted", 130)
            shutil.rmtree(started.staging, ignore_errors=True)
        self.running.clear()


def _read_result(staging: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads((staging / RESULT).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def _death(task: Task, end: End) -> str:
    if end.status < 0:
        name = signal.Signals(-end.status).name
        hint = " (the system may have run out of memory)" if name == "SIGKILL" else ""
        return f"{task.report}: its process was killed by {name}{hint}; nothing is published."
    return f"{task.report}: its process ended without a word (code {end.status}); nothing is published."


def error_of(outcome: Outcome) -> CdoAnalysisError:
    """Return the error that an outcome is, for callers that make one report."""
    known = {cls.exit_code: cls for cls in _SAID}
    return known.get(outcome.exit_code, CdoAnalysisError)(outcome.run.message)
