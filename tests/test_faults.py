"""The forty faults of docs/runs.md: which tests make each for real, and those that other files do not make."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from odd_template import CLI, running, wait_for, write_template

from cdo_analysis.errors import (
    BusyError,
    DisclosureError,
    InputError,
    ProcessDiedError,
    ReportError,
    TimeLimitError,
    UsageError,
)
from cdo_analysis.reports import Ledger, Limits, Run, last_runs, open_template, plan_batch, report
from cdo_analysis.reports.factory import EngineName
from cdo_analysis.reports.parameters import check_parameters, parse_parameters
from cdo_analysis.study import Study

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "runs.md"
slow = pytest.mark.slow
engines = pytest.mark.parametrize("engine", ["fork", "kernel"])


@pytest.fixture
def template(tmp_path: Path) -> Callable[..., str]:
    """Write a template whose body is given."""
    return lambda *body, **more: write_template(tmp_path, *body, **more)


# --- the list ---------------------------------------------------------------------------------------------------------


def test_each_of_the_forty_faults_is_made_by_a_test_and_stands_in_the_documentation() -> None:
    made: set[int] = set()
    for name in ("test_runs.py", "test_faults.py"):
        text = (TESTS / name).read_text(encoding="utf-8")
        made |= {int(number) for number in re.findall(r'^    "#(\d+) ', text, re.MULTILINE)}
        for numbers in re.findall(r"mark\.fault\(([\d, ]+)\)", text):
            made |= {int(number) for number in numbers.split(",")}
    assert made == set(range(1, 41))
    rows = re.findall(r"^\| (\d+) \|(.*)\|(.*)\|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, 41))
    assert all(cell.strip() for _, *cells in rows for cell in cells)


# --- processes --------------------------------------------------------------------------------------------------------


@slow
@pytest.mark.fault(2)
@pytest.mark.parametrize(("engine", "limit"), [("fork", 300), ("kernel", 3_000)])
def test_too_little_memory_is_told_apart_from_other_errors(
    sample_study: Study, template: Callable[..., str], tmp_path: Path, engine: EngineName, limit: int
) -> None:
    path = template(f"x = bytearray({limit + 300} * 1_000_000)")
    with pytest.raises(ReportError, match="odd stopped in cell 5: MemoryError"):
        report(sample_study, path, out=tmp_path / "out", engine=engine, limits=Limits(memory_mb=limit))
    assert last_runs(tmp_path / "out")[0].state == "out_of_memory"
    assert json.loads((tmp_path / "out/.runs/odd.json").read_text())["result"]["kind"] == "out_of_memory"


@slow
@pytest.mark.fault(6)
@engines
def test_a_stopped_process_ends_by_a_time_limit_even_where_its_cell_has_one(
    sample_study: Study, template: Callable[..., str], tmp_path: Path, engine: EngineName
) -> None:
    path = template("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)")
    with pytest.raises(TimeLimitError):
        report(sample_study, path, out=tmp_path / "out", engine=engine, limits=Limits(cell_s=3, run_s=30))
    assert last_runs(tmp_path / "out")[0].state == "timeout"
    assert not running(path)


def test_there_is_no_run_without_a_limit() -> None:
    assert 0 < Limits().cell_s < Limits().run_s < 3_600


@slow
@pytest.mark.fault(10)
@engines
def test_what_a_killed_report_had_started_is_killed_too(
    sample_study: Study, template: Callable[..., str], tmp_path: Path, engine: EngineName
) -> None:
    body = "import os, subprocess; subprocess.Popen(['sleep', '98768']); os.kill(os.getpid(), 9)"
    with pytest.raises(ProcessDiedError):
        report(sample_study, template(body), out=tmp_path / "out", engine=engine)
    wait_for(lambda: not running("sleep 98768"), 10)


@slow
@pytest.mark.fault(38)
def test_a_warm_process_that_is_killed_is_replaced_and_its_reports_are_made_once_more(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    body = f"""
import os, pathlib, time
flag = pathlib.Path({str(tmp_path / "flag")!r})
if what == "b" and not flag.exists():
    flag.touch()
    os.kill(os.getppid(), 9)
    time.sleep(60)
