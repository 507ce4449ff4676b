"""From the tables of a codebook file to its items: answers, questions, batteries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cdo_analysis.codebook.entry import Entry, as_number, repeated, shown
from cdo_analysis.codebook.model import ITEM_KINDS, MISSING_KINDS, Answer, Condition, Item, ItemKind, Text
from cdo_analysis.errors import did_you_mean

AnswerLists = Mapping[str, tuple[Answer, ...]]

CHECKS = ("siren", "naf", "naf-2025")

_ITEM_KEYS = (
    "name", "column", "kind", "question", "answers", "dimension", "block", "reverse", "asked_if", "unit", "bounds",
    "check", "personal", "required",
)  # fmt: skip
_BATTERY_KEYS = (
    "name", "rows", "question", "select", "answers", "none", "dimension", "reverse", "asked_if", "column", "separator",
    "required",
)  # fmt: skip
_NONE_KEYS = ("name", "column", "label", "reverse", "code")
_ROW_KEYS = (*_NONE_KEYS, "exclusive", "dimension", "other")

_TICKED = (
    Answer("1", Text("Oui", "Yes"), value=1.0),
    Answer("0", Text("Non", "No"), value=0.0),
)


# --- answers ----------------------------------------------------------------------------------------------------------


def build_answer_lists(top: Entry) -> AnswerLists:
    """Return the answers of each ``[[answers]]`` list of the file, by id."""
    lists: dict[str, tuple[Answer, ...]] = {}
    for entry in top.tables("answers", by="id"):
        name = entry.only(["id", "answers"]).name("id")
        if name in lists:
            raise entry.error("is declared twice", "give one of them another id")
        entry.need("answers")
        lists[name] = _answers(entry, lists)
    return lists


def _answers(entry: Entry, lists: AnswerLists) -> tuple[Answer, ...]:
    """Return the answers of an entry, which are written there or stand under an id in `lists`."""
    written = entry.table.get("answers")
    if isinstance(written, str):
        if written not in lists:
            way_out = f"declare them in [[answers]]{did_you_mean(written, lists)}"
            raise entry.error(f"names the answers {shown(written)}", way_out)
        return lists[written]
    answers = tuple(_answer(answer) for answer in entry.tables("answers", "answer", by="code"))
    for code in repeated(answer.code for answer in answers):
        raise entry.error(f"has the code {shown(code)} twice", "give each answer a code of its own")
    return answers


def _answer(entry: Entry) -> Answer:
    entry.only(["code", "label", "value", "missing", "arrangement"])
    return Answer(
        code=entry.name("code"),
        label=entry.wording("label"),
        value=entry.number("value") if "value" in entry else None,
        missing=entry.one_of("missing", MISSING_KINDS) if "missing" in entry else None,
        arrangement=entry.name("arrangement") if "arrangement" in entry else None,
    )


# --- items ------------------------------------------------------------------------------------------------------------


def build_items(top: Entry, lists: AnswerLists) -> Iterator[Item]:
    """Yield the items of the file in its order; an entry with `rows` is a battery, an item a row.

    Parameters
    ----------
    top : Entry
        The file.
    lists : mapping of str to tuple of Answer
        As :func:`build_answer_lists` returns it.

    Yields
    ------
    Item

    Raises
    ------
    CodebookError
        An entry is not well formed, has what its kind cannot have, or the name of another.
    """
    declared: set[str] = set()
    for entry in top.tables("item"):
        name = entry.only(_BATTERY_KEYS if "rows" in entry else _ITEM_KEYS).name("name")
        if name in declared:
            raise entry.error("is declared twice", "give one of them another name")
        declared.add(name)
        if "rows" in entry:
            yield from _battery(entry, lists)
        else:
            yield _item(entry, lists)


def _item(entry: Entry, lists: AnswerLists) -> Item:
    name = entry.name("name")
    kind = entry.one_of("kind", ITEM_KINDS, "choice")
    answers = _answers(entry, lists)
    _check_kind(entry, kind, answers)
    return Item(
        name=name,
        column=entry.name("column", name),
        kind=kind,
        question=entry.wording("question"),
        block=entry.name("block", name),
        answers=answers,
        dimension=entry.text("dimension", ""),
        reverse=entry.flag("reverse"),
        asked_if=_conditions(entry),
        unit=entry.text("unit", ""),
        bounds=_bounds(entry),
        check=entry.one_of("check", CHECKS) if "check" in entry else "",
        personal=entry.flag("personal"),
        required=entry.flag("required", default=True),
    )


def _check_kind(entry: Entry, kind: ItemKind, answers: Sequence[Answer]) -> None:
    """Refuse what an item of this kind cannot have: the intake would pass over it without a word."""
    valid = [answer.code for answer in answers if answer.missing is None]
    if kind == "choice" and not answers:
        raise entry.error("is a choice without answers", "write answers = [...] or the id of an [[answers]] list")
    if kind == "choice" and not valid:
        raise entry.error("is a choice whose answers are all missing", "give it an answer without missing = …")
    if kind == "number" and valid:
        way_out = 'write missing = … in it, or kind = "choice"'
        raise entry.error(f"is a number with the answer {shown(valid[0])}, which is not a missing one", way_out)
    if kind not in ("choice", "number") and answers:
        raise entry.error(f"has answers and kind = '{kind}'", 'remove the answers, or write kind = "choice"')
    for key, owner in (("bounds", "number"), ("check", "identifier")):
        if key in entry and kind != owner:
            raise entry.error(f"has {key} and kind = '{kind}'", f'remove {key}, or write kind = "{owner}"')


def _bounds(entry: Entry) -> tuple[float, float]:
    bounds = entry.table.get("bounds", [float("-inf"), float("inf")])
    low, high = map(as_number, bounds) if isinstance(bounds, list) and len(bounds) == 2 else (1.0, 0.0)
    if not low <= high:
        raise entry.wrong("bounds", "write bounds = [lowest, highest]")
    return low, high


def _conditions(entry: Entry) -> tuple[Condition, ...]:
    written = entry.table.get("asked_if", [])
    written = written if isinstance(written, list) else [written]
    return tuple(read_condition(value, f"asked_if of {entry.where}", file=entry.file) for value in written)


def read_condition(value: object, where: str, *, file: str) -> Condition:
    """Return the condition that a table ``{ item = …, codes = […] }`` holds; `where` is what errors call it."""
    condition = Entry.of(value, where, file=file).only(["item", "codes"])
    condition.need("codes")
    codes = condition.names("codes")
    if not codes:
        raise condition.error("has an empty list of codes", "name the answers after which the question is asked")
    return Condition(condition.text("item"), codes)


# --- batteries --------------------------------------------------------------------------------------------------------


def _battery(entry: Entry, lists: AnswerLists) -> list[Item]:
    tick = entry.one_of("select", ("each", "any"), "each") == "any"
    shared = Item(
        name="",
        column=entry.name("column", ""),
        kind="choice",
        question=Text(""),
        stem=entry.wording("question"),
        block=entry.name("name"),
        answers=_battery_answers(entry, lists, tick),
        dimension=entry.text("dimension", ""),
        reverse=entry.flag("reverse"),
        tick=tick,
        asked_if=_conditions(entry),
        separator=_separator(entry, tick),
        required=entry.flag("required", default=True),
    )
    rows = [_row(row.only(_ROW_KEYS), shared) for row in entry.tables("rows", "row")]
    if not rows:
        raise entry.error("has no rows", "write rows = [{ … }, { … }], one a statement")
    if "none" in entry:
        none = Entry.of(entry.table["none"], f"the none row of {entry.where}", file=entry.file)
        rows.append(replace(_row(none.only(_NONE_KEYS), shared), exclusive=True, dimension=""))
    if shared.separator:
        _check_marks(entry, rows)
    return rows


def _battery_answers(entry: Entry, lists: AnswerLists, tick: bool) -> tuple[Answer, ...]:
    if tick:
        if "answers" in entry:
            raise entry.error('has answers and select = "any"', "remove one of them: a tick list is ticked or not")
        return _TICKED
    answers = _answers(entry, lists)
    if not answers:
        raise entry.error("has no answers", 'write answers = "…" (an [[answers]] id) or select = "any"')
    _check_kind(entry, "choice", answers)
    return answers


def _separator(entry: Entry, tick: bool) -> str:
    """Return what separates the options of a tick list in one cell; nothing where each row has its column."""
    for key in ("column", "separator"):
        if key in entry and not tick:
            way_out = f'remove {key}, or write select = "any"'
            raise entry.error(f"has {key}, which only a tick list in one cell has", way_out)
    if "column" not in entry:
        if "separator" in entry:
            raise entry.error("has a separator and no column", 'add column = "…", or remove the separator')
        return ""
    separator = entry.text("separator", ";")
    if not separator:
        raise entry.wrong("separator", 'write what stands between two options: separator = ";"')
    return separator


def _row(row: Entry, shared: Item) -> Item:
    """Return the item of a row: what the battery says, except what the row says itself."""
    name = row.name("name")
    if shared.separator and "column" in row:
        raise row.error("has a column, and so has its battery", "remove one of them")
    return replace(
        shared,
        name=name,
        column=shared.column if shared.separator else row.name("column", name),
        question=row.wording("label"),
        dimension=row.text("dimension", shared.dimension),
        reverse=row.flag("reverse", default=shared.reverse),
        exclusive=row.flag("exclusive"),
        code=row.name("code", ""),
        other=_other(row, shared),
    )


def _other(row: Entry, shared: Item) -> bool:
    if "other" in row and not shared.tick:
        raise row.error("has other, which only an option of a tick list has", "remove other")
    return row.flag("other")


def _check_marks(entry: Entry, rows: Sequence[Item]) -> None:
    """Refuse options of a tick list in one cell that cannot be found there, or not told apart."""
    taken: dict[str, str] = {}
    for row in rows:
        written = [row.code] if row.code else [row.question.fr, row.question.en]
        if not any(mark.strip() and row.separator not in mark for mark in written):
            what = f"has the row '{row.name}' whose text holds the separator {shown(row.separator)}"
            raise entry.error(what, "give the row a code without it, as the export writes it")
        for mark in {" ".join(text.casefold().split()) for text in (row.code, row.question.fr, row.question.en)}:
            if mark and taken.setdefault(mark, row.name) != row.name:
                what = f"reads {shown(mark)} both as '{taken[mark]}' and as '{row.name}'"
                raise entry.error(what, "give each row a code and a label of its own")
