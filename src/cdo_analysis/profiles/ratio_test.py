"""Does one more class fit better than chance allows? The bootstrap likelihood-ratio test, for each number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from cdo_analysis.profiles.affordable import draw_respondents
from cdo_analysis.profiles.drawn import draw_sample, observe
from cdo_analysis.profiles.family import Mixture, encode_columns, make_mixture

SAMPLES = 39
"""Samples of a test at most: the level 0.05 is then exact, two of forty values."""

ENOUGH = 5
"""A test stops once so many samples reached what the data did: its p is then far enough from 0 to be told."""

AT_ONCE = 13
"""Samples handed out together: their number does not depend on that of the workers, nor does p."""

STARTS, FINALISTS = 50, 5
"""Random starts of the classes from which the samples are drawn, and how many of them run to their end."""


def ratio_tests(
    X: pd.DataFrame,
    numbers: Iterable[int],
    *,
    continuous: Sequence[str] = (),
    replicates: int = SAMPLES,
    random_state: int | None = 0,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Test k classes against k - 1 by the parametric bootstrap of the likelihood ratio, for each k.

    Unweighted, even where the classes themselves are weighted: the statistic of a pseudo-likelihood has another law.
    Samples are drawn from the fitted k - 1 classes, with the values missing where they are in the data. The k classes
    are sought in each sample as in the data, from as many random starts and from the k - 1 classes, one of them split:
    what the search misses, it misses in both.

    Parameters
    ----------
    X : DataFrame of shape (n_respondents, n_columns)
        Beyond :data:`~cdo_analysis.profiles.affordable.MOST_RESPONDENTS` respondents, that many are drawn at random.
    numbers : iterable of int
        The numbers of classes; k is tested where k - 1 is among them too.
    continuous : sequence of str, optional
        Columns that are numbers, normal within a class.
    replicates : int, default 39
        Samples a test, at most. It stops at the fifth sample that reaches the statistic of the data, the l-th drawn:
        p is then 5 / l; else one more than those that reached it, over one more than were drawn (the smallest: 0.025).
    random_state : int or None
    n_jobs : int, optional
        Samples at a time, through joblib; the same result whatever their number.

    Returns
    -------
    DataFrame, indexed by k
        ``statistic``: gain in log-likelihood of k over k - 1 classes; ``p``; ``samples`` drawn; ``respondents``; NaN
        where k was not tested.

    References
    ----------
    McLachlan (1987), JRSS C 36(3). Nylund, Asparouhov, Muthén (2007), Structural Equation Modeling 14(4). Besag and
    Clifford (1991), "Sequential Monte Carlo p-values", Biometrika 78(2), for the early end: it keeps the level exact.
    """
    numbers = sorted(set(numbers))
    rows = pd.DataFrame(np.nan, index=pd.Index(numbers, name="k"), columns=["statistic", "p", "samples", "respondents"])
    X = encode_columns(X.iloc[draw_respondents(len(X), random_state)], continuous)
    for k in numbers:
        if k - 1 in numbers:
            null = make_mixture(
                k - 1, X, continuous, n_init=STARTS, finalists=FINALISTS, tol=1e-6, random_state=random_state
            ).fit(X)
            rows.loc[k] = [*_test(null, X, replicates, (random_state, n_jobs)), len(X)]
    return rows


def _test(
    null: Mixture, X: pd.DataFrame, replicates: int, how: tuple[int | None, int | None]
) -> tuple[float, float, int]:
    random_state, n_jobs = how
    random = np.random.RandomState(random_state)
    seeds = random.randint(np.iinfo(np.int32).max, size=replicates)
    missing = X.isna()
    sample = observe(null, X)
    seen = sample.fit_more(null, random) - sample.fit_near(null)
    reached: list[bool] = []
    for first in range(0, replicates, AT_ONCE):
        tasks = (delayed(_ratio_of_drawn)(null, missing, int(seed)) for seed in seeds[first : first + AT_ONCE])
        reached += [bool(ratio >= seen) for ratio in Parallel(n_jobs=n_jobs, prefer="threads")(tasks)]
        if sum(reached) >= ENOUGH:
            break
    return seen, *sequential_p(reached)


def sequential_p(reached: Sequence[bool]) -> tuple[float, int]:
    """Return p, and how many samples it rests on, from whether each sample reached what the data did, in their order.

    Examples
    --------
    >>> sequential_p([False] * 39)
    (0.025, 39)
    >>> sequential_p([True, False, True, True, False, True, True, False, False])
    (0.7142857142857143, 7)
    """
    so_far = np.cumsum(reached)
    if len(so_far) and so_far[-1] >= ENOUGH:
        drawn = int(np.flatnonzero(so_far == ENOUGH)[0]) + 1
        return ENOUGH / drawn, drawn
    return float(1 + sum(reached)) / (1 + len(reached)), len(reached)


def _ratio_of_drawn(null: Mixture, missing: pd.DataFrame, seed: int) -> float:
    random = np.random.RandomState(seed)
    sample = draw_sample(null, missing, random)
    return sample.fit_more(null, random) - sample.fit_near(null)
