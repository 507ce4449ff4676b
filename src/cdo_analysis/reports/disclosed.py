"""What was published of a wave, and whether one more report would show what another hides.

The cells that reports print are kept in the ledger, by the hash of the data that they come from. A report that is about
to be published is audited with all of them: one that would open a hidden cell is not published. A report for one
company has one reader, and is audited with what is public; where that holds, also with all earlier company reports.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdo_analysis.errors import DisclosureError, PublishError
from cdo_analysis.reports.ledger import FILE, FOLDER, now

if TYPE_CHECKING:
    from cdo_analysis.disclosure import Audit, Fact

CELLS = "cells.json"
"""File of a job that holds what its report would publish."""

WITHHELD = "CDO_ANALYSIS_WITHHELD"
"""Variable of the environment by which views learn what to hide besides; as in ``exhibits.study_view``."""

PUBLISHED = "cdo_analysis_published"
"""Key under which pieces say what they publish; as in ``exhibits.exhibit``, which the driver never loads."""

_WAIT_S = 60.0
_MOST_NAMED = 3
_TABLE = """
CREATE TABLE IF NOT EXISTS published (
  wave TEXT NOT NULL, reader TEXT NOT NULL, report TEXT NOT NULL, fact TEXT NOT NULL, profile TEXT NOT NULL,
  run TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (wave, reader, report, fact)
);
"""


def take_cells(notebook: Mapping[str, Any]) -> list[Any]:
    """Take what the pieces of an executed notebook publish out of it: for the audit, not for readers."""
    found: list[Any] = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            found += output.get("metadata", {}).pop(PUBLISHED, [])
    return found


def cells_to_withhold(cells: Iterable[Any], values: Mapping[str, Any], withheld: list[Any]) -> list[Any]:
    """Return the groups that one report should hide besides, for its own tables open some; none where they do not.

    For each opening, the smallest count that holds it open and was not asked to be hidden before.

    Parameters
    ----------
    cells : iterable
        What the report publishes; see :func:`take_cells`.
    values : mapping
        Its parameters, of which the disclosure profile.
    withheld : list
        What was hidden besides so far.
    """
    from cdo_analysis.disclosure import DEFAULT, EVERYBODY, Fact, audit_counts, disclosure_profile

    facts = [Fact.from_json(one) for one in cells]
    chosen: list[Any] = []
    for opening in audit_counts(facts, disclosure_profile(str(values.get("disclosure", DEFAULT)))).openings:
        held = [fact for fact in opening.facts if fact.cell != EVERYBODY and (fact.low or 0) >= 1]
        for fact in sorted(held, key=lambda fact: (fact.low or 0, str(fact.cell))):
            cell = {name: list(found) for name, found in fact.cell.conditions}
            if cell not in withheld and cell not in chosen:
                chosen.append(cell)
                break
    return chosen


@dataclass(frozen=True)
class Release:
    """A report that is about to be published.

    Attributes
    ----------
    wave : str
        Hash of the data.
    report : str
    run : str
    reader : str
        Whom it is for; empty for everybody.
    profile : str
        Its disclosure profile.
    facts : tuple of Fact
    """

    wave: str
    report: str
    run: str
    reader: str
    profile: str
    facts: tuple[Fact, ...]

    @classmethod
    def read(cls, folder: Path, *, wave: str, report: str, run: str, values: Mapping[str, Any]) -> Release:
        """Return the report that a job left in its folder."""
        from cdo_analysis.disclosure import DEFAULT, Fact

        given = json.loads((folder / CELLS).read_text(encoding="utf-8")) if (folder / CELLS).exists() else []
        facts = [Fact.from_json(one) for one in given]
        placed = tuple(dict.fromkeys(replace(fact, place=f"{report}/{fact.place}") for fact in facts))
        reader = report if values.get("company") else ""
        return cls(wave, report, run, reader, str(values.get("disclosure", DEFAULT)), placed)


class Published:
    """The cells that reports of a folder have published.

    Parameters
    ----------
    out : Path
        Folder of the reports; reports of its periods are in folders inside it, and count.
    """

    def __init__(self, out: Path) -> None:
        self.out, self.path = out, out / FOLDER / FILE
        self._safe: dict[tuple[str, frozenset[Fact]], Audit] = {}

    def admit(self, release: Release) -> dict[str, Any]:
        """Audit a report with all that was published, and write its cells in the ledger; return what was found.

        Raises
        ------
        DisclosureError
            It would open a cell; nothing is written.
        PublishError
            The ledger cannot be used.
        """
        try:
            with self._locked() as connection:
                found = self._audit(release, list(self._others(connection, release)))
                self._write(connection, release)
        except (OSError, sqlite3.Error) as error:
            raise PublishError(f"the ledger {self.path} cannot be used ({error}); choose another --out.") from error
        return found

    @contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        """Hold the ledger, so that two reports at once are audited one after the other."""
        connection = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_TABLE)
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()

    @cached_property
    def _folders(self) -> list[Path]:
        """Ledgers that hold reports with the same readers: of this folder, of its periods, of the other periods."""
        root = self.out.parent if (self.out.parent / FOLDER / FILE).exists() else self.out
        found = {*root.glob(f"{FOLDER}/{FILE}"), *root.glob(f"*/{FOLDER}/{FILE}")}
        return sorted(path for path in found if path.resolve() != self.path.resolve())

    def _others(self, connection: sqlite3.Connection, release: Release) -> Iterator[Fact]:
        """Yield what everybody may read of the wave, in this folder and in those beside it."""
        yield from _read(connection, release.wave)
        for path in self._folders:
            other = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_WAIT_S)
            try:
                if other.execute("SELECT 1 FROM sqlite_master WHERE name = 'published'").fetchone():
                    yield from _read(other, release.wave)
            finally:
                other.close()

    @staticmethod
    def _write(connection: sqlite3.Connection, release: Release) -> None:
        about, at = (release.profile, release.run), now()
        rows = [
            (release.wave, release.reader, release.report, json.dumps(fact.to_json(), ensure_ascii=False), *about, at)
            for fact in release.facts
        ]
        connection.executemany("INSERT OR IGNORE INTO published VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _audit(self, release: Release, public: list[Fact]) -> dict[str, Any]:
        from cdo_analysis.disclosure import disclosure_profile

        if not release.facts:
            return {"profile": release.profile, "facts": 0}
        profile = disclosure_profile(release.profile).id
        known = {fact.said for fact in public}
        new = {fact.said for fact in release.facts} - known
        hidden = sum(fact.hidden for fact in release.facts)
        found: dict[str, Any] = {"profile": profile, "facts": len(release.facts), "hidden": hidden, "new": len(new)}
        if not new:
            return found
        audit = self._look([*public, *release.facts], profile)
        opened = self._opened(audit, public, profile)
        if opened:
            raise DisclosureError(_refusal(release, opened))
        return found | {"cells": audit.cells, "programs": audit.programs, "exact": audit.exact}

    def _opened(self, audit: Audit, public: list[Fact], profile: str) -> list[Any]:
        """Return what an audit found open that was not open before."""
        if not audit.openings:
            return []
        before = {opening.key for opening in self._look(public, profile).openings}
        return [opening for opening in audit.openings if opening.key not in before]

    def _look(self, facts: Iterable[Fact], profile: str) -> Audit:
        """Audit facts; what is safe is remembered, so that companies with the same peers are looked at once."""
        from cdo_analysis.disclosure import audit, disclosure_profile

        listed = list(facts)
        key = (profile, frozenset(fact.said for fact in listed))
        if key not in self._safe:
            found = audit(listed, disclosure_profile(profile))
            if found.openings:
                return found
            self._safe[key] = found
        return self._safe[key]


def _read(connection: sqlite3.Connection, wave: str) -> Iterator[Fact]:
    from cdo_analysis.disclosure import Fact

    rows = connection.execute("SELECT fact FROM published WHERE wave = ? AND reader = '' ORDER BY rowid", (wave,))
    for (text,) in rows:
        yield Fact.from_json(json.loads(text))


def _refusal(release: Release, opened: list[Any]) -> str:
    """Say which cells would be opened, and where what opens them is printed."""
    said = "; ".join(map(str, opened[:_MOST_NAMED]))
    more = f"; and {len(opened) - _MOST_NAMED} more" if len(opened) > _MOST_NAMED else ""
    return (
        f"{release.report} would show what too few companies answered (profile {release.profile}): {said}{more}. "
        "Nothing is published: ask for a larger part, or leave out one of the pieces named."
    )
