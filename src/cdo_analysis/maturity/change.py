"""From one wave to the next: how far a score moved, with its error, on the items that both waves asked alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, Score
from cdo_analysis.errors import UsageError
from cdo_analysis.maturity.answers import Floats
from cdo_analysis.maturity.reliability import row_weights
from cdo_analysis.maturity.scores import score_maturity


@dataclass(frozen=True)
class Wave:
    """The answers of one wave.

    Attributes
    ----------
    responses : DataFrame of shape (n, items)
        Indexed by respondent.
    codebook : Codebook
    weights : Series of shape (n,) or None
        Equal where None.
    """

    responses: pd.DataFrame
    codebook: Codebook
    weights: pd.Series | None = None


@dataclass(frozen=True)
class Change:
    """How far a score and its dimensions moved between two waves.

    Attributes
    ----------
    table : DataFrame
        A row a dimension and, last, the score (index ``measure``): ``n`` (companies compared), ``before``, ``after``,
        ``change``, ``se``, ``low``, ``high`` (95 %).
    items : tuple of str
        Items compared.
    left_out : tuple of str
        Items of the score that one wave lacks, or scores in another way.
    paired : bool
        True where the same companies are compared: those of both waves. False where the waves share none.
    """

    table: pd.DataFrame
    items: tuple[str, ...]
    left_out: tuple[str, ...]
    paired: bool


@dataclass(frozen=True)
class Comparable:
    """A score and its dimensions in two waves, counting only the items that both ask alike.

    Attributes
    ----------
    before, after : DataFrame
        A row a company, a column a dimension and, last, the score.
    items, left_out : tuple of str
        Items counted, and those that one wave lacks or scores in another way.
    """

    before: pd.DataFrame
    after: pd.DataFrame
    items: tuple[str, ...]
    left_out: tuple[str, ...]


def score_alike(before: Wave, after: Wave, *, score: str = "") -> Comparable:
    """Score two waves on the items that both ask under the same name and score alike.

    Parameters
    ----------
    before, after : Wave
    score : str
        Id of a score of both codebooks; the main score of `after` by default.

    Returns
    -------
    Comparable

    Raises
    ------
    UsageError
        As :func:`compare_waves`.
    """
    first = _the_score(before.codebook, score or _main(after.codebook))
    second = _the_score(after.codebook, first.id)
    _check_versions(first, second)
    common, left_out = _comparable(before.codebook, after.codebook, first, second)
    if not common:
        raise UsageError(f"the two waves share no item of the score '{first.id}' that both score alike.")
    tables = [
        score_maturity(wave.responses, _only(wave.codebook, each, common)).values
        for wave, each in ((before, first), (after, second))
    ]
    measures = _measures(tables, second.id)
    return Comparable(tables[0][measures], tables[1][measures], common, left_out)


def compare_waves(before: Wave, after: Wave, *, score: str = "") -> Change:
    """Compare a score between two waves, counting only the items that both ask under the same name and score alike.

    Companies of both waves are compared with themselves, with the weights of the second wave; where the waves share
    no company, two independent samples are. A mean between waves that share a few companies would need the covariance
    of the two samples: only the shared ones are compared.

    Parameters
    ----------
    before, after : Wave
    score : str
        Id of a score of both codebooks; the main score of `after` by default.

    Returns
    -------
    Change
        With weights, errors count the weights as fixed (linearisation).

    Raises
    ------
    UsageError
        A wave lacks the score; the score is a count (DII) of two versions, which are never compared; no item is
        common to both.

    References
    ----------
    Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, section 5.7; Eurostat on the Digital
    Intensity Index: "the composition of the index changes, no comparison over versions".
    """
    return _change(score_alike(before, after, score=score), before, after)


def _main(codebook: Codebook) -> str:
    if codebook.main_score is None:
        raise UsageError(f"codebook '{codebook.id}' has no score to compare.")
    return codebook.main_score.id


def _the_score(codebook: Codebook, name: str) -> Score:
    found = next((score for score in codebook.scores if score.id == name), None)
    if found is None:
        raise UsageError(f"codebook '{codebook.id}' has no score '{name}': the two waves cannot be compared on it.")
    return found


def _check_versions(first: Score, second: Score) -> None:
    if first.method != second.method:
        raise UsageError(f"the score '{first.id}' is made by {first.method} in one wave, {second.method} in the other.")
    if first.method == "count" and first.version != second.version:
        raise UsageError(
            f"the score '{first.id}' has version {first.version or '(none)'} in one wave and "
            f"{second.version or '(none)'} in the other: its conditions differ, and versions are never compared."
        )


def _counted(codebook: Codebook, score: Score) -> list[str]:
    inside = [item.name for name in score.dimensions for item in codebook.items_of(name)]
    return list(score.items) or inside


def _comparable(
    before: Codebook, after: Codebook, first: Score, second: Score
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the items that both waves count alike, and the others of either score."""
    here, there = _counted(before, first), _counted(after, second)
    common = [name for name in there if name in here and _alike(before, after, name)]
    everything = dict.fromkeys([*there, *here])
    return tuple(common), tuple(name for name in everything if name not in common)


