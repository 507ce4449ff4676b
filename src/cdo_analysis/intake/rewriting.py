"""Files written again without some records: whole at every moment, and with nothing left of what was taken out."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path

from cdo_analysis.errors import InputError, PublishError

_PLAIN_MEMBERS = re.compile(
    r"(?:\[Content_Types\]\.xml|_rels/\.rels|docProps/[^/]+\.xml|xl/(?:_rels/workbook\.xml\.rels|workbook\.xml|styles\.xml|"
    r"sharedStrings\.xml|metadata\.xml|theme/[^/]+\.xml|worksheets/(?:_rels/)?[^/]+(?:\.rels)?|tables/[^/]+\.xml|"
    r"printerSettings/[^/]+))"
)
_WAY_OUT = "remove the respondent in the tool that wrote it, and export again"


def write_csv(path: Path, rows: Collection[list[str]], separator: str, encoding: str) -> None:
    """Write records in the place of a CSV."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    put_in_place(path, text.getvalue().encode(encoding))


def write_parquet(path: Path, gone: Collection[int]) -> None:
    """Write a Parquet file again without some records (numbers from 2, as the header is 1); its schema stays."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    codecs = {file.metadata.row_group(0).column(0).compression} if file.metadata.num_row_groups else {"SNAPPY"}
    table = file.read()
    kept = [row for row in range(table.num_rows) if row + 2 not in gone]
    out = io.BytesIO()
    compression = next(iter(codecs)).lower()
    pq.write_table(table.take(kept), out, compression="none" if compression == "uncompressed" else compression)
    put_in_place(path, out.getvalue())


def write_workbook(path: Path, sheet: str, gone: Collection[int], named: Callable[[str], bool]) -> None:
    """Empty the rows of some records in a sheet of an XLSX workbook; the rows below stay where they are.

    Raises
    ------
    InputError
        The workbook holds what would be lost, or would keep a copy of the records: formulas, charts, pivot tables,
        macros, comments; or another sheet names the respondent too.
    """
    from openpyxl import load_workbook

    _check_plain(path)
    book = load_workbook(path)
    for other in book.worksheets:
        if other.title != sheet and any(
            named(str(c.value)) for row in other.iter_rows() for c in row if c.value is not None
        ):
            raise InputError(f"{path.name}: the sheet '{other.title}' names the respondent too; {_WAY_OUT}.")
    for row in gone:
        for cell in book[sheet][row]:
            cell.value = None
    out = io.BytesIO()
    book.save(out)
    put_in_place(path, out.getvalue())


def _check_plain(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        odd = [name for name in archive.namelist() if not _PLAIN_MEMBERS.fullmatch(name)]
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        formulas = [name for name in sheets if re.search(rb"<f[ >/]", archive.read(name))]
    if odd:
        raise InputError(
            f"{path.name} holds more than sheets ({odd[0]}), which may keep a copy of the answers; {_WAY_OUT}."
        )
    if formulas:
        raise InputError(f"{path.name} holds formulas, whose values would be lost; {_WAY_OUT}.")


def put_in_place(path: Path, data: bytes) -> None:
    """Write beside the file, then put that in its place.

    Raises
    ------
    PublishError
        The file cannot be written; it is then as it was.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            file.write(data)
        os.chmod(file.name, path.stat().st_mode & 0o777)
        os.replace(file.name, path)
    except OSError as error:
        raise PublishError(f"{path} cannot be written: {error.strerror}; check its permissions.") from error
