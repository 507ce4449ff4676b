"""The order of groups: the numbers that a fit gives to groups mean nothing, so that whoever reads them may choose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.errors import UsageError


def require_permutation(order: Sequence[int], n_clusters: int) -> NDArray[np.int64]:
    """Return `order` as an array, if it names each of the groups exactly once.

    Raises
    ------
    UsageError
        If `order` is not a permutation of ``range(n_clusters)``.

    Examples
    --------
    >>> require_permutation([2, 0, 1], 3)
    array([2, 0, 1])
    """
    if sorted(order) != list(range(n_clusters)):
        raise UsageError(
            f"the order asked for is {list(order)}; give each of the groups 0 to {n_clusters - 1} exactly once"
        )
    return np.asarray(order, dtype=np.int64)
