"""The page of an output folder: every report with its title, its age and its state, and the runs that failed.

It is read from the ledgers and from the pages themselves; it names no path, no user and no message of an error.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cdo_analysis.errors import InputError, PublishError
from cdo_analysis.messages import Catalogue, catalogue, space_french
from cdo_analysis.reports.ledger import FILE, FOLDER, Ledger, Run
from cdo_analysis.resources import package_dir

PAGE = "index.html"
_SETTINGS = "index.json"
_HEAD = 4_000
_ORDER = ("panorama", "segment", "quality", "company")
_FORMATS = {"html": "HTML", "pdf": "PDF", "docx": "Word", "xlsx": "Excel", "csv.zip": "CSV", "csv": "CSV"}
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Settings:
    """How the page of a folder is made; what is not said is as it was the last time.

    Attributes
    ----------
    language : str
        ``fr`` or ``en``; empty for that of the newest report.
    max_age_days : float
        Oldest report that is not said to be old; 0 for no limit.
    """

    language: str = ""
    max_age_days: float = 0.0


@dataclass(frozen=True)
class Entry:
    """A report of the folder, as the page shows it.

    Attributes
    ----------
    report : str
        Stem of its files.
    template, period : str
    title : str
        Of the page that is published; empty where none is.
    state : str
        ``answered`` or ``abstained``, as the page says of itself.
    made : datetime
        When the page that is published was made.
    language, data, study : str
        Of the page: its language, the last day of its data (ISO 8601), its study; empty where it does not say.
    links : tuple of (str, str)
        Formats and their addresses, relative to the page.
    changed : bool
        True where the page is not, byte for byte, what its run published.
    failed : Run or None
        The last run, where it did not succeed.
    """

    report: str
    template: str
    period: str
    title: str
    state: str
    made: datetime
    language: str
    data: str
    study: str
    links: tuple[tuple[str, str], ...]
    changed: bool
    failed: Run | None


def write_index(
    out: str | Path, settings: Settings | None = None, *, study: str = "", now: datetime | None = None
) -> Path:
    """Write ``index.html`` in a folder of reports, whole or not at all.

    Parameters
    ----------
    out : str or Path
        The folder that ``--out`` named; its folders of periods are read too.
    settings : Settings, optional
        Those of the last time by default.
    study : str
        Id of the study that reports should rest on; that of the newest report by default.
    now : datetime, optional
        What ages are counted from.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        Nothing was ever made there.
    PublishError
        The page cannot be written.
    """
    root = Path(out)
    if not any(_ledgers(root)):
        raise InputError(f"no report was ever made in {out}; name the folder that --out named.")
    with Ledger(root).alone():  # two runs that end together write one after the other, the later one last
        chosen = settings or _remembered(root)
        entries = read_entries(root)
        text = _render(entries, chosen, study=study, now=now or datetime.now(UTC))
        if settings is not None:
            _write(root / FOLDER / _SETTINGS, json.dumps(vars(settings)))
        _write(root / PAGE, text)
    return root / PAGE


def read_entries(root: Path) -> list[Entry]:
    """Return the reports of a folder and of its folders of periods: the newest period first, then by template."""
    found = []
    for ledger in _ledgers(root):
        folder = ledger.path.parent.parent
        good = ledger.last(state="succeeded")
        for report, last in ledger.last().items():
            if last.state != "running" or report in good:
                found.append(_entry(root, folder, last, good.get(report)))
    found.sort(key=lambda entry: (_rank(entry.template), entry.report))
    return sorted(found, key=lambda entry: entry.period, reverse=True)


def _ledgers(root: Path) -> Iterator[Ledger]:
    for folder in (root, *sorted(path for path in root.glob("[0-9]*") if path.is_dir())):
        if (folder / FOLDER / FILE).is_file():
            yield Ledger(folder)


def _entry(root: Path, folder: Path, last: Run, good: Run | None) -> Entry:
    page = folder / f"{last.report}.html"
    there = page.is_file() and good is not None
    data = page.read_bytes() if there else b""
    about = _about(data[:_HEAD].decode("utf-8", errors="replace"))
    period = "" if folder == root else folder.name
    prefix = f"{period}/" if period else ""
    links = [(name, f"{prefix}{last.report}.{suffix}") for suffix, name in _FORMATS.items()]
    shown = tuple((name, link) for name, link in links if there and (root / link).is_file())
    changed = there and good is not None and hashlib.sha256(data).hexdigest() != good.html
    failed = last if last.state not in ("succeeded", "running") else None
    made = _time((good or last).ended or last.started)
    return Entry(last.report, last.template, period, made=made, links=shown, changed=changed, failed=failed, **about)


def _about(head: str) -> dict[str, str]:
    """Return what a page says of itself, from its first lines."""
    found = dict(re.findall(r'<meta name="cdo-analysis-([a-z]+)" content="([^"]*)">', head))
    title, language = re.search(r"<title>(.*?)</title>", head, re.DOTALL), re.search(r'<html lang="([a-z]+)"', head)
    return {
        "title": html.unescape(title[1]) if title else "",
        "language": language[1] if language else "",
        "state": found.get("state", "answered"),
        "data": found.get("data", ""),
        "study": found.get("study", ""),
    }


def _rank(template: str) -> tuple[int, str]:
    return (_ORDER.index(template) if template in _ORDER else len(_ORDER), template)


def _time(written: str) -> datetime:
    return datetime.fromisoformat(written.replace("Z", "+00:00"))


def _remembered(root: Path) -> Settings:
    try:
        return Settings(**json.loads((root / FOLDER / _SETTINGS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Settings()


def _render(entries: list[Entry], settings: Settings, *, study: str, now: datetime) -> str:
    published = [entry for entry in entries if entry.title]
    newest = max(published, key=lambda entry: entry.made, default=None)
    say = catalogue(settings.language or (newest.language if newest else "") or "fr")
    wanted = study or (newest.study if newest else "")
    rows = [_row(say, entry, settings, wanted, now) for entry in published]
    failures = [_failure(say, entry) for entry in entries if entry.failed is not None]
    stale = sum(bool(row["stale"]) for row in rows)
    periods = list(dict.fromkeys(row["period"] for row in rows))
    words = {"say": say, "language": say.language, "failures": failures, "made": say.numbers.date(now.date())}
    lead = say("index.lead", n=len(rows), stale=stale, failed=len(failures))
    groups = [(period, [row for row in rows if row["period"] == period]) for period in periods]
    return _template(say.language).render(**words, lead=lead, groups=groups, study=wanted)


def _row(say: Catalogue, entry: Entry, settings: Settings, study: str, now: datetime) -> dict[str, Any]:
    days = max(0, int((now - entry.made).total_seconds() // _DAY_S))
    limit = settings.max_age_days
    stale = [
        *([say("index.other_study", study=entry.study)] if entry.study and entry.study != study else []),
        *([say("index.too_old", days=days, limit=say.numbers.number(limit))] if limit and days > limit else []),
        *([say("index.changed")] if entry.changed else []),
        *([say("index.not_renewed")] if entry.failed else []),
    ]
    age = say("index.age_today" if days == 0 else "index.age_day" if days == 1 else "index.age_days", days=days)
    facts = [
        say.get(f"index.kind_{entry.template}", entry.template),
        say("index.made", date=say.numbers.date(entry.made.date()), age=age),
        *([say("index.data", date=say.numbers.date(date.fromisoformat(entry.data)))] if entry.data else []),
    ]
    abstained = say("index.abstained") if entry.state == "abstained" else ""
    links = [{"name": name, "href": href, "label": f"{name} — {entry.title}"} for name, href in entry.links]
    shown = {"title": entry.title, "language": entry.language, "period": entry.period, "report": entry.report}
    return {**shown, "facts": facts, "links": links, "stale": stale, "abstained": abstained}


def _failure(say: Catalogue, entry: Entry) -> str:
    assert entry.failed is not None
    why = say.get(f"index.failed_{entry.failed.state}", say("index.failed_failed"))
    when = say.numbers.date(_time(entry.failed.ended or entry.failed.started).date())
    name = f"{entry.period}/{entry.report}" if entry.period else entry.report
    return say("index.failure" if entry.title else "index.failure_none", report=name, why=why, date=when)


@lru_cache
def _template(language: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(package_dir("reports")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    if language == "fr":
        environment.finalize = lambda value: space_french(value) if type(value) is str else value
    environment.globals["css"] = Markup((package_dir("reports") / "page.css").read_text(encoding="utf-8"))
    return environment.get_template("index.html.j2")


def _write(path: Path, text: str) -> None:
    """Replace a file at once: readers see the old one or the new one, never a part."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=".index-", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise PublishError(
            f"{path.name} cannot be written in {path.parent}: {error.strerror}; free some space."
        ) from error


def refresh_index(out: Path, *, period: str = "") -> str:
    """Write the page of a folder after its reports; return why it could not be, empty where it was.

    A report that is there stays there, whatever becomes of the page.

    Parameters
    ----------
    out : Path
        Where reports were published.
    period : str
        Not empty where `out` is the folder of a period: the page is that of the folder above.
    """
    try:
        write_index(out.parent if period else out)
    except (InputError, PublishError, OSError) as error:
        return str(error)
    return ""
