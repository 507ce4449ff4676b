"""Unattended runs: each fault is produced for real, and has an outcome that can be told from all others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import nbformat
import pytest
from conftest import skip_or_fail
from odd_template import CLI, running, wait_for, write_template

from cdo_analysis.errors import (
    BusyError,
    InputError,
    ProcessDiedError,
    PublishError,
    ReportError,
    TimeLimitError,
    UsageError,
)
from cdo_analysis.reports import (
    Ledger,
    Limits,
    Run,
    Schedule,
    Source,
    last_runs,
    open_template,
    plan_batch,
    plan_due,
    report,
)
from cdo_analysis.reports.factory import EngineName
from cdo_analysis.reports.periods import missed_periods, period_of
from cdo_analysis.study import Study

pytestmark = pytest.mark.slow

ENGINES = ["fork", "kernel"]


@pytest.fixture
def template(tmp_path: Path) -> Callable[..., str]:
    """Write a template whose body is given, between a parameters cell and a cover."""

    def write(*body: str, **more: str) -> str:
        return write_template(tmp_path, *body, **more)

    return write


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that holds the last good report."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "odd.html").write_text("the last good one")
    return folder


FAULTS: dict[str, tuple[str, Limits, type[Exception], str]] = {
    "#15 raises": ("1 / 0", Limits(), ReportError, "odd stopped in cell 5: ZeroDivisionError: division by zero"),
    "#16 leaves": (
        "import sys; sys.exit(0)",
        Limits(),
        ReportError,
        "did not run|sys.exit|SystemExit|in an error",
    ),
    "#1 killed": ("import os; os.kill(os.getpid(), 9)", Limits(), ProcessDiedError, "memory"),
    "#2 out of memory": ("x = bytearray(10**13)", Limits(), ReportError, "odd stopped in cell 5: MemoryError"),
    "#3 slow cell": ("import time; time.sleep(60)", Limits(cell_s=2), TimeLimitError, "odd"),
    "#18 asks": ("input('?')", Limits(), ReportError, "odd stopped in cell 5"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_and_the_last_good_report_stays(
    sample_study: Study, template: Callable[..., str], out: Path, fault: str, engine: str
) -> None:
    body, limits, error, said = FAULTS[fault]
    if engine == "kernel" and limits.cell_s < 20:  # a plain kernel imports everything and opens the study in its cells
        limits = Limits(cell_s=20)
    with pytest.raises(error, match=said):
        report(sample_study, template(body), out=out, engine=engine, limits=limits)  # type: ignore[arg-type]
    assert (out / "odd.html").read_text() == "the last good one"
    [run] = last_runs(out)
    states = {ReportError: "failed", TimeLimitError: "timeout", ProcessDiedError: "process_died"}
    assert run.state == ("out_of_memory" if "memory" in fault else states[error])
    manifest = json.loads((out / ".runs" / "odd.json").read_text())
    assert (manifest["state"], manifest["exit_code"]) == (run.state, error.exit_code)
    assert not list((out / ".runs").glob("staging-*"))
    if fault == "#15 raises":  # what ran stays, apart, for whoever mends it
        assert "ZeroDivisionError" in (out / ".runs" / f"{run.id}.ipynb").read_text()
        assert not (out / "odd.ipynb").exists()
    if fault == "#3 slow cell":
        assert "cell 5" in run.message or "It starts with: import time; time.sleep(60)" in run.message


HANGS = {
    "#4 swallows every signal that Python sees": """
