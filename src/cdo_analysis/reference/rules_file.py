"""Read expert rules from TOML, and say in one sentence what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import numpy as np

from cdo_analysis.reference.arrangements import NEEDS, Arrangements, load_arrangements
from cdo_analysis.reference.reading import Table, TomlFile
from cdo_analysis.reference.rules import (
    LIMIT,
    QUOTED,
    Band,
    Criterion,
    Family,
    FeasibilityRule,
    Rules,
    Sequence,
    Signal,
)
from cdo_analysis.resources import package_dir
from cdo_analysis.wording import Text

_FIELDS = {"answer", "minimum"}
_FILE_KEYS = tuple(
    "id version date author validated_by_panel notice family criterion feasibility sequence".split()  # noqa: SIM905
)
_CRITERION_KEYS = tuple(
    "id family item count codes label points labels suitability band source note reach".split()  # noqa: SIM905
)


def load_rules(path: str | Path | None = None, *, arrangements: Arrangements | None = None) -> Rules:
    """Load expert rules.

    Parameters
    ----------
    path : str or Path, optional
        A TOML file in the format of ``reference/rules.toml``, which is the default.
    arrangements : Arrangements, optional
        Which arrangements the rules must speak of; those of the package by default.

    Returns
    -------
    Rules

    Raises
    ------
    InputError
        In one sentence: the file, the table, what is wrong there and how to mend it.

    Examples
    --------
    >>> rules = load_rules()
    >>> rules.validated_by_panel, rules["roadmap"].family
    (False, 'stade')
    """
    file = TomlFile(Path(path) if path else package_dir("reference") / "rules.toml")
    known = (arrangements or load_arrangements()).ids
    return _RulesReader(file, known).read()


class _RulesReader:
    """Turns the tables of one rules file into rules; knows which arrangements exist."""

    def __init__(self, file: TomlFile, arrangements: tuple[str, ...]) -> None:
        self.file = file
        self.arrangements = arrangements

    def read(self) -> Rules:
        file, table = self.file, self.file.table
        file.only(table, _FILE_KEYS, "the file")
        families = tuple(self._family(entry) for entry in file.need(table, "family", "the file"))
        criteria = tuple(self._criterion(entry) for entry in file.need(table, "criterion", "the file"))
        file.unique((criterion.id for criterion in criteria), "[[criterion]]")
        for criterion in criteria:
            file.refer(criterion.family, (family.id for family in families), f"[[criterion]] '{criterion.id}' family")
        known = {criterion.id: criterion for criterion in criteria}
        return Rules(
            **{key: str(file.need(table, key, "the file")) for key in ("id", "version", "date", "author")},
            validated_by_panel=bool(file.need(table, "validated_by_panel", "the file")),
            notice=file.wording(file.need(table, "notice", "the file"), "notice"),
            families=families,
            criteria=criteria,
            feasibility=tuple(self._feasibility(entry, known) for entry in table.get("feasibility", ())),
            sequences=tuple(self._sequence(entry, known) for entry in table.get("sequence", ())),
        )

    def _family(self, entry: Table) -> Family:
        where = f"[[family]] '{entry.get('id', '?')}'"
        self.file.only(entry, ("id", "label"), where)
        label = self.file.wording(self.file.need(entry, "label", where), where)
        return Family(str(self.file.need(entry, "id", where)), label)

    def _criterion(self, entry: Table) -> Criterion:
        file, where = self.file, f"[[criterion]] '{entry.get('id', '?')}'"
        file.only(entry, _CRITERION_KEYS, where)
        name = str(file.need(entry, "id", where))
        count = tuple(entry.get("count", ()))
        criterion = Criterion(
            id=name,
            family=str(file.need(entry, "family", where)),
            item="" if count else str(entry.get("item", name)),
            count=count,
            codes=tuple(file.need(entry, "codes", where)) if count else (),
            label=file.wording(file.need(entry, "label", where), where),
            points=self._points(file.need(entry, "points", where), where),
            labels=file.texts(entry.get("labels", ()), f"{where} labels"),
            suitability=self._suitability(entry, where),
            bands=tuple(self._band(band, where) for band in file.need(entry, "band", where)),
            source=str(file.need(entry, "source", where)),
            note=file.wording(entry["note"], where) if "note" in entry else None,
            reach=file.number(entry.get("reach", 0), where),
        )
        if criterion.labels and len(criterion.labels) != len(criterion.points):
            raise file.error(
                where, f"has {len(criterion.labels)} labels for {len(criterion.points)} points", "write one each"
            )
        self._check_bands(criterion, where)
        return criterion

    def _points(self, points: list[float] | list[str], where: str) -> tuple[float, ...] | tuple[str, ...]:
        if points and all(isinstance(point, str) for point in points):
            self.file.unique((str(point) for point in points), f"{where} point")
            return tuple(str(point) for point in points)
        numbers = self.file.numbers(points, f"{where} points")
        if len(numbers) < 2 or list(numbers) != sorted(set(numbers)):
            raise self.file.error(f"{where} points", f"are {list(numbers)}", "write at least two numbers, lowest first")
        return numbers

    def _suitability(self, entry: Table, where: str) -> dict[str, tuple[float, ...]]:
        rows = self.file.need(entry, "suitability", where)
        self.file.only(rows, self.arrangements, f"{where} suitability")
        table = {}
        for name in self.arrangements:
            here = f"{where} suitability.{name}"
            values = self.file.numbers(self.file.need(rows, name, f"{where} suitability"), here)
            if len(values) != len(entry["points"]):
                raise self.file.error(
                    here, f"has {len(values)} numbers for {len(entry['points'])} points", "write one a point"
                )
            if max(map(abs, values)) > LIMIT:
                raise self.file.error(here, f"is {list(values)}", "stay between -2 and 2")
            table[name] = values
        return table

    def _band(self, entry: Table, where: str) -> Band:
        here = f"{where} band"
        self.file.only(entry, ("upto", "levels", "for", "against"), here)
        pro, con = (self._template(entry[key], here) if key in entry else None for key in ("for", "against"))
        upto = self.file.number(entry.get("upto", math.inf), here)
        return Band(upto, tuple(str(level) for level in entry.get("levels", ())), pro, con)

    def _check_bands(self, criterion: Criterion, where: str) -> None:
        """Every answer belongs to one band, and has words wherever a suitability there may be quoted."""
        if criterion.numeric:
            ends = [band.upto for band in criterion.bands]
            if ends != sorted(set(ends)) or not math.isinf(ends[-1]):
                raise self.file.error(
                    f"{where} bands", f"end at {ends}", "write upto lowest first, and none in the last band"
                )
        else:
            levels = [level for band in criterion.bands for level in band.levels]
            if sorted(levels) != sorted(map(str, criterion.points)):
                raise self.file.error(f"{where} bands", f"have the levels {levels}", "put each point in one band")
        for band, values in _band_values(criterion):
            for words, side, strongest in ((band.pro, "for", values.max()), (band.con, "against", -values.min())):
                if strongest > QUOTED and words is None:
                    raise self.file.error(
                        f"{where} band",
                        f"has no '{side}' where a suitability beyond {QUOTED} speaks {side}",
                        f"add {side} = {{ fr = …, en = … }}",
                    )

    def _feasibility(self, entry: Table, criteria: dict[str, Criterion]) -> FeasibilityRule:
        where = f"[[feasibility]] '{entry.get('id', '?')}'"
        self.file.only(entry, ("id", "criterion", "need", "fails", "unknown"), where)
        name, need = (str(self.file.need(entry, key, where)) for key in ("criterion", "need"))
        self.file.refer(name, criteria, f"{where} criterion")
        self.file.refer(need, NEEDS, f"{where} need")
        if not criteria[name].numeric:
            raise self.file.error(where, f"compares '{name}', which is a choice, with a number", "name a number")
        fails, unknown = (self._template(self.file.need(entry, key, where), where) for key in ("fails", "unknown"))
        return FeasibilityRule(str(self.file.need(entry, "id", where)), name, need, fails, unknown)

    def _sequence(self, entry: Table, criteria: dict[str, Criterion]) -> Sequence:
        where = f"[[sequence]] '{entry.get('id', '?')}'"
        self.file.only(entry, ("id", "first", "then", "months", "signals", "unless", "text", "handover"), where)
        first, then = (tuple(self.file.need(entry, key, where)) for key in ("first", "then"))
        for name in (*first, *then):
            self.file.refer(name, self.arrangements, where)
        return Sequence(
            id=str(self.file.need(entry, "id", where)),
            first=first,
            then=then,
            months=self.file.number(self.file.need(entry, "months", where), where),
            signals=tuple(self._signal(signal, criteria, where) for signal in self.file.need(entry, "signals", where)),
            text=self.file.wording(self.file.need(entry, "text", where), where),
            handover=self.file.wording(self.file.need(entry, "handover", where), where),
            unless=tuple(self._signal(signal, criteria, where) for signal in entry.get("unless", ())),
        )

    def _signal(self, entry: Table, criteria: dict[str, Criterion], where: str) -> Signal:
        here = f"{where} signals"
        self.file.only(entry, ("criterion", "levels", "at_least", "at_most"), here)
        name = str(self.file.need(entry, "criterion", here))
        self.file.refer(name, criteria, f"{here} criterion")
        levels = tuple(str(level) for level in entry.get("levels", ()))
        for level in levels:
            self.file.refer(level, map(str, criteria[name].points), f"{here} levels")
        if bool(levels) == criteria[name].numeric:
            raise self.file.error(
                here, f"does not fit '{name}'", "write levels for a choice, at_least or at_most for a number"
            )
        lowest = self.file.number(entry.get("at_least", -math.inf if "at_most" in entry else math.inf), here)
        return Signal(name, levels, lowest, self.file.number(entry.get("at_most", math.inf), here))

    def _template(self, entry: object, where: str) -> Text:
        text = self.file.wording(entry, where)
        for words in (text.fr, text.en):
            for _, field, _, _ in Formatter().parse(words):
                if field is not None:
                    self.file.refer(field, _FIELDS, f"{where} sentence")
        return text


def _band_values(criterion: Criterion) -> Iterator[tuple[Band, np.ndarray]]:
    """Yield each band with the suitabilities of its answers: at its points, and at its two ends for a number."""
    rows = np.array(list(criterion.suitability.values()))
    if not criterion.numeric:
        for band in criterion.bands:
            yield band, rows[:, [point in band.levels for point in criterion.points]]
        return
    points = np.array(criterion.points, dtype=float)
    low = points[0]
    for band in criterion.bands:
        high = min(band.upto, points[-1])
        answers = np.unique([low, high, *points[(points >= low) & (points <= high)]])
        yield band, np.array([np.interp(answers, points, row) for row in rows])
        low = min(np.nextafter(high, np.inf), points[-1])
