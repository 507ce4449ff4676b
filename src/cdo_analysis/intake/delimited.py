"""CSV to records: encoding and separator found and said, quotes checked, no cell changed."""

from __future__ import annotations

import csv
import io
import re
from itertools import islice

from cdo_analysis.errors import InputError
from cdo_analysis.intake.records import Records

LONGEST_CELL = 65_536
_SEPARATORS = ";,\t"
_RECORDS_TRIED, _CHARACTERS_TRIED = 50, 100_000  # enough to see a separator, below the field limit of `csv`
_NARROWEST_SWALLOWED = 10
_FILLER = "\x00\x1a"  # what a damaged copy or an old DOS program leaves at the end
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # io.StringIO would hold the text again, four bytes a letter
_NEWLINE = re.compile(r"\r\n|\r|\n")
_UNDEFINED = "\x81\x8d\x8f\x90\x9d"  # bytes that cp1252 does not define
_CP1252 = frozenset(bytes([code]).decode("cp1252", errors="ignore") for code in range(128, 256)) - {""}
_LATER = f"[{re.escape(''.join(sorted(_CP1252 - set(map(chr, range(0xC0, 0x100))))))}{_UNDEFINED}]"
_MISREAD = re.compile(f"[Â-ß]{_LATER}|[à-ï]{_LATER}{{2}}|[ð-ô]{_LATER}{{3}}")
_MOJIBAKE = re.compile("Ã[©¨ªàâ´®¯»§‰€]|â€™|â€œ|\ufffd")


def read_delimited(data: bytes, name: str, *, encoding: str | None = None, repair: bool = False) -> Records:
    """Read the bytes of a CSV file.

    Parameters
    ----------
    data : bytes
    name : str
        Name of the file, for the errors.
    encoding : str, optional
        By default the BOM says it, else UTF-8 if every byte fits, else cp1252.
    repair : bool
        True: text that was decoded wrongly before (``rÃ©gion``) is put right.

    Returns
    -------
    Records
        `numbers` count records, the header being 1: an answer over several lines is one record. The line ``sep=;``
        that Excel writes is honoured, and not counted.

    Raises
    ------
    InputError
        In one sentence: the file, the line, what is wrong and the way out.
    """
    text, encoding, notes = _decode(data, name, encoding, repair=repair)
    if not text or text.isspace():  # text.strip() would copy it
        raise InputError(f"{name} is empty (0 answers); export the survey again.")
    if text[:_CHARACTERS_TRIED].lstrip().startswith("<"):
        raise InputError(f"{name} is a web page (HTML or XML), not a CSV; open it in Excel and save it as .xlsx.")
    if "\x00" in text:
        raise InputError(
            f"{name} holds NUL bytes, as a damaged or binary file does; export it again as CSV or XLSX, or name "
            "its encoding if it is UTF-16."
        )
    separator, body = _declared_separator(text)
    first_line = 2 if separator else 1
    if not re.search(rf'[^{re.escape(_SEPARATORS + separator)}" \r\n]', body):
        raise InputError(f"{name} has no header and no answer; export the survey again.")
    separator = separator or _guess_separator(body, name)
    rows, numbers = _split(body, separator, name, first_line)
    return Records(rows, numbers, encoding=encoding, separator=separator, notes=notes)


# --- bytes to text --------------------------------------------------------------------------------------------


def _decode(data: bytes, name: str, encoding: str | None, *, repair: bool) -> tuple[str, str, tuple[str, ...]]:
    notes = []
    found = encoding or _guess_encoding(data)
    if encoding is None and found == "cp1252":
        notes.append(f"{name} is not UTF-8; it was read as Windows-1252 (cp1252).")
    whole = _decode_as(data, name, found).removeprefix("\ufeff")
    text = whole.rstrip(_FILLER)
    if len(text) < len(whole) and text:
        notes.append(f"{name} ends with {len(whole) - len(text)} filler characters: check that the copy is whole.")
    wrong = _MOJIBAKE.findall(text)
    if wrong and repair:
        text, mended = _repair(text)
        notes.append(f"{name}: {mended} sequence(s) such as '{wrong[0]}', decoded wrongly before, were put right.")
    elif wrong:
        notes.append(
            f"{name} holds '{wrong[0]}', as a file decoded wrongly before does: labels may be unknown; "
            "--repair-text puts it right."
        )
    return text, found, tuple(notes)


