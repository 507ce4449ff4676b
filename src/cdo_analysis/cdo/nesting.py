"""Are options of one group closer to each other than a multinomial logit supposes? A nested logit tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.logit import Matrix
from cdo_analysis.cdo.nested import (
    LARGEST_VALUE,
    ChoiceFit,
    LongNames,
    Nests,
    fit_conditional,
    fit_nested,
    likelihood_ratio,
)

_NAMES = LongNames("firm", "option", "chosen")


@dataclass(frozen=True)
class NestCheck:
    """A nested logit over groups of options, against the multinomial logit.

    Attributes
    ----------
    groups : dict of str to list of str
        Groups with at least two options that are shown, and these options.
    value, se : float
        Inclusive value common to these groups, and its standard error: 1 as the multinomial logit supposes, under 1
        where options of a group replace each other more than others, above 1 where the groups are wrong.
    statistic, p_value : float
        Likelihood-ratio test of the value 1, one degree of freedom.
    slope, slope_se : float
        By how much log-odds grow when the predicted ones grow by 1: 1 where predictions are as spread as what comes
        true, under 1 where they are too sure, above 1 where the penalty made them too cautious.
    n : int
        Firms.
    converged : bool
    """

    groups: dict[str, list[str]]
    value: float
    se: float
    statistic: float
    p_value: float
    slope: float
    slope_se: float
    n: int
    converged: bool

    @property
    def unbounded(self) -> bool:
        """True where the value runs away: predictions do not tell the options of one group apart."""
        return self.value >= LARGEST_VALUE * 0.99

    @property
    def refuted(self) -> bool:
        """True where the test refuses the multinomial logit at 5 %."""
        return self.converged and self.p_value < 0.05


def check_nests(
    predicted: Matrix, y: NDArray[np.int64], options: Sequence[str], parents: Mapping[str, str]
) -> NestCheck | None:
    """Test the independence of irrelevant alternatives of a multinomial logit.

    Parameters
    ----------
    predicted : ndarray of shape (n_firms, n_options)
        Probabilities from folds that did not have the firm.
    y : ndarray of int
        Position of what each firm has.
    options : sequence of str
    parents : mapping of str to str
        Option to group.

    Returns
    -------
    NestCheck or None
        None where no group has two options.

    Notes
    -----
    The predicted log-probabilities out of fold describe each option in one column; a conditional and a nested logit
    (McFadden 1978) with an intercept an option and one coefficient on that column are compared by maximum likelihood,
    without weights. Log-odds inside a group that move more with the column than those between groups mean a nest.
    The value is drawn towards 1, since the column comes from the model that is tested: it is a sign of nests, not the
    inclusive value of the market. A nested logit of all columns would have as many coefficients as the penalty is
    there to hold, and the penalty alone would pull its inclusive value under 1.
    """
    groups: dict[str, list[str]] = {}
    for name in options:
        groups.setdefault(parents.get(name, name), []).append(name)
    groups = {group: names for group, names in groups.items() if len(names) > 1}
    if not groups or len(options) < 3:
        return None
    firms, count = predicted.shape
    long = pd.DataFrame(
        {
            "firm": np.repeat(np.arange(firms), count),
            "option": np.tile(np.array(options, dtype=object), firms),
            "chosen": np.tile(np.arange(count), firms) == np.repeat(y, count),
            "predicted": np.log(np.maximum(predicted, 1e-12)).ravel(),
        }
    )
    nests = Nests({name: group for group, names in groups.items() for name in names}, common=True)
    flat = fit_conditional(long, ["predicted"], names=_NAMES)
    nested = fit_nested(long, ["predicted"], names=_NAMES, nests=nests)
    test = likelihood_ratio(nested, flat)
    (value, se), (slope, slope_se) = _estimate(nested, "iv"), _estimate(flat, "predicted")
    return NestCheck(
        groups=groups,
        value=value,
        se=se,
        statistic=test.statistic,
        p_value=test.p_value,
        slope=slope,
        slope_se=slope_se,
        n=firms,
        converged=nested.converged and flat.converged,
    )


def _estimate(fit: ChoiceFit, name: str) -> tuple[float, float]:
    table = fit.parameters[["coefficient", "se"]]
    coefficient, se = table.to_numpy(dtype="float64")[table.index.get_loc(name)]
    return float(coefficient), float(se)
