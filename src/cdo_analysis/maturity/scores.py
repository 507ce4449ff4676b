"""Maturity scores: what was measured is averaged, what was not measured is never zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.codebook import Band, Codebook, Item, Score
from cdo_analysis.errors import CodebookError, UsageError, did_you_mean
from cdo_analysis.maturity.answers import Floats, check_columns, counted_items, counting_scores, measure, worth
from cdo_analysis.showing import Shown

GRADES = (("A", 0.9), ("B", 0.7), ("C", 0.0))
"""Grade of confidence by share of the items measured, best first; the cuts are ours, not those of an instrument."""


@dataclass(frozen=True, repr=False)
class MaturityScores(Shown):
    """Scores of each respondent, and what they rest on. All frames are indexed like the responses.

    Attributes
    ----------
    values : DataFrame
        A column for each dimension that a score uses, as the main score counts it (or else the first that uses it);
        then one for each score. From 0 to 100 for the method ``points``, on the scale of the questionnaire for
        ``likert``, a number of conditions for ``count``. A ``count`` has two more columns, ``<id>_low`` and
        ``<id>_high``: what it would be if no unmeasured condition were met, and if all were. NaN where too little
        was measured.
    coverage : DataFrame
        For each dimension and score, the share of its items that were measured, between 0 and 1.
    bands : DataFrame
        For each score, the id of its band (ordered category, lowest first). A ``count`` that is not wholly measured
        has a band where its lowest and its highest possible value share it.
    grades : DataFrame
        For each dimension and score, ``"A"`` (90 % of the items measured or more), ``"B"`` (70 %) or ``"C"`` (the
        minimum coverage of the score); missing where there is neither a value nor, for a ``count``, that coverage.
    """

    values: pd.DataFrame
    coverage: pd.DataFrame
    bands: pd.DataFrame
    grades: pd.DataFrame


@dataclass(frozen=True)
class _Measure:
    """A dimension or score of all respondents: its value, and how many of its items were measured."""

    value: Floats
    measured: Floats
    items: int
    minimum_coverage: float

    @property
    def coverage(self) -> Floats:
        return self.measured / self.items

    def where_covered(self) -> _Measure:
        """Return the same with NaN for values that rest on too few items."""
        value = np.where(self.coverage >= self.minimum_coverage, self.value, np.nan)
        return _Measure(value, self.measured, self.items, self.minimum_coverage)

    def grades(self, given: NDArray[np.bool_]) -> pd.Categorical[str]:
        """Return the grade of each respondent for whom a value is `given`."""
        names = pd.Index([grade for grade, _ in GRADES][::-1])
        best = np.select([self.coverage >= start for _, start in GRADES], range(len(GRADES)))
        graded = given & (self.coverage >= self.minimum_coverage)
        codes = np.where(graded, len(GRADES) - 1 - best, -1)
        return pd.Categorical.from_codes(codes, categories=names, ordered=True)


def score_maturity(responses: pd.DataFrame, codebook: Codebook) -> MaturityScores:
    """Compute every score that the codebook declares.

    ``points`` (EU Digital Maturity Assessment): an answer earns between 0 and 1; a block (battery) is the mean of its
    measured items, a dimension 100 times the mean of its blocks, the score the mean of its dimensions. A block without
    any measured item is left out of its dimension, whose coverage tells. ``likert``: a dimension is the mean of its
    measured items on the scale of the questionnaire, the score the mean of its dimensions, or of its items where it
    lists items. ``count`` (Digital Intensity Index): the number of conditions met, given when all are measured.

    A dimension of which less than the minimum coverage was measured is NaN, and so is a score with such a dimension:
    renormalising over the others would compare companies on different subjects.

    Parameters
    ----------
    responses : DataFrame of shape (n, items)
        Tidy responses: codes as text, missing where there is no answer ("don't know", refused, not asked).
    codebook : Codebook

    Returns
    -------
    MaturityScores

    Raises
    ------
    InputError
        The responses lack an item that a score counts, or hold numbers for codes.
    CodebookError
        A score has the name of a dimension, or averages a dimension without items.

    References
    ----------
    European Commission, Joint Research Centre, Digital Maturity Assessment for SMEs (EDIH network); Eurostat, Digital
    Intensity Index (isoc_e_dii).

    Examples
    --------
    >>> from cdo_analysis.codebook import load_codebook
    >>> book = load_codebook("itflex-csem")
    >>> answers = pd.DataFrame({item.name: ["4", "1"] for item in book.items}, index=["a", "b"])
    >>> answers.loc["a", ["itcomp1", "itcomp2"]] = None
    >>> scores = score_maturity(answers, book)
    >>> scores.values["flexibility"].tolist(), scores.coverage["flexibility"].tolist()
    ([4.0, 1.0], [0.875, 1.0])
    """
    _check(responses, codebook)
    parts = {score.id: _measure_dimensions(responses, codebook, score) for score in codebook.scores}
    measures = {dimension: parts[score.id][dimension] for dimension, score in counting_scores(codebook).items()}
    values = {dimension: part.value for dimension, part in measures.items()}
    grades = {dimension: part.grades(np.isfinite(part.value)) for dimension, part in measures.items()}
    bands = {}
    for score in codebook.scores:
        part, columns, bands[score.id] = _apply(score, responses, codebook, parts[score.id])
        measures[score.id] = part
        values |= columns
        given = part.measured > 0 if score.method == "count" else np.isfinite(part.value)
        grades[score.id] = part.grades(given)
    index = responses.index
    return MaturityScores(
        values=pd.DataFrame(values, index=index),
        coverage=pd.DataFrame({name: part.coverage for name, part in measures.items()}, index=index),
        bands=pd.DataFrame(bands, index=index),
        grades=pd.DataFrame(grades, index=index),
    )


def dimension_without_block(responses: pd.DataFrame, codebook: Codebook, block: str) -> pd.Series:
    """Return the dimension that a block belongs to, computed without that block.

    The DMA counts the investments that a company plans on a par with those it has made; without the block of plans,
    its strategy score says what is there.

    Parameters
    ----------
    responses : DataFrame of shape (n, items)
        As in :func:`score_maturity`.
    codebook : Codebook
    block : str
        Name of a battery.

    Returns
    -------
    Series of shape (n,)
        Named after the dimension; same unit and same minimum coverage as there.

    Raises
    ------
    UsageError
        No score counts the block, it spreads over several dimensions, or it is all that its dimension has.
    """
    deciding = counting_scores(codebook)
    scored = {item.block: item.dimension for item in codebook.items if item.dimension in deciding}
    if block not in scored:
        raise UsageError(f"no score counts a block '{block}'{did_you_mean(block, scored)}")
    dimensions = sorted({item.dimension for item in codebook.items if item.block == block and item.dimension})
    if len(dimensions) > 1:
        raise UsageError(f"the block '{block}' measures {', '.join(dimensions)}; name a block of a single dimension.")
    score = deciding[dimensions[0]]
    items = [item for item in counted_items(codebook, dimensions[0], score.exclusive) if item.block != block]
    if not items:
        raise UsageError(f"the dimension '{dimensions[0]}' has no other block than '{block}'; leave it whole.")
    check_columns(responses, items, codebook)
    value = _measure_dimension(responses, items, score).value
    return pd.Series(value, index=responses.index, name=dimensions[0])


def _check(responses: pd.DataFrame, codebook: Codebook) -> None:
    deciding = counting_scores(codebook)
    for score in codebook.scores:
        if score.id in deciding:
            raise CodebookError(
                f"codebook '{codebook.id}': the score '{score.id}' has the name of a dimension; rename one of them."
            )
        check_columns(responses, (codebook[name] for name in score.items), codebook)
    for dimension, score in deciding.items():
        items = counted_items(codebook, dimension, score.exclusive)
        if not items:
            raise CodebookError(
                f"codebook '{codebook.id}': the score '{score.id}' averages the dimension '{dimension}', which has no "
                "item to count; give it items, or take it out of the score."
            )
        check_columns(responses, items, codebook)


def _apply(
    score: Score, responses: pd.DataFrame, codebook: Codebook, dimensions: dict[str, _Measure]
) -> tuple[_Measure, dict[str, Floats], pd.Categorical[str]]:
    """Return a score, its columns of values and its bands."""
    if score.method == "count":
        part, low, high = _count(responses, [codebook[name] for name in score.items], score)
        columns = {score.id: part.value, f"{score.id}_low": low, f"{score.id}_high": high}
        return part, columns, _bands(low, high, score.bands)
    if score.method == "likert" and score.items:
        part = _mean_of_items(responses, [codebook[name] for name in score.items], score).where_covered()
    else:
        part = _mean_of_dimensions(list(dimensions.values()), score)
    return part, {score.id: part.value}, _bands(part.value, part.value, score.bands)


def _measure_dimensions(responses: pd.DataFrame, codebook: Codebook, score: Score) -> dict[str, _Measure]:
    """Return the dimensions of a score, as that score counts them; none for a count."""
    return {
        dimension: _measure_dimension(responses, counted_items(codebook, dimension, score.exclusive), score)
        for dimension in (score.dimensions if score.method != "count" else ())
    }


def _measure_dimension(responses: pd.DataFrame, items: Sequence[Item], score: Score) -> _Measure:
    """Return a dimension as `score` counts it; NaN where too little was measured."""
    if score.method == "likert":
        return _mean_of_items(responses, items, score).where_covered()
    by_block: dict[str, list[Item]] = {}
    for item in items:
        by_block.setdefault(item.block, []).append(item)
    blocks = [_mean_of_items(responses, block, score) for block in by_block.values()]
    means = np.stack([block.value for block in blocks])
    known = np.isfinite(means)
    return _Measure(
        value=100.0 * _ratio(np.where(known, means, 0.0).sum(axis=0), known.sum(axis=0, dtype=float)),
        measured=np.sum([block.measured for block in blocks], axis=0),
        items=len(items),
        minimum_coverage=score.minimum_coverage,
    ).where_covered()


def _mean_of_items(responses: pd.DataFrame, items: Sequence[Item], score: Score) -> _Measure:
    """Return the mean of the measured items, one column at a time: millions of companies fit in memory."""
    total, measured = np.zeros(len(responses)), np.zeros(len(responses))
    for item in items:
        earned = measure(responses[item.name], worth(item, score.method, score.exclusive))
        known = np.isfinite(earned)
        total += np.where(known, earned, 0.0)
        measured += known
    return _Measure(_ratio(total, measured), measured, len(items), score.minimum_coverage)


def _mean_of_dimensions(parts: Sequence[_Measure], score: Score) -> _Measure:
    return _Measure(
        value=np.mean([part.value for part in parts], axis=0),
        measured=np.sum([part.measured for part in parts], axis=0),
        items=sum(part.items for part in parts),
        minimum_coverage=score.minimum_coverage,
    )


def _count(responses: pd.DataFrame, items: Sequence[Item], score: Score) -> tuple[_Measure, Floats, Floats]:
    """Return the number of conditions met, and the lowest and highest that it can be; NaN where none is measured."""
    met, measured = np.zeros(len(responses)), np.zeros(len(responses))
    for item in items:
        earned = measure(responses[item.name], worth(item, score.method, score.exclusive))
        met += earned == 1.0
        measured += np.isfinite(earned)
    low = np.where(measured > 0, met, np.nan)
    value = np.where(measured == len(items), met, np.nan)
    return _Measure(value, measured, len(items), score.minimum_coverage), low, low + len(items) - measured


def _bands(low: Floats, high: Floats, bands: Sequence[Band]) -> pd.Categorical[str]:
    """Return the band that holds both ends."""
    starts = np.array([band.start for band in bands])
    ends = [band_places(end, starts) for end in (low, high)]
    place = np.where((ends[0] == ends[1]) & np.isfinite(low), ends[0], -1)
    return pd.Categorical.from_codes(place, categories=pd.Index([band.id for band in bands], dtype="str"), ordered=True)


def band_places(values: Floats, starts: Floats) -> NDArray[np.intp]:
    """Return the place of the band of each value; rounding keeps 49.999999999999993 out of the band below 50.

    Examples
    --------
    >>> band_places(np.array([10.0, 25.0, 24.9999999999999]), np.array([0.0, 25.0])).tolist()
    [0, 1, 1]
    """
    return np.searchsorted(starts, np.round(values, 9), side="right") - 1


def _ratio(total: Floats, count: Floats) -> Floats:
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