time.sleep(0.5)"""
    sets = tmp_path / "sets.csv"
    sets.write_text("what\na\nb\nc\nd\n")
    planned = plan_batch(
        sample_study, template(body, more='what: str = ""'), out=tmp_path / "out", sets=sets, workers=2
    )
    assert planned.run().made == 4
    runs = _runs(tmp_path / "out")
    assert ("odd-b", "process_died") in runs
    assert {report for report, state in runs if state == "succeeded"} == {"odd-a", "odd-b", "odd-c", "odd-d"}


def _runs(out: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(out / ".runs" / "ledger.sqlite") as ledger:
        return ledger.execute("SELECT report, state FROM runs").fetchall()


@slow
@pytest.mark.fault(38)
def test_a_kernel_that_does_not_start_is_tried_again_and_a_notebook_that_fails_is_not(
    sample_study: Study, template: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag, spec = tmp_path / "flag", tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    once = f"test -e {flag} && exec {sys.executable} -m ipykernel_launcher -f {{connection_file}}; touch {flag}; exit 1"
    argv = ["/bin/sh", "-c", once]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "flaky", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    path, out = template("assert what != 'bad'", more='what: str = ""'), tmp_path / "out"
    assert report(sample_study, path, out=out, engine="kernel").title == "Un titre"
    assert _runs(out) == [("odd", "process_died"), ("odd", "succeeded")]
    with pytest.raises(ReportError):
        report(sample_study, path, out=tmp_path / "bad", engine="kernel", parameters={"what": "bad"})
    assert _runs(tmp_path / "bad") == [("odd", "failed")]
    flag.unlink()
    (spec / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "dead", "language": "python"}))
    with pytest.raises(ProcessDiedError, match="its kernel did not start"):
        report(sample_study, path, out=tmp_path / "dead", engine="kernel")
    assert _runs(tmp_path / "dead") == [("odd", "process_died")] * 2


@slow
@pytest.mark.fault(34)
def test_a_plain_kernel_is_spoken_to_over_files_of_this_user_and_nothing_is_warned_of(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    body = "import json; from ipykernel.connect import get_connection_info as found\n"
    body += "print(json.loads(found())['transport'])"
    words = ["batch", template(body), str(sample_study.folder), "--engine", "kernel", "--out", str(tmp_path / "out")]
    done = subprocess.run([*CLI, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "encryption" not in done.stderr
    assert "ipc\\n" in (tmp_path / "out" / "odd.ipynb").read_text()


# --- files ------------------------------------------------------------------------------------------------------------

AS_NOBODY = """
import os, sys
from click.testing import CliRunner
from cdo_analysis.cli import main
def run(words):
    return CliRunner().invoke(main, words.split(), catch_exceptions=False)
