"""Where the table starts: titles above it, headers on two levels, notes below."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from cdo_analysis.errors import InputError
from cdo_analysis.intake.records import Records, clean_header

RECORDS_SEARCHED = 30
FEWEST_FOUND = 2


def find_header(records: Records, known: Collection[str], name: str) -> Records:
    """Make the header the first record: leave out titles above it, join the levels of a merged one.

    Parameters
    ----------
    records : Records
    known : collection of str
        Headers that the codebook expects, in lower case; empty where no codebook is known.
    name : str
        Name of the file, for the errors.

    Returns
    -------
    Records

    Raises
    ------
    InputError
        Cells are merged among the answers.

    Examples
    --------
    >>> from cdo_analysis.intake.columns import Columns
    >>> from cdo_analysis.intake.records import as_records
    >>> records = as_records(Columns([["Enquête 2026"], ["SIREN", "A1"], ["1", "2"]]), [1, 3, 4])
    >>> made = find_header(records, {"siren", "a1"}, "f")
    >>> made.header, list(made.rows()), made.notes
    (['SIREN', 'A1'], [['1', '2']], ("Record 1 of f stands above the header and was left out: 'Enquête 2026'.",))
    """
    top_rows = _top(records)
    place = _place(records, list(top_rows.values()), known)
    number = list(top_rows)[place]
    top, levels = _levels(records, top_rows, number)
    header = _join(levels, known) if len(levels) > 1 else levels[0]
    above = list(top_rows.values())[:top]
    notes = list(records.notes)
    if above:
        numbers = ", ".join(map(str, list(top_rows)[:top]))
        title = next((cell.strip() for row in above for cell in row if cell.strip()), "")
        notes.append(f"Record {numbers} of {name} stands above the header and was left out: {title[:60]!r}.")
    if len(levels) > 1:
        notes.append(f"The header of {name} has {len(levels)} levels, which were joined.")
    _check_merges(records, number, name)
    return replace(records.below(place - 1) if place else records, header=header, notes=tuple(notes))


def _top(records: Records) -> dict[int, list[str]]:
    """Return the first records by their numbers."""
    searched = range(min(len(records), RECORDS_SEARCHED - 1))
    return {records.first: records.header} | {int(records.numbers[place]): records.row(place) for place in searched}


def _place(records: Records, rows: Sequence[list[str]], known: Collection[str]) -> int:
    """Return the place of the record that has the most known headers, the first one unless another has far more."""
    scores = [sum(clean_header(cell).casefold() in known for cell in set(row)) for row in rows]
    best = scores.index(max(scores))
    return best if scores[best] >= max(FEWEST_FOUND, 2 * scores[0] + 1) else _below_merges(records)


def _below_merges(records: Records) -> int:
    """Return the place of the first record, or of the one under it where cells of the first are merged across."""
    first = records.first
    across = any(top == first and left < right and bottom == top for top, left, bottom, right in records.merges)
    return 1 if across and len(records) > 1 else 0


def _levels(records: Records, rows: Mapping[int, list[str]], header: int) -> tuple[int, list[list[str]]]:
    """Return the place of the first level, and the levels of the header, merged cells filled."""
    filled = {number: list(row) for number, row in rows.items() if number <= header}
    widest = max(map(len, filled.values()))
    levels = {header}
    for top, left, bottom, right in records.merges:
        if top in filled and header - 1 <= bottom <= header and left < right:
            across = [number for number in filled if top <= number <= bottom]
            text = filled[top][left] if left < len(filled[top]) else ""
            for number in across:
                row = filled[number]
                row += [""] * (right + 1 - len(row))
                row[left : right + 1] = [text] * (right + 1 - left)
            whole = right - left + 1 >= widest
            if not whole:  # a title merged over the whole width is no level
                levels |= set(across)
    first = min(levels)
    return list(filled).index(first), [row for number, row in filled.items() if number >= first]


def _join(levels: list[list[str]], known: Collection[str]) -> list[str]:
    """Return one header a column: the last level where it is known or stands alone, else "first [second]"."""
    width = max(map(len, levels))
    columns = zip(*(level + [""] * (width - len(level)) for level in levels), strict=True)
    return [_join_one([part for part in map(clean_header, column) if part], known) for column in columns]


def _join_one(parts: list[str], known: Collection[str]) -> str:
    distinct = list(dict.fromkeys(parts))
    if not distinct:
        return ""
    last, rest = distinct[-1], " ".join(distinct[:-1])
    for candidate in (last, f"{rest}_{last}", f"{rest} [{last}]"):
        if candidate.casefold() in known:
            return candidate
    return f"{rest} [{last}]" if rest else last


def _check_merges(records: Records, header: int, name: str) -> None:
    body = [merge for merge in records.merges if merge[2] > header and merge[0] >= records.first]
    if body:
        top, left, bottom, right = body[0]
        raise InputError(
            f"{name}, sheet '{records.sheet}': cells are merged among the answers (rows {top} to {bottom}, columns "
            f"{left + 1} to {right + 1}); unmerge them and write the value in each."
        )