def _alike(before: Codebook, after: Codebook, name: str) -> bool:
    one, other = before[name], after[name]
    return (one.dimension, one.values, one.points, one.exclusive) == (
        other.dimension, other.values, other.points, other.exclusive,
    )  # fmt: skip


def _only(codebook: Codebook, score: Score, common: tuple[str, ...]) -> Codebook:
    """Return the codebook reduced to one score of the common items; dimensions without any leave the score."""
    items = tuple(item if item.name in common else replace(item, dimension="") for item in codebook.items)
    left = {item.dimension for item in items if item.dimension and not (item.exclusive and score.exclusive == "drop")}
    kept = replace(
        score,
        dimensions=tuple(name for name in score.dimensions if name in left),
        items=tuple(name for name in score.items if name in common),
    )
    return replace(codebook, items=items, scores=(kept,))


def _measures(tables: list[pd.DataFrame], score: str) -> list[str]:
    names = [str(name) for name in tables[1] if name in tables[0]]
    return [name for name in names if not name.startswith(f"{score}_")]


def _change(alike: Comparable, before: Wave, after: Wave) -> Change:
    tables, measures = (alike.before, alike.after), list(alike.after)
    shared = after.responses.index.intersection(before.responses.index)
    weights = [pd.Series(row_weights(w.responses, w.weights), index=w.responses.index) for w in (before, after)]
    rows = []
    for name in map(str, measures):
        if len(shared):
            rows.append(_paired(tables[0].loc[shared, name], tables[1].loc[shared, name], weights[1][shared]))
        else:
            rows.append(_unpaired([(t[name], w) for t, w in zip(tables, weights, strict=True)]))
    columns = ["n", "before", "after", "se"]
    table = pd.DataFrame(rows, index=pd.Index(measures, name="measure", dtype="str"), columns=columns)
    table.insert(3, "change", table["after"] - table["before"])
    table["low"], table["high"] = table["change"] - 1.96 * table["se"], table["change"] + 1.96 * table["se"]
    return Change(table, alike.items, alike.left_out, paired=bool(len(shared)))


def _paired(before: pd.Series, after: pd.Series, weights: pd.Series) -> tuple[float, ...]:
    known = (before.notna() & after.notna() & weights.gt(0)).to_numpy()
    w = weights.to_numpy(dtype="float64")[known]
    one, other = (s.to_numpy(dtype="float64")[known] for s in (before, after))
    return known.sum(), *(_mean_se(x, w)[0] for x in (one, other)), _mean_se(other - one, w)[1]


def _unpaired(waves: list[tuple[pd.Series, pd.Series]]) -> tuple[float, ...]:
    found = []
    for values, weights in waves:
        known = (values.notna() & weights.gt(0)).to_numpy()
        found.append((known.sum(), *_mean_se(values.to_numpy(dtype="float64")[known], weights.to_numpy()[known])))
    (n, before, first), (m, after, second) = found
    return n + m, before, after, float(np.hypot(first, second))


def _mean_se(values: Floats, weights: Floats) -> tuple[float, float]:
    """Return a weighted mean and its error by linearisation (n / (n - 1)); without weights, sd / sqrt(n)."""
    n, total = len(values), weights.sum()
    if n < 2:
        return (float(values[0]) if n else float("nan")), float("nan")
    mean = float(weights @ values / total)
    residuals = weights * (values - mean) / total
    return mean, float(np.sqrt(n / (n - 1) * np.square(residuals).sum()))
