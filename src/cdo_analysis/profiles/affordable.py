"""What a large survey may cost: how many respondents a test takes, and how many samples are drawn of all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_RESPONDENTS = 5_000
"""A likelihood-ratio test takes no more: with so many, what it does not see is not worth a class."""

FEWEST_SAMPLES = 10
"""Samples for a stability, whatever the number of respondents."""


def draw_respondents(n: int, random_state: int | None = 0) -> NDArray[np.int64]:
    """Return the positions of the respondents that a test takes: all, or so many at random, in their order.

    Examples
    --------
    >>> draw_respondents(3).tolist(), len(draw_respondents(20_000))
    ([0, 1, 2], 5000)
    """
    if n <= MOST_RESPONDENTS:
        return np.arange(n)
    return np.sort(np.random.RandomState(random_state).choice(n, MOST_RESPONDENTS, replace=False))


def afford_samples(samples: int, n: int) -> int:
    """Return how many samples of `n` respondents to draw where `samples` were asked for.

    As many up to :data:`MOST_RESPONDENTS`; beyond, fewer in proportion, but :data:`FEWEST_SAMPLES` at least.

    Examples
    --------
    >>> [afford_samples(30, n) for n in (450, 5_000, 10_000, 200_000)]
    [30, 30, 15, 10]
    """
    if n <= MOST_RESPONDENTS:
        return samples
    return min(samples, max(FEWEST_SAMPLES, samples * MOST_RESPONDENTS // n))
