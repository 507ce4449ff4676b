"""Whether firms that have an arm look like all firms, before and after they are weighed by their probability of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.encoding import Encoding
from cdo_analysis.cdo.nuisance import Sample

BALANCED = 0.10
"""A standardised difference above it is commonly held to matter (Austin, Statistics in Medicine 28(25), 2009)."""


def balance_tables(
    sample: Sample, encoding: Encoding, propensity: NDArray[np.float64]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the balance of each covariate in each arm, and what weighing costs.

    Parameters
    ----------
    sample : Sample
    encoding : Encoding
        Names the columns of the sample.
    propensity : ndarray of shape (n_firms, n_arms)
        Probability of each arm, none of them zero.

    Returns
    -------
    balance : DataFrame
        A row an arm and an encoded column: ``arm``, ``feature``, ``before``, ``after``: mean of the firms that have
        the arm less mean of all, in standard deviations of all firms; after: weighed by one over their propensity.
    sizes : DataFrame
        A row an arm (index ``arm``): ``n``, ``effective_n`` (Kish, of these weights), ``largest_weight`` (share of
        the total that the heaviest firm has), ``largest_before``, ``largest_after`` (absolute differences).
    """
    Z = sample.Z
    centre, spread = Z.mean(axis=0), Z.std(axis=0)
    kept = spread > 0
    names = np.array(encoding.features, dtype=object)[kept]
    tables, sizes = [], []
    for position, name in enumerate(sample.arms):
        has = sample.arm == position
        weights = 1 / propensity[has, position]
        weights = weights / weights.sum()
        before = ((Z[has].mean(axis=0) - centre)[kept]) / spread[kept]
        after = ((weights @ Z[has] - centre)[kept]) / spread[kept]
        tables.append(pd.DataFrame({"arm": name, "feature": names, "before": before, "after": after}))
        sizes.append(
            {
                "arm": name,
                "n": int(has.sum()),
                "effective_n": float(1 / (weights**2).sum()),
                "largest_weight": float(weights.max()),
                "largest_before": float(np.abs(before).max(initial=0.0)),
                "largest_after": float(np.abs(after).max(initial=0.0)),
            }
        )
    return pd.concat(tables, ignore_index=True), pd.DataFrame(sizes).set_index("arm")
