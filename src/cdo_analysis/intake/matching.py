"""Columns of an export to items of a codebook: by code, then by wording, then by the role that a platform gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import pandas as pd

from cdo_analysis.codebook import Codebook, Item
from cdo_analysis.errors import InputError
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.intake.lists import best_separator
from cdo_analysis.intake.readers import RawTable
from cdo_analysis.intake.records import clean_header
from cdo_analysis.intake.values import fold

WRONG_CODEBOOK_SHARE = 0.5
MOST_COLUMNS_NAMED = 5
_CLOSE = 0.8
_SHORTEST_WORDING = 3  # "?" heads nothing
_MARKS = re.compile(r"[\[\]./_\s-]+")


@dataclass(frozen=True)
class Matched:
    """An export whose columns bear the names that the codebook gives them.

    Attributes
    ----------
    cells : DataFrame of category
        Columns of the codebook under its names, the others under their own.
    codebook : Codebook
        The codebook; a tick list that the export has in one cell reads that cell.
    declared : mapping of str to mapping
        By column of `cells`: codes that the file declares missing, and their labels.
    """

    cells: pd.DataFrame
    codebook: Codebook
    declared: Mapping[str, Mapping[str, str]]


def expected_headers(book: Codebook) -> frozenset[str]:
    """Return every heading under which an export may have a column of `book`, tidied and in lower case."""
    found = {clean_header(item.column).casefold() for item in book}
    found |= {clean_header(text).casefold() for item in book for text in _wordings(item)}
    for items in _lists(book).values():
        found |= {clean_header(text).casefold() for text in _list_headers(items)}
    return frozenset(found)


def match_columns(raw: RawTable, book: Codebook, log: IssueLog) -> Matched:
    """Give columns the codebook's headers, and refuse a file that lacks what is required.

    Parameters
    ----------
    raw : RawTable
    book : Codebook
    log : IssueLog
        Receives the columns that are missing, unknown, or found otherwise than by their header.

    Returns
    -------
    Matched

    Raises
    ------
    InputError
        Two headers fit one column, or columns that are required are absent.
    """
    headers = list(raw.columns.columns)
    wanted = _columns(book)
    found = _by_header(headers, list(wanted), raw.file)
    found |= _by_other_names(raw, book, found, log)
    lists = _in_one_cell(raw, book, found)
    adapted = _with_lists(book, lists)
    wanted = _columns(adapted)
    found |= {header: header for header, _ in lists.values()}
    _tell(raw, book.id, (wanted, found), log)
    declared = {found[header]: codes for header, codes in raw.declared.items() if header in found}
    return Matched(raw.columns.rename(columns=found), adapted, declared)


def known_columns(raw: RawTable, book: Codebook) -> dict[str, str]:
    """Return header -> column of the codebook for the columns that are found, whatever is absent."""
    found = _by_header(list(raw.cells.columns), list(_columns(book)), raw.file)
    found |= _by_other_names(raw, book, found, IssueLog())
    lists = _in_one_cell(raw, book, found)
    members = {item.block: item.column for item in book if item.block in lists}
    return found | {header: members[name] for name, (header, _) in lists.items()}


def writings_of(item: Item) -> list[str]:
    """Return the names under which an item may stand in an export: its own, its column, its wordings."""
    return list(dict.fromkeys(filter(None, (item.name.replace("_", " "), item.column, *_wordings(item)))))


def _columns(book: Codebook) -> dict[str, Item]:
    """Return the first item of each column, in the order of the questionnaire."""
    columns: dict[str, Item] = {}
    for item in book:
        columns.setdefault(item.column, item)
    return columns


# --- by header ------------------------------------------------------------------------------------------------


def _by_header(headers: list[str], columns: list[str], file: str) -> dict[str, str]:
    """Return header -> column of the codebook; another case will do where no header is the very name."""
    other_case: dict[str, list[str]] = {}
    for header in headers:
        other_case.setdefault(header.casefold(), []).append(header)
    found: dict[str, str] = {}
    for column in columns:
        name = clean_header(column)
        near = [name] if name in headers else other_case.get(name.casefold(), [])
        if len(near) > 1:
            raise InputError(
                f"{file} has the headers '{near[0]}' and '{near[1]}' where the codebook has '{column}'; keep one."
            )
        found |= dict.fromkeys(near, column)
    return found


# --- by wording, by role --------------------------------------------------------------------------------------


def _by_other_names(raw: RawTable, book: Codebook, found: Mapping[str, str], log: IssueLog) -> dict[str, str]:
    """Return header -> column for the columns that stand under another writing, their wording or their role."""
    free = {header: None for header in raw.columns.columns if header not in found}
    open_items = {item.column: item for item in book if item.column not in found.values()}
    keys: dict[str, set[str]] = {}
    for column, item in open_items.items():
        keys.setdefault(_key(column).replace(" ", ""), set()).add(column)  # LimeSurvey allows no mark in a code
        for text in (column, *_wordings(item)):
            if text == column or len(_key(text)) >= _SHORTEST_WORDING:
                keys.setdefault(_key(text), set()).add(column)
    others: dict[str, str] = {}
    for header in free:
        fits = keys.get(_key(header), set()) or keys.get(_key(raw.labels.get(header, "")), set())
        if len(fits) == 1 and (column := next(iter(fits))) not in others.values():
            others[header] = column
    for header, role in raw.roles.items():
        name = getattr(book.roles, role)
        if name and header in free and header not in others and book[name].column in open_items:
            others |= {header: book[name].column} if book[name].column not in others.values() else {}
    for header, column in others.items():
        if _key(header) != _key(column):
            log.add("column_by_wording", column=header[:80], item=open_items[column].name, value=header)
    return others


def _key(text: str) -> str:
    """Return what two writings of one heading have in common: ``A1[SQ001]``, ``A1.SQ001`` and ``A1_SQ001``."""
    return _MARKS.sub(" ", fold(text)).strip(" :?*")


def _wordings(item: Item) -> Iterator[str]:
    """Yield the ways in which a platform heads the column of an item by its wording."""
    for language in ("fr", "en"):
        row, stem = getattr(item.question, language), getattr(item.stem, language)
        if row and stem:
            yield f"{stem} [{row}]"
            yield f"{stem} - {row}"
        elif row:
            yield row


# --- tick lists in one cell -----------------------------------------------------------------------------------


def _lists(book: Codebook) -> dict[str, list[Item]]:
    """Return the tick lists that the codebook has in one column an option, by name."""
    lists: dict[str, list[Item]] = {}
    for item in book:
        if item.tick and not item.separator:
            lists.setdefault(item.block, []).append(item)
    return lists


def _list_headers(items: Sequence[Item]) -> list[str]:
    """Return the headings under which a tick list may stand in one cell: its code, its name, its wordings."""
    codes = {item.column.rpartition("_")[0] for item in items}
    code = next(iter(codes)) if len(codes) == 1 else ""
    return [text for text in (code, items[0].block, items[0].stem.fr, items[0].stem.en) if text]


def _in_one_cell(raw: RawTable, book: Codebook, found: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return tick list -> its header and separator, for the lists that the export has in one cell."""
    free = {_key(header): header for header in reversed(raw.columns.columns) if header not in found}
    by_label = {_key(label): header for header, label in raw.labels.items() if header in free.values() and label}
    lists: dict[str, tuple[str, str]] = {}
    for name, items in _lists(book).items():
        if any(item.column in found.values() for item in items):
            continue
        keys = [_key(text) for text in _list_headers(items)]
        header = next((at[key] for at in (free, by_label) for key in keys if key in at), None)
        if header is not None:
            texts = raw.columns[header].unique().tolist()
            lists[name] = (header, best_separator(texts, [_with_code(item) for item in items]))
    return lists


