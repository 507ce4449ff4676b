"""Weights that experts give to the criteria of the rules: read from a file, checked, each with its author and date."""

from __future__ import annotations

import csv
import io
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from cdo_analysis.errors import InputError, did_you_mean
from cdo_analysis.reference.rules import Rules

CERTAINTY = 5.0
"""How closely draws follow an expert, unless the file says otherwise: a weight of 25 % of four varies by 9 points."""

_COLUMNS = ("expert", "name", "weight", "author", "date")


@dataclass(frozen=True)
class Expert:
    """What one expert gives weight to.

    Attributes
    ----------
    name : str
    author, date : str
        Who wrote the weights down (the expert or an interviewer), and when (ISO).
    families : dict of str to float
        Share of each family; empty where the expert did not weigh families.
    criteria : dict of str to dict of str to float
        Family to the shares of its criteria; families whose criteria the expert did not weigh are absent.
    """

    name: str
    author: str
    date: str
    families: dict[str, float]
    criteria: dict[str, dict[str, float]]


@dataclass(frozen=True)
class ExpertWeights:
    """The experts of one file, in the order of their names.

    Attributes
    ----------
    experts : tuple of Expert
    certainty : float
        How closely draws follow what they said: the Dirichlet law of `n` weights has the concentration
        ``certainty × n``, where 1 spreads as much as weights that nobody gave.
    """

    experts: tuple[Expert, ...]
    certainty: float

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the experts."""
        return tuple(expert.name for expert in self.experts)

    def table(self) -> pd.DataFrame:
        """Return a row an expert and family or criterion, as in the file, weights as shares; for :meth:`from_table`."""
        rows = [
            (expert.name, name, share, expert.author, expert.date)
            for expert in self.experts
            for shares in (expert.families, *expert.criteria.values())
            for name, share in shares.items()
        ]
        return pd.DataFrame(rows, columns=list(_COLUMNS)).assign(certainty=self.certainty)

    @classmethod
    def from_table(cls, table: pd.DataFrame, rules: Rules) -> ExpertWeights:
        """Return the weights that :meth:`table` described."""
        records = [
            _Record(**{name: str(row[name]) for name in _COLUMNS}, where=f"row {position}")
            for position, row in enumerate(table.to_dict("records"))
        ]
        return _check(records, rules, "weights", float(table["certainty"].iloc[0]))


class _Record(NamedTuple):
    """One weight as it was written, and where."""

    expert: str
    name: str
    weight: str
    author: str
    date: str
    where: str


def read_expert_weights(path: str | Path, rules: Rules) -> ExpertWeights:
    r"""Read the weights of several experts.

    Parameters
    ----------
    path : str or Path
        CSV (comma or semicolon) with the columns ``expert``, ``name`` (a family or a criterion of the rules),
        ``weight`` (any positive scale; 0 to leave out), ``author``, ``date``; or TOML with ``author``, ``date``,
        optionally ``certainty``, and one ``[[expert]]`` each with a ``name`` and a table ``weights``.
    rules : Rules

    Returns
    -------
    ExpertWeights

    Raises
    ------
    InputError
        In one sentence: the file, the line, what is wrong there and how to mend it. An expert who weighs one family
        weighs all of them, and one criterion of a family all of that family; what is not weighed stays uniform.

    Examples
    --------
    >>> import tempfile
    >>> from cdo_analysis.reference import load_rules
    >>> weights = {"attentes": 1, "moyens": 2, "stade": 1, "transaction": 0}
    >>> lines = [f"A. Martin,{name},{weight},me,2026-11-20" for name, weight in weights.items()]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "panel.csv"
    ...     _ = file.write_text("\n".join(["expert,name,weight,author,date", *lines]))
    ...     read_expert_weights(file, load_rules()).experts[0].families
    {'attentes': 0.25, 'moyens': 0.5, 'stade': 0.25, 'transaction': 0.0}
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name} is not UTF-8 text; save it as UTF-8.") from error
    except OSError as error:
        raise InputError(f"{file.name} cannot be read ({error.strerror}); name a CSV or TOML file.") from error
    if file.suffix.lower() == ".toml":
        records, certainty = _toml_records(text, file.name)
    else:
        records, certainty = _csv_records(text, file.name), CERTAINTY
    return _check(records, rules, file.name, certainty)


def _csv_records(text: str, name: str) -> list[_Record]:
    header = text.splitlines()[0] if text.strip() else ""
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in header else ",")
    absent = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
    if absent:
        raise InputError(f"{name}, line 1 has no column '{absent[0]}'; write the header {','.join(_COLUMNS)}.")
    records = []
    for row in reader:
        values = {column: (row[column] or "").strip() for column in _COLUMNS}
        records.append(_Record(**values, where=f"line {reader.line_num}"))
    return records


