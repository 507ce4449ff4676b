"""The sampling design: what the respondents stand for, and how far a weighted total may be from the truth.

Every estimate is linearised: its error is that of a total of scores, whose variance the design gives (Taylor), by
strata, clusters and finite populations, from calibration residuals where weights were calibrated, with the second
phase that non-response makes; or else by replicate weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.weighting.calibration import Calibration
from cdo_analysis.weighting.stages import Single, Stage, build_stages, stage_covariance

Floats = NDArray[np.float64]

Residuals = Literal["calibrated", "base", "deleted"]

MOST_LEVERAGE = 0.9
"""A respondent alone in a category of the margins has a leverage of 1: nothing tells its error."""


@dataclass(frozen=True)
class Replicates:
    """Weights of replicate samples.

    Attributes
    ----------
    weights : ndarray of shape (n, replicates)
        Rows in the order of the weights of the design.
    scales : ndarray of shape (replicates,)
        The variance is ``sum(scales * (replicate - estimate)**2)``.
    """

    weights: Floats = field(repr=False)
    scales: Floats


@dataclass(frozen=True)
class Design:
    """How respondents were drawn and weighted.

    Attributes
    ----------
    weights : Series of shape (n,)
        Final weights, indexed by sampled unit, not negative; 0 for a unit that was drawn and did not answer, or is out
        of scope. Any scale for means; that of the population for totals and finite populations.
    strata : Series, optional
        Stratum of each unit.
    clusters : Series or DataFrame, optional
        Cluster of each unit, a column a stage; by default each unit is its own.
    population : Series or DataFrame, optional
        For each unit, how many units (or clusters) its stratum counts in the population, a column a stage: the finite
        population correction. Drawn with replacement where there is none.
    calibration : Calibration, optional
        Of the weights: errors are then those of the residuals of a regression on the variables of the margins.
    residuals : {'calibrated', 'base', 'deleted'}
        What residuals are multiplied by: the calibrated weights, after a regression under the base weights (as R
        ``survey``); or the base weights, after a regression under the calibrated ones (as Insee's ``gustave``). Both
        are consistent, and too small where the margins are many for the respondents. ``deleted``: as ``calibrated``,
        with what is left of each respondent when the regression is fitted without it (HC3, close to the jackknife):
        the residual over one less its leverage, which counts for :data:`MOST_LEVERAGE` at most.
    response : Series, optional
        Probability that each respondent answered, as estimated; 1 where missing. The weights (before calibration)
        must already be divided by it.
    replicates : Replicates, optional
        Taken instead of all the above for errors.
    single : {'error', 'centre', 'skip'}
        A stratum with one cluster, unless all its population was drawn: an error; its score is compared with the mean
        of all clusters (cautious; R's ``adjust``); or it is taken as drawn for certain (R's ``remove``).

    References
    ----------
    Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, chapters 4 to 6 and 9; Rao (1975), Sankhya C
    37, 133-139 (two phases); Lumley (2010), Complex Surveys, chapter 2; Chevalier and others, R package gustave;
    MacKinnon and White (1985), Journal of Econometrics 29(3), 305-325 (HC3).

    Examples
    --------
    >>> firms = pd.DataFrame({"size": ["pme", "pme", "eti", "eti"], "weight": [15.0, 15.0, 5.0, 5.0]})
    >>> Design(firms["weight"], strata=firms["size"]).degrees_of_freedom
    2
    """

    weights: pd.Series
    strata: pd.Series | None = None
    clusters: pd.Series | pd.DataFrame | None = None
    population: pd.Series | pd.DataFrame | None = None
    calibration: Calibration | None = None
    residuals: Residuals = "calibrated"
    response: pd.Series | None = None
    replicates: Replicates | None = None
    single: Single = "error"

    def __post_init__(self) -> None:
        w = self.weights.to_numpy(dtype="float64", na_value=np.nan)
        wrong = ~(w >= 0)
        if not self.weights.index.is_unique:
            raise InputError("two weights have the same label; give each sampled unit its own.")
        if wrong.any():
            raise InputError(
                f"unit {self.weights.index[wrong][0]!r} has no weight of 0 or more ({int(wrong.sum())} in all); linear "
                "calibration can give negative weights: use raking, or bounds."
            )
        if self.residuals not in get_args(Residuals):
            raise UsageError(f"residuals = {self.residuals!r}; use 'calibrated', 'base' or 'deleted'.")
        if self.replicates is not None and len(self.replicates.weights) != len(w):
            raise InputError(f"{len(self.replicates.weights)} rows of replicate weights came for {len(w)} units.")
        _ = self.stages  # what does not fit is said when the design is made

    @cached_property
    def w(self) -> Floats:
        """The weights as an array."""
        return self.weights.to_numpy(dtype="float64")

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Strata and clusters of each stage, as codes."""
        return build_stages(self.weights.index, self.strata, self.clusters, self.population)

    @property
    def single_strata(self) -> tuple[str, ...]:
        """Strata with one cluster, which show no variance; those of which all the population was drawn need none."""
        return tuple(self.stages[0].labels[place] for place in np.flatnonzero(self.stages[0].alone))

    @property
    def degrees_of_freedom(self) -> int:
        """Clusters of the first stage less strata."""
        return self.degrees_of_freedom_of(np.ones(len(self.w), dtype=bool))

    def degrees_of_freedom_of(self, inside: NDArray[np.bool_]) -> int:
        """Return the degrees of freedom of a domain: the clusters that it touches less the strata that it touches."""
        if self.replicates is not None:
            return int(np.linalg.matrix_rank(self.replicates.weights)) - 1
        there, first = inside & (self.w > 0), self.stages[0]
        return len(np.unique(first.clusters[there])) - len(np.unique(first.strata[there]))

    def align(self, values: pd.Series) -> Floats:
        """Return `values` in the order of the weights, NaN for units that it lacks.

        Raises
        ------
        InputError
            A label of the values has no weight, or two values have the same one.
        """
        numbers = values.to_numpy(dtype="float64", na_value=np.nan)
        if values.index is self.weights.index:
            return numbers
        aligned = np.full(len(self.weights), np.nan)
        aligned[self.places(values.index)] = numbers
        return aligned

    def places(self, labels: pd.Index) -> NDArray[np.intp]:
        """Return where each respondent stands among the weights.

        Raises
        ------
        InputError
            A label has no weight, or comes twice.
        """
        if not labels.is_unique:
            raise InputError("two values have the same label; give one value a respondent.")
        places = self.weights.index.get_indexer(labels)
        if (places < 0).any():
            raise InputError(
                f"respondent {labels[places < 0][0]!r} has no weight; give the weights the same index as the values."
            )
        return places

    def covariance(self, influence: Floats, point: Callable[[Floats], Floats]) -> Floats:
        """Return the covariance of estimates.

        Parameters
        ----------
        influence : ndarray of shape (n, q)
            Linearised variables: the error of each estimate is that of the weighted total of its column. 0 outside
            the domain.
        point : callable
            Weights of shape (n,) to the q estimates, for replicates.

        Returns
        -------
        ndarray of shape (q, q)
        """
        if self.replicates is not None:
            centre = point(self.w)
            gaps = np.array([point(column) - centre for column in self.replicates.weights.T])
            return np.asarray((gaps * self.replicates.scales[:, None]).T @ gaps)
        scores, base = self._scores(influence)
        covariance = stage_covariance(scores, self.stages, self.single)
        if self.response is not None:
            p = self.response.reindex(self.weights.index).fillna(1.0).to_numpy(dtype="float64")
            drawn = np.where(base > 0, base * p, 1.0)
            covariance = covariance + (scores * ((1.0 - p) / drawn)[:, None]).T @ scores
        return covariance

    def _scores(self, influence: Floats) -> tuple[Floats, Floats]:
        """Return what each unit adds to the error, and its weight before calibration."""
        if self.calibration is None:
            return self.w[:, None] * influence, self.w
        base, rows, pull, kept = self._regression
        system = self.calibration.system
        left = np.zeros_like(influence)
        for column in range(influence.shape[1]):
            left[rows, column] = system.residuals(influence[rows, column], pull)
        left[rows] /= kept[:, None]
        return (base if self.residuals == "base" else self.w)[:, None] * left, base

    @cached_property
    def _regression(self) -> tuple[Floats, NDArray[np.intp], Floats, Floats]:
        """What every regression on the calibration variables shares.

        The weights before calibration, the places of the calibrated units, the weights of the regression, and what
        divides residuals: one less the leverage where they are deleted residuals, else 1.
        """
        assert self.calibration is not None
        base = self.calibration.base.reindex(self.weights.index).fillna(0.0).to_numpy()
        rows = self.weights.index.get_indexer(self.calibration.base.index)
        system = self.calibration.system
        pull = (self.w if self.residuals == "base" else base)[rows] * self.calibration.importance[system.cells]
        if self.residuals != "deleted":
            return base, rows, pull, np.ones(len(rows))
        return base, rows, pull, 1.0 - np.minimum(system.leverage(pull), MOST_LEVERAGE)


def as_design(weights: pd.Series | Design) -> Design:
    """Return a design: weights alone are those of companies drawn one by one with replacement."""
    return weights if isinstance(weights, Design) else Design(weights)
