"""What a firm says against what it says elsewhere: turnover a head, unit mistaken, category declared, time taken."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, Item
from cdo_analysis.intake.bands import fold
from cdo_analysis.intake.company import role_numbers, size_category
from cdo_analysis.intake.issues import IssueLog

TURNOVER_PER_HEAD_KEUR = (1.0, 5_000.0)
FEWEST_FOR_A_CENTRE = 10
FARTHEST = 3.5
"""Robust standard deviations of a logarithm beyond which it is an outlier (Iglewicz and Hoaglin, 1993)."""
NARROWEST = 0.3
"""Least robust standard deviation that is believed: firms of one trade differ by a factor of two at least."""
_SLIP = 3.0  # euros for thousands of euros, thousands for millions: powers of ten
_MAD_TO_SD = 1.4826
_DECLARED = {
    "micro": "micro", "microentreprise": "micro", "micro-entreprise": "micro", "tpe": "micro",
    "micro-enterprise": "micro", "pme": "pme", "sme": "pme", "eti": "eti", "mid-cap": "eti", "ge": "ge",
    "grande entreprise": "ge", "grand groupe": "ge", "large company": "ge",
}  # fmt: skip
LONGEST_DISAGREEMENT = (0.1, 60.0)
"""Part of the duration, and seconds, by which it may differ from the times of start and end."""


def flag_sizes(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Flag firms whose turnover, head-count and declared category contradict each other; nothing is corrected.

    Parameters
    ----------
    responses : DataFrame
        As in :class:`~cdo_analysis.intake.Survey`.
    codebook : Codebook
    lines : Series of int
    log : IssueLog
        Receives ``unit_slip`` where a turnover is a thousand times too large or too small for the head-count beside
        the other firms, else ``size_contradiction``; ``size_declared_otherwise`` where the category that the firm
        ticked is not that of décret 2008-1354.

    Returns
    -------
    Series of bool
    """
    per_head = _per_head(responses, codebook)
    low, high = TURNOVER_PER_HEAD_KEUR
    slipped = _slips(per_head)
    odd = (per_head.notna() & ~per_head.between(low, high)) | slipped
    told = per_head[odd].map("{:.1f} k€ a head".format)
    for rule, rows in (("unit_slip", slipped[odd]), ("size_contradiction", ~slipped[odd])):
        log.add_cells(rule, told[rows], lines=lines, item=codebook.roles.turnover)
    return odd | _declared_otherwise(responses, codebook, lines, log)


def _per_head(responses: pd.DataFrame, codebook: Codebook) -> pd.Series:
    people = role_numbers(responses, codebook, "headcount")
    return role_numbers(responses, codebook, "turnover") / people.where(people > 0)


def _slips(per_head: pd.Series) -> pd.Series:
    """Tell whose turnover a head is far from the others', and near them a thousand times smaller or larger."""
    size = np.log10(per_head.where(per_head > 0))
    centre = size.median()
    if size.notna().sum() < FEWEST_FOR_A_CENTRE:
        return pd.Series(False, index=per_head.index)
    spread = max(_MAD_TO_SD * (size - centre).abs().median(), NARROWEST)
    away = size - centre
    mended = away - np.sign(away) * _SLIP
    return (away.abs() > FARTHEST * spread) & (mended.abs() <= 2 * spread)


def _declared_otherwise(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Compare the category that firms ticked with the one that their numbers make; a micro-firm is a PME too."""
    role = codebook.roles.declared_size
    differs = pd.Series(False, index=responses.index)
    if not role:
        return differs
    item = codebook[role]
    known = {code: _category_of(item, code) for code in item.codes}
    declared = responses[role].map(known)
    numbers = (role_numbers(responses, codebook, name) for name in ("headcount", "turnover", "balance_sheet"))
    found = size_category(*numbers)
    differs = declared.notna() & found.notna() & declared.ne(found) & ~(declared.eq("pme") & found.eq("micro"))
    said = declared[differs].astype(object) + " declared, " + found[differs].astype(object) + " by its numbers"
    log.add_cells("size_declared_otherwise", said, lines=lines, item=role)
    return differs.fillna(False).astype(bool)


def _category_of(item: Item, code: str) -> str | None:
    """Return the legal category that an answer means: by its code, or by a label that says no more."""
    for text in (code, item.label_of(code, "fr"), item.label_of(code, "en")):
        if fold(text) in _DECLARED:
            return _DECLARED[fold(text)]
    return None


def log_durations(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> None:
    """Write an issue where the duration that is told is not the time from start to end, or the end comes first."""
    roles = codebook.roles
    if not roles.started or not roles.submitted:
        return
    taken = (responses[roles.submitted] - responses[roles.started]).dt.total_seconds()
    told = role_numbers(responses, codebook, "duration")
    share, seconds = LONGEST_DISAGREEMENT
    wrong = (taken < 0) | ((told - taken).abs() > np.maximum(seconds, share * told))
    said = taken[wrong].map("{:.0f} s from start to end".format)
    said = said.where(told[wrong].isna(), said + told[wrong].map(", {:.0f} s told".format))
    log.add_cells("duration_contradiction", said, lines=lines, item=roles.duration or roles.submitted)