first, then = sys.argv[1:]
run(first)                                   # imports what is imported late, while this user still may read it
os.setgroups([]); os.setgid(65534); os.setuid(65534)
done = run(then)
print(done.exit_code, done.output.strip())
"""


def _as_nobody(first: str, then: str) -> str:
    if os.name != "posix" or os.getuid() != 0:
        pytest.skip("only root can act as another user")
    done = subprocess.run([sys.executable, "-c", AS_NOBODY, first, then], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """A folder that others may enter and read, and not write."""
    for folder in (tmp_path, *(parent for parent in tmp_path.parents if "pytest-" in str(parent))):
        folder.chmod(0o755)
    made = tmp_path / "public"
    made.mkdir(mode=0o755)
    return made


def test_a_folder_that_this_user_may_not_write_is_one_sentence(
    sample_study: Study, public: Path, tmp_path: Path
) -> None:
    study, file = public / "study", tmp_path / "file"
    study.mkdir()
    (study / "study.json").write_bytes((sample_study.folder / "study.json").read_bytes())
    file.touch()
    said = _as_nobody(f"report quality {study} --out {file}", f"report quality {study} --out {public}")
    assert re.fullmatch(r"8 cdo-analysis: the ledger .* cannot be used \(.*\); choose another --out\.", said)
    assert [path.name for path in public.iterdir()] == ["study"]


def test_who_may_only_read_sees_the_state_of_the_reports(public: Path) -> None:
    ledger = Ledger(public)
    done = ledger.begin(Run("a", "made", "t", "k"))
    ledger.end(Run(**{**vars(done), "state": "succeeded"}))
    lost = ledger.begin(Run("b", "lost", "t", "k"))
    ledger.end(Run(**{**vars(lost), "born": f"{lost.born}0"}))
    said = _as_nobody(f"status {public}", f"status {public}")
    assert [line.split()[:1] for line in said.splitlines()] == [["1"], ["succeeded"]]
    assert "interrupted" in said.splitlines()[0]
    assert ledger.running() == {"b"}  # to read changes nothing


def test_a_report_that_another_machine_makes_is_held_for_a_day(tmp_path: Path) -> None:
    ledger, since = Ledger(tmp_path), datetime.now(UTC)
    run = ledger.begin(Run("a", "r", "t", "k"))
    ledger.end(Run(**{**vars(run), "born": "elsewhere/boot:1"}))
    with pytest.raises(BusyError, match=r"process \d+ of elsewhere, since"):
        Ledger(tmp_path).begin(Run("b", "r", "t", "k"))
    ledger.end(Run(**{**vars(run), "born": "elsewhere/boot:1", "started": (since - timedelta(days=2)).isoformat()}))
    assert Ledger(tmp_path).begin(Run("c", "r", "t", "k")).state == "running"


@slow
@pytest.mark.fault(28, 29)
@engines
def test_nothing_published_tells_of_the_machine_or_its_user(
    sample_study: Study, template: Callable[..., str], tmp_path: Path, engine: EngineName
) -> None:
    home = tmp_path / "home-of-somebody"
    home.mkdir()
    body = (
        "import os, warnings; from pathlib import Path\nprint(os.getcwd(), Path.home() / 'x', study, sep='\\n')",
        "warnings.warn(f'seen from {os.getcwd()}')",
        "{'folder': Path(study), 'home': os.environ['HOME']}",
    )
    words = ["batch", template(*body), str(sample_study.folder), "--engine", engine, "--out", str(tmp_path / "out")]
    kept = {**os.environ, "HOME": str(home), "API_TOKEN": "sesame-open-now"}
    done = subprocess.run([*CLI, *words], env=kept, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for name in ("odd.html", "odd.ipynb"):
        text = (tmp_path / "out" / name).read_text()
        for private in (str(sample_study.folder), str(tmp_path), "home-of-somebody", "staging", "sesame-open-now"):
            assert private not in text, (name, private)
    assert "~/x" in (tmp_path / "out" / "odd.ipynb").read_text()


@slow
@pytest.mark.fault(28)
@engines
def test_a_report_that_shows_a_secret_of_the_environment_is_not_published(
    sample_study: Study,
    template: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: EngineName,
) -> None:
    monkeypatch.setenv("API_TOKEN", "sesame-open-now")
    path = template("import os; print(os.environ['API_TOKEN'])")
    with pytest.raises(ReportError, match="shows the value of the environment variable API_TOKEN"):
        report(sample_study, path, out=tmp_path / "out", engine=engine)
    written = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert written
    assert not [file for file in written if b"sesame-open-now" in file.read_bytes()]


@slow
def test_what_disclosure_blocks_has_a_state_and_a_code_of_its_own(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    path = template("from cdo_analysis.errors import DisclosureError\nraise DisclosureError('three firms only.')")
    with pytest.raises(DisclosureError, match="odd stopped in cell 5: three firms only"):
        report(sample_study, path, out=tmp_path / "out")
    assert last_runs(tmp_path / "out")[0].state == "blocked_by_disclosure"


# --- parameters -------------------------------------------------------------------------------------------------------

DECLARED = parse_parameters(
    'name: str = "a=b"\ncount: int = 3\nshare: float = 0.5\nflag: bool = True\nside: Literal["l", "r"] = "l"', "demo"
)


@pytest.mark.fault(21)
def test_a_default_that_holds_an_equals_sign_hides_no_parameter() -> None:
    assert list(DECLARED) == ["name", "count", "share", "flag", "side"]
    assert check_parameters(DECLARED, {"name": "c=d", "count": "4"}, "demo") == {"name": "c=d", "count": 4}


@pytest.mark.fault(20, 24, 25)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("count", value) for value in ("abc", "1_000", "1e5", "٣", "", "3.0", 3.5, True, None, (1, 2), Decimal(3))),
        *(("share", value) for value in ("nan", "inf", "1_0.5", "0,5", "٠.٥", True, None, float("nan"), [1])),
        *(("name", value) for value in (7, (1, 2), date(2026, 1, 1), Decimal(1), Path("x"), None, np.int64(1))),
        *(("flag", value) for value in ("maybe", 2, None, "")),
        *(("side", value) for value in ("L", "", 1)),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"demo: {name} = "):
        check_parameters(DECLARED, {name: value}, "demo")


@pytest.mark.fault(24, 25, 26)
@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        *(("name", text, text) for text in ("005520135", "no", "1:30:00", "1_000", "None", " 7 ", "nan", "!!python/x")),
        *(("count", value, 7) for value in ("7", " 7 ", "+7", 7, np.int64(7))),
        *(("share", value, 0.25) for value in ("0.25", ".25", "25e-2", 0.25, np.float32(0.25))),
        *(("flag", value, False) for value in ("no", "non", "0", False)),
    ],
)
def test_a_value_is_read_in_the_type_that_is_declared_and_text_stays_text(
    name: str, value: object, read: object
) -> None:
    [found] = check_parameters(DECLARED, {name: value}, "demo").values()
    assert found == read
    assert type(found) in (str, int, float, bool)  # what JSON keeps


@slow
@pytest.mark.fault(26)
def test_an_identifier_reaches_the_report_as_it_was_typed(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    path = template("print(repr(siren), repr(word))", more='siren: str = ""\nword: str = ""')
    words = ["report", path, str(sample_study.folder), "--out", str(tmp_path / "out")]
    done = subprocess.run([*CLI, *words, "-p", "siren=005520135", "-p", "word=no"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "'005520135' 'no'" in (tmp_path / "out" / "odd.ipynb").read_text()


@pytest.mark.fault(22, 23)
@pytest.mark.parametrize("count", [0, 2])
def test_a_template_has_one_cell_of_parameters(template: Callable[..., str], count: int) -> None:
    path = Path(template("1"))
    notebook = json.loads(path.read_text())
    notebook["cells"][1]["metadata"] = {}
    for cell in notebook["cells"][:count]:
        cell["metadata"] = {"tags": ["parameters"]}
    path.write_text(json.dumps(notebook))
    with pytest.raises(UsageError, match=f"odd.ipynb has {count} cells tagged 'parameters'; tag exactly one"):
        open_template(path)


# --- batches ----------------------------------------------------------------------------------------------------------

SEGMENT = 'sector: str = ""\nsize: str = ""\nlanguage: Literal["fr", "en"] = "fr"'


@slow
def test_a_batch_makes_a_report_for_each_segment_that_has_a_company(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    answers = sample_study.table("responses")
    path = template("print(sector, size)", more=SEGMENT, above="from typing import Literal\nimport cdo_analysis as cdo")
    by = ("sector", "size=size_category")
    planned = plan_batch(
        sample_study, path, out=tmp_path / "out", by=by, where=["region=53"], parameters={"language": "en"}
    )
    there = answers.loc[answers["region"] == "53", ["sector", "size_category"]].dropna().drop_duplicates()
    assert [(task.values["sector"], task.values["size"]) for task in planned.tasks] == sorted(
        there.itertuples(index=False, name=None)
    )
    assert {task.values["language"] for task in planned.tasks} == {"en"}
    assert planned.run().made == len(there)
    first = planned.tasks[0].values
    assert (tmp_path / "out" / f"odd-{first['sector']}-{first['size']}.html").exists()
    words = ["batch", path, str(sample_study.folder), "--by", "sector,size=size_category", "--where", "region=53"]
    command = [*CLI, *words, "-p", "language=en", "--out", str(tmp_path / "out")]
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(again.stdout)["up_to_date"] == len(there)


def test_segments_and_sets_that_do_not_fit_are_one_sentence(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    path = template("1", more=SEGMENT)
    (tmp_path / "sets.csv").write_text("sector,size\ntrade\n")
    (tmp_path / "twice.csv").write_text("sector\ntrade\ntrade\n")
    (tmp_path / "empty.csv").write_text("sector\n")
    for said, error, options in (
        ("no parameter 'size_category'.* write --by parameter=column", UsageError, {"by": ["size_category"]}),
        ("no column 'taille'", UsageError, {"by": ["size=taille"]}),
        ("take one", UsageError, {"by": ["sector"], "sets": tmp_path / "sets.csv"}),
        ("line 2 of sets.csv has not 2 values", InputError, {"sets": tmp_path / "sets.csv"}),
        ("both be published as 'odd-trade'", InputError, {"sets": tmp_path / "twice.csv"}),
        ("names no report", InputError, {"sets": tmp_path / "empty.csv"}),
        ("cannot be read", InputError, {"sets": tmp_path / "none.csv"}),
        ("leave -p sector out", UsageError, {"by": ["sector"], "parameters": {"sector": "trade"}}),
        ("leave --where and --companies out", UsageError, {"where": ["sector=trade"]}),
        ("no company of the study meets", InputError, {"by": ["sector"], "where": ["region=53", "region=11"]}),
    ):
        with pytest.raises(error, match=said):
            plan_batch(sample_study, path, out=tmp_path / "out", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


@slow
@pytest.mark.fault(39, 40)
def test_the_state_of_a_folder_is_told_to_people_and_programs(
    sample_study: Study, template: Callable[..., str], tmp_path: Path
) -> None:
    path, out = template("assert what != 'bad', 'not this'", more='what: str = ""'), tmp_path / "out"
    (tmp_path / "sets.csv").write_text("what\ngood\nbad\n")
    assert plan_batch(sample_study, path, out=out, sets=tmp_path / "sets.csv").run().exit_code == 1
    told = subprocess.run([*CLI, "status", str(out), "--json"], capture_output=True, text=True)
    assert told.returncode == 1
    states = {run["report"]: run["state"] for run in map(json.loads, told.stdout.splitlines())}
    assert states == {"odd-good": "succeeded", "odd-bad": "failed"}
    people = subprocess.run([*CLI, "status", str(out)], capture_output=True, text=True)
    assert "AssertionError: not this" in people.stdout
