"""All that is wrong with a draft at once, each with its line: what one mends between two reads of a file."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cdo_analysis.codebook.build import build_codebook
from cdo_analysis.codebook.check import find_faults
from cdo_analysis.codebook.model import Codebook
from cdo_analysis.errors import CodebookError

_MOST_DROPPED = 500
_TABLE = re.compile(r"\[\[(\w+)\]\] (?:'((?:[^'\\]|\\.)*)'|number (\d+))")
_PART = re.compile(r"\[(\w+)\](?!\])")
_LACKING = re.compile(r": the file has no '(\w+)'")
_UNKNOWN = re.compile(r": the file has the key '([^']+)'")
_AT_LINE = re.compile(r"\(at line (\d+)")


@dataclass(frozen=True)
class Problem:
    """Something to mend in a codebook.

    Attributes
    ----------
    line : int
        Line of the file, from 1; 0 where it is the whole file that lacks something.
    message : str
        What is wrong there, and the way out.
    """

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


def find_problems(text: str, name: str) -> list[Problem]:
    r"""Return all that is wrong with the text of a codebook, in the order of its lines.

    Where :func:`~cdo_analysis.codebook.read_codebook` stops at the first fault, this one sets aside the table that has
    it and reads on; what is said only because a table was set aside is left out.

    Parameters
    ----------
    text : str
        The content of the file.
    name : str
        What messages call it.

    Returns
    -------
    list of Problem
        Empty where the codebook loads.

    Examples
    --------
    >>> draft = 'id = "wave"\ntitle = "Une vague"\n[[item]]\nname = "size"\nkind = "nombre"\n'
    >>> draft += '[[item]]\nname = "web"'
    >>> for problem in find_problems(draft, "wave.toml"):
    ...     print(problem)
    line 4: wave.toml: [[item]] 'size' has kind = 'nombre'; use one of identifier, text, number, choice, date.
    line 7: wave.toml: [[item]] 'web' is a choice without answers; write answers = [...] or the id of an [[answers]] ...
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        return [Problem(int(at[1]) if at else 0, f"{name} is not valid TOML: {error}; mend that line.")]
    except (ValueError, RecursionError) as error:
        return [Problem(0, f"{name} cannot be read: {error}.")]
    messages, book, dropped = _build(table, text, name)
    if book is not None:
        messages += [str(fault.in_file(name)) for fault in find_faults(book) if not _follows(fault.what, dropped)]
    lines = text.splitlines()
    found = {message: Problem(_line_of(message, lines), message) for message in messages}
    return sorted(found.values(), key=lambda problem: problem.line)


def _build(table: dict[str, Any], text: str, name: str) -> tuple[list[str], Codebook | None, set[str]]:
    """Build the codebook without the tables that are wrong: messages, the rest, names that are set aside."""
    table, messages, dropped = copy.deepcopy(table), list[str](), set[str]()
    for _ in range(_MOST_DROPPED):
        try:
            return messages, build_codebook(table, text, file=name), dropped
        except CodebookError as error:
            message = str(error)
        if not _follows(message, dropped):
            messages.append(message)
        if not _set_aside(table, message, dropped):
            break
    return messages, None, dropped


def _follows(message: str, dropped: set[str]) -> bool:
    """Tell whether a message only says that something set aside is not there."""
    told = re.search(r"names (?:the answers )?'([^']+)'", message)
    return bool(dropped) and ("has no [[item]]" in message or (told is not None and told[1] in dropped))


def _set_aside(table: dict[str, Any], message: str, dropped: set[str]) -> bool:
    """Take what a message speaks of out of the table; False where that is not known."""
    if found := _LACKING.search(message):
        table[found[1]] = "…"
        return True
    if found := _UNKNOWN.search(message):
        return table.pop(found[1], None) is not None
    listed = list(_TABLE.finditer(message.split(";")[0]))
    if listed:
        return _drop_entry(table, listed[-1], dropped)
    part = _PART.search(message)
    return part is not None and table.pop(part[1], None) is not None


def _drop_entry(table: dict[str, Any], said: re.Match[str], dropped: set[str]) -> bool:
    kind, name, number = said.groups()
    entries = table.get(kind)
    if not isinstance(entries, list):
        return table.pop(kind, None) is not None
    place = int(number) - 1 if number else next((n for n, one in enumerate(entries) if name in _names(one)), -1)
    if not 0 <= place < len(entries):
        return False
    gone = entries.pop(place)
    dropped |= {found for found in _all_names(gone) if isinstance(found, str)}
    return True


def _names(entry: Any) -> list[Any]:
    return [entry.get("name"), entry.get("id"), entry.get("dropped")] if isinstance(entry, dict) else []


def _all_names(entry: Any) -> Iterator[Any]:
    yield from _names(entry)
    rows = [*entry.get("rows", []), entry.get("none")] if isinstance(entry, dict) else []
    for row in rows if isinstance(rows, list) else ():
        yield from _names(row)


# --- the line ---------------------------------------------------------------------------------------------------------


def _line_of(message: str, lines: list[str]) -> int:
    """Return the line of what a message speaks of; 0 where it is none."""
    where = message.split(": ", 1)[-1].split(";")[0]
    if (found := _TABLE.search(where)) and found[3]:
        return _nth(lines, f"[[{found[1]}]]", int(found[3]))
    for name in re.findall(r"'((?:[^'\\]|\\.)+)'", where):
        declared = re.compile(rf'\b(?:name|id|column)\s*=\s*"{re.escape(name)}"')
        at = next((n for n, line in enumerate(lines, start=1) if declared.search(line)), 0)
        if at:
            return at
    if part := _PART.search(where):
        return _nth(lines, f"[{part[1]}]", 1)
    return 0


def _nth(lines: list[str], header: str, nth: int) -> int:
    places = [n for n, line in enumerate(lines, start=1) if line.strip() == header]
    return places[nth - 1] if len(places) >= nth else 0
