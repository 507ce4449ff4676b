"""The ledger of runs: one SQLite file beside the reports, safe under concurrent writers.

It is also the lock: a run that is written as running, by a process that still lives, holds its report.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cdo_analysis.errors import BusyError, InputError, PublishError

FOLDER, FILE = ".runs", "ledger.sqlite"
_WAIT_S = 60.0
_ELSEWHERE_S = 86_400.0

_TABLE = """
CREATE TABLE IF NOT EXISTS runs (
  id TEXT PRIMARY KEY, report TEXT NOT NULL, template TEXT NOT NULL, key TEXT NOT NULL, period TEXT NOT NULL,
  state TEXT NOT NULL, message TEXT NOT NULL, pid INTEGER NOT NULL, born TEXT NOT NULL, started TEXT NOT NULL,
  ended TEXT NOT NULL, seconds REAL NOT NULL, peak_mb REAL NOT NULL, html TEXT NOT NULL, notebook TEXT NOT NULL,
  others TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS by_report ON runs (report, started);
"""

STATES = (
    *("running", "succeeded", "failed", "out_of_memory", "blocked_by_disclosure"),
    *("timeout", "process_died", "cannot_publish", "interrupted"),
)
"""What a run can be."""


@dataclass(frozen=True)
class Run:
    """A run, as the ledger holds it.

    Attributes
    ----------
    id : str
    report : str
        What is made, such as ``company-732829320``: the stem of its files.
    template : str
    key : str
        Hash of all that the report is made of: an equal key needs no new run.
    period : str
        Such as ``2026-W48``; empty where the run belongs to none.
    state : str
        One of :data:`STATES`.
    message : str
        Why it did not succeed, in a sentence.
    pid, born : int, str
        The process that runs it, and what tells it from a later one of the same number.
    started, ended : str
        UTC, ISO 8601; `ended` is empty while it runs.
    seconds, peak_mb : float
    html, notebook : str
        SHA-256 of what was published; empty where nothing was.
    others : str
        JSON: the SHA-256 of each other format that was published, by the suffix of its file.
    """

    id: str
    report: str
    template: str
    key: str
    period: str = ""
    state: str = "running"
    message: str = ""
    pid: int = 0
    born: str = ""
    started: str = ""
    ended: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0
    html: str = ""
    notebook: str = ""
    others: str = "{}"

    def formats(self) -> dict[str, str]:
        """Return the SHA-256 of each file that was published beside page and notebook, by its suffix."""
        return dict(json.loads(self.others))


_COLUMNS = tuple(Run.__dataclass_fields__)


class Ledger:
    """The runs of a folder of reports.

    Parameters
    ----------
    out : Path
        The folder; it must be there and writable.

    Raises
    ------
    PublishError
        The ledger cannot be opened, or is no ledger.
    """

    def __init__(self, out: Path) -> None:
        self.path = out / FOLDER / FILE
        self.over: set[str] = set()  # runs that ended, even where the disk was too full to write it
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as connection:
                connection.executescript(_TABLE)
                _add_columns(connection)
        except (OSError, sqlite3.Error) as error:
            raise PublishError(f"the ledger {self.path} cannot be used ({error}); choose another --out.") from error

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the ledger: others may read it meanwhile, none may write it."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                connection.execute("ROLLBACK")

    def begin(self, run: Run) -> Run:
        """Write a run as running, by this process.

        Raises
        ------
        BusyError
            Another live process makes the same report; runs of dead ones are first written as interrupted.
        """
        mine = Run(**{**vars(run), "pid": os.getpid(), "born": _born(os.getpid()), "started": now()})
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for other in self._select(connection, "state = 'running' AND report = ?", (run.report,)):
                if alive(other) and other.id not in self.over:
                    connection.execute("ROLLBACK")
                    raise BusyError(
                        f"{run.report} is being made by another run (process {other.pid} of "
                        f"{other.born.partition('/')[0]}, since {other.started}); wait for it, or stop it."
                    )
                _interrupt(connection, other)
            marks = ", ".join("?" * len(_COLUMNS))
            connection.execute(f"INSERT INTO runs VALUES ({marks})", tuple(vars(mine).values()))
            connection.execute("COMMIT")
        return mine

    def end(self, run: Run) -> None:
        """Write what became of a run."""
        self.over.add(run.id)
        changes = ", ".join(f"{name} = ?" for name in _COLUMNS[1:])
        values = tuple(getattr(run, name) for name in _COLUMNS[1:])
        try:
            with self._open() as connection:
                connection.execute(f"UPDATE runs SET {changes} WHERE id = ?", (*values, run.id))
        except sqlite3.Error as error:
            raise PublishError(f"the ledger {self.path} cannot be written ({error}); free some space.") from error

    def recover(self) -> list[Run]:
        """Write runs whose process is gone as interrupted; return them."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            gone = [run for run in self._select(connection, "state = 'running'") if not alive(run)]
            for run in gone:
                _interrupt(connection, run)
            connection.execute("COMMIT")
        return gone

    def running(self) -> set[str]:
        """Return the ids of the runs that are written as running."""
        with self._open() as connection:
            return {run.id for run in self._select(connection, "state = 'running'")}

    def last(self, report: str = "", state: str = "") -> dict[str, Run]:
        """Return the last run of each report, or of one, in a state where it is named."""
        where = [f"{name} = ?" for name, value in (("report", report), ("state", state)) if value]
        given = tuple(value for value in (report, state) if value)
        with self._open() as connection:
            runs = self._select(connection, " AND ".join(where) or "1", given)
        return {run.report: run for run in runs}

    @staticmethod
    def _select(connection: sqlite3.Connection, where: str, given: tuple[str, ...] = ()) -> list[Run]:
        rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM runs WHERE {where} ORDER BY started, id", given)
        return [Run(*row) for row in rows]


def last_runs(out: Path) -> list[Run]:
    """Return the last run of each report of a folder and of its folders of periods, sorted by report.

    Nothing is written, so that whoever may read the folder may ask. A run whose process is gone is told as interrupted.

    Raises
    ------
    InputError
        Nothing was ever made there, or a ledger cannot be read.
    """
    found = [run for path in sorted(out.glob(f"**/{FOLDER}/{FILE}")) for run in _read(path).values()]
    if not found:
        raise InputError(f"no report was ever made in {out}; name the folder that --out named.")
    return sorted(found, key=lambda run: (run.period, run.report))


def _read(path: Path) -> dict[str, Run]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)) as connection:
            rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM runs ORDER BY started, id").fetchall()
    except sqlite3.Error as error:
        raise InputError(f"the ledger {path} cannot be read ({error}); ask whoever makes these reports.") from error
    runs = {row[1]: Run(*row) for row in rows}
    return {name: _as_it_is(run) for name, run in runs.items()}


