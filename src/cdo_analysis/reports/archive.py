"""Office files whose bytes depend on their content alone: no time of the run, no order of the day."""

from __future__ import annotations

import io
import re
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_DATES = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")
_CREATED = re.compile(rb"<dcterms:created[^>]*>([^<]*)</dcterms:created>")


def settle_archive(data: bytes, *, dated: bool = True) -> bytes:
    """Return an Office file, or any ZIP, with fixed times: the same parts give the same bytes.

    Parameters
    ----------
    data : bytes
        A .docx or .xlsx file, or an archive of others.
    dated : bool
        False where its properties are to say no date at all.

    Returns
    -------
    bytes
        The same parts in the same order, each dated 1980-01-01; the time of the last change is that of the creation.
    """
    settled = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            if name == "docProps/core.xml":
                part = _settle_times(part) if dated else _DATES.sub(b"", part)
            target.writestr(member, part)
    return settled.getvalue()


def _settle_times(part: bytes) -> bytes:
    created = _CREATED.search(part)
    return _MODIFIED.sub(rb"\g<1>" + created[1] + rb"\g<2>", part) if created else part
