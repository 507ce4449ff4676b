"""What a check found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    check : str
        Name of the check: ``fonts``.
    state : {'ok', 'warning', 'failed'}
        Something works less well under a warning; something does not work where a check failed.
    said : str
        Which of the sentences of the check says so: ``doctor.fonts.none`` of the catalogue, with its ``_remedy``.
    fields : mapping of str to str or float
        What the sentence names; a number is written in the language of the reader.
    """

    check: str
    state: State
    said: str = "ok"
    fields: Mapping[str, str | float] = field(default_factory=dict)
