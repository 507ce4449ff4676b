"""What a written answer is worth in a score, and which answers a score counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.codebook import Codebook, Item, Score
from cdo_analysis.codebook.model import ExclusiveKey, ScoreMethod
from cdo_analysis.errors import InputError, did_you_mean

Floats = NDArray[np.float64]


def counting_scores(codebook: Codebook) -> dict[str, Score]:
    """Return the score that decides how each dimension is counted: the main one, or else the first that uses it.

    Parameters
    ----------
    codebook : Codebook

    Returns
    -------
    dict of str to Score
        By dimension, in the order of the questionnaire; dimensions that no score uses are left out.
    """
    by_priority = sorted(codebook.scores, key=lambda score: not score.main)
    deciding: dict[str, Score] = {}
    for score in by_priority:
        for dimension in score.dimensions if score.method != "count" else ():
            deciding.setdefault(dimension, score)
    return {d.id: deciding[d.id] for d in codebook.dimensions if d.id in deciding}


def counted_items(codebook: Codebook, dimension: str, exclusive: ExclusiveKey = "drop") -> tuple[Item, ...]:
    """Return the items of a dimension that are counted: without the exclusive ones where the key drops them."""
    items = codebook.items_of(dimension)
    return tuple(item for item in items if not (item.exclusive and exclusive == "drop"))


def worth(item: Item, method: ScoreMethod = "points", exclusive: ExclusiveKey = "drop") -> dict[str, float]:
    """Return what each code of an item earns.

    Parameters
    ----------
    item : Item
    method : {'points', 'likert', 'count'}
        ``likert`` counts values on the scale of the questionnaire, the other methods points between 0 and 1.
    exclusive : {'drop', 'point', 'lost_point'}
        Under ``lost_point``, an exclusive option earns the least whatever the answer.

    Returns
    -------
    dict of str to float
        Codes without a value are left out: they measure nothing.
    """
    earned = item.values if method == "likert" else item.points
    if item.exclusive and exclusive == "lost_point":
        return dict.fromkeys(earned, min(earned.values(), default=0.0))
    return earned


def measure(column: pd.Series, worth_of: Mapping[str, float]) -> Floats:
    """Return what each respondent's answer is worth; NaN where nothing was measured.

    Parameters
    ----------
    column : Series of shape (n,)
        Codes as text; missing where there is no answer.
    worth_of : mapping of str to float
        As returned by :func:`worth`.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    InputError
        The column holds numbers: ``1.0`` is not the code ``"1"``, and would pass for an answer that was not given.

    Examples
    --------
    >>> measure(pd.Series(["1", "0", None, "98"]), {"0": 0.0, "1": 1.0}).tolist()
    [1.0, 0.0, nan, nan]
    """
    if pd.api.types.is_numeric_dtype(column.dtype) and column.notna().any():
        raise InputError(
            f"the column '{column.name}' holds numbers where codes are text; read the export with read_export, or "
            "turn the column into text."
        )
    codes, distinct = pd.factorize(column)
    worths = np.array([*(worth_of.get(str(code), np.nan) for code in distinct), np.nan])
    return worths[codes]


def check_columns(responses: pd.DataFrame, items: Iterable[Item], codebook: Codebook) -> None:
    """Raise an :class:`~cdo_analysis.errors.InputError` that names the first item without a column."""
    for item in items:
        if item.name not in responses.columns:
            hint = did_you_mean(item.name, (str(column) for column in responses.columns))
            raise InputError(
                f"the responses have no column '{item.name}', which a score of codebook '{codebook.id}' counts{hint}"
            )