def _with_code(item: Item) -> Item:
    return item if item.code else replace(item, code=item.column.rpartition("_")[2])


def _with_lists(book: Codebook, lists: Mapping[str, tuple[str, str]]) -> Codebook:
    if not lists:
        return book
    items = [
        replace(_with_code(item), column=lists[item.block][0], separator=lists[item.block][1])
        if item.tick and item.block in lists
        else item
        for item in book
    ]
    return replace(book, items=tuple(items))


# --- what is told ---------------------------------------------------------------------------------------------


def _tell(raw: RawTable, codebook: str, columns: tuple[Mapping[str, Item], Mapping[str, str]], log: IssueLog) -> None:
    """Say which columns are missing or unknown, and which unknown one may be a missing one renamed."""
    wanted, found = columns
    absent = {column: item for column, item in wanted.items() if column not in found.values()}
    _check_absent(absent, wanted, raw.file, codebook)
    unknown = [header for header in raw.columns.columns if header not in found]
    for column, item in absent.items():
        near = _renamed(column, unknown)
        said = f" (is it '{near[0]}'?)" if near else ""
        log.add("missing_column", item=item.name, value=near[0] if near else "", column=column, near=said)
    for header in unknown:
        log.add("unknown_column", value=header, column=header)


def _renamed(column: str, unknown: Sequence[str]) -> list[str]:
    """Return the unknown header that may be a column under another name ("Q3 bis" for "Q3"), where one is near."""
    longer = [header for header in unknown if _key(header).startswith(f"{_key(column)} ")]
    return longer if len(longer) == 1 else get_close_matches(column, unknown, n=1, cutoff=_CLOSE)


def _check_absent(absent: Mapping[str, Item], wanted: Mapping[str, Item], file: str, codebook: str) -> None:
    lacking = [column for column, item in absent.items() if item.required]
    required = sum(item.required for item in wanted.values())
    if len(absent) == len(wanted):
        raise InputError(f"{file} has none of the columns of codebook '{codebook}': is it the codebook of this survey?")
    if len(lacking) > WRONG_CODEBOOK_SHARE * required:
        raise InputError(
            f"{file} has {required - len(lacking)} of the {required} columns that codebook '{codebook}' requires (it "
            f"lacks {_shown(lacking)}): is it the codebook of this survey?"
        )
    if lacking:
        raise InputError(
            f"{file} lacks {len(lacking)} column(s) that codebook '{codebook}' requires: {_shown(lacking)}; add them, "
            "or mark their items required = false in a codebook of your own."
        )


def _shown(columns: Iterable[str]) -> str:
    named = list(columns)
    return ", ".join(named[:MOST_COLUMNS_NAMED]) + (", …" if len(named) > MOST_COLUMNS_NAMED else "")