import time
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass""",
    "#5 is stopped": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "#10 leaves children": "import subprocess; subprocess.run(['sleep', '98765'])",
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("what", HANGS)
def test_a_run_without_end_is_killed_with_its_children(
    sample_study: Study, template: Callable[..., str], out: Path, what: str, engine: str
) -> None:
    limits = Limits(cell_s=600, run_s=25 if engine == "kernel" else 3)
    with pytest.raises(TimeLimitError, match="took more than"):
        report(sample_study, template(HANGS[what]), out=out, engine=engine, limits=limits)  # type: ignore[arg-type]
    assert not running("98765")


@pytest.mark.fault(8, 9)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_what_runs_and_is_written_down(
    sample_study: Study, template: Callable[..., str], out: Path, number: signal.Signals
) -> None:
    command = [*CLI, "report", template("import time; time.sleep(98766)"), str(sample_study.folder), "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: _state(out) == "running")
    time.sleep(0.5)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert said.startswith(f"cdo-analysis: interrupted (signal {number:d})")
    assert _state(out) == "interrupted"
    assert (out / "odd.html").read_text() == "the last good one"
    assert not list((out / ".runs").glob("staging-*"))


@pytest.mark.fault(7)
def test_a_killed_driver_leaves_nothing_running_and_the_next_run_recovers(
    sample_study: Study, template: Callable[..., str], out: Path
) -> None:
    path = template("import subprocess; subprocess.run(['sleep', '98767'])")
    process = subprocess.Popen([*CLI, "report", path, str(sample_study.folder), "--out", str(out)])
    wait_for(lambda: bool(running("98767")))
    process.kill()
    process.wait()
    wait_for(lambda: not running(path))
    [staging] = (out / ".runs").glob("staging-*")
    assert last_runs(out)[0].state == "interrupted"
    template("1 + 1")  # mended
    made = report(sample_study, path, out=out)
    assert made.title == "Un titre"
    assert not staging.exists()
    assert _state(out) == "succeeded"
    assert not running("98767")


def _state(out: Path) -> str:
    path = out / ".runs" / "ledger.sqlite"
    return next((run.state for run in Ledger(out).last().values()), "") if path.exists() else ""


@pytest.mark.fault(11, 12)
def test_a_full_disk_destroys_nothing(sample_study: Study, template: Callable[..., str], tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=150k", "tmpfs", small], capture_output=True)
    if mounted.returncode:
        pytest.skip("a tiny file system cannot be mounted here")
    try:
        (small / "odd.html").write_text("the last good one")
        path = template("print('x' * 500_000)")
        with pytest.raises(PublishError, match="MB left; free some space"):
            report(sample_study, path, out=small)
        command = [*CLI, "report", path, str(sample_study.folder), "--out", str(small)]
        done = subprocess.run(
            command, env={**os.environ, "CDO_ANALYSIS_ANY_SPACE": "1"}, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == PublishError.exit_code, done.stderr
        assert "free some" in done.stderr
        assert (small / "odd.html").read_text() == "the last good one"
        assert {path.name for path in (small / ".runs").iterdir()} <= {"ledger.sqlite", "odd.json"}
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_folder_that_may_not_be_written_is_one_sentence(sample_study: Study, tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("")
    with pytest.raises(PublishError, match="is a file; name a folder"):
        report(sample_study, "quality", out=place)


@pytest.mark.fault(13)
def test_two_runs_of_one_report_do_not_meet(sample_study: Study, template: Callable[..., str], out: Path) -> None:
    go = out.parent / "go"
    path = template(f"import pathlib, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.1)")
    first = threading.Thread(target=report, args=(sample_study, path), kwargs={"out": out})
    first.start()
    wait_for(lambda: _state(out) == "running")
    with pytest.raises(BusyError, match=f"odd is being made by another run \\(process {os.getpid()}"):
        report(sample_study, path, out=out)
    go.touch()
    first.join()
    assert "Un titre" in (out / "odd.html").read_text()


@pytest.mark.fault(14)
def test_a_reader_never_sees_a_torn_page(sample_study: Study, template: Callable[..., str], out: Path) -> None:
    path, torn, stop = template("print('x' * 100_000)"), [], threading.Event()
    report(sample_study, path, out=out)

    def poll() -> None:
        while not stop.is_set():
            text = (out / "odd.html").read_text()
            torn.extend([] if text.rstrip().endswith("</html>") else [text[-50:]])

    reader = threading.Thread(target=poll)
    reader.start()
    for _ in range(2):
        report(sample_study, path, out=out)
    stop.set()
    reader.join()
    assert torn == []


@pytest.mark.fault(30)
@pytest.mark.parametrize("engine", ENGINES)
def test_what_cells_print_is_capped(
    sample_study: Study, template: Callable[..., str], out: Path, engine: EngineName
) -> None:
    made = report(sample_study, template("for i in range(200_000): print(i)"), out=out, engine=engine)
    assert made.notebook.stat().st_size < 1_500_000
    assert "(more was printed)" in made.notebook.read_text()


@pytest.mark.fault(31)
@pytest.mark.parametrize("name", ["company", "panorama", "quality"])
def test_a_forked_process_and_a_plain_kernel_make_the_same_bytes(
    sample_study: Study, tmp_path: Path, name: str
) -> None:
    company = str(sample_study.table("scores").index[5]) if name == "company" else None
    fork = report(sample_study, name, company=company, out=tmp_path / "fork", engine="fork")
    kernel = report(sample_study, name, company=company, out=tmp_path / "kernel", engine="kernel")
    assert fork.html.read_bytes() == kernel.html.read_bytes()
    assert fork.notebook.read_bytes() == kernel.notebook.read_bytes()


def test_all_that_cells_can_show_is_kept_as_a_kernel_keeps_it(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    body = (
        "print('a'); print('b')\n'value'",
        "from IPython.display import Markdown, display\ndisplay(Markdown('*m*')); print('after')\nNone",
        "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])",
        "import random, pandas as pd\npd.DataFrame({'a': [1]})",
        "%time\n!echo shell",
        "await __import__('asyncio').sleep(0, 'awaited')",
    )
    path = template(*body)
    made = {e: report(sample_study, path, out=tmp_path / e, engine=e).notebook for e in ENGINES}  # type: ignore[arg-type]
    ours, theirs = (nbformat.read(made[engine], as_version=4) for engine in ENGINES)
    kinds = [[(o.output_type, sorted(o.get("data", []))) for o in c.get("outputs", [])] for c in ours.cells]
    assert kinds == [[(o.output_type, sorted(o.get("data", []))) for o in c.get("outputs", [])] for c in theirs.cells]
    assert ours.cells[4].outputs == theirs.cells[4].outputs


@pytest.mark.parametrize("above", ["import threading, time\nthreading.Thread(target=time.sleep, args=(30,)).start()"])
def test_where_a_fork_is_unsafe_plain_kernels_are_used_and_it_is_said(
    sample_study: Study, template: Callable[..., str], tmp_path: Path, above: str
) -> None:
    path = template("1", above=f"{above}\nimport cdo_analysis as cdo")
    told: list[str] = []
    summary = plan_batch(sample_study, path, out=tmp_path / "out").run(told=told.append)
    assert (summary.made, summary.exit_code) == (1, 0)
    assert told[0].startswith("plain kernels are used, because the cells above the parameters left threads running")
    manifest = json.loads((tmp_path / "out" / ".runs" / "odd.json").read_text())
    assert manifest["engine"] == "kernel"


@pytest.mark.fault(31)
def test_each_report_has_random_numbers_of_its_own_that_come_again(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    more = 'company: str = ""'
    path = template("import random, numpy as np\nprint(random.random(), np.random.rand())", more=more)
    names = sample_study.table("scores").index[:2]
    three = (*names, names[0])
    pages = [report(sample_study, path, company=name, out=tmp_path).notebook.read_text() for name in three]
    assert pages[0] == pages[2]
    printed = [json.loads(page)["cells"][4]["outputs"] for page in pages]
    assert printed[0] != printed[1]


# --- batches ----------------------------------------------------------------------------------------------------------


@pytest.mark.fault(39, 40)
def test_a_batch_makes_what_is_missing_names_what_fails_and_tells_whom_it_is_told_to(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    names = [str(name) for name in sample_study.table("scores").index[:4]]
    listed, summary_file = tmp_path / "list.txt", tmp_path / "summary.json"
    listed.write_text("\n".join(names))
    body = f"assert company != '{names[2]}', 'not this one'"
    out = tmp_path / "out"
    options = {"out": out, "companies": listed, "workers": 2}
    planned = plan_batch(sample_study, template(body, more='company: str = ""'), **options)  # type: ignore[arg-type]
    summary = planned.run(on_failure=f"cat > {summary_file}", verify=1)
    assert (summary.asked, summary.made, summary.exit_code, summary.verified) == (4, 3, 1, 1)
    assert summary.differing == ()
    [failed] = summary.failed
    assert failed.task.report == f"odd-{names[2]}"
    assert "AssertionError: not this one" in failed.run.message
    assert json.loads(summary_file.read_text())["failed"][0]["report"] == f"odd-{names[2]}"
    # Mended, only the one that failed is made; then none; one that was changed or lost is made again.
    template("1", more='company: str = ""')
    assert [task.report for task in planned.waiting()] == [f"odd-{names[2]}"]
    again = planned.run()
    assert (again.made, again.up_to_date, again.exit_code) == (1, 3, 0)
    (out / f"odd-{names[0]}.html").write_text("changed")
    (out / f"odd-{names[1]}.ipynb").unlink()
    assert sorted(task.report for task in planned.waiting()) == sorted(f"odd-{name}" for name in names[:2])


@pytest.mark.fault(19, 28)
def test_what_a_batch_is_asked_is_checked_before_anything_starts(sample_study: Study, tmp_path: Path) -> None:
    for said, error, options in (
        ("no column 'secteur'", UsageError, {"where": ["secteur=trade"]}),
        ("no company has sector = 'trad'; did you mean 'trade'", UsageError, {"where": ["sector=trad"]}),
        ("is not column=value", UsageError, {"where": ["sector"]}),
        ("cannot be read", InputError, {"companies": tmp_path / "none.txt"}),
        ("looks like a secret", UsageError, {"parameters": {"api_token": "x"}}),
        ("no parameter 'langage'; did you mean 'language'", UsageError, {"parameters": {"langage": "fr"}}),
    ):
        with pytest.raises(error, match=said):
            plan_batch(sample_study, "company", out=tmp_path / "out", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()
    eti = plan_batch(sample_study, "company", out=tmp_path, where=["size_category=eti", "sector=trade"])
    responses = sample_study.table("responses")
    assert len(eti.tasks) == int((responses["size_category"].eq("eti") & responses["sector"].eq("trade")).sum())


@pytest.mark.fault(17, 22, 32)
def test_templates_that_cannot_be_trusted_unattended_are_refused(tmp_path: Path, template: Callable[..., str]) -> None:
    notebook = nbformat.read(template("1"), as_version=4)
    for tag, said in (
        ("raises-exception", "would hide a failure"),
        ("injected-parameters", "was executed already"),
        ("parameters", "2 cells tagged 'parameters'"),
    ):
        notebook.cells[-1].metadata["tags"] = [tag]
        nbformat.write(notebook, tmp_path / "bad.ipynb")
        with pytest.raises(UsageError, match=said):
            open_template(tmp_path / "bad.ipynb")
    (tmp_path / "text.ipynb").write_text("no")
    with pytest.raises(UsageError, match="is not a notebook"):
        open_template(tmp_path / "text.ipynb")
    nbformat.write(notebook, tmp_path / "a b.ipynb")
    with pytest.raises(UsageError, match="letters, digits"):
        open_template(tmp_path / "a b.ipynb")


@pytest.mark.fault(27)
def test_braces_in_a_path_are_only_braces(sample_study: Study, template: Callable[..., str], tmp_path: Path) -> None:
    made = report(sample_study, template("1"), out=tmp_path / "rapport {2026} {study}")
    assert made.html.exists()


@pytest.mark.fault(33)
def test_a_bare_environment_as_that_of_cron_is_enough(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    command = [*CLI, "report", template("1"), str(sample_study.folder), "--out", str(tmp_path / "out")]
    kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    bare = {**kept, "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C"}
    done = subprocess.run(command, env=bare, capture_output=True, text=True, timeout=120, cwd="/")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


# --- schedules --------------------------------------------------------------------------------------------------------


def test_periods_are_those_of_the_calendar() -> None:
    assert period_of(date(2027, 1, 1), "week") == "2026-W53"
    assert missed_periods("2026-10", date(2027, 2, 3), "month") == ["2026-11", "2026-12", "2027-01"]
    assert missed_periods("2026-W48", date(2026, 11, 29), "week") == []
    assert missed_periods("2026-Q2", date(2027, 1, 1), "quarter") == ["2026-Q3", "2026-Q4"]


@pytest.mark.fault(36, 37)
def test_what_is_due_is_made_once_a_period_and_stale_data_are_refused(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    path, out = template("1"), tmp_path / "out"
    week = plan_due(sample_study, path, Schedule("week"), out=out)
    assert [summary.made for summary in week.run()] == [1]
    assert (out / week.period / "odd.html").exists()
    assert plan_due(sample_study, path, Schedule("week"), out=out).batches == ()
    # A folder of three weeks ago shows what was missed.
    old = out / "2026-W40"
    (out / week.period).rename(old)
    behind = plan_due(sample_study, path, Schedule("week", catch_up=True), out=out)
    assert len(behind.missed) == len(behind.batches) - 1 >= 1
    os.utime(sample_study.folder / "study.json", (time.time() - 20 * 86_400,) * 2)
    try:
        with pytest.raises(InputError, match="fitted 20 days ago, more than 7"):
            plan_due(sample_study, path, Schedule("day", max_age_days=7), out=out)
        marked = plan_due(sample_study, path, Schedule("day", max_age_days=7, stale="mark"), out=out)
        assert marked.batches[0].plan.facts["stale_days"] == pytest.approx(20, abs=0.1)
    finally:
        os.utime(sample_study.folder / "study.json")


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("clock", "week"),
    [("2026-10-25 00:30:00", "2026-W43"), ("2026-10-25 01:30:00", "2026-W43"), ("2026-10-25 23:30:00", "2026-W44")],
)
def test_the_clock_of_the_zone_counts_in_the_night_that_it_changes(clock: str, week: str) -> None:
    code = "from cdo_analysis.reports import Schedule\nfrom cdo_analysis.reports.periods import period_of\n"
    code += "print(period_of(Schedule('week').today(), 'week'))"
    if shutil.which("faketime") is None:
        skip_or_fail("there is no faketime on this machine")
    done = subprocess.run(
        ["faketime", clock, sys.executable, "-c", code], env={**os.environ, "TZ": "UTC"}, capture_output=True, text=True
    )
    assert done.stdout.strip() == week, done.stderr


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from cdo_analysis.reports import Ledger, Run\n"
    code += "from dataclasses import replace\nledger = Ledger(Path(sys.argv[1]))\nfor i in range(25):\n"
    code += "    run = ledger.begin(Run(f'{sys.argv[2]}-{i}', f'r{sys.argv[2]}-{i}', 't', 'k'))\n"
    code += "    ledger.end(replace(run, state='succeeded'))\n"
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(n)]) for n in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    assert len(Ledger(tmp_path).last(state="succeeded")) == 100


def test_a_number_that_another_process_has_by_now_holds_no_report(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    mine = ledger.begin(Run("a", "r", "t", "k"))
    with pytest.raises(BusyError):
        ledger.begin(Run("b", "r", "t", "k"))
    ledger.end(Run(**{**vars(mine), "born": "another boot:1"}))
    assert ledger.begin(Run("c", "r", "t", "k")).state == "running"
    assert ledger.last("r", "interrupted")["r"].id == "a"


def test_the_source_knows_the_study_without_reading_its_tables(sample_study: Study) -> None:
    source = Source(sample_study.folder)
    assert source.index["id"] == sample_study.id
    assert source.respondents == list(sample_study.table("scores").index)
