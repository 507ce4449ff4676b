"""Stages of a sampling design: the variance of a total of scores, by strata, clusters and finite populations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import InputError

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

Single = Literal["error", "centre", "skip"]


@dataclass(frozen=True)
class Stage:
    """One stage of the draw.

    Attributes
    ----------
    strata, clusters : ndarray of shape (n,)
        Codes of each unit; those of a cluster are of one stratum. At later stages, clusters are drawn within those of
        the stage before, which are the strata.
    populations : ndarray of shape (strata,)
        Clusters that each stratum counts in the population; infinite where they are drawn with replacement.
    labels : tuple of str
        What errors call the strata.
    """

    strata: Codes
    clusters: Codes
    populations: Floats
    labels: tuple[str, ...]

    @property
    def drawn(self) -> Floats:
        """How many clusters were drawn in each stratum."""
        return _drawn(self.strata, self.clusters)

    @property
    def alone(self) -> NDArray[np.bool_]:
        """Which strata have a single cluster of several in the population."""
        return np.asarray((self.drawn == 1) & (self.populations > 1 + 1e-9))


def build_stages(
    index: pd.Index,
    strata: pd.Series | None,
    clusters: pd.Series | pd.DataFrame | None,
    population: pd.Series | pd.DataFrame | None,
) -> tuple[Stage, ...]:
    """Return the stages of a design, each unit with a stratum, a cluster and a finite population at each.

    Raises
    ------
    InputError
        A unit has no stratum, cluster or population, a population differs within a stratum, or is smaller than what
        was drawn from it.
    """
    outer, names = _codes(strata, index, "stratum")
    columns = _columns(clusters)
    sizes = _columns(population)
    if len(sizes) > max(1, len(columns)):
        raise InputError(f"{len(sizes)} stages of population came for {max(1, len(columns))} stages of clusters.")
    stages = []
    for place in range(max(1, len(columns))):
        own = _codes(columns[place], index, "cluster")[0] if columns else np.arange(len(index), dtype=np.intp)
        inner = pd.factorize(outer * (int(own.max(initial=0)) + 1) + own)[0]
        size = sizes[place] if place < len(sizes) else None
        populations = _populations(size, index, (outer, inner), names)
        stages.append(Stage(outer, inner, populations, names))
        if not np.isfinite(populations).any():
            break
        outer, names = inner, tuple(f"cluster {code}" for code in range(int(inner.max(initial=0)) + 1))
    return tuple(stages)


def _columns(given: pd.Series | pd.DataFrame | None) -> list[pd.Series]:
    if given is None:
        return []
    return [given[name] for name in given.columns] if isinstance(given, pd.DataFrame) else [given]


def _codes(given: pd.Series | None, index: pd.Index, what: str) -> tuple[Codes, tuple[str, ...]]:
    if given is None:
        return np.zeros(len(index), dtype=np.intp), ("the whole sample",)
    values = given.reindex(index)
    if values.isna().any():
        raise InputError(
            f"{int(values.isna().sum())} sampled units have no {what}, the first of them "
            f"{index[values.isna()][0]!r}; give each one its {what}."
        )
    codes, labels = pd.factorize(values)
    return codes, tuple(f"'{label}'" for label in labels)


def _populations(given: pd.Series | None, index: pd.Index, codes: tuple[Codes, Codes], names: Sequence[str]) -> Floats:
    strata, clusters = codes
    known = int(strata.max(initial=0)) + 1
    if given is None:
        return np.full(known, np.inf)
    values = given.reindex(index).to_numpy(dtype="float64", na_value=np.nan)
    sizes = np.full(known, np.nan)
    sizes[strata] = values
    drawn = _drawn(strata, clusters)
    wrong = np.flatnonzero(~(sizes >= drawn - 1e-9))
    if wrong.size:
        raise InputError(
            f"stratum {names[wrong[0]]} has {drawn[wrong[0]]:g} clusters or units drawn from a population of "
            f"{sizes[wrong[0]]:g}; give its population in units of that stage."
        )
    if not np.allclose(values, sizes[strata], rtol=1e-9):
        place = int(np.flatnonzero(~np.isclose(values, sizes[strata], rtol=1e-9))[0])
        raise InputError(f"stratum {names[strata[place]]} has two populations; give all its units the same one.")
    return sizes


def _drawn(strata: Codes, clusters: Codes) -> Floats:
    """Return how many clusters were drawn in each stratum."""
    _, first = np.unique(clusters, return_index=True)
    return np.bincount(strata[first], minlength=int(strata.max(initial=0)) + 1).astype("float64")


def stage_covariance(scores: Floats, stages: Sequence[Stage], single: Single) -> Floats:
    """Return the covariance of totals of scores over all stages.

    Parameters
    ----------
    scores : ndarray of shape (n, q)
        What each unit adds to each total, weights included.
    stages : sequence of Stage
    single : {'error', 'centre', 'skip'}

    Returns
    -------
    ndarray of shape (q, q)
    """
    total = np.zeros((scores.shape[1], scores.shape[1]))
    reached = np.ones(len(scores))
    for stage in stages:
        total += _one_stage(scores, stage, reached, single)
        rate = stage.drawn / stage.populations
        reached = reached * rate[stage.strata]
    return total


def _one_stage(scores: Floats, stage: Stage, reached: Floats, single: Single) -> Floats:
    """Return what one stage adds; `reached` is the share drawn at the stages above."""
    _, first = np.unique(stage.clusters, return_index=True)
    totals = np.column_stack([np.bincount(stage.clusters, weights=column) for column in scores.T])
    stratum, above = stage.strata[first], reached[first]
    drawn = np.bincount(stratum, minlength=len(stage.populations)).astype("float64")
    rest = 1.0 - drawn / stage.populations
    alone = stage.alone
    means = np.column_stack([np.bincount(stratum, weights=c, minlength=len(drawn)) for c in totals.T])
    means = means / np.maximum(drawn, 1.0)[:, None]
    if alone.any():
        if single == "error":
            raise InputError(
                f"stratum {stage.labels[int(np.flatnonzero(alone)[0])]} has a single unit or cluster, which shows no "
                "variance; merge it with its neighbour, or choose single='centre' (compare it with the mean of all) "
                "or single='skip' (take it as drawn for certain)."
            )
        means[alone] = totals.mean(axis=0)
    scale = np.where(drawn > 1, rest * drawn / np.maximum(drawn - 1.0, 1.0), rest)
    if single == "skip":
        scale[alone] = 0.0
    gaps = totals - means[stratum]
    return np.asarray((gaps * (scale[stratum] * above)[:, None]).T @ gaps)
