"""The one catalogue of what reports say: ``fr.toml`` and ``en.toml``, same keys, same fields."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from cdo_analysis.codebook import LANGUAGES, Language
from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.messages.numbers import Numbers
from cdo_analysis.resources import package_dir


@dataclass(frozen=True)
class Catalogue:
    """Sentences of one language.

    Attributes
    ----------
    language : {'fr', 'en'}
    entries : mapping of str to str
        Flat keys, ``"panorama.title"``; a sentence names its fields in braces.
    """

    language: Language
    entries: Mapping[str, str]

    def __call__(self, key: str, /, **fields: object) -> str:
        """Return the sentence `key` with its fields filled.

        The fields are put in as text, never read as a format themselves: what a respondent wrote stays literal.
        """
        return self.entries[key].format_map({name: str(value) for name, value in fields.items()})

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def get(self, key: str, default: str = "") -> str:
        """Return the sentence `key` as it stands, `default` where there is none."""
        return self.entries.get(key, default)

    @cached_property
    def numbers(self) -> Numbers:
        """How this language writes numbers."""
        return Numbers(self.language)


def catalogue(language: str) -> Catalogue:
    """Return the catalogue of `language`.

    Raises
    ------
    UsageError
        There is no such language.

    Examples
    --------
    >>> catalogue("fr")("label.n", n=12)
    'n = 12'
    """
    if language not in LANGUAGES:
        raise UsageError(f"there is no language '{language}'{did_you_mean(language, LANGUAGES)}")
    return _load(language)


@lru_cache(maxsize=len(LANGUAGES))
def _load(language: Language) -> Catalogue:
    table = tomllib.loads((package_dir("messages") / f"{language}.toml").read_text(encoding="utf-8"))
    entries = dict(_flatten(table))
    return Catalogue(language, {k: space_french(v) for k, v in entries.items()} if language == "fr" else entries)


def space_french(sentence: str) -> str:
    """Put the no-break spaces of French typography: the catalogue is written with plain spaces."""
    for mark in ":;?!»%":
        sentence = sentence.replace(f" {mark}", f"\u00a0{mark}")
    return sentence.replace("« ", "«\u00a0")


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
