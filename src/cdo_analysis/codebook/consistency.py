"""What a codebook says of answers that cannot be true together, and of when the survey was in the field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import available_timezones

from cdo_analysis.codebook.entry import Entry, Fault, repeated, shown
from cdo_analysis.codebook.model import Codebook, Collection, Consistency, Limit
from cdo_analysis.errors import did_you_mean

_KEYS = ("id", "label", "never", "sum_of", "at_most", "at_least")
_LIMIT_KEYS = ("item", "codes", "above", "below")
_COLLECTION_KEYS = ("opened", "closed", "test_domains", "zone")


def build_consistency(entry: Entry) -> Consistency:
    """Build a rule from its table, well formed; whether it fits the rest is checked afterwards."""
    entry.only(_KEYS)
    never = tuple(_limit(limit) for limit in entry.tables("never", "condition", by="item"))
    parts = entry.names("sum_of")
    if bool(never) == bool(parts):
        way_out = "write one of them: never = [{ … }, { … }] or sum_of = [...]"
        raise entry.error("has neither never nor sum_of, or both", way_out)
    low = entry.number("at_least") if "at_least" in entry else float("-inf")
    high = entry.number("at_most") if "at_most" in entry else float("inf")
    if parts and "at_least" not in entry and "at_most" not in entry:
        raise entry.error("has sum_of and no bound", "add at_most = … or at_least = …")
    if never and ("at_least" in entry or "at_most" in entry):
        raise entry.error("has a bound and no sum_of", "remove at_most and at_least, or write sum_of = [...]")
    if low > high:
        raise entry.wrong("at_least", "write at_least no higher than at_most")
    return Consistency(entry.name("id"), entry.wording("label"), never, parts, (low, high))


def _limit(entry: Entry) -> Limit:
    entry.only(_LIMIT_KEYS)
    above = entry.number("above") if "above" in entry else float("-inf")
    below = entry.number("below") if "below" in entry else float("inf")
    codes = entry.names("codes")
    if not codes and "above" not in entry and "below" not in entry:
        raise entry.error("says nothing of its item", "add codes = [...], above = … or below = …")
    return Limit(entry.text("item"), codes, above, below)


def build_collection(entry: Entry) -> Collection:
    """Build what ``[collection]`` says: the days on which the survey opened and closed, who tested it."""
    entry.only(_COLLECTION_KEYS)
    opened, closed = _day(entry, "opened"), _day(entry, "closed")
    if opened and closed and opened > closed:
        raise entry.wrong("closed", "write a day that is not before opened")
    zone = entry.text("zone", "")
    if zone and zone not in available_timezones():
        raise entry.wrong("zone", 'write a time zone such as "Europe/Paris"')
    return Collection(opened, closed, entry.names("test_domains"), zone)


def _day(entry: Entry, key: str) -> date | None:
    value = entry.table.get(key)
    if value is None:
        return None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise entry.wrong(key, f"write a day without quotes: {key} = 2026-02-01")
    return value


def consistency_faults(book: Codebook) -> Iterator[Fault]:
    """Find rules about what does not exist, or that ask of an item what it cannot have."""
    for name in repeated(rule.id for rule in book.consistency):
        yield Fault(f"[[consistency]] {shown(name)}", "is declared twice", "give one of them another id")
    for rule in book.consistency:
        where = f"[[consistency]] {shown(rule.id)}"
        for name in (*(limit.item for limit in rule.never), *rule.sum_of):
            if name not in book:
                way_out = f"declare it or mend the name{did_you_mean(name, [item.name for item in book])}"
                yield Fault(where, f"names {shown(name)}, which the file does not declare", way_out)
                return
        yield from _kinds(rule, book, where)


def _kinds(rule: Consistency, book: Codebook, where: str) -> Iterator[Fault]:
    for limit in rule.never:
        item = book[limit.item]
        for code in limit.codes:
            if code not in item.codes:
                yield Fault(where, f"names the code {shown(code)} that '{item.name}' lacks", "use one of its codes")
        if not limit.codes and item.kind != "number":
            yield Fault(where, f"compares '{item.name}', whose kind is {item.kind}", "write codes = [...]")
    for name in rule.sum_of:
        if book[name].kind != "number":
            yield Fault(where, f"adds '{name}', whose kind is {book[name].kind}", "name items of kind number")
    if rule.sum_of and len({book[name].unit for name in rule.sum_of}) > 1:
        yield Fault(where, "adds items of several units", "name items of one unit")
