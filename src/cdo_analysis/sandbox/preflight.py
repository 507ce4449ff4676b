"""What an archive promises, looked at before anything is unpacked."""

from __future__ import annotations

import io
import zipfile

from cdo_analysis.errors import InputError

LARGEST_UNPACKED = 500_000_000
LARGEST_RATIO = 100
"""Bytes unpacked for one byte packed; real sheets stay under 40."""
RATIO_MATTERS_FROM = 50_000_000
MOST_MEMBERS = 5_000

_BOOKS = {"xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb"}
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"


def check_archive(data: bytes, name: str) -> str:
    """Tell what workbook an archive is, or refuse it.

    Parameters
    ----------
    data : bytes
        A file that starts as a ZIP archive does.
    name : str
        Name of the file, for the errors.

    Returns
    -------
    {'xlsx', 'ods'}

    Raises
    ------
    InputError
        It is cut, no workbook, or would unpack to more than can be read.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
        kind = _kind(archive)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, RuntimeError) as error:
        raise InputError(f"{name} is a truncated or damaged workbook; save or copy it again.") from error
    _check_sizes(members, len(data), name)
    if kind == "xlsb":
        raise InputError(f"{name} is a binary workbook (.xlsb); save it as .xlsx.")
    if not kind:
        raise InputError(
            f"{name} is an archive, not an .xlsx or .ods workbook; extract the export from it, or save it as .xlsx."
        )
    return kind


def _kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    for member, kind in _BOOKS.items():
        if member in names:
            return kind
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
        return "ods" if archive.read("mimetype").startswith(_ODS) else ""
    return ""


def _check_sizes(members: list[zipfile.ZipInfo], packed: int, name: str) -> None:
    if len(members) > MOST_MEMBERS:
        raise InputError(f"{name} holds {len(members)} files (at most {MOST_MEMBERS}); export the answers as CSV.")
    size = sum(member.file_size for member in members)
    if size > LARGEST_UNPACKED or (size > RATIO_MATTERS_FROM and size > LARGEST_RATIO * packed):
        raise InputError(
            f"{name} unpacks to {size / 1e6:.0f} MB, {size / packed:.0f} times its size (at most "
            f"{LARGEST_UNPACKED / 1e6:.0f} MB, and {LARGEST_RATIO} times); export the answers as CSV."
        )
