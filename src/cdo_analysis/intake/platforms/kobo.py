"""KoboToolbox and ODK: names under their groups, select_multiple in one column and in one an option."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from cdo_analysis.intake.records import Records, clean_header

_OWN = frozenset({"_uuid", "_submission_time", "_id", "_index", "__version__", "meta/instanceid", "x_uuid"})
_ROLES = {"end": "submitted", "_submission_time": "submitted"}
_FEWEST_OWN = 2


def wrote(records: Records) -> bool:
    """Tell whether KoboToolbox wrote the records: it adds ``_uuid``, ``_submission_time`` and others."""
    headers = {_plain(cell).casefold() for cell in records.header}
    return len(headers & _OWN) >= _FEWEST_OWN or {"_uuid", "start", "end"} <= headers


def arrange(records: Records, name: str) -> Records:
    """Take groups off the names; an option of a select_multiple ``q/option`` becomes ``q_option``."""
    paths = [_plain(cell) for cell in records.header]
    short = [_short(path, set(paths)) for path in paths]
    counts = Counter(short)  # where two groups have a question of one name, the path tells them apart
    headers = [path if counts[name] > 1 else name for path, name in zip(paths, short, strict=True)]
    roles = {"end": "submitted"} if "end" in headers else {h: _ROLES[h] for h in headers if h in _ROLES}
    return replace(records, header=headers, platform="kobo", roles=roles)


def _plain(cell: str) -> str:
    """Return a header without the byte order mark that R writes out as letters."""
    return re.sub(r"^X\.U\.FEFF\.", "", clean_header(cell))


def _short(path: str, paths: set[str]) -> str:
    """Return the name of a question or of an option of one.

    Examples
    --------
    >>> _short("tools/B1", {"tools/B1"}), _short("tools/B1/crm", {"tools/B1", "tools/B1/crm"}), _short("_id", {"_id"})
    ('B1', 'B1_crm', '_id')
    """
    for mark in ("/", "."):
        parent, found, option = path.rpartition(mark)
        if found and parent in paths:
            return f"{_short(parent, paths)}_{option}"
    return path.rpartition("/")[2] if not path.startswith("meta/") else path
