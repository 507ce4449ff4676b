"""How far calibrated weights may go from base weights: the four distances of Deville and Särndal.

A calibrated weight is ``base * ratio(u)``, where ``u`` is linear in the variables of the margins. Each distance gives
the ratio, its slope and its integral (what Newton's method minimises); all ratios are 1, with slope 1, at 0.

References
----------
Deville and Särndal (1992), Journal of the American Statistical Association 87(418), 376-382.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.errors import UsageError, did_you_mean

Floats = NDArray[np.float64]

Method = Literal["raking", "linear", "logit", "truncated"]
METHODS: tuple[Method, ...] = get_args(Method)
_BOUNDED = ("logit", "truncated")
_STEEPEST = 700.0


@dataclass(frozen=True)
class Distance:
    """A distance and the bounds of the ratio of calibrated to base weights.

    Attributes
    ----------
    method : {'raking', 'linear', 'logit', 'truncated'}
        ``raking``: always above 0; ``linear``: any sign; ``logit`` and ``truncated``: within `low` and `high`.
    low, high : float
        ``low < 1 < high``; infinite or 0 where the method has no such bound.
    """

    method: Method
    low: float
    high: float

    def ratio(self, u: Floats) -> Floats:
        """Return calibrated over base weights."""
        if self.method == "raking":
            return np.exp(np.minimum(u, _STEEPEST))
        if self.method == "logit":
            return self.low + (self.high - self.low) * self._part(u)
        return np.clip(1.0 + u, self.low, self.high)

    def slope(self, u: Floats) -> Floats:
        """Return the derivative of the ratio."""
        if self.method == "raking":
            return np.exp(np.minimum(u, _STEEPEST))
        if self.method == "logit":
            part = self._part(u)
            return (self.high - self.low) * self._steepness * part * (1.0 - part)
        inside = (1.0 + u > self.low) & (1.0 + u < self.high)
        return inside.astype("float64")

    def integral(self, u: Floats) -> Floats:
        """Return the integral of the ratio, from any fixed origin."""
        if self.method == "raking":
            return np.exp(np.minimum(u, _STEEPEST))
        if self.method == "logit":
            rise = np.logaddexp(math.log(self.high - 1.0), math.log(1.0 - self.low) + self._steepness * u)
            return self.low * u + (self.high - self.low) / self._steepness * rise
        inner = np.clip(u, self.low - 1.0, self.high - 1.0)
        return inner + inner**2 / 2 + (1.0 + inner) * (u - inner)

    @property
    def _steepness(self) -> float:
        return (self.high - self.low) / ((1.0 - self.low) * (self.high - 1.0))

    def _part(self, u: Floats) -> Floats:
        """Return how far the ratio is between its bounds, from 0 to 1."""
        odds = math.log((1.0 - self.low) / (self.high - 1.0)) + self._steepness * u
        return 1.0 / (1.0 + np.exp(-np.clip(odds, -_STEEPEST, _STEEPEST)))


def distance(method: str, bounds: tuple[float, float] | None) -> Distance:
    """Return the distance of a method.

    Raises
    ------
    UsageError
        There is no such method, or the bounds are lacking, useless or do not enclose 1.

    Examples
    --------
    >>> distance("logit", (0.5, 2.0)).ratio(np.array([0.0]))
    array([1.])
    """
    for known in METHODS:
        if method == known:
            break
    else:
        raise UsageError(f"no calibration method is called '{method}'{did_you_mean(method, METHODS)}")
    if known not in _BOUNDED:
        if bounds is not None:
            raise UsageError(f"method '{known}' takes no bounds; use 'logit' or 'truncated', or leave bounds out.")
        return Distance(known, 0.0 if known == "raking" else -math.inf, math.inf)
    if bounds is None or not 0 <= bounds[0] < 1 < bounds[1] < math.inf:
        raise UsageError(
            f"method '{known}' needs bounds around 1, as in bounds=(0.5, 2.0); {bounds} came. They limit the ratio of "
            "calibrated to base weights."
        )
    return Distance(known, float(bounds[0]), float(bounds[1]))
