"""Reference files: what a wording and a figure are, and one sentence for what is wrong in a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from cdo_analysis.errors import InputError, did_you_mean
from cdo_analysis.wording import Text

Status = Literal["read", "transcribed", "derived", "assumption"]
"""How a figure is known.

``read``: in the source named; ``transcribed``: from a third party's copy of the source, to be checked again;
``derived``: by arithmetic from other figures; ``assumption``: ours, or of a source that gives no basis.
"""
STATUSES: tuple[Status, ...] = get_args(Status)

Table = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """A number with its unit, its date, its source and how it is known.

    Attributes
    ----------
    value : float
    unit : str
        ``k€ a year``, ``€ a day, excluding VAT``, ``FTE``, ….
    date : str
        What the figure is about (``2017``, ``end of 2023``, ``unknown``), as written in the file.
    source : str
        Where it was read, or how it was derived.
    status : {'read', 'transcribed', 'derived', 'assumption'}
    primary : bool
        False where it was read in a secondary source (press, a provider's site): check it before calling it official.
    """

    value: float
    unit: str
    date: str
    source: str
    status: Status
    primary: bool = True


class TomlFile:
    """The tables of one TOML file; knows the file name, so that an error can name file, table and way out."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.table = _parse(path)

    def texts(self, entries: Iterable[Any], where: str) -> tuple[Text, ...]:
        """Return a list of wordings."""
        return tuple(self.wording(entry, where) for entry in entries)

    def wording(self, entry: Any, where: str) -> Text:
        """Return a wording, which must be written in both languages."""
        if not isinstance(entry, Mapping) or set(entry) != {"fr", "en"}:
            raise self.error(where, f"has the wording {entry!r}", 'write { fr = "…", en = "…" }')
        return Text(str(entry["fr"]), str(entry["en"]))

    def figure(self, entry: Any, where: str) -> Figure:
        """Return a figure, which must say its unit, date, source and status."""
        if not isinstance(entry, Mapping):
            raise self.error(
                where, f"is {entry!r}", "write value, unit, date, source and status: a bare number has no origin"
            )
        self.only(entry, ("value", "unit", "date", "source", "status", "primary"), where)
        status = self.need(entry, "status", where)
        if status not in STATUSES:
            raise self.error(where, f"has status = {status!r}", f"use one of {', '.join(STATUSES)}")
        return Figure(
            value=self.number(self.need(entry, "value", where), where),
            unit=str(self.need(entry, "unit", where)),
            date=str(self.need(entry, "date", where)),
            source=str(self.need(entry, "source", where)),
            status=status,
            primary=bool(entry.get("primary", True)),
        )

    def number(self, value: Any, where: str) -> float:
        """Return a number."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(where, f"has {value!r} where a number is expected", "write a number")
        return float(value)

    def numbers(self, values: Any, where: str) -> tuple[float, ...]:
        """Return a list of numbers."""
        if not isinstance(values, list):
            raise self.error(where, f"has {values!r} where a list of numbers is expected", "write [1, 2, …]")
        return tuple(self.number(value, where) for value in values)

    def need(self, table: Table, key: str, where: str) -> Any:
        """Return what `table` says under `key`."""
        if key not in table:
            raise self.error(where, f"has no '{key}'", f"add {key} = …")
        return table[key]

    def only(self, table: Any, keys: Iterable[str], where: str) -> None:
        """Refuse a table with a key that does not belong there."""
        if not isinstance(table, Mapping):
            raise self.error(where, f"is {table!r}", "write a table")
        known = tuple(keys)
        for key in table:
            if key not in known:
                raise self.error(
                    where,
                    f"has the key '{key}', which does not exist there",
                    f"remove or rename it{did_you_mean(key, known)}",
                )

    def refer(self, name: str, known: Iterable[str], where: str) -> None:
        """Refuse a name that is not among `known`."""
        names = tuple(known)
        if name not in names:
            raise self.error(
                where, f"names '{name}', which does not exist", f"mend the name{did_you_mean(name, names)}"
            )

    def unique(self, names: Iterable[str], where: str) -> None:
        """Refuse a name that is given twice."""
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise self.error(f"{where} '{name}'", "is declared twice", "keep one of them")
            seen.add(name)

    def error(self, where: str, what: str, way_out: str) -> InputError:
        """Return the error that says, in one sentence, what is wrong where and how to mend it."""
        return InputError(f"{self.name}: {where} {what}; {way_out.rstrip('?.')}.")


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text; save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path.name} is not valid TOML: {error}; mend that line.") from error
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror}); name a TOML file.") from error