def _as_it_is(run: Run) -> Run:
    gone = run.state == "running" and not alive(run)
    return replace(run, state="interrupted", message=_gone(run)) if gone else run


def _gone(run: Run) -> str:
    return f"interrupted: process {run.pid} is gone"


def _add_columns(connection: sqlite3.Connection) -> None:
    """Bring a ledger of an earlier version up to date."""
    if "others" not in {row[1] for row in connection.execute("PRAGMA table_info(runs)")}:
        try:
            connection.execute("ALTER TABLE runs ADD COLUMN others TEXT NOT NULL DEFAULT '{}'")
        except sqlite3.OperationalError as error:  # another run was faster
            if "duplicate column" not in str(error):
                raise


def _interrupt(connection: sqlite3.Connection, run: Run) -> None:
    connection.execute(
        "UPDATE runs SET state = 'interrupted', message = ?, ended = ? WHERE id = ?", (_gone(run), now(), run.id)
    )


def alive(run: Run) -> bool:
    """Tell whether the process that began a run still lives; another one may have its number by now.

    One of another machine cannot be asked: it is taken to live for a day.
    """
    machine = run.born.partition("/")[0]
    if machine == run.born:
        return False
    if machine != socket.gethostname():
        return (datetime.now(UTC) - datetime.fromisoformat(run.started)).total_seconds() < _ELSEWHERE_S
    return _born(run.pid) == run.born


def _born(pid: int) -> str:
    """Return what a process has for life, whatever the clock does: machine, boot, start in ticks; else its date."""
    machine = socket.gethostname()
    try:
        # The name of a program, between brackets, may hold spaces; state and start are the 1st and 20th words after it.
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return "" if words[0] in "ZX" else f"{machine}/{boot}:{words[19]}"
    except FileNotFoundError:
        return "" if Path("/proc/self/stat").exists() else f"{machine}/{_date_of_birth(pid)}"
    except OSError:
        return ""


def _date_of_birth(pid: int) -> str:
    import psutil

    try:
        return str(round(psutil.Process(pid).create_time()))
    except psutil.Error:
        return ""


def now() -> str:
    """Return the time: UTC, ISO 8601, to the millisecond."""
    return datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
