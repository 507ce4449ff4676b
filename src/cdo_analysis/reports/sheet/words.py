"""Wordings of questions and labels, fitted into a sentence."""

from __future__ import annotations

import re


def shorten(wording: str) -> str:
    """Return a wording without the examples that it gives in brackets or after a colon.

    Examples
    --------
    >>> shorten("Technique : développement, hébergement"), shorten("Industrie (dont eau)")
    ('Technique', 'Industrie')
    """
    return re.split(r"[\s\u00a0\u202f]*[:(]", wording)[0]


def lower(text: str) -> str:
    """Return a text with its first letter small, unless it opens with an acronym.

    Examples
    --------
    >>> lower("Nombre de sites"), lower("ICT specialists")
    ('nombre de sites', 'ICT specialists')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def capital(text: str) -> str:
    """Return a text with its first letter large."""
    return text[:1].upper() + text[1:]
