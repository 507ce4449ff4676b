"""What a saved model says of itself, so that an older or newer one is refused instead of misread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from cdo_analysis.errors import InputError

VERSION = 1
"""Version of the saved models; it grows when the meaning of a key changes."""


def describe_estimator(estimator: BaseEstimator, kind: str) -> dict[str, Any]:
    """Return the head of a saved model: its kind, its version, its parameters and its columns."""
    parameters = estimator.get_params()
    seed = parameters["random_state"]
    parameters["random_state"] = int(seed) if isinstance(seed, int | np.integer) else None
    columns = getattr(estimator, "feature_names_in_", None)
    return {
        "kind": kind,
        "version": VERSION,
        "parameters": parameters,
        "columns": None if columns is None else columns.tolist(),
    }


def require_kind(saved: Mapping[str, Any], kind: str) -> None:
    """Refuse a saved model of another kind or version.

    Raises
    ------
    InputError
        If `saved` does not say that it is of that kind and of the version that this package reads.

    Examples
    --------
    >>> require_kind({"kind": "latent_classes", "version": 9}, "latent_classes")
    Traceback (most recent call last):
        ...
    cdo_analysis.errors.InputError: the saved model is 'latent_classes' version 9, and 'latent_classes' version 1
    was expected; fit the study again with this version of the package
    """
    if saved.get("kind") != kind or saved.get("version") != VERSION:
        raise InputError(
            f"the saved model is {saved.get('kind')!r} version {saved.get('version')!r}, and {kind!r} version "
            f"{VERSION} was expected; fit the study again with this version of the package"
        )


def restore_categories(values: Sequence[Any]) -> NDArray:
    """Return saved categories as the array that a fit learns: text stays text, a number a number."""
    text = any(isinstance(value, str) for value in values)
    return np.array(values, dtype=object if text else None)
