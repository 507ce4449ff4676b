"""Ward's tree of weighted rows, in the memory of the rows: each step unites the groups whose union loses least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.errors import UsageError

Floats = NDArray[np.float64]

LOSSES_KEPT = 30
"""How many of the highest steps of the tree are worth showing."""


@dataclass(frozen=True)
class WardTree:
    """The steps of a tree, from the leaves up.

    Attributes
    ----------
    pairs : ndarray of int, of shape (n_leaves - 1, 2)
        Groups united, each called by its lowest leaf.
    losses : ndarray of shape (n_leaves - 1,)
        Inertia between groups that each step loses, increasing; they sum to the inertia of the leaves.
    """

    pairs: NDArray[np.int64]
    losses: Floats

    def cut(self, n_groups: int) -> NDArray[np.int64]:
        """Return the group of each leaf, 0 to ``n_groups - 1``, in the order of their lowest leaves.

        Raises
        ------
        UsageError
            If there are not that many leaves.
        """
        n_leaves = len(self.pairs) + 1
        if not 1 <= n_groups <= n_leaves:
            raise UsageError(f"a tree of {n_leaves} leaves cannot be cut into {n_groups} groups; ask for fewer")
        group = np.arange(n_leaves)
        for low, high in self.pairs[: n_leaves - n_groups]:
            # Groups are called by their lowest leaf, and a step may come before a lower leaf has joined.
            first, second = sorted((_root(group, low), _root(group, high)))
            group[second] = first
        return np.unique([_root(group, leaf) for leaf in range(n_leaves)], return_inverse=True)[1]


def _root(group: NDArray[np.int64], leaf: int) -> int:
    while group[leaf] != leaf:
        group[leaf] = group[group[leaf]]
        leaf = group[leaf]
    return int(leaf)


def grow_tree(points: Floats, masses: Floats) -> WardTree:
    """Grow Ward's tree.

    Parameters
    ----------
    points : ndarray of shape (n_leaves, n_axes)
        Coordinates.
    masses : ndarray of shape (n_leaves,)
        Above 0; where they sum to 1, losses are those of FactoMineR's ``HCPC``.

    Returns
    -------
    WardTree

    References
    ----------
    Ward (1963), "Hierarchical grouping to optimize an objective function", Journal of the American Statistical
    Association 58(301). Murtagh (1983), "A survey of recent advances in hierarchical clustering algorithms", The
    Computer Journal 26(4), for chains of nearest neighbours.

    Examples
    --------
    >>> tree = grow_tree(np.array([[0.0], [1.0], [10.0]]), np.full(3, 1 / 3))
    >>> tree.losses.round(3).tolist(), tree.cut(2).tolist()
    ([0.167, 20.056], [0, 0, 1])
    """
    from cdo_analysis.profiles import factorial_kernels as kernels

    pairs, losses = kernels.merge_nearest(np.ascontiguousarray(points), np.ascontiguousarray(masses))
    order = np.argsort(losses, kind="stable")
    return WardTree(pairs[order], losses[order])


def suggest_number(losses: Floats, *, least: int = 3, most: int = 10) -> int:
    """Return the number of groups after which uniting two loses relatively most, as FactoMineR's ``HCPC`` suggests.

    Parameters
    ----------
    losses : ndarray
        Of the highest steps of a tree, decreasing, followed by what all lower steps lose together.
    least, most : int, default 3 and 10
        Numbers considered.

    Returns
    -------
    int
        The k with the smallest ratio of the inertia within k groups to that within k - 1.

    Examples
    --------
    >>> suggest_number(np.array([10.0, 8.0, 0.5, 0.4, 0.3, 3.0]), most=5)
    3
    """
    within = np.cumsum(losses[::-1])[::-1]
    numbers = np.arange(least, min(most, len(losses) - 1) + 1)
    if len(numbers) == 0:
        raise UsageError(
            f"the tree has {len(losses)} steps, too few to suggest {least} groups or more; choose a number"
        )
    return int(numbers[np.argmin(within[numbers - 1] / within[numbers - 2])])