def _repair(text: str) -> tuple[str, int]:
    """Put right what was UTF-8 and was read as cp1252; what cannot have been is left as it is.

    Examples
    --------
    >>> _repair("rÃ©gion d\u2019ÃŽle, lâ€™Ã©tÃ©, déjà")
    ('région d’Île, l’été, déjà', 5)
    """
    return _MISREAD.subn(lambda found: _again(found[0]), text)


def _again(misread: str) -> str:
    data = b"".join(c.encode("cp1252") if c in _CP1252 else c.encode("latin-1") for c in misread)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return misread


def _decode_as(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name}, line {line}: byte {data[error.start]:#04x} is not {encoding}; name the encoding (utf-8, cp1252)."
        ) from error
    except (LookupError, ValueError) as error:
        raise InputError(f"there is no text encoding called '{encoding}'; use utf-8 or cp1252.") from error


def _guess_encoding(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


# --- text to records ------------------------------------------------------------------------------------------


def _declared_separator(text: str) -> tuple[str, str]:
    """Honour and drop the line ``sep=;`` that Excel writes; return the separator (or nothing) and the rest."""
    declared = re.match(r'"?sep=([^\w\s"]|\t)"?(?:\r\n|\r|\n|$)', text, re.IGNORECASE)
    return (declared[1], text[declared.end() :]) if declared else ("", text)


def _guess_separator(text: str, name: str) -> str:
    """Return the separator by which the first records are widest and most alike; French exports write ``;``."""
    tried = {mark: _first_records(text, mark) for mark in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda mark: _agreement(tried[mark]))
    header = tried[best][0]
    if len(header) == 1 and not header[0].strip().isidentifier():
        raise InputError(
            f"{name} starts with the line {header[0].strip()[:60]!r}, which has no ';', ',' or tab: is it a CSV export "
            "of a survey?"
        )
    return best


def _first_records(text: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text[:_CHARACTERS_TRIED].lstrip(), newline=""), delimiter=separator)
    return list(islice((row for row in reader if any(map(str.strip, row))), _RECORDS_TRIED))


def _agreement(records: list[list[str]]) -> float:
    """Return the share of records as wide as the header, times that width; 0 where nothing is separated."""
    width = len(records[0]) if records else 0
    if width < 2:
        return 0.0
    return width * sum(len(row) == width for row in records) / len(records)


def _split(text: str, separator: str, name: str, first_line: int) -> tuple[list[list[str]], list[int]]:
    """Return the records that are not blank, and their numbers."""
    rows: list[list[str]] = []
    numbers: list[int] = []
    limit = csv.field_size_limit(len(text) + 1)  # ours is LONGEST_CELL, with a sentence; csv's is of the process
    reader = csv.reader((line[0] for line in _LINE.finditer(text)), delimiter=separator, strict=True)
    start = first_line
    texts: dict[str, str] = {}
    try:
        for number, row in enumerate(reader, start=1):
            end = reader.line_num + first_line
            if any(map(str.strip, row)):
                _check_record(row, separator, f"{name}, line {start}", end - start)
                rows.append([texts.setdefault(cell, cell) for cell in row])  # one text in memory for all who wrote it
                numbers.append(number)
            start = end
    except csv.Error as error:
        raise InputError(
            f"{name}, line {start}: {error} (a quote that is not closed?); mend the record that starts there."
        ) from error
    finally:
        csv.field_size_limit(limit)
    return rows, numbers


def _check_record(row: list[str], separator: str, where: str, lines: int) -> None:
    longest = max(map(len, row))
    if longest > LONGEST_CELL:
        raise InputError(
            f"{where}: a cell holds {longest} characters (at most {LONGEST_CELL}); a quote may be missing there."
        )
    if lines > 1 and any(_swallows(cell, separator, len(row)) for cell in row):
        raise InputError(
            f"{where}: an answer seems to have swallowed the next record (a quote that is not closed?); mend the "
            "record that starts there."
        )


def _swallows(cell: str, separator: str, width: int) -> bool:
    """Tell whether a cell over several lines holds as many separators as whole records would."""
    newlines = len(_NEWLINE.findall(cell))
    return newlines > 0 and width >= _NARROWEST_SWALLOWED and cell.count(separator) == newlines * (width - 1)
