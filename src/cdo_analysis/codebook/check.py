"""Whether the parts of a codebook fit together: names, columns, routing, scores, roles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain

from cdo_analysis.codebook.consistency import consistency_faults
from cdo_analysis.codebook.entry import Fault, repeated, shown
from cdo_analysis.codebook.model import CdoBlock, Codebook, Condition, Item, Score
from cdo_analysis.codebook.sampling import find_weighting_faults
from cdo_analysis.codebook.variants import variant_faults
from cdo_analysis.errors import did_you_mean

SIZE_CATEGORY = "size_category"
"""The column that the intake derives; nothing else may have its name."""

_ROLE_KINDS = {
    "headcount": "number",
    "turnover": "number",
    "balance_sheet": "number",
    "weight": "number",
    "duration": "number",
    "started": "date",
    "submitted": "date",
    "declared_size": "choice",
    "attention": "choice",
}
_PARTS_OF = {"count": ("items",), "points": ("dimensions",), "likert": ("dimensions", "items")}


def check_codebook(book: Codebook, file: str) -> None:
    """Raise a CodebookError for the first thing in `book` that does not fit the rest; `file` is named in it."""
    for fault in chain.from_iterable(check(book) for check in _checks()):
        raise fault.in_file(file)


def find_faults(book: Codebook) -> list[Fault]:
    """Return all that does not fit together, where :func:`check_codebook` raises the first.

    A check that cannot go on after a fault of its own, as what it would look at is not there, stops at that fault.
    """
    faults: list[Fault] = []
    for check in _checks():
        found = check(book)
        before = len(faults)
        try:
            faults.extend(found)
        except KeyError:
            if len(faults) == before:
                raise
    return faults


def _checks() -> tuple[Callable[[Codebook], Iterable[Fault]], ...]:
    return (
        _names,
        _clashes,
        _columns,
        _routing,
        _measures,
        _roles,
        _uses,
        _scores,
        variant_faults,
        _cdo,
        find_weighting_faults,
        consistency_faults,
        _emptiness,
    )


def _refer(name: str, known: Collection[str], where: str) -> Iterator[Fault]:
    if name not in known:
        way_out = f"declare it or mend the name{did_you_mean(name, known)}"
        yield Fault(where, f"names {shown(name)}, which the file does not declare", way_out)


# --- names and columns ------------------------------------------------------------------------------------------------


def _names(book: Codebook) -> Iterator[Fault]:
    """Find items without a plain name, and what is declared twice."""
    items = [item.name for item in book]
    for name in items:
        if not name.isidentifier():
            yield Fault(f"item {shown(name)}", "has a name that is not a plain word", "use letters, digits and _")
    for name in repeated(items):
        yield Fault(f"item '{name}'", "is declared twice", "give one of them another name")
    for name in repeated(dimension.id for dimension in book.dimensions):
        yield Fault(f"[[dimension]] {shown(name)}", "is declared twice", "give one of them another id")
    for name in repeated(score.id for score in book.scores):
        yield Fault(f"[[score]] {shown(name)}", "is declared twice", "give one of them another id")


def _clashes(book: Codebook) -> Iterator[Fault]:
    """Find two things that would make one column of the study."""
    owners = {SIZE_CATEGORY: "the size category, which is computed"}
    for column, owner, where in _columns_made(book):
        if column in owners:
            yield Fault(where, f"has the name of {owners[column]}", "rename one of them")
        owners[column] = owner


def _columns_made(book: Codebook) -> Iterator[tuple[str, str, str]]:
    """Yield the columns of a study, each with what it belongs to and what errors call it."""
    for item in book:
        yield item.name, "an item", f"item {shown(item.name)}"
    for dimension in book.dimensions:
        yield dimension.id, "a dimension", f"[[dimension]] {shown(dimension.id)}"
    for score in book.scores:
        where = f"[[score]] {shown(score.id)}"
        yield score.id, "a score", where
        for column in (f"{score.id}_low", f"{score.id}_high") if score.method == "count" else ():
            yield column, f"a column of {where}", f"the column {shown(column)} of {where}"


def _columns(book: Codebook) -> Iterator[Fault]:
    """Find columns of the export that two items read; the intake finds them whatever their case."""
    readers: dict[str, tuple[str, str]] = {}
    for item in book:
        reader = (item.separator, item.block if item.separator else item.name)
        if readers.setdefault(item.column.casefold(), reader) != reader:
            yield Fault(f"column {shown(item.column)}", "is read by two items", "give each item its own column")


# --- routing ----------------------------------------------------------------------------------------------------------


def _routing(book: Codebook) -> Iterator[Fault]:
    """Find questions asked after an answer that cannot be known, or cannot be given."""
    known = [item.name for item in book]
    asked: set[str] = set()
    for item in book:
        for condition in item.asked_if:
            where = f"asked_if of item '{item.name}'"
            if condition.item not in known:
                yield from _refer(condition.item, known, where)
                continue
            if condition.item == item.name:
                yield Fault(where, "names the item itself", "name an item that is asked before it")
            if condition.item not in asked:
                yield Fault(where, f"names '{condition.item}', which is asked later", "put that item before this one")
            yield from _codes(condition, book[condition.item], where)
        asked.add(item.name)


def _codes(condition: Condition, asker: Item, where: str) -> Iterator[Fault]:
    missing = {answer.code: answer.missing for answer in asker.answers if answer.missing}
    for code in condition.codes:
        if code in missing:
            what = f"names the code {shown(code)}, which is no answer to '{asker.name}' but {missing[code]}"
            yield Fault(where, what, "name codes that are answers")
        elif code not in asker.codes:
            yield Fault(where, f"names the code {shown(code)} that '{asker.name}' lacks", "use one of its codes")


# --- what measures, and who says what ---------------------------------------------------------------------------------


def _measures(book: Codebook) -> Iterator[Fault]:
    """Find items that cannot measure the dimension that they name."""
    dimensions = [dimension.id for dimension in book.dimensions]
    for item in book:
        where = f"item '{item.name}'"
        if item.dimension:
            yield from _refer(item.dimension, dimensions, where)
            yield from _worthless(item, where, "belongs to a dimension but its answers")


def _worthless(item: Item, where: str, what: str) -> Iterator[Fault]:
    values = set(item.values.values())
    if not values:
        yield Fault(where, f"{what} have no value", "write value = … in its answers")
    elif len(values) == 1:
        yield Fault(where, f"{what} are all worth {values.pop():g}", "give them different values")


def _roles(book: Codebook) -> Iterator[Fault]:
    """Find roles given to an item that cannot play them."""
    names = [item.name for item in book]
    for role, name in vars(book.roles).items():
        if not name or role == "attention_code":
            continue
        where = f"[roles] {role}"
        if name not in names:
            yield from _refer(name, names, where)
            continue
        kind = _ROLE_KINDS.get(role, book[name].kind)
        if book[name].kind != kind:
            yield Fault(where, f"names '{name}', whose kind is {book[name].kind}", f"name an item of kind {kind}")
        if role in ("turnover", "balance_sheet") and book[name].unit != "keur":
            what = f"names '{name}', whose unit is {shown(book[name].unit)}"
            yield Fault(where, what, 'write unit = "keur" there: legal sizes are in thousands of euros')
    yield from _attention(book)


def _attention(book: Codebook) -> Iterator[Fault]:
    item, code = book.roles.attention, book.roles.attention_code
    if item and code not in book[item].codes:
        what = f"is {shown(code)}, which is no answer to '{item}'"
        yield Fault("[roles] attention_code", what, "write the code of its right answer")
    if code and not item:
        yield Fault("[roles]", "has attention_code and no attention", "add attention = …, the item of that code")


def _uses(book: Codebook) -> Iterator[Fault]:
    """Find a respondent or active items that are not items."""
    names = [item.name for item in book]
    if book.respondent:
        yield from _refer(book.respondent, names, "respondent")
        kind = book[book.respondent].kind
        if kind not in ("identifier", "text"):
            what = f"names '{book.respondent}', whose kind is {kind}"
            yield Fault("respondent", what, "name an item of kind identifier")
    for name in book.active:
        yield from _refer(name, names, "[profiles] active")
        if name in book and book[name].kind not in ("choice", "number"):
            what = f"names '{name}', whose kind is {book[name].kind}"
            yield Fault("[profiles] active", what, "name items of kind choice or number")
    measures = [*(dimension.id for dimension in book.dimensions), *(score.id for score in book.scores)]
    for name in book.active_scores:
        yield from _refer(name, measures, "[profiles] scores")
    for name in (name for pair in book.nested for name in pair):
        yield from _refer(name, names, "[profiles] nested")


# --- scores -----------------------------------------------------------------------------------------------------------


def _scores(book: Codebook) -> Iterator[Fault]:
    for score in book.scores:
        where = f"[[score]] {shown(score.id)}"
        yield from _parts(score, where)
        yield from _dimensions_of(score, book, where)
        yield from _items_of(score, book, where)
        yield from _scales(score, book, where)
        yield from _bands(score, where)
    for name in [score.id for score in book.scores if score.main][1:]:
        yield Fault(f"[[score]] {shown(name)}", "is a second main score", "keep main = true in one of them")


def _parts(score: Score, where: str) -> Iterator[Fault]:
    """Find a score made of nothing, or of what its method does not average; likert averages either."""
    keys = _PARTS_OF[score.method]
    if not any(getattr(score, key) for key in keys):
        yield Fault(where, f"has no {' or '.join(keys)}", f"write {keys[0]} = [...]")
    if score.dimensions and score.items:
        yield Fault(where, "has both dimensions and items", f"keep {'one of them' if len(keys) > 1 else keys[0]}")


def _dimensions_of(score: Score, book: Codebook, where: str) -> Iterator[Fault]:
    known = [dimension.id for dimension in book.dimensions]
    for name in score.dimensions:
        if name not in known:
            yield from _refer(name, known, where)
        elif not _counted(score, book, name):
            what = f"averages the dimension {shown(name)}, which has no item to count"
            yield Fault(where, what, "give it items, or take it out of the score")


def _items_of(score: Score, book: Codebook, where: str) -> Iterator[Fault]:
    known = [item.name for item in book]
    for name in score.items:
        if name not in known:
            yield from _refer(name, known, where)
        else:
            yield from _worthless(book[name], where, f"counts '{name}', whose answers")


def _counted(score: Score, book: Codebook, dimension: str) -> list[Item]:
    """Return the items of a dimension that the score counts."""
    return [item for item in book.items_of(dimension) if not (item.exclusive and score.exclusive == "drop")]


def _scales(score: Score, book: Codebook, where: str) -> Iterator[Fault]:
    """Find a likert score that averages answers from 1 to 5 with answers from 0 to 10, as they are."""
    if score.method != "likert":
        return
    items = [book[name] for name in score.items] or [i for d in score.dimensions for i in _counted(score, book, d)]
    for item in items:
        if item.value_range != items[0].value_range:
            what = f"averages '{items[0].name}' (worth {_range(items[0])}) with '{item.name}' (worth {_range(item)})"
            yield Fault(where, what, "give them one scale, or put them in two scores")


def _range(item: Item) -> str:
    low, high = item.value_range
    return f"{low:g} to {high:g}"


def _bands(score: Score, where: str) -> Iterator[Fault]:
    starts = [band.start for band in score.bands]
    if starts != sorted(set(starts)):
        what = f"has bands that start at {shown(starts)}"
        yield Fault(where, what, "write them lowest first, each with its own start")
    for name in repeated(band.id for band in score.bands):
        yield Fault(where, f"has the band {shown(name)} twice", "give one of them another id")


# --- how digital is led -----------------------------------------------------------------------------------------------


def _cdo(book: Codebook) -> Iterator[Fault]:
    if book.cdo is None:
        return
    names = [item.name for item in book]
    yield from _refer(book.cdo.arrangement, names, "[cdo] arrangement")
    if book.cdo.outcome:
        yield from _refer(book.cdo.outcome, names, "[cdo] outcome")
        if not _is_numeric(book[book.cdo.outcome]):
            what = f"names '{book.cdo.outcome}', whose answers are no numbers"
            yield Fault("[cdo] outcome", what, "name an item of kind number, or with numbers for codes")
    yield from _described(book, book.cdo)
    if not any(answer.arrangement for answer in book[book.cdo.arrangement].valid_answers):
        what = f"names '{book.cdo.arrangement}', whose answers have no arrangement"
        yield Fault("[cdo] arrangement", what, 'write arrangement = "…" in its answers')


def _described(book: Codebook, cdo: CdoBlock) -> Iterator[Fault]:
    """Find descriptions of a company that are unknown, not computed, or the very thing to be explained."""
    averaged = {name for score in book.scores for name in score.dimensions}
    known = [SIZE_CATEGORY, *(item.name for item in book), *(score.id for score in book.scores)]
    known += [dimension.id for dimension in book.dimensions]
    for key, explained in (("observed", {cdo.arrangement}), ("covariates", {cdo.arrangement, cdo.outcome})):
        for name in getattr(cdo, key):
            yield from _refer(name, known, f"[cdo] {key}")
            if name in explained:
                yield Fault(f"[cdo] {key}", f"names '{name}', which it is to explain", f"take it out of {key}")
            if name not in averaged and name in {dimension.id for dimension in book.dimensions}:
                what = f"names the dimension {shown(name)}, which no score averages"
                yield Fault(f"[cdo] {key}", what, "put it in a score, or name its items")


def _is_numeric(item: Item) -> bool:
    """Tell whether an answer can be read as a number: the estimate averages it."""
    try:
        return item.kind == "number" or bool([float(code) for code in item.codes])
    except ValueError:
        return False


def _emptiness(book: Codebook) -> Iterator[Fault]:
    if not book.items:
        yield Fault("the file", "has no [[item]]", "describe at least one question")
