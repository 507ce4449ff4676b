"""What a confounder that nobody measured could do to each difference between arms."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.encoding import Encoding
from cdo_analysis.cdo.nuisance import Sample
from cdo_analysis.cdo.projection import NORMAL_95
from cdo_analysis.cdo.robustness import (
    Covariate,
    confounder_strength,
    covariate_benchmarks,
    e_value_of_difference,
    residual_ratio,
    robustness_value,
)


def sensitivity_tables(
    sample: Sample, encoding: Encoding, gaps: dict[tuple[int, int], tuple[float, float]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the sensitivity of each difference between two arms, and the strength of each covariate.

    Parameters
    ----------
    sample : Sample
    encoding : Encoding
        Which columns of the sample come from which covariate.
    gaps : dict
        (arm, reference), as positions with ``reference < arm``, to the difference and its standard error.

    Returns
    -------
    sensitivity : DataFrame
        A row a pair: ``arm``, ``reference``, ``difference``, ``se``, ``ratio`` (sd of what is left of the outcome over
        that of the arm: what turns a difference into a strength), ``robustness`` and ``robustness_limit`` (of the
        difference, and of the end of its 95 % interval that is nearer zero: 0 where it contains zero), ``e_value``,
        ``e_value_limit``, ``strongest_arm``, ``strongest_outcome`` (covariates most linked to each), ``benchmark``
        (robustness value that withstands a confounder as strong with the arm as the first and with the outcome as the
        second), ``bias`` (the difference that it could make up) and ``fragile``.
    benchmarks : DataFrame
        See :func:`~cdo_analysis.cdo.robustness.covariate_benchmarks`; names instead of positions.
    """
    benchmarks = covariate_benchmarks(sample.Z, sample.arm, sample.y, covariates=covariates_of(encoding))
    rows = []
    for reference, other in combinations(range(len(sample.arms)), 2):
        seen = benchmarks[(benchmarks["arm"] == other) & (benchmarks["reference"] == reference)]
        used = np.isin(sample.arm, (reference, other))
        ratio = residual_ratio(sample.Z[used], (sample.arm[used] == other).astype(float), sample.y[used])
        row = {"arm": sample.arms[other], "reference": sample.arms[reference]}
        rows.append(row | _values(*gaps[other, reference], ratio, float(sample.y.std())) | _strongest(seen, ratio))
    sensitivity = pd.DataFrame(rows)
    sensitivity["fragile"] = sensitivity["robustness_limit"] < sensitivity["benchmark"]
    names = dict(enumerate(sample.arms))
    named = benchmarks.assign(arm=benchmarks["arm"].map(names), reference=benchmarks["reference"].map(names))
    return sensitivity, named


def covariates_of(encoding: Encoding) -> list[Covariate]:
    """Return each covariate with the places of its encoded columns."""
    found, place = [], 0
    for column in encoding.columns:
        width = len(column.features)
        found.append(Covariate(column.name, tuple(range(place, place + width))))
        place += width
    return found


def pair_matrices(sensitivity: pd.DataFrame, arms: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``ratio`` and ``bias`` of each pair of arms, each of shape (n_arms, n_arms); infinite where unknown."""
    matrices = {name: np.full((len(arms), len(arms)), np.inf) for name in ("ratio", "bias")}
    for row in sensitivity.to_dict(orient="records"):
        if row["arm"] in arms and row["reference"] in arms:
            i, j = arms.index(row["arm"]), arms.index(row["reference"])
            for name, matrix in matrices.items():
                matrix[i, j] = matrix[j, i] = row[name]
    return matrices["ratio"], matrices["bias"]


def _values(difference: float, error: float, ratio: float, deviation: float) -> dict[str, float]:
    limit = max(abs(difference) - NORMAL_95 * error, 0.0)
    return {
        "difference": difference,
        "se": error,
        "ratio": ratio,
        "robustness": float(robustness_value(abs(difference) / ratio)),
        "robustness_limit": float(robustness_value(limit / ratio)),
        "e_value": e_value_of_difference(abs(difference), deviation),
        "e_value_limit": e_value_of_difference(limit, deviation),
    }


def _strongest(seen: pd.DataFrame, ratio: float) -> dict[str, object]:
    with_arm, with_outcome = (seen.iloc[int(seen[name].to_numpy().argmax())] for name in ("bound_arm", "bound_outcome"))
    strength = confounder_strength(float(with_arm["bound_arm"]), float(with_outcome["bound_outcome"]))
    finite = np.isfinite(strength)
    return {
        "strongest_arm": with_arm["covariate"],
        "strongest_outcome": with_outcome["covariate"],
        "benchmark": float(robustness_value(strength)) if finite else 1.0,
        "bias": strength * ratio if finite else float(np.finfo(float).max),
    }
