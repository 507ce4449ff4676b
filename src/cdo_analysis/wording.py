"""A wording in two languages: questionnaires, options, rules and reports all speak French and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class Text:
    """A wording in French and in English.

    Examples
    --------
    >>> Text("Oui", "Yes").of("en")
    'Yes'
    >>> Text("Oui").of("en")
    'Oui'
    """

    fr: str
    en: str = ""

    def of(self, language: Language) -> str:
        """Return the wording in `language`; French where no English was written."""
        return self.en if language == "en" and self.en else self.fr

    def __bool__(self) -> bool:
        return bool(self.fr)


NO_TEXT = Text("")
