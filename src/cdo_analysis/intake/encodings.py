"""The bytes of a text file: encoding found and said, damage refused, text decoded wrongly before put right."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cdo_analysis.errors import InputError

HEAD = 100_000
"""Characters by which a file is known: enough to see a separator, below the field limit of `csv`."""
_FILLER = b"\x00\x1a"  # what a damaged copy or an old DOS program leaves at the end
_PIECE = 65_536  # small enough for the processor's cache
_UNDEFINED = "\x81\x8d\x8f\x90\x9d"  # bytes that cp1252 does not define
_CP1252 = frozenset(bytes([code]).decode("cp1252", errors="ignore") for code in range(128, 256)) - {""}
_LATER = f"[{re.escape(''.join(sorted(_CP1252 - set(map(chr, range(0xC0, 0x100))))))}{_UNDEFINED}]"
_MISREAD = re.compile(f"[Â-ß]{_LATER}|[à-ï]{_LATER}{{2}}|[ð-ô]{_LATER}{{3}}")
_MOJIBAKE = re.compile("Ã[©¨ªàâ´®¯»§‰€]|â€™|â€œ|\ufffd")
_MOJIBAKE_STARTS = tuple(start.encode() for start in ("Ã", "â€", "\ufffd"))
_UTF_8 = frozenset({"utf-8", "utf8", "utf_8", "utf-8-sig"})


@dataclass(frozen=True)
class TextSource:
    """The bytes of a text file; they are never decoded to one text, which may take four times their room.

    Attributes
    ----------
    data : bytes
        In an encoding in which ASCII is one byte a character.
    encoding : str
        That of the file.
    codec : str
        That of `data`.
    head : str
        The first characters.
    notes : tuple of str
        What a reader should know of the decoding, a sentence each.
    """

    data: bytes
    encoding: str
    codec: str
    head: str
    notes: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield the lines with their ends as they are."""
        return iter(io.TextIOWrapper(io.BytesIO(self.data), encoding=self.codec, newline=""))


def decode(data: bytes, name: str, encoding: str | None, *, repair: bool) -> TextSource:
    """Find the encoding of the bytes of a text file, and say what they show of how they were written and copied.

    Parameters
    ----------
    data : bytes
    name : str
        Name of the file, for the errors.
    encoding : str or None
        By default the BOM says it, else UTF-8 if every byte fits, else cp1252.
    repair : bool
        True: text that was decoded wrongly before (``rÃ©gion``) is put right.

    Raises
    ------
    InputError
        There is no such encoding, the bytes are of another, or they are no text of a table.
    """
    found = encoding or _guess_encoding(data)
    notes = [f"{name} is not UTF-8; it was read as Windows-1252 (cp1252)."] * (encoding is None and found == "cp1252")
    if encoding or found != "utf-8":  # which was tried already
        _check_encoding(data, name, found)
    codec = found
    if not _one_byte_ascii(found):
        data, codec = data.decode(found).removeprefix("\ufeff").encode(), "utf-8"
    whole = len(data)
    data = data.rstrip(_FILLER)
    if data and len(data) < whole:
        notes.append(f"{name} ends with {whole - len(data)} filler characters: check that the copy is whole.")
    wrong = _find_misread(data, codec)
    if wrong and repair:
        text, mended = _repair(data.decode(codec))
        data, codec = text.encode(), "utf-8"
        notes.append(f"{name}: {mended} sequence(s) such as '{wrong}', decoded wrongly before, were put right.")
    elif wrong:
        notes.append(
            f"{name} holds '{wrong}', as a file decoded wrongly before does: labels may be unknown; "
            "--repair-text puts it right."
        )
    head = data[: 4 * HEAD].decode(codec, errors="ignore").removeprefix("\ufeff")[:HEAD]
    _check_text(data, codec, head, name)
    return TextSource(data, found, "utf-8-sig" if codec.lower() in _UTF_8 else codec, head, tuple(notes))


def _check_text(data: bytes, codec: str, head: str, name: str) -> None:
    if not head.strip() and not data.decode(codec).removeprefix("\ufeff").strip():
        raise InputError(f"{name} is empty (0 answers); export the survey again.")
    if head.lstrip().startswith("<"):
        raise InputError(f"{name} is a web page (HTML or XML), not a CSV; open it in Excel and save it as .xlsx.")
    if b"\x00" in data:
        raise InputError(
            f"{name} holds NUL bytes, as a damaged or binary file does; export it again as CSV or XLSX, or name "
            "its encoding if it is UTF-16."
        )


def _one_byte_ascii(encoding: str) -> bool:
    ascii_marks = "".join(map(chr, range(128)))
    return ascii_marks.encode(encoding) == ascii_marks.encode("ascii") or encoding == "utf-8-sig"


def _find_misread(data: bytes, codec: str) -> str:
    """Return a sequence that shows text decoded wrongly before, an empty text where there is none."""
    if data.isascii():
        return ""
    if codec.lower() in _UTF_8 and not any(start in data for start in _MOJIBAKE_STARTS):
        return ""
    before = ""
    for piece in codecs.iterdecode(_pieces(data), codec, errors="ignore"):
        found = _MOJIBAKE.search(before + piece)
        if found:
            return found[0]
        before = piece[-2:]  # a sequence has three characters at most
    return ""


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))


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


def _check_encoding(data: bytes, name: str, encoding: str) -> None:
    """Refuse bytes that are not of an encoding, and say where."""
    try:
        "".encode(encoding)  # "rot13" encodes no text to bytes
        for _ in codecs.iterdecode(_pieces(data), encoding):
            pass
    except UnicodeDecodeError as found:
        error = _whole_error(data, encoding) or found
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name}, line {line}: byte {data[error.start]:#04x} is not {encoding}; name the encoding (utf-8, cp1252)."
        ) from error
    except (LookupError, ValueError) as error:
        raise InputError(f"there is no text encoding called '{encoding}'; use utf-8 or cp1252.") from error


def _whole_error(data: bytes, encoding: str) -> UnicodeDecodeError | None:
    """Return the error with its place in the whole file, which a piece cannot tell."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error
    return None


def _guess_encoding(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        for _ in codecs.iterdecode(_pieces(data), "utf-8"):
            pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
