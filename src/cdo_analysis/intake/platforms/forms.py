"""Google Forms and Microsoft Forms: wordings as headings, several answers in one cell."""

from __future__ import annotations

from dataclasses import replace

from cdo_analysis.intake.records import Records, clean_header

_STAMPS = frozenset({"horodateur", "timestamp"})
_MICROSOFT = (
    frozenset({"id"}),
    frozenset({"start time", "heure de début"}),
    frozenset({"completion time", "heure de fin"}),
)
_FINISHED = frozenset({"completion time", "heure de fin"})


def google_wrote(records: Records) -> bool:
    """Tell whether Google Forms wrote the records: the first column is the time of sending."""
    return clean_header(records.header[0]).casefold() in _STAMPS


def arrange_google(records: Records, name: str) -> Records:
    """Give the time of sending its role; the wordings are matched with the codebook afterwards."""
    headers = [clean_header(cell) for cell in records.header]
    roles = {header: "submitted" for header in headers if header.casefold() in _STAMPS}
    note = f"The times of {name} are in the zone of the form's owner; they are kept as written unless --zone names it."
    return replace(records, header=headers, platform="google-forms", roles=roles, notes=(*records.notes, note))


def microsoft_wrote(records: Records) -> bool:
    """Tell whether Microsoft Forms wrote the records: an id and the times of start and end stand first."""
    first = [clean_header(cell).casefold() for cell in records.header[:3]]
    return len(first) == 3 and all(cell in known for cell, known in zip(first, _MICROSOFT, strict=True))


def arrange_microsoft(records: Records, name: str) -> Records:
    """Give the time of completion its role; the wordings are matched with the codebook afterwards."""
    headers = [clean_header(cell) for cell in records.header]
    roles = {header: "submitted" for header in headers if header.casefold() in _FINISHED}
    note = f"The times of {name} are in the zone of the account that exported it; --zone names it."
    return replace(
        records, header=headers, platform="microsoft-forms", roles=roles,
        notes=(*records.notes, note),
    )  # fmt: skip
