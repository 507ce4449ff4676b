"""The table ``[weighting]`` of a codebook: how the sample was drawn and is weighted, read and checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cdo_analysis.codebook.entry import Entry, Fault, as_number, repeated, shown
from cdo_analysis.codebook.items import read_condition
from cdo_analysis.codebook.model import Codebook, Condition, WeightingBlock
from cdo_analysis.errors import did_you_mean
from cdo_analysis.units import UNITS

_KEYS = (
    "unit", "strata", "without_replacement", "cluster", "response_group", "in_scope", "responded", "calibrated",
    "calibrate_on", "method", "bounds", "highest", "residuals",
)  # fmt: skip
_METHODS: tuple[Literal["raking", "linear", "logit", "truncated"], ...] = ("raking", "linear", "logit", "truncated")
_BOUNDED = ("logit", "truncated")


def build_weighting(entry: Entry) -> WeightingBlock:
    """Return what ``[weighting]`` says; a plain sample where it says nothing."""
    entry.only(_KEYS)
    method = entry.one_of("method", _METHODS, "raking")
    return WeightingBlock(
        unit=entry.one_of("unit", UNITS) if "unit" in entry else "",
        strata=_strata(entry),
        without_replacement=entry.flag("without_replacement"),
        cluster=entry.text("cluster", ""),
        response_group=entry.text("response_group", ""),
        in_scope=_condition(entry, "in_scope"),
        responded=_condition(entry, "responded"),
        calibrated=_condition(entry, "calibrated"),
        calibrate_on=entry.one_of("calibrate_on", ("respondents", "sample"), "respondents"),
        method=method,
        bounds=_bounds(entry, method),
        highest=_highest(entry),
        residuals=entry.one_of("residuals", ("deleted", "calibrated", "base"), "deleted"),
    )


def _strata(entry: Entry) -> tuple[tuple[str, float], ...]:
    sizes = []
    for stratum in entry.tables("strata", "stratum", by="code"):
        stratum.only(["code", "population"])
        size = stratum.number("population")
        if size <= 0:
            raise stratum.wrong("population", "write how many units the stratum has, above 0")
        sizes.append((stratum.name("code"), size))
    for code in repeated(code for code, _ in sizes):
        raise entry.error(f"has the stratum {shown(code)} twice", "keep one of them")
    return tuple(sizes)


def _condition(entry: Entry, key: str) -> Condition | None:
    if key not in entry:
        return None
    return read_condition(entry.table[key], f"{entry.where} {key}", file=entry.file)


def _bounds(entry: Entry, method: str) -> tuple[float, float] | None:
    if "bounds" not in entry:
        if method in _BOUNDED:
            raise entry.error(f"has method = {shown(method)} and no bounds", "add bounds = [0.5, 2.0]")
        return None
    written = entry.table["bounds"]
    numbers = [as_number(value) for value in written] if isinstance(written, list) else []
    if method not in _BOUNDED or len(numbers) != 2 or not 0 <= numbers[0] < 1 < numbers[1]:
        raise entry.wrong("bounds", "write bounds = [lowest, highest] around 1, for the methods logit and truncated")
    return numbers[0], numbers[1]


def _highest(entry: Entry) -> float | None:
    if "highest" not in entry:
        return None
    times = entry.number("highest")
    if times <= 1:
        raise entry.wrong("highest", "write how many times the mean weight the highest may be, above 1")
    return times


def find_weighting_faults(book: Codebook) -> Iterator[Fault]:
    """Find items of ``[weighting]`` that do not exist or cannot play their part."""
    block, names = book.weighting, [item.name for item in book]
    for key in ("cluster", "response_group"):
        name = getattr(block, key)
        if name and name not in names:
            yield _unknown(name, names, f"[weighting] {key}")
    for key in ("in_scope", "responded", "calibrated"):
        condition = getattr(block, key)
        if condition is not None:
            yield from _faults_of(condition, book, f"[weighting] {key}")
    if block.strata and not book.roles.stratum:
        yield Fault("[weighting] strata", "has sizes and no item says the stratum", "add stratum = … to [roles]")
    if block.strata and book.roles.weight:
        yield Fault("[weighting] strata", "stands beside a design weight", "remove it, or weight = … of [roles]")
    if (block.without_replacement or block.responded) and not book.probability_sample:
        what = "describes a draw, and probability_sample is false"
        yield Fault("[weighting]", what, "write probability_sample = true if units were drawn at random")


def _faults_of(condition: Condition, book: Codebook, where: str) -> Iterator[Fault]:
    names = [item.name for item in book]
    if condition.item not in names:
        yield _unknown(condition.item, names, where)
        return
    for code in condition.codes:
        if code not in book[condition.item].codes:
            yield Fault(where, f"names the code {shown(code)} that '{condition.item}' lacks", "use one of its codes")


def _unknown(name: str, names: list[str], where: str) -> Fault:
    way_out = f"declare it or mend the name{did_you_mean(name, names)}"
    return Fault(where, f"names {shown(name)}, which the file does not declare", way_out)
