"""Which mixture fits which columns: latent classes for answers, latent profiles where some or all are numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis.errors import InputError, UsageError, did_you_mean
from cdo_analysis.profiles.answers import NOT_MEASURED
from cdo_analysis.profiles.latent_class import KIND as CLASSES
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.latent_profile import KIND as PROFILES
from cdo_analysis.profiles.latent_profile import LatentProfiles

Mixture = LatentClasses | LatentProfiles

SLICES = 5
"""Where numbers are set against a continuum of ordered answers, they are cut in so many parts of equal size."""


def make_mixture(k: int, X: pd.DataFrame, continuous: Sequence[str] = (), **how: Any) -> Mixture:
    """Return an unfitted mixture of `k` groups for the columns of `X`.

    Parameters
    ----------
    k : int
    X : DataFrame
    continuous : sequence of str
        Columns that are numbers; the others are categorical answers.
    **how
        Parameters of :class:`LatentClasses` or :class:`LatentProfiles`: starts, tolerance, seed.

    Raises
    ------
    UsageError
        If `continuous` names a column that `X` lacks, or one that holds no numbers.
    """
    check_continuous(X, continuous)
    if not continuous:
        return LatentClasses(k, **how)
    return LatentProfiles(k, categorical=[str(name) for name in X if name not in set(continuous)], **how)


def check_continuous(X: pd.DataFrame, continuous: Sequence[str]) -> None:
    """Refuse names of numbers that are no columns of `X`, or not of numbers.

    Examples
    --------
    >>> check_continuous(pd.DataFrame({"erp": ["yes", "no"]}), ["erp"])
    Traceback (most recent call last):
        ...
    cdo_analysis.errors.UsageError: continuous names the column 'erp', which holds no numbers; leave it out of
    `continuous` to take it as categories
    """
    for name in continuous:
        if name not in X.columns:
            raise UsageError(f"continuous names the column {name!r}, which items lack{did_you_mean(name, X.columns)}")
        if not pd.api.types.is_numeric_dtype(X[name]) or pd.api.types.is_bool_dtype(X[name]):
            raise UsageError(
                f"continuous names the column {name!r}, which holds no numbers; leave it out of `continuous` to take "
                "it as categories"
            )


def encode_columns(X: pd.DataFrame, continuous: Sequence[str]) -> pd.DataFrame:
    """Return `X` with its answers as the positions of their sorted categories, NaN where missing; numbers as they are.

    A mixture finds the same groups in it, and reads it faster than text.

    Examples
    --------
    >>> encode_columns(pd.DataFrame({"erp": ["yes", None, "no"], "staff": [3.5, 1, 2]}), ["staff"])["erp"].tolist()
    [1.0, nan, 0.0]
    """
    columns = {}
    for name in X:
        codes = X[name] if name in continuous else pd.factorize(X[name], sort=True)[0].astype(np.float64)
        columns[name] = codes if name in continuous else np.where(codes == NOT_MEASURED, np.nan, codes)
    return pd.DataFrame(columns, index=X.index)


def read_mixture(saved: Mapping[str, Any]) -> Mixture:
    """Make a fitted model of what its ``to_dict`` returned, whichever of the two kinds it is.

    Raises
    ------
    InputError
        If `saved` is neither, or of a version that this package does not read.
    """
    kinds: dict[str, type[LatentClasses] | type[LatentProfiles]] = {CLASSES: LatentClasses, PROFILES: LatentProfiles}
    kind = saved.get("kind")
    if kind not in kinds:
        raise InputError(
            f"the saved model is {kind!r}, and one of {', '.join(map(repr, kinds))} was expected; fit the study again "
            "with this version of the package"
        )
    return kinds[kind].from_dict(saved)


def cut_numbers(X: pd.DataFrame, continuous: Sequence[str]) -> pd.DataFrame:
    """Return `X` with its numbers cut in fifths, ordered categories: their order is kept, their shape is not.

    Whatever raises or lowers all values of a column in their order (a logarithm, a floor at 0, a long tail) changes
    nothing to the fifths: what is left to explain is how the columns go together.

    Examples
    --------
    >>> cut_numbers(pd.DataFrame({"staff": [1.0, 2.0, 3.0, 400.0, 5000.0, None]}), ["staff"])["staff"].tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, nan]
    """
    cut = {}
    for name in continuous:
        values = X[name].to_numpy(dtype=np.float64, na_value=np.nan)
        edges = np.unique(np.nanquantile(values, np.arange(1, SLICES) / SLICES))
        codes = np.searchsorted(edges, values, side="left")
        cut[name] = np.where(np.isnan(values), np.nan, codes)
    return X.assign(**cut)
