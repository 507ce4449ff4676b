"""A file of this machine to its bytes, and what it holds: by its content, whatever its name says."""

from __future__ import annotations

import time
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from cdo_analysis.errors import InputError

Content = Literal["text", "page", "zip", "sav", "dta", "parquet"]

_JUST_WRITTEN, _PAUSE = 1.0, 0.02
"""Seconds since a file was changed under which it is looked at twice, and how long between the looks."""
LARGEST_FILE = 2_000_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_READ: tuple[tuple[bytes, Content], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"$FL2", "sav"),
    (b"$FL3", "sav"),
    (b"<stata_dta>", "dta"),
    (b"PAR1", "parquet"),
)
_REFUSED = (
    (b"\x80\x02", "a pickle, which runs code when it is opened"),
    (b"\x80\x03", "a pickle, which runs code when it is opened"),
    (b"\x80\x04", "a pickle, which runs code when it is opened"),
    (b"\x80\x05", "a pickle, which runs code when it is opened"),
    (b"\x93NUMPY", "a NumPy array, which may run code when it is opened"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"BZh", "a compressed file (bzip2)"),
    (b"\xfd7zXZ\x00", "a compressed file (xz)"),
    (b"\x28\xb5\x2f\xfd", "a compressed file (zstd)"),
    (b"7z\xbc\xaf\x27\x1c", "an archive (7-Zip)"),
    (b"Rar!", "an archive (RAR)"),
    (b"RDX", "an R workspace"),
    (b"RDA", "an R workspace"),
    (b"X\n\x00\x00\x00", "an R object (.rds)"),
    (b"SQLite format 3\x00", "a database (SQLite)"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"{\\rtf", "a word-processor document (RTF)"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a Feather file"),
)
_PAGE_HEAD = 200_000
_OLD_STATA = frozenset(range(102, 116))
_SCHEMES = ("http:", "https:", "ftp:", "s3:", "gs:", "file:", "data:", "abfs:")


def read_source(path: str | Path) -> tuple[bytes, str]:
    """Return the bytes of a regular file of this machine, and its name.

    Raises
    ------
    InputError
        It is an address, a folder, a link, a device, a lock file, being written, too large, or cannot be read.
    """
    if str(path).lower().startswith(_SCHEMES):
        raise InputError(f"{path} is an address, not a file of this machine; download the export first.")
    path = Path(path)
    try:
        _check_path(path)
        before = path.stat()
        if abs(time.time() - before.st_mtime) < _JUST_WRITTEN:
            time.sleep(_PAUSE)  # whoever writes it goes on, and the look afterwards tells
        if before.st_size > LARGEST_FILE:
            raise InputError(
                f"{path.name} has {before.st_size / 1e9:.1f} GB (at most {LARGEST_FILE / 1e9:.0f}); split the export."
            )
        data = path.read_bytes()
        after = path.stat()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; check its name and permissions.") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        raise InputError(f"{path.name} is still being written; wait until it is whole, and read it again.")
    if not data or data.isspace():  # data.strip() would copy it
        raise InputError(f"{path.name} is empty (0 answers); export the survey again.")
    return data, path.name


def _check_path(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{path} is a folder; name the export file in it.")
    if path.is_symlink():
        raise InputError(f"{path} is a symbolic link; name the file that it points to.")
    if not path.exists():
        raise InputError(f"{path} does not exist; {_nearest(path)}")
    if not path.is_file():
        raise InputError(f"{path} is not a regular file; copy the export to a file first.")
    if path.name.startswith("~$"):
        raise InputError(f"{path.name} is the lock file of an open workbook; close it and name the workbook itself.")


def open_elsewhere(path: Path) -> tuple[str, ...]:
    """Return a sentence where a program that has the file open says so in a lock file beside it."""
    locks = (f"~${path.name}", f"~${path.name[2:]}", f".~lock.{path.name}#")  # Excel cuts long names; LibreOffice
    if not any(path.with_name(lock).exists() for lock in locks):
        return ()
    return (f"{path.name} is open in a spreadsheet: what was not saved there was not read.",)


def is_page(data: bytes) -> bool:
    """Tell whether a text is a web page with a table, as Forms and old exports save under the name .xls.

    Examples
    --------
    >>> is_page(b"<html><table><tr><td>a</td></tr></table>"), is_page(b"SIREN;A1"), is_page(b"<?xml version='1.0'?>")
    (True, False, False)
    """
    head = data[:_PAGE_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return head.startswith(b"<") and not head.startswith(b"<?xml") and b"<table" in head


def _nearest(path: Path) -> str:
    """Return the end of a sentence: the file of the same folder whose name is nearest, if one is near."""
    names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    close = get_close_matches(path.name, names, n=1)
    return f"did you mean '{close[0]}'?" if close else "check its name and folder."


def content_of(data: bytes, name: str) -> Content:
    """Tell what bytes are by how they start.

    Raises
    ------
    InputError
        They are of a kind that is not read, with the way out.

    Examples
    --------
    >>> content_of(b"SIREN;A1", "export.xlsx"), content_of(b"PAR1....", "export.csv")
    ('text', 'parquet')
    """
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise InputError(f"{name} is protected by a password; save it as .xlsx without one.")
        raise InputError(f"{name} is an old or password-protected Excel file; save it as .xlsx without a password.")
    for start, content in _READ:
        if data.startswith(start):
            return content
    for start, what in _REFUSED:
        if data.startswith(start):
            raise InputError(f"{name} is {what}; export the answers as CSV or .xlsx.")
    if data[0] in _OLD_STATA and data[1:4] in (b"\x01\x00\x01", b"\x02\x00\x01", b"\x01\x01\x00", b"\x02\x01\x00"):
        return "dta"
    return "text"
