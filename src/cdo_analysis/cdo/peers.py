"""*Constaté*, nearest peers: what the firms most like this one have, with their number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.encoding import is_skewed
from cdo_analysis.errors import UsageError


@dataclass(frozen=True)
class PeerShares:
    """What the nearest firms have.

    Attributes
    ----------
    n : int
        How many firms: k, or more where several stand at the same distance as the last.
    farthest : float
        Distance of the last one, 0 (same answers) to 1 (nothing in common).
    table : DataFrame
        A row an arrangement that one of them has, commonest first (index ``arrangement``); columns ``n`` and
        ``share``. Not weighted: it is a count of firms.
    """

    n: int
    farthest: float
    table: pd.DataFrame


def peer_shares(X: pd.DataFrame, arrangement: pd.Series, firm: str | pd.Series, *, k: int = 30) -> PeerShares:
    """Return what the k firms most like one firm have.

    Parameters
    ----------
    X : DataFrame of shape (n_firms, n_columns)
        Numbers and texts, NaN where missing.
    arrangement : Series of str
        Indexed like `X`; firms without one are no peers.
    firm : str or Series
        Index of the firm in `X`, or the answers of a firm from elsewhere (indexed like the columns of `X`). The firm
        itself is never its own peer.
    k : int

    Returns
    -------
    PeerShares

    Raises
    ------
    UsageError
        If `X` has no such firm.

    Notes
    -----
    Distance of Gower (Biometrics 27(4), 1971): the mean, over what both firms answered, of the difference in numbers
    divided by their range (after log(1 + x) where skewed) and of 0 or 1 for texts. Firms as far as the k-th are all
    peers, so that the result does not depend on the order of the rows.

    Examples
    --------
    >>> firms = pd.DataFrame({"headcount": [10.0, 12.0, 14.0, 90.0]}, index=["a", "b", "c", "d"])
    >>> have = pd.Series(["boss_led", "boss_led", "internal", "internal"], index=firms.index)
    >>> peer_shares(firms, have, "a", k=2).table["n"].to_dict()
    {'boss_led': 1, 'internal': 1}
    """
    if isinstance(firm, str) and firm not in X.index:
        raise UsageError(f"there is no firm '{firm}' among the {len(X)} firms; name one of them.")
    answers = X[X.index == firm].iloc[0] if isinstance(firm, str) else firm
    name = firm if isinstance(firm, str) else firm.name
    others = X[arrangement.reindex(X.index).notna() & (X.index != name)]
    distances = _distances(others, answers, X)
    nearest = np.sort(distances)[:k]
    farthest = float(nearest[-1]) if len(nearest) else 0.0
    have = arrangement.reindex(others.index)[distances <= farthest]
    counts = have.value_counts().sort_index().sort_values(ascending=False, kind="stable").rename_axis("arrangement")
    table = pd.DataFrame({"n": counts, "share": counts / max(len(have), 1)})
    return PeerShares(len(have), farthest, table)


def _distances(others: pd.DataFrame, answers: pd.Series, X: pd.DataFrame) -> NDArray[np.float64]:
    """Return the distance of each firm; 1 from a firm with which no answer can be compared."""
    total, compared = np.zeros(len(others)), np.zeros(len(others))
    for name in X.columns:
        own = answers.get(name, np.nan)
        if pd.isna(own):
            continue
        column = others[name]
        if pd.api.types.is_numeric_dtype(X[name]):
            gap = _number_gap(column, float(own), X[name].astype("float64"))
        else:
            gap = np.where(column.astype("str") == str(own), 0.0, 1.0)
        both = column.notna().to_numpy()
        total += np.where(both, gap, 0.0)
        compared += both.astype("float64")
    # Rounding keeps firms with the same answers at the same distance, whatever the order of the sums.
    mean = np.where(compared > 0, total / np.maximum(compared, 1.0), 1.0)
    return np.asarray(mean.round(12), dtype="float64")


def _number_gap(column: pd.Series, own: float, all_values: pd.Series) -> NDArray[np.float64]:
    values, ends = column.to_numpy(dtype="float64"), all_values.dropna().to_numpy(dtype="float64")
    if is_skewed(all_values):
        values, own, ends = np.log1p(values), float(np.log1p(max(own, 0.0))), np.log1p(ends)
    width = float(ends.max() - ends.min())
    return np.minimum(np.abs(values - own) / width, 1.0) if width > 0 else np.zeros(len(values))
