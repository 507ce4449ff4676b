"""Answers as categories: which categories a column has, and the same answers as numbers or as a 0/1 table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import InputError, UsageError

NOT_MEASURED = -1
"""The code of a missing answer; the codes of the categories start at 0."""


def learn_categories(answers: NDArray, names: Sequence[str]) -> tuple[list[NDArray], NDArray]:
    """Learn the categories of each column and encode the answers.

    Parameters
    ----------
    answers : ndarray of shape (n_rows, n_items)
        Text, numbers or both; NaN, None or NA where an answer is missing.
    names : sequence of str, of length n_items
        What the columns are called in an error.

    Returns
    -------
    categories : list of n_items ndarrays
        The categories of each column, sorted.
    codes : ndarray of int, of shape (n_rows, n_items)
        Positions in `categories`; :data:`NOT_MEASURED` where the answer is missing.

    Raises
    ------
    UsageError
        If a column holds no answer at all.

    Examples
    --------
    >>> categories, codes = learn_categories(np.array([["yes"], [None], ["no"]], dtype=object), ["erp"])
    >>> categories[0].tolist(), codes.ravel().tolist()
    (['no', 'yes'], [1, -1, 0])
    """
    columns = []
    categories = []
    for position, name in enumerate(names):
        column, found = pd.factorize(np.ascontiguousarray(answers[:, position]), sort=True)
        if len(found) == 0:
            raise UsageError(f"column {name!r} holds no answer at all; leave it out of the items to group by")
        columns.append(column.astype(_code_type(len(found))))
        categories.append(np.asarray(found))
    return categories, np.column_stack(columns)


def _code_type(size: int) -> type[np.signedinteger]:
    """Return the shortest whole number that counts `size` categories: a byte, but for very long lists."""
    return np.int8 if size <= np.iinfo(np.int8).max else np.int32


def encode_answers(answers: NDArray, categories: Sequence[NDArray], names: Sequence[str]) -> NDArray:
    """Encode answers with the categories that a fit has learnt.

    Parameters
    ----------
    answers : ndarray of shape (n_rows, n_items)
        As in :func:`learn_categories`.
    categories : sequence of n_items ndarrays
        What :func:`learn_categories` returned.
    names : sequence of str, of length n_items
        What the columns are called in an error.

    Returns
    -------
    ndarray of int, of shape (n_rows, n_items)
        Positions in `categories`; :data:`NOT_MEASURED` where the answer is missing.

    Raises
    ------
    InputError
        If a column holds a value that the fit never saw.

    Examples
    --------
    >>> encode_answers(np.array([["maybe"]]), [np.array(["no", "yes"])], ["erp"])
    Traceback (most recent call last):
        ...
    cdo_analysis.errors.InputError: column 'erp' holds 'maybe', which nobody answered when the profiles were
    fitted (known: 'no', 'yes'); recode it, or leave it empty to place the row by its other answers
    """
    codes = np.empty(answers.shape, dtype=_code_type(max(map(len, categories))))
    for position, (name, known) in enumerate(zip(names, categories, strict=True)):
        column = answers[:, position]
        codes[:, position] = pd.Index(known).get_indexer(pd.Index(column))
        unseen = (codes[:, position] == NOT_MEASURED) & ~pd.isna(column)
        if unseen.any():
            value = column[unseen].tolist()[0]
            raise InputError(
                f"column {name!r} holds {value!r}, which nobody answered when the profiles were fitted "
                f"(known: {', '.join(map(repr, known.tolist()))}); recode it, or leave it empty to place the row "
                "by its other answers"
            )
    return codes


def indicator_table(codes: NDArray[np.int64], sizes: Sequence[int]) -> NDArray[np.float64]:
    """Return the 0/1 table of the answers, a row a category, so that likelihoods become matrix products.

    Parameters
    ----------
    codes : ndarray of int, of shape (n_rows, n_items)
        Encoded answers.
    sizes : sequence of int, of length n_items
        How many categories each item has.

    Returns
    -------
    ndarray of float, of shape (sum of sizes, n_rows)
        1.0 where the row gave that answer. A missing answer is 0.0 in every category of its item, and so drops
        out of the likelihood of its row.

    Examples
    --------
    >>> indicator_table(np.array([[0, 1], [1, -1]]), [2, 2])
    array([[1., 0.],
           [0., 1.],
           [0., 0.],
           [1., 0.]])
    """
    table = np.zeros((sum(sizes), len(codes)))
    first = np.cumsum([0, *sizes[:-1]])
    rows, items = np.nonzero(codes != NOT_MEASURED)
    table[first[items] + codes[rows, items], rows] = 1.0
    return table
