"""Reports made by the workers of a Dask cluster: each has, beside it, the same processes that one machine has.

Who asked keeps the clock, the ledger and the publication; workers write to the staging folder of a report and nowhere
else. A worker is a program of many threads, never forked from: a warm process of its own is started beside it. A report
whose worker dies is made again by another, in another folder; one whose folder is gone is stopped.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cdo_analysis.errors import CdoAnalysisError, ProcessDiedError, PublishError, UsageError
from cdo_analysis.reports.factory import Plan, open_processes
from cdo_analysis.reports.job import Job
from cdo_analysis.reports.ledger import FOLDER
from cdo_analysis.reports.processes import End, Processes
from cdo_analysis.reports.versions import code_and_versions

try:
    from distributed import Client, Future, KilledWorker, WorkerPlugin, get_worker
    from distributed import wait as wait_for
except ImportError as error:
    raise UsageError("--dask needs what the extra 'dask' installs; install cdo-analysis[dask].") from error

_CONNECTING_S = 10.0
_ALONE_S = 60.0
_LOOKED_S = 1.0
_IDLE_S = 300.0
_SLOWEST_START_S = 150.0


class Bench(WorkerPlugin):
    """What a worker makes reports with; it starts with the first one and ends when none came for a while.

    Parameters
    ----------
    template : str
    plan : Plan
        As for one machine.
    """

    def __init__(self, template: str, plan: Plan) -> None:
        self.template, self.plan = template, plan

    def setup(self, worker: Any) -> None:
        """Start nothing yet."""
        self.lock = threading.Lock()
        self.works: Processes | None = None
        self.said: list[str] = []
        self.made: set[str] = set()
        self.ends: dict[str, End] = {}
        self.timer: threading.Timer | None = None

    def teardown(self, worker: Any) -> None:
        """End what was started, and what runs; the loop of the worker does not wait for it."""
        threading.Thread(target=self._end, daemon=True).start()

    def _end(self) -> None:
        with self.lock:
            if self.works is not None:
                self.works.__exit__()
                self.works = None

    def make(self, line: str) -> dict[str, Any]:
        """Make a report, in a folder of this attempt alone; return how its process ended."""
        asked = Job.from_json(line)
        folder = Path(asked.staging) / uuid.uuid4().hex[:8]
        try:
            folder.mkdir()
        except OSError:
            return {**asdict(End(asked.id, PublishError.exit_code)), "folder": "", "said": []}
        job = replace(asked, id=f"{asked.id}-{folder.name}", staging=str(folder))
        with self._working(job) as works:
            end = self._follow(job, works)
        return {**asdict(replace(end, id=asked.id)), "folder": folder.name, "said": self.said}

    @contextlib.contextmanager
    def _working(self, job: Job) -> Any:
        with self.lock:
            if self.timer is not None:
                self.timer.cancel()
            if self.works is None:
                self.works = open_processes(self.template, self.plan, self.said.append)
            self.works.start(job)
            self.made.add(job.id)
        try:
            yield self.works
        finally:
            with self.lock:
                self.made.discard(job.id)
                if not self.made:
                    self.timer = threading.Timer(_IDLE_S, self._close)
                    self.timer.daemon = True
                    self.timer.start()

    def _follow(self, job: Job, works: Processes) -> End:
        """Wait for the end of a job; kill it when its time is over, or when whoever asked gave it up."""
        until, late = time.monotonic() + self.plan.limits.run_s, False
        while job.id not in self.ends:
            with self.lock:
                self.ends |= {end.id: end for end in works.wait(0.02)}
            late = time.monotonic() > until
            if late or not Path(job.staging).is_dir():
                with self.lock:
                    works.kill(job.id)
            time.sleep(0.001)  # another thread may want the lock
        return replace(self.ends.pop(job.id), late=late)

    def _close(self) -> None:
        with self.lock:
            if self.works is not None and not self.made:
                self.works.__exit__()
                self.works = None
            if self.timer is not None:
                self.timer.cancel()


def make_on_worker(bench: str, line: str) -> dict[str, Any]:
    """Make a report on the worker that this runs on."""
    plugin: Any = get_worker().plugins[bench]
    made: dict[str, Any] = plugin.make(line)
    return made


def look_around(study: str, probe: str) -> dict[str, Any]:
    """Return what a worker would make reports with: code, versions, the study, and whether it sees the folder."""
    try:
        index = json.loads((Path(study) / "study.json").read_text(encoding="utf-8"))["id"] if study else ""
    except (OSError, ValueError, KeyError):
        index = "none"
    return {**code_and_versions(), "study": index, "folder": Path(probe).exists()}


@dataclass(frozen=True)
class _Sent:
    job: Job
    future: Future


class Cluster:
    """Reports made by the workers of a cluster (see :class:`Bench`)."""

    name = "dask"
    grace_s = _SLOWEST_START_S

    def __init__(self, client: Client, template: str, plan: Plan, told: Callable[[str], None]) -> None:
        self.client, self.plan, self.told = client, plan, told
        self.sent: dict[str, _Sent] = {}
        self.killed: list[str] = []
        self.threads: dict[str, int] = {}
        self.refused: dict[str, str] = {}
        self.said: set[str] = set()
        self.looked = self.alone_since = 0.0
        self.bench = f"cdo-analysis-{uuid.uuid4().hex[:8]}"
        local = replace(plan, cluster="", out=plan.out.resolve())
        client.register_plugin(Bench(template, local), name=self.bench)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # a scheduler that is gone changes no outcome
            self.client.cancel([sent.future for sent in self.sent.values()])
            self.client.unregister_worker_plugin(self.bench)
        with contextlib.suppress(Exception):
            self.client.close(_CONNECTING_S)

    def room(self, workers: int) -> int:
        """Return how many jobs may run side by side: a thread each, of the workers that make the same reports as we."""
        if time.monotonic() - self.looked > _LOOKED_S:
            self._look()
            self.looked = time.monotonic()
        threads = sum(self.threads.values())
        return min(workers or threads, threads)

    def start(self, job: Job) -> None:
        """Send a job to a worker."""
        future = self.client.submit(
            make_on_worker, self.bench, job.to_json(), key=f"report-{job.id}", workers=list(self.threads), pure=False
        )
        self.sent[job.id] = _Sent(job, future)

    def wait(self, seconds: float) -> list[End]:
        """Return jobs that ended, after so many seconds at most."""
        ends = [End(name, -9) for name in self.killed]
        self.killed.clear()
        if ends:
            return ends
        if not self.sent:
            time.sleep(seconds)
            return []
        with contextlib.suppress(TimeoutError, CancelledError), self.client.as_current():
            wait_for([sent.future for sent in self.sent.values()], timeout=seconds, return_when="FIRST_COMPLETED")
        done = [name for name, sent in self.sent.items() if sent.future.status != "pending"]
        if not done:
            self.room(0)  # workers may be gone for good
        return [self._end(self.sent.pop(name)) for name in done]

    def kill(self, job: str) -> None:
        """Give a job up; its worker kills it when its folder is gone."""
        sent = self.sent.pop(job, None)
        if sent is not None:
            with contextlib.suppress(Exception):
                sent.future.cancel()
            self.killed.append(job)

    def _end(self, sent: _Sent) -> End:
        if sent.future.status != "finished":
            return self._end_of_error(sent)
        told: dict[str, Any] = sent.future.result()
        for text in set(told.pop("said")) - self.said:
            self.said.add(text)
            self.told(text)
        attempt = Path(sent.job.staging) / told.pop("folder")
        for file in attempt.iterdir() if attempt.is_dir() else ():
            if file.is_file():
                os.replace(file, Path(sent.job.staging) / file.name)
        return End(**told)

    def _end_of_error(self, sent: _Sent) -> End:
        if self.client.status != "running":
            raise self._gone("connection lost")
        error = sent.future.exception() if sent.future.status == "error" else None
        if isinstance(error, CdoAnalysisError):
            raise error
        if error is not None and not isinstance(error, KilledWorker):
            self.told(f"a worker failed: {type(error).__name__}: {error}")
        return End(sent.job.id, -9, lost=error is None)

    def _look(self) -> None:
        """Find the workers that are there now; those that are new are asked what they would make reports with."""
        try:
            there = dict(self.client.nthreads())
            new = [worker for worker in there if worker not in self.threads and worker not in self.refused]
            if new:
                self._ask(new)
        except (OSError, TimeoutError) as error:
            raise self._gone(type(error).__name__) from error
        self.threads = {worker: n for worker, n in there.items() if worker not in self.refused}
        if self.threads:
            self.alone_since = time.monotonic()
        elif time.monotonic() - self.alone_since > _ALONE_S and self.alone_since:
            raise ProcessDiedError(
                f"the cluster {self.plan.cluster} has had no worker for {_ALONE_S:g} s; "
                "start some and run the batch again: what was published stays."
            )
        self.alone_since = self.alone_since or time.monotonic()

    def _gone(self, why: str) -> ProcessDiedError:
        return ProcessDiedError(
            f"the scheduler {self.plan.cluster} is gone ({why}); what was published stays: run the batch again."
        )

    def _ask(self, workers: list[str]) -> None:
        probe = self.plan.out.resolve() / FOLDER / f"probe-{self.bench}"
        probe.touch()
        try:
            seen = self.client.run(look_around, self.plan.study, str(probe), workers=workers, on_error="return")
        finally:
            probe.unlink()
        for worker, around in seen.items():
            why = _unlike(around, self.plan)
            if why:
                self.refused[worker] = why
                self.told(f"the worker {worker} is left out: {why}")


def _unlike(around: Any, plan: Plan) -> str:
    """Return why a worker would not make the same reports; empty where it would."""
    if not isinstance(around, dict):
        return f"it could not be asked ({around})"
    if not around["folder"]:
        return f"it does not see {plan.out}; the folder of reports must be shared"
    if around["study"] != plan.facts.get("study", around["study"]):
        return f"it does not see the study {plan.study}; its folder must be shared"
    here = code_and_versions()
    different = [name for name, version in here["versions"].items() if around["versions"][name] != version]
    if different:
        return f"it has other versions of {', '.join(different)}"
    return "" if around["code_sha256"] == here["code_sha256"] else "it has other code of cdo-analysis"


def open_cluster(template: str, plan: Plan, told: Callable[[str], None]) -> Cluster:
    """Connect to the scheduler that a plan names.

    Raises
    ------
    UsageError
        None answers there, or no worker of it makes the same reports as this machine.
    """
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said by us
    try:
        client = Client(plan.cluster, timeout=_CONNECTING_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(
            f"no Dask scheduler answers at {plan.cluster} ({type(error).__name__}); "
            "start one with 'dask scheduler', or leave --dask out."
        ) from error
    cluster = Cluster(client, template, plan, told)
    if not cluster.room(0):
        why = next(iter(cluster.refused.values()), "it has none; start some with 'dask worker'")
        cluster.__exit__()
        raise UsageError(f"the cluster {plan.cluster} has no worker that can make these reports: {why}.")
    return cluster