def _toml_records(text: str, name: str) -> tuple[list[_Record], float]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name} is not valid TOML: {error}; mend that line.") from error
    unknown = [key for key in table if key not in ("author", "date", "certainty", "expert")]
    if unknown:
        known = ("author", "date", "certainty", "expert")
        where = f"line {_line_of(text, unknown[0], 0)}"
        raise InputError(f"{name}, {where} has the key '{unknown[0]}'; rename it{did_you_mean(unknown[0], known)}.")
    certainty = table.get("certainty", CERTAINTY)
    if isinstance(certainty, bool) or not isinstance(certainty, int | float) or not 0 < certainty < math.inf:
        where = f"line {_line_of(text, 'certainty', 0)}"
        raise InputError(f"{name}, {where} has certainty = {certainty!r}; write a number above 0, such as 5.")
    records, start = [], 0
    for entry in table.get("expert", ()):
        start = _line_of(text, "[[expert]]", start)
        weights: Mapping[str, Any] = entry.get("weights", {})
        author, day = (str({**table, **entry}.get(key, "")) for key in ("author", "date"))
        for key, weight in weights.items():
            where = f"line {_line_of(text, key, start)}"
            records.append(_Record(str(entry.get("name", "")), key, str(weight), author, day, where))
    return records, float(certainty)


def _line_of(text: str, key: str, after: int) -> int:
    """Return the number of the first line after line `after` that starts with `key`."""
    for number, line in enumerate(text.splitlines(), start=1):
        if number > after and line.strip().strip('"').startswith(key):
            return number
    return max(after, 1)


def _check(records: list[_Record], rules: Rules, name: str, certainty: float) -> ExpertWeights:
    if not records:
        raise InputError(f"{name} has no weight; write a line an expert and family ({', '.join(_families(rules))}).")
    written: dict[str, dict[str, tuple[float, _Record]]] = {}
    for record in records:
        weight = _weight(record, name)
        _check_about(record, rules, name)
        own = written.setdefault(record.expert, {})
        if record.name in own:
            first = own[record.name][1].where
            raise InputError(
                f"{name}, {record.where} weighs '{record.name}' for {record.expert} again, after {first}; keep one."
            )
        own[record.name] = (weight, record)
    return ExpertWeights(tuple(_expert(own, rules, name) for _, own in sorted(written.items())), certainty)


def _weight(record: _Record, name: str) -> float:
    try:
        weight = float(record.weight.replace(",", "."))
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise InputError(
            f"{name}, {record.where} gives '{record.name}' the weight {record.weight!r}; "
            "write a number, 0 or more, such as 3."
        )
    return weight


def _check_about(record: _Record, rules: Rules, name: str) -> None:
    for key in ("expert", "author"):
        if not getattr(record, key):
            raise InputError(f"{name}, {record.where} has no {key}; write a name: a weight has an author.")
    try:
        date.fromisoformat(record.date)
    except ValueError as error:
        raise InputError(f"{name}, {record.where} has the date {record.date!r}; write it as 2026-11-24.") from error
    known = (*_families(rules), *rules.ids)
    if record.name not in known:
        raise InputError(
            f"{name}, {record.where} weighs '{record.name}', which is neither a family nor a criterion of the rules "
            f"{rules.id} {rules.version}; mend the name{did_you_mean(record.name, known)}".rstrip("?.")
            + "."
        )


def _expert(own: Mapping[str, tuple[float, _Record]], rules: Rules, name: str) -> Expert:
    record = next(iter(own.values()))[1]
    families = _shares(own, _families(rules), name)
    criteria = {family: _shares(own, members, name) for family, members in _families(rules).items()}
    named = {family: shares for family, shares in criteria.items() if shares}
    return Expert(record.expert, record.author, record.date, families, named)


def _shares(own: Mapping[str, tuple[float, _Record]], group: Iterable[str], name: str) -> dict[str, float]:
    """Return weights of one group as shares: none of them given, or all of them."""
    names = list(group)
    given = [member for member in names if member in own]
    if not given:
        return {}
    absent = [member for member in names if member not in own]
    last = own[given[-1]][1]
    if absent:
        raise InputError(
            f"{name}, {last.where}: {last.expert} weighs {', '.join(given)} and not {', '.join(absent)}; "
            "add these, with 0 for what should not count."
        )
    total = sum(own[member][0] for member in names)
    if total <= 0:
        raise InputError(
            f"{name}, {last.where}: {last.expert} gives 0 to all of {', '.join(names)}; give one of them a weight."
        )
    return {member: own[member][0] / total for member in names}


def _families(rules: Rules) -> dict[str, list[str]]:
    """Return the criteria of each family that has any."""
    members = {family.id: [c.id for c in rules.criteria if c.family == family.id] for family in rules.families}
    return {family: names for family, names in members.items() if names}
