"""Texts that stand for themselves, found in bulk: identifiers and whole numbers may be as many as the companies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cdo_analysis.codebook import Item
from cdo_analysis.intake.company import REFUSED_SIRENS, luhn_digits

PLAIN_RULES = {"identifier": "text", "text": "text", "siren": "siren", "number": "number"}
"""By check or kind of an item: the rule of a text that is found to stand for itself."""

FEWEST = 64
"""Below so many texts, reading them one by one takes no time."""
_FORMS = {
    "identifier": "^[0-9][!-~]*$",  # no space, no word for "none", nothing that a spreadsheet writes for an error
    "text": r"^[\pL0-9]",
    "siren": "^[0-9]{9}$",
    "number": "^[0-9]{1,15}$",  # what a float holds exactly
}


def plain_texts(texts: Sequence[str], item: Item) -> np.ndarray | None:
    """Tell which texts are read as they stand, whatever the other texts of the column are.

    Parameters
    ----------
    texts : sequence of str
        The distinct texts of a column.
    item : Item

    Returns
    -------
    ndarray of bool or None
        None where the texts of the item have to be read one by one.

    Examples
    --------
    >>> from cdo_analysis.codebook import Text
    >>> siren = Item("siren", "SIREN", "identifier", Text("?"), check="siren")
    >>> plain_texts(["732829320", "732829321", "000000000", "7328 29320"] * 16, siren)[:4].tolist()
    [True, False, False, False]
    """
    form = _FORMS.get(item.check or item.kind)
    if form is None or len(texts) < FEWEST:
        return None
    plain = pc.match_substring_regex(pa.array(texts, pa.large_string()), form).to_numpy(zero_copy_only=False)
    if item.check == "siren":
        plain[plain] = _valid_sirens([text for text, fits in zip(texts, plain, strict=True) if fits])
    elif item.kind == "number" and plain.any():
        plain[plain] = _within(np.array(texts, dtype=object)[plain].astype(float), item)
    return plain


def _valid_sirens(texts: Sequence[str]) -> np.ndarray:
    made_up = np.array([text in REFUSED_SIRENS for text in texts], dtype=bool)
    return luhn_digits(texts) & ~made_up if texts else made_up


def _within(numbers: np.ndarray, item: Item) -> np.ndarray:
    """Tell which numbers are within the bounds; what may be a code that says that there is none is looked at apart."""
    low, high = item.bounds
    return (low <= numbers) & (numbers <= high) & (not item.answers)
