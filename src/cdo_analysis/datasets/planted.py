"""What is planted in the synthetic population: the tables of ``planted.toml``, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, Item, load_codebook
from cdo_analysis.errors import CodebookError, did_you_mean
from cdo_analysis.resources import package_dir

Spec = Mapping[str, Any]


@lru_cache(maxsize=1)
def planted() -> Spec:
    """Return the planted tables, read-only."""
    text = (package_dir("datasets") / "planted.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


@lru_cache(maxsize=1)
def planted_codebook() -> Codebook:
    """Return the questionnaire that the population answers."""
    return load_codebook(planted()["codebook"])


def planted_item(book: Codebook, name: str) -> Item:
    """Return the item called `name`; say which table is out of step where the codebook lacks it."""
    if name not in book:
        known = [item.name for item in book]
        raise CodebookError(
            f"planted.toml plants the item '{name}', which codebook {book.id} lacks{did_you_mean(name, known)}"
        )
    return book[name]


def linear(loads: Mapping[str, float], features: Mapping[str, np.ndarray], n: int) -> np.ndarray:
    """Return the weighted sum of `features`, shape (n,).

    Examples
    --------
    >>> linear({"size": 2.0}, {"size": np.array([1.0, -1.0])}, 2)
    array([ 2., -2.])
    """
    total = np.zeros(n)
    for name, load in loads.items():
        total = total + load * features[name]
    return total


def standardise(values: np.ndarray) -> np.ndarray:
    """Return `values` with mean 0 and standard deviation 1 (zeros where they do not vary)."""
    spread = float(np.std(values))
    return (values - np.mean(values)) / spread if spread > 0 else np.zeros(len(values))


def draw_categories(logits: np.ndarray, shares: Sequence[float], rng: np.random.Generator) -> np.ndarray:
    """Draw one category a row, so that the categories have the shares wanted.

    Parameters
    ----------
    logits : ndarray of shape (n, k)
        What makes a category likelier for a row; constants are added to it until the mean probabilities are `shares`.
    shares : sequence of float
        Wanted share of each category.
    rng : Generator
        Source of randomness.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    wanted = np.asarray(shares, dtype=float) / np.sum(shares)
    constants = np.log(np.maximum(wanted, 1e-12))
    for _ in range(20):
        constants = (
            constants + np.log(np.maximum(wanted, 1e-12)) - np.log(_probabilities(logits + constants).mean(axis=0))
        )
    return np.argmax(logits + constants + rng.gumbel(size=logits.shape), axis=1)


def _probabilities(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def text_of(options: Sequence[str], index: np.ndarray) -> pd.Series:
    """Return ``options[index]`` as text, NaN where the index is negative."""
    array = pd.array(list(options), dtype="str")
    return pd.Series(array.take(index, allow_fill=True))
