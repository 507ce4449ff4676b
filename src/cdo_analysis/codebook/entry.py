"""One table of a codebook file: each key is read as what it must be, each fault is told in one sentence."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, NamedTuple, TypeVar

from cdo_analysis.errors import CodebookError, did_you_mean
from cdo_analysis.wording import LANGUAGES, Text

LONGEST_SHOWN = 60

Word = TypeVar("Word", bound=str)

_BOTH_LANGUAGES = '{ fr = "…", en = "…" }'


class Fault(NamedTuple):
    """What is wrong, where, and the way out.

    Examples
    --------
    >>> str(Fault("[[item]] 'size'", "has no 'question'", "add question = …").in_file("wave.toml"))
    "wave.toml: [[item]] 'size' has no 'question'; add question = …."
    """

    where: str
    what: str
    way_out: str

    def in_file(self, file: str) -> CodebookError:
        """Return the error that says so in one sentence."""
        stop = "" if self.way_out.endswith((".", "?")) else "."
        return CodebookError(f"{file}: {self.where} {self.what}; {self.way_out}{stop}")


@dataclass(frozen=True)
class Entry:
    """One table, read key by key. Every method raises a CodebookError where the key holds something else.

    Attributes
    ----------
    file : str
        Name of the file.
    where : str
        What errors call the table: ``[[item]] 'size'``.
    table : mapping
        The table, as TOML gave it.

    Examples
    --------
    >>> entry = Entry("wave.toml", "[[item]] 'size'", {"name": "size", "required": False})
    >>> entry.name("name"), entry.flag("required", default=True), entry.text("unit", "")
    ('size', False, '')
    """

    file: str
    where: str
    table: Mapping[str, Any]

    @classmethod
    def of(cls, value: object, where: str, *, file: str) -> Entry:
        """Return the entry of `value`, which must be a table."""
        if not isinstance(value, Mapping):
            raise Fault(where, f"is {shown(value)}", "write a table").in_file(file)
        return cls(file, where, value)

    def __contains__(self, key: object) -> bool:
        return key in self.table

    def error(self, what: str, way_out: str) -> CodebookError:
        """Return the error that says what is wrong with this table."""
        return Fault(self.where, what, way_out).in_file(self.file)

    def wrong(self, key: str, way_out: str) -> CodebookError:
        """Return the error that quotes what `key` holds."""
        return self.error(f"has {key} = {shown(self.table.get(key))}", way_out)

    def only(self, keys: Collection[str]) -> Entry:
        """Return the entry itself, which must have no other key."""
        for key in self.table:
            if key not in keys:
                what = f"has the key {shown(key)}, which does not exist there"
                raise self.error(what, f"remove or rename it{did_you_mean(key, keys)}")
        return self

    def need(self, key: str) -> Any:
        """Return what `key` holds, whatever it is."""
        if key not in self.table:
            raise self.error(f"has no '{key}'", f"add {key} = …")
        return self.table[key]

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; the key must be there unless there is a default."""
        value = self.need(key) if default is None else self.table.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, f'write text in quotes: {key} = "…"')
        return value

    def name(self, key: str, default: str | None = None) -> str:
        """Return a name, code or header: not empty, on one line, no blanks around it, no double or special blank."""
        value = self.text(key, default)
        if key in self.table and (not value or value != " ".join(value.split()) or not value.isprintable()):
            raise self.wrong(key, "write something, on one line, without blanks around it nor two in a row")
        return value

    def wording(self, key: str) -> Text:
        """Return a wording, which must not be empty."""
        self.need(key)
        wording = self.optional_wording(key)
        if not wording.fr.strip():
            raise self.error(f"has an empty {key}", f'write {key} = "…"')
        return wording

    def optional_wording(self, key: str) -> Text:
        """Return a wording, French alone or a table of both languages; an empty one where there is no such key."""
        value = self.table.get(key, "")
        if isinstance(value, str):
            return Text(value)
        if not isinstance(value, Mapping):
            raise self.wrong(key, f"write text in quotes, or {key} = {_BOTH_LANGUAGES}")
        if not {"fr"} <= set(value) <= set(LANGUAGES):
            raise self.error(f"has {key} with the keys {shown(sorted(value))}", f"write {key} = {_BOTH_LANGUAGES}")
        texts = Entry(self.file, f"{self.where}, {key},", value)
        return Text(texts.text("fr"), texts.text("en", ""))

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"write {key} = true or {key} = false, without quotes")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """Return a finite number; the key must be there unless there is a default."""
        value = as_number(self.need(key) if default is None else self.table.get(key, default))
        if not math.isfinite(value):
            raise self.wrong(key, "write a finite number, without quotes")
        return value

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, each of them once; an empty one where there is no such key."""
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self.wrong(key, f'write a list of texts in quotes: {key} = ["…", "…"]')
        for name in repeated(value):
            raise self.error(f"has {shown(name)} twice in {key}", "keep one of them")
        return tuple(value)

    def one_of(self, key: str, known: Sequence[Word], default: Word | None = None) -> Word:
        """Return the one of the `known` words that `key` holds; it must be there unless there is a default."""
        value = self.need(key) if default is None else self.table.get(key, default)
        for word in known:
            if value == word:
                return word
        raise self.wrong(key, f"use one of {', '.join(known)}")

    def part(self, key: str) -> Entry:
        """Return the table ``[key]`` of the file; an empty one where there is none."""
        return Entry.of(self.table.get(key, {}), f"[{key}]", file=self.file)

    def tables(self, key: str, kind: str = "", *, by: str = "name") -> list[Entry]:
        """Return the tables of a list; an empty list where there is no such key.

        Parameters
        ----------
        key : str
        kind : str
            What errors call one of them (``row``); nothing for the lists of the file (``[[item]]``).
        by : str
            The key that names them in errors.
        """
        value = self.table.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, f"write {key} = [{{ … }}, {{ … }}]" if kind else f"write [[{key}]] tables")
        return [self._listed(entry, (key, kind, by), place) for place, entry in enumerate(value, start=1)]

    def _listed(self, value: object, called: tuple[str, str, str], place: int) -> Entry:
        key, kind, by = called
        name = value.get(by) if isinstance(value, Mapping) else None
        which = shown(name) if isinstance(name, str) else f"number {place}"
        where = f"the {kind} {which} of {self.where}" if kind else f"[[{key}]] {which}"
        return Entry.of(value, where, file=self.file)


def shown(value: object) -> str:
    r"""Return `value` as an error quotes it: on one line, cut where it is long.

    Examples
    --------
    >>> shown("a\nb"), shown(True), shown(date(2026, 1, 31))
    ("'a\\nb'", 'true', '2026-01-31')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | time):
        return value.isoformat()
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # tables without end, integers of thousands of digits
        return "…"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def as_number(value: object) -> float:
    """Return `value` as a float, NaN where it is no number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that come again, in the order in which they do.

    Examples
    --------
    >>> repeated(["a", "b", "b", "a"])
    ['b', 'a']
    """
    seen: set[str] = set()
    again = []
    for name in names:
        if name in seen:
            again.append(name)
        seen.add(name)
    return again
