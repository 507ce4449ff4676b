"""Batches on a Dask cluster: a real scheduler and real workers, one of which is killed in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from odd_template import CLI, running, wait_for, write_template

import cdo_analysis
from cdo_analysis.errors import ProcessDiedError, UsageError
from cdo_analysis.reports import Ledger, Outcome, plan_batch
from cdo_analysis.study import Study

pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
pytestmark = pytest.mark.slow

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def address() -> str:
    """Where the scheduler will listen."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def start(address: str, tmp_path: Path) -> Iterator[Start]:
    """Start a scheduler (no word) or a worker; all are gone in the end."""
    started = []

    def one(*words: str, **env: str) -> subprocess.Popen[bytes]:
        host, port = address.removeprefix("tcp://").split(":")
        given = words or ("scheduler", "--host", host, "--port", port, "--no-jupyter")
        command = [
            sys.executable,
            "-m",
            "distributed.cli.dask_" + given[0].replace("-", "_"),
            *given[1:],
            "--no-dashboard",
        ]
        with (tmp_path / f"log-{len(started)}").open("wb") as log:
            started.append(subprocess.Popen(command, env={**os.environ, **env}, stdout=log, stderr=log))
        return started[-1]

    yield one
    for process in started:
        process.kill()
        process.wait()


def _worker(start: Start, address: str, threads: int = 1, **env: str) -> subprocess.Popen[bytes]:
    return start("worker", address, "--no-nanny", "--nthreads", str(threads), **env)


def test_a_worker_killed_in_the_middle_loses_nothing_and_nothing_is_made_twice(
    sample_study: Study, tmp_path: Path, start: Start, address: str
) -> None:
    path = write_template(tmp_path, "import time; time.sleep(0.5)\nprint(company)", more='company: str = ""')
    listed = tmp_path / "list.txt"
    listed.write_text("\n".join(sample_study.table("scores").index[:14]))
    start()
    workers = [_worker(start, address, threads=2), _worker(start, address)]
    changed = tmp_path / "src" / "cdo_analysis"
    shutil.copytree(Path(cdo_analysis.__file__).parent, changed, ignore=shutil.ignore_patterns("__pycache__"))
    (changed / "errors.py").open("a").write("CHANGED = True\n")
    other = _worker(start, address, PYTHONPATH=str(changed.parent))
    told: list[str] = []
    done: list[Outcome] = []

    def ended(outcome: Outcome, *_: int) -> None:
        done.append(outcome)
        if len(done) == 4:
            workers[0].send_signal(signal.SIGKILL)

    _wait_until_there(address, 3)
    planned = plan_batch(sample_study, path, out=tmp_path / "out", companies=listed, cluster=address, workers=0)
    summary = planned.run(told=told.append, ended=ended)
    assert (summary.asked, summary.made, summary.failed) == (14, 14, ())
    assert len([text for text in told if text.endswith("is left out: it has other code of cdo-analysis")]) == 1
    # Every report is there once, with the bytes that this machine gives it.
    here = plan_batch(sample_study, path, out=tmp_path / "here", companies=listed).run()
    assert here.made == 14
    for file in sorted((tmp_path / "here").glob("odd-*.*")):
        assert (tmp_path / "out" / file.name).read_bytes() == file.read_bytes()
    assert len(list((tmp_path / "out").glob("odd-*.html"))) == 14
    assert len({outcome.task.report for outcome in done}) == len(done) == 14
    assert len(Ledger(tmp_path / "out").last(state="succeeded")) == 14
    assert not list((tmp_path / "out" / ".runs").glob("staging-*"))
    assert planned.waiting() == []
    assert other.poll() is None
    wait_for(lambda: not running(path))


def _wait_until_there(address: str, workers: int) -> None:
    from distributed import Client

    with Client(address, timeout=60, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=60)


def test_what_runs_on_a_cluster_is_stopped_with_who_asked(
    sample_study: Study, tmp_path: Path, start: Start, address: str
) -> None:
    path = write_template(tmp_path, "import subprocess; subprocess.run(['sleep', '98781'])")
    start()
    _worker(start, address)
    _wait_until_there(address, 1)
    command = [*CLI, "batch", path, str(sample_study.folder), "--out", str(tmp_path / "out"), "--dask", address]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: bool(running("sleep 98781")), 90)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said.count("\n")) == (130, 1)
    wait_for(lambda: not running("sleep 98781") and not running(path))
    assert not list((tmp_path / "out" / ".runs").glob("staging-*"))


def test_a_report_that_takes_too_long_and_one_that_fails_are_told_as_on_one_machine(
    sample_study: Study, tmp_path: Path, start: Start, address: str
) -> None:
    bodies = (
        "import subprocess\nif what == 'slow': subprocess.run(['sleep', '98782'])\nassert what != 'bad', 'not this'"
    )
    path = write_template(tmp_path, bodies, more='what: str = ""')
    (tmp_path / "sets.csv").write_text("what\nslow\nbad\ngood\n")
    start()
    _worker(start, address, threads=2)
    _wait_until_there(address, 1)
    words = [
        "--dask",
        address,
        "--sets",
        str(tmp_path / "sets.csv"),
        "--run-seconds",
        "6",
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run([*CLI, "batch", path, str(sample_study.folder), *words], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    last = Ledger(tmp_path / "out").last()
    assert {name: run.state for name, run in last.items()} == {
        "odd-slow": "timeout",
        "odd-bad": "failed",
        "odd-good": "succeeded",
    }
    assert "AssertionError: not this" in last["odd-bad"].message
    wait_for(lambda: not running("98782"))


def test_a_cluster_that_is_not_there_or_goes_away_is_one_sentence(
    sample_study: Study, tmp_path: Path, start: Start, address: str
) -> None:
    path = write_template(tmp_path, "import time; time.sleep(1)", more='what: str = ""')
    (tmp_path / "sets.csv").write_text("what\n" + "".join(f"w{n}\n" for n in range(20)))
    options = {"out": tmp_path / "out", "sets": tmp_path / "sets.csv", "cluster": address, "workers": 0}
    planned = plan_batch(sample_study, path, **options)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        planned.run()
    scheduler = start()
    with pytest.raises(UsageError, match="has no worker that can make these reports: it has none"):
        planned.run()
    _worker(start, address)
    _wait_until_there(address, 1)
    with pytest.raises(ProcessDiedError, match=r"is gone .*; what was published stays: run the batch again"):
        planned.run(ended=lambda *_: scheduler.send_signal(signal.SIGKILL))
    published = len(list((tmp_path / "out").glob("odd-*.html")))
    assert 1 <= published < 20
    wait_for(lambda: not running(path))
    again = plan_batch(sample_study, path, out=tmp_path / "out", sets=tmp_path / "sets.csv", workers=2).run()
    assert (again.made, again.up_to_date) == (20 - published, published)
