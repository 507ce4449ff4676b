"""What the field work adds to the answers: when, how long, which weight, which words."""

from __future__ import annotations

from datetime import datetime, time

import numpy as np
import pandas as pd

from cdo_analysis.datasets.planted import planted, text_of


def field_work(answers: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.Series]:
    """Return the columns that the platform or the survey team fill in, and the words of the respondents.

    Parameters
    ----------
    answers : DataFrame
        Answers so far; ``duration_s`` and the index (SIREN) are used.
    rng : Generator
        Source of randomness.

    Returns
    -------
    dict of str to Series
        started_at, submitted_at, design_weight (1: everybody is there), comment, contact_email.
    """
    field, n = planted()["field"], len(answers)
    opens = pd.Timestamp(datetime.combine(field["opens"], time(8)))
    day = np.minimum(rng.exponential(field["days"] / 3, n), field["days"] - 1).astype(int)
    minute = rng.integers(0, 11 * 60, n)
    started = pd.Series(opens + pd.to_timedelta(day, "D") + pd.to_timedelta(minute, "min"), index=answers.index)
    remark = np.where(rng.random(n) < field["comment_share"], rng.integers(0, len(field["comments"]), n), -1)
    wants_results = rng.random(n) < field["email_share"]
    addresses = pd.Series(
        [f"contact.{siren}@example.invalid" for siren in answers.index], index=answers.index, dtype="str"
    )
    return {
        "started_at": started,
        "submitted_at": started + pd.to_timedelta(answers["duration_s"], "s"),
        "design_weight": pd.Series(1.0, index=answers.index),
        "comment": text_of(field["comments"], remark).set_axis(answers.index),
        "contact_email": addresses.where(wants_results),
    }
