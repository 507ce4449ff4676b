"""Where the table starts: titles above it, headers on two levels, notes below."""

from __future__ import annotations

from collections.abc import Collection
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
    >>> made = find_header(Records([["Enquête 2026"], ["SIREN", "A1"], ["1", "2"]], [1, 3, 4]), {"siren", "a1"}, "f")
    >>> made.rows, made.notes
    ([['SIREN', 'A1'], ['1', '2']], ("Record 1 of f stands above the header and was left out: 'Enquête 2026'.",))
    """
    place = _place(records, known)
    top, levels = _levels(records, place, known)
    header = _join(levels, known) if len(levels) > 1 else levels[0]
    above = records.rows[:top]
    notes = list(records.notes)
    if above:
        numbers = ", ".join(map(str, records.numbers[:top]))
        title = next((cell.strip() for row in above for cell in row if cell.strip()), "")
        notes.append(f"Record {numbers} of {name} stands above the header and was left out: {title[:60]!r}.")
    if len(levels) > 1:
        notes.append(f"The header of {name} has {len(levels)} levels, which were joined.")
    _check_merges(records, records.numbers[place], name)
    return replace(
        records,
        rows=[header, *records.rows[place + 1 :]],
        numbers=records.numbers[place:],
        notes=tuple(notes),
    )


def _place(records: Records, known: Collection[str]) -> int:
    """Return the place of the record that has the most known headers, the first one unless another has far more."""
    scores = [
        sum(clean_header(cell).casefold() in known for cell in set(row)) for row in records.rows[:RECORDS_SEARCHED]
    ]
    best = scores.index(max(scores))
    return best if scores[best] >= max(FEWEST_FOUND, 2 * scores[0] + 1) else _below_merges(records)


def _below_merges(records: Records) -> int:
    """Return the place of the first record, or of the one under it where cells of the first are merged across."""
    first = records.numbers[0]
    across = any(top == first and left < right and bottom == top for top, left, bottom, right in records.merges)
    return 1 if across and len(records.rows) > 2 else 0


def _levels(records: Records, place: int, known: Collection[str]) -> tuple[int, list[list[str]]]:
    """Return the place of the first level, and the levels of the header, merged cells filled."""
    header, searched = records.numbers[place], place + 1
    filled = {n: list(row) for n, row in zip(records.numbers[:searched], records.rows[:searched], strict=True)}
    levels = {header}
    for top, left, bottom, right in records.merges:
        if top in filled and header - 1 <= bottom <= header and left < right:
            across = [number for number in filled if top <= number <= bottom]
            text = filled[top][left] if left < len(filled[top]) else ""
            for number in across:
                row = filled[number]
                row += [""] * (right + 1 - len(row))
                row[left : right + 1] = [text] * (right + 1 - left)
            whole = right - left + 1 >= max(map(len, records.rows[: place + 1]))
            if not whole:  # a title merged over the whole width is no level
                levels |= set(across)
    first = min(levels)
    top_place = records.numbers.index(first)
    return top_place, [filled[number] for number in records.numbers[top_place : place + 1]]


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
    body = [merge for merge in records.merges if merge[2] > header and merge[0] >= records.numbers[0]]
    if body:
        top, left, bottom, right = body[0]
        raise InputError(
            f"{name}, sheet '{records.sheet}': cells are merged among the answers (rows {top} to {bottom}, columns "
            f"{left + 1} to {right + 1}); unmerge them and write the value in each."
        )
