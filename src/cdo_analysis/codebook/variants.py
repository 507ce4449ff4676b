"""Variants of a score: the same answers, counted in another way that a reader may ask for."""

from __future__ import annotations

from collections.abc import Iterator

from cdo_analysis.codebook.entry import Entry, Fault, repeated, shown
from cdo_analysis.codebook.model import EXCLUSIVE_KEYS, Codebook, Condition, Variant
from cdo_analysis.errors import did_you_mean

_KEYS = ("id", "score", "label", "leave_out", "where", "exclusive")


def build_variant(entry: Entry) -> Variant:
    """Build a variant from its table, well formed; whether it fits the rest is checked afterwards."""
    entry.only(_KEYS)
    where = None
    if "where" in entry:
        condition = Entry.of(entry.need("where"), f"where of {entry.where}", file=entry.file).only(["item", "codes"])
        where = Condition(condition.text("item"), condition.names("codes"))
    return Variant(
        id=entry.name("id"),
        score=entry.name("score"),
        label=entry.wording("label"),
        leave_out=entry.names("leave_out"),
        where=where,
        exclusive=entry.one_of("exclusive", EXCLUSIVE_KEYS) if "exclusive" in entry else None,
    )


def variant_faults(book: Codebook) -> Iterator[Fault]:
    """Find variants of what does not exist, that change nothing, or that leave nothing of a dimension."""
    for name in repeated(variant.id for variant in book.variants):
        yield Fault(f"[[variant]] {shown(name)}", "is declared twice", "give one of them another id")
    for variant in book.variants:
        where = f"[[variant]] {shown(variant.id)}"
        yield from _score(variant, book, where)
        yield from _left_out(variant, book, where)
        if variant.where is not None:
            yield from _condition(variant.where, book, where)


def _score(variant: Variant, book: Codebook, where: str) -> Iterator[Fault]:
    dimensions = [score.id for score in book.scores if score.dimensions]
    if variant.score not in dimensions:
        what = f"is of the score {shown(variant.score)}, which no score with dimensions is called"
        yield Fault(where, what, f"name one of {', '.join(dimensions) or '(none)'}")
    if not variant.leave_out and variant.exclusive is None:
        yield Fault(where, "changes nothing", "write leave_out = [...] or exclusive = …")


def _left_out(variant: Variant, book: Codebook, where: str) -> Iterator[Fault]:
    known = {item.name for item in book} | {item.block for item in book}
    for name in variant.leave_out:
        if name not in known:
            way_out = f"name an item or a block{did_you_mean(name, known)}"
            yield Fault(where, f"leaves out {shown(name)}, which the file does not declare", way_out)
    for dimension in book.score(variant.score).dimensions:
        left = [item for item in book.items_of(dimension) if not {item.name, item.block} & set(variant.leave_out)]
        if not left:
            yield Fault(where, f"leaves nothing of the dimension {shown(dimension)}", "leave some of it")


def _condition(condition: Condition, book: Codebook, where: str) -> Iterator[Fault]:
    if condition.item not in book:
        yield Fault(where, f"asks for the item {shown(condition.item)}, which the file does not declare", "mend it")
    for code in condition.codes:
        if code not in book[condition.item].codes:
            yield Fault(where, f"asks for the code {shown(code)} of '{condition.item}', which it lacks", "mend it")
