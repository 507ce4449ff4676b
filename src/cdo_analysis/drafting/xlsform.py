"""XLSForm, the form of KoboToolbox and ODK: a draft from it, and the form of a codebook."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from openpyxl import Workbook

from cdo_analysis.codebook import Answer, Codebook, Condition, Item, ItemKind, Text
from cdo_analysis.drafting.toml import draft_answers, plain_name, tidy_text, write_draft
from cdo_analysis.errors import InputError
from cdo_analysis.intake.readers import read_table

_KINDS: dict[str, ItemKind] = {
    "integer": "number", "decimal": "number", "range": "number", "text": "text", "date": "date", "datetime": "date",
    "today": "date", "start": "date", "end": "date", "calculate": "text", "username": "text", "deviceid": "text",
}  # fmt: skip
_PERSONAL = frozenset({"username", "deviceid", "geopoint", "phonenumber", "email"})
_SELECTED = re.compile(r"selected\(\$\{(\w+)\},\s*'([^']+)'\)|\$\{(\w+)\}\s*=\s*'([^']+)'")


def from_xlsform(path: str | Path, choices: str | Path | None = None) -> str:
    """Draft a codebook from an XLSForm.

    Parameters
    ----------
    path : str or Path
        The workbook; or the sheet ``survey`` as a CSV, and then
    choices : str or Path, optional
        the sheet ``choices`` as another.

    Returns
    -------
    str
        TOML. A ``select_one`` is a choice, a ``select_multiple`` a tick list with a column an option (``q_option``),
        and simple ``relevant`` conditions are routing; notes, groups and media are left out.

    Raises
    ------
    InputError
        The sheets lack the columns ``type`` and ``name``.
    """
    survey = read_table(path) if choices else read_table(path, sheet="survey")
    lists = _choices(read_table(choices or path, sheet=None if choices else "choices").cells)
    cells = survey.cells
    for column in ("type", "name"):
        if column not in cells.columns:
            raise InputError(f"{survey.file} has no column '{column}', which the sheet survey of an XLSForm has.")
    items: list[Item] = []
    names = {str(name).strip().casefold() for name in cells["name"]}
    for row in cells.to_dict("records"):
        items += _question(row, lists, items, names)
    stem = Path(survey.file).stem
    return write_draft(items, id=plain_name(stem).replace("_", "-"), title=stem, source=survey.file)


def _choices(cells: pd.DataFrame) -> dict[str, list[tuple[str, Text]]]:
    lists: dict[str, list[tuple[str, Text]]] = {}
    for row in cells.to_dict("records"):
        name = str(row.get("list_name") or row.get("list name") or "").strip()
        code = str(row.get("name", "")).strip()
        if name and code and code not in [known for known, _ in lists.get(name, [])]:
            lists.setdefault(name, []).append((code, _label(row, code)))
    return lists


def _label(row: Mapping[object, object], default: str) -> Text:
    """Return the label of a row: French where there is one, else the first language, with English beside it."""
    labels = {str(key): tidy_text(str(value)) for key, value in row.items() if str(key).startswith("label")}
    french = next((text for key, text in labels.items() if re.search(r"\(fr\)|fran", key, re.I) and text), "")
    english = next((text for key, text in labels.items() if re.search(r"\(en\)|english", key, re.I) and text), "")
    first = next((text for text in labels.values() if text), "")
    return Text(french or english or first or default, english if french else "")


def _question(
    row: Mapping[object, object],
    lists: Mapping[str, list[tuple[str, Text]]],
    items: Sequence[Item],
    names: Collection[str],
) -> list[Item]:
    kind, _, of = str(row["type"]).strip().partition(" ")
    column = str(row["name"]).strip()
    taken = [item.name for item in items]
    asked_if, label = _routing(str(row.get("relevant", "")), items), _label(row, column)
    if not column or not (kind in ("select_one", "select_multiple") or kind in _KINDS):
        return []
    if kind.startswith("select") and not lists.get(of.split(" ")[0]):
        return [Item(plain_name(column, taken), column, "text", label, required=False)]
    if kind == "select_one":
        answers = draft_answers(lists[of.split(" ")[0]])
        if all(answer.missing for answer in answers):
            return []
        return [Item(plain_name(column, taken), column, "choice", label, answers=answers, asked_if=asked_if)]
    if kind == "select_multiple":
        options = _options(column, lists[of.split(" ")[0]], (label, asked_if), taken)
        # "q_other" is also the name under which many forms ask what the other is
        return [
            replace(item, column=f"{column}/{item.code}", code="")
            if item.column.casefold() in names
            else replace(item, code="")
            for item in options
        ]
    name = plain_name(column, taken)
    return [Item(name, column, _KINDS[kind], label, asked_if=asked_if, personal=kind in _PERSONAL, required=False)]


def _options(
    column: str, options: Sequence[tuple[str, Text]], shared: tuple[Text, tuple[Condition, ...]], taken: Sequence[str]
) -> list[Item]:
    """Return a column an option, named as KoboToolbox names it."""
    stem, asked_if = shared
    block = plain_name(column, taken)
    items: list[Item] = []
    for code, option in options:
        name = plain_name(f"{block}_{code}", [*taken, block, *(item.name for item in items)])
        items.append(
            Item(
                name,
                f"{column}_{code}",
                "choice",
                option,
                stem=stem,
                block=block,
                tick=True,
                asked_if=asked_if,
                code=code,
            )
        )
    return items


def _routing(relevant: str, items: Sequence[Item]) -> tuple[Condition, ...]:
    """Return the condition that a ``relevant`` is, where it is one: other formulas are left to the analyst."""
    known = {item.column: item for item in items if not item.tick}
    found = [(one or other, code or another) for one, code, other, another in _SELECTED.findall(relevant)]
    whole = _SELECTED.sub("", relevant).replace(" or ", "").strip(" ()")
    columns = {column for column, _ in found}
    if not found or whole or len(columns) != 1 or not columns <= set(known):
        return ()
    item = known[columns.pop()]
    codes = tuple(dict.fromkeys(code for _, code in found))
    return (Condition(item.name, codes),) if set(codes) <= set(item.codes) else ()


# --- out ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Form:
    survey: list[list[str]]
    choices: list[list[str]]


_SURVEY_HEAD = ["type", "name", "label::Français (fr)", "label::English (en)", "required", "relevant", "constraint",
                "appearance"]  # fmt: skip
_CHOICES_HEAD = ["list_name", "name", "label::Français (fr)", "label::English (en)"]


def to_xlsform(book: Codebook) -> bytes:
    """Return the workbook of an XLSForm that asks the questions of a codebook.

    A tick list is a ``select_multiple`` whose options are named after their columns (``A1``, ``SQ001``), so that its
    export is read with the same codebook; a battery is a group of ``select_one`` on one list. What the survey team or
    the platform fills in (weight, stratum, times) is not asked.
    """
    form = _Form([_SURVEY_HEAD], [_CHOICES_HEAD])
    by_platform = {getattr(book.roles, role) for role in ("weight", "stratum", "submitted", "duration")}
    blocks: dict[str, list[Item]] = {}
    for item in book:
        if item.name not in by_platform:
            blocks.setdefault(item.block or item.name, []).append(item)
    for row in ("start", "end"):
        form.survey.append([row, row, *[""] * 6])
    lists: dict[tuple[Answer, ...], str] = {}
    for items in blocks.values():
        if items[0].tick:
            _write_ticks(items, form, book)
        elif items[0].stem:
            _write_battery(items, form, lists, book)
        else:
            _write_single(items[0], form, lists, book)
    sheets = {"survey": form.survey, "choices": form.choices}
    sheets["settings"] = [
        ["form_title", "form_id", "default_language"],
        [book.title.fr, _xml(book.id), "Français (fr)"],
    ]
    return _workbook(sheets)


def _write_single(item: Item, form: _Form, lists: dict[tuple[Answer, ...], str], book: Codebook) -> None:
    kind = {"number": "decimal", "date": "date"}.get(item.kind, "text")
    if item.kind == "choice":
        kind = f"select_one {_list_of(item, form, lists)}"
    low, high = item.bounds
    limits = [f". >= {low:g}"] * (low > float("-inf")) + [f". <= {high:g}"] * (high < float("inf"))
    form.survey.append(
        [kind, _xml(item.column), *_labels(item.question), "", _relevant(item, book), " and ".join(limits), ""]
    )


def _write_battery(items: list[Item], form: _Form, lists: dict[tuple[Answer, ...], str], book: Codebook) -> None:
    group = f"{_xml(items[0].block)}_group"
    relevant = _relevant(items[0], book)
    form.survey.append(["begin_group", group, *_labels(items[0].stem), "", relevant, "", "table-list"])
    for item in items:
        kind = f"select_one {_list_of(item, form, lists)}"
        form.survey.append([kind, _xml(item.column), *_labels(item.question), "", "", "", ""])
    form.survey.append(["end_group", group, *[""] * 6])


def _write_ticks(items: list[Item], form: _Form, book: Codebook) -> None:
    prefixes = {item.column.rpartition("_")[0] for item in items}
    code = prefixes.pop() if len(prefixes) == 1 and "" not in prefixes else items[0].block
    names = [item.column.removeprefix(f"{code}_") for item in items]
    for item, name in zip(items, names, strict=True):
        form.choices.append([f"{_xml(code)}_list", _xml(name), *_labels(item.question)])
    alone = [
        f"not(selected(., '{_xml(name)}') and count-selected(.) > 1)"
        for item, name in zip(items, names, strict=True)
        if item.exclusive
    ]
    form.survey.append(
        [f"select_multiple {_xml(code)}_list", _xml(code), *_labels(items[0].stem), "", _relevant(items[0], book),
         " and ".join(alone), ""]
    )  # fmt: skip


def _list_of(item: Item, form: _Form, lists: dict[tuple[Answer, ...], str]) -> str:
    if item.answers not in lists:
        lists[item.answers] = f"{_xml(item.block or item.name)}_answers"
        form.choices.extend([lists[item.answers], answer.code, *_labels(answer.label)] for answer in item.answers)
    return lists[item.answers]


def _relevant(item: Item, book: Codebook) -> str:
    parts = []
    for condition in item.asked_if:
        other = book[condition.item]
        parts.append(" or ".join(_selected(other, code) for code in condition.codes))
    return " and ".join(f"({part})" if len(parts) > 1 else part for part in parts)


def _selected(item: Item, code: str) -> str:
    """Return the formula that says that `code` was given to an item; an option of a tick list is ticked or not."""
    if not item.tick:
        return f"${{{_xml(item.column)}}} = '{code}'"
    question, _, option = item.column.rpartition("_")
    ticked = f"selected(${{{_xml(question or item.block)}}}, '{_xml(option)}')"
    return ticked if code == "1" else f"not({ticked})"


def _labels(text: Text) -> list[str]:
    return [text.fr, text.en or text.fr]


def _xml(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)


def _workbook(sheets: Mapping[str, Iterable[Sequence[str]]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for place, row in enumerate(rows, start=1):
            for column, text in enumerate(row, start=1):
                cell = sheet.cell(place, column, text or None)
                if cell.data_type == "f":
                    cell.data_type = "s"
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()
