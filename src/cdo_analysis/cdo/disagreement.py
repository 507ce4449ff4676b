"""How far experts disagree: the option that each of them would put first, firm by firm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdo_analysis.cdo.advice import Advice
from cdo_analysis.errors import UsageError


@dataclass(frozen=True)
class Disagreement:
    """What changes from one expert to another.

    Attributes
    ----------
    share : float
        Weighted share of the firms whose first option differs between experts, 0 to 1.
    n : int
        Firms that have a first option.
    firms : DataFrame
        Index of the firms; columns ``options`` (how many different first options), ``range`` (largest difference
        between two experts in the acceptability of one option, 0 to 1) and ``option`` (which one).
    first : DataFrame
        A row a firm, a column an expert: first option; NaN where nothing is feasible or measured.
    """

    share: float
    n: int
    firms: pd.DataFrame
    first: pd.DataFrame


def find_disagreement(advice: Advice, sample_weight: pd.Series | None = None) -> Disagreement:
    """Return how far the experts of an advice disagree.

    Parameters
    ----------
    advice : Advice
        Made with experts.
    sample_weight : Series of float, optional
        Indexed like the answers.

    Returns
    -------
    Disagreement

    Raises
    ------
    UsageError
        If the advice was made without experts.
    """
    if advice.experts is None or advice.by_expert is None:
        raise UsageError("the advice was made without experts; name their weights: advise(..., experts=...).")
    shares, index, names = advice.by_expert, advice.answers.index, np.array(advice.acceptability.columns, dtype=object)
    judged = (shares.max(axis=2) > 0).all(axis=0) & (advice.coverage > 0).to_numpy()
    first = np.where(judged, names[shares.argmax(axis=2)], np.nan)
    table = pd.DataFrame(first.T, index=index, columns=list(advice.experts.names), dtype="str")
    spread = shares.max(axis=0) - shares.min(axis=0)
    firms = pd.DataFrame(
        {"options": table.nunique(axis=1), "range": spread.max(axis=1), "option": names[spread.argmax(axis=1)]},
        index=index,
    )
    weights = pd.Series(1.0, index=index) if sample_weight is None else sample_weight.reindex(index)
    weights = weights[judged]
    differs = firms["options"][judged] > 1
    share = float(weights[differs].sum() / weights.sum()) if len(weights) else float("nan")
    return Disagreement(share, int(judged.sum()), firms, table)
