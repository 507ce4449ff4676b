"""From a drawn sample to weights, in the order of official statistics.

Design weights, then units out of scope, then the correction for non-response in response groups, then calibration;
and the design that gives errors, which knows all four.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import InputError
from cdo_analysis.weighting.calibration import Calibration, calibrate
from cdo_analysis.weighting.constraints import build_system, match_margins
from cdo_analysis.weighting.design import Design, Residuals
from cdo_analysis.weighting.kish import Trimming, kish_design_effect, trim_weights
from cdo_analysis.weighting.margins import measures, population_total
from cdo_analysis.weighting.stages import Single

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """What was drawn, and what became of it. All Series have one index: the sampled units.

    Attributes
    ----------
    design_weight : Series
        Above 0: how many units of the population each one stands for.
    strata, clusters : Series, optional
    without_replacement : bool
        True where each stratum was drawn without replacement; what its design weights add up to is its population.
    in_scope, responded : Series of bool, optional
        All by default.
    response_group : Series, optional
        Groups within which non-respondents are taken to be like respondents; one group by default.
    calibrated : Series of bool, optional
        False for units that keep their weight, such as the largest ones, which stand for themselves.
    calibrate_on : {'respondents', 'sample'}
        Which units meet the margins: respondents in scope; or all drawn, those out of scope and non-respondents
        (with the weight of their response group) included, when the margins describe the frame.
    highest : float, optional
        Before calibration, weights of respondents are cut at so many times their mean, and what is cut is shared
        among the others (:func:`~cdo_analysis.weighting.trim_weights`).
    residuals : {'calibrated', 'base', 'deleted'}
        See :class:`~cdo_analysis.weighting.design.Design`.
    single : {'error', 'centre', 'skip'}
        What a stratum of one unit gives.
    """

    design_weight: pd.Series
    strata: pd.Series | None = None
    clusters: pd.Series | None = None
    without_replacement: bool = False
    in_scope: pd.Series | None = None
    responded: pd.Series | None = None
    response_group: pd.Series | None = None
    calibrated: pd.Series | None = None
    calibrate_on: Literal["respondents", "sample"] = "respondents"
    highest: float | None = None
    residuals: Residuals = "calibrated"
    single: Single = "error"

    @property
    def kept(self) -> Flags:
        """Respondents in scope."""
        return self._flags(self.in_scope) & self._flags(self.responded)

    @property
    def scope(self) -> Flags:
        """Units in scope."""
        return self._flags(self.in_scope)

    @property
    def moved(self) -> Flags:
        """Units that calibration may move."""
        return self._flags(self.calibrated)

    def _flags(self, given: pd.Series | None) -> Flags:
        if given is None:
            return np.ones(len(self.design_weight), dtype=bool)
        return given.reindex(self.design_weight.index).fillna(False).to_numpy(dtype=bool)


@dataclass(frozen=True)
class Weighting:
    """Final weights, how they came about, and the design behind them.

    Attributes
    ----------
    weights : Series
        Of the respondents in scope; they add up to what they stand for.
    design : Design
        Of the whole sample; the others have weight 0.
    calibration : Calibration or None
        None without margins.
    steps : DataFrame
        A row a step (``drawn``, ``in_scope``, ``responded``, ``corrected``, ``trimmed``, ``calibrated``): step, n,
        population (what the weights add up to), design_effect (Kish's).
    groups : DataFrame
        A row a response group: group, n (in scope), responded, rate.
    trimming : Trimming or None
        None where weights were not cut.
    """

    weights: pd.Series
    design: Design
    calibration: Calibration | None
    steps: pd.DataFrame
    groups: pd.DataFrame
    trimming: Trimming | None = None


def design_weights(strata: pd.Series, sizes: dict[str, float]) -> pd.Series:
    """Return the design weights of a stratified sample: population of the stratum over units drawn.

    Parameters
    ----------
    strata : Series of str
        Stratum of each unit.
    sizes : dict of str to float
        Population of each stratum.

    Returns
    -------
    Series

    Raises
    ------
    InputError
        A unit is of a stratum without population, or a stratum with a population has no unit.

    Examples
    --------
    >>> design_weights(pd.Series(["a", "a", "b"]), {"a": 10, "b": 7}).tolist()
    [5.0, 5.0, 7.0]
    """
    drawn = strata.value_counts()
    lacking = strata[~strata.isin(list(sizes))]
    if len(lacking):
        raise InputError(
            f"unit {lacking.index[0]!r} is of stratum '{lacking.iloc[0]}', whose population is not given; give it."
        )
    empty = [name for name in sizes if name not in drawn.index]
    if empty:
        raise InputError(
            f"stratum '{empty[0]}' has a population and no unit drawn; merge it with its neighbour, or leave it out."
        )
    return strata.map({name: sizes[name] / drawn[name] for name in drawn.index}).astype("float64")


def weigh_sample(
    data: pd.DataFrame,
    sample: Sample,
    margins: pd.DataFrame | None = None,
    *,
    method: str = "raking",
    bounds: tuple[float, float] | None = None,
) -> Weighting:
    """Weight a sample step by step.

    Parameters
    ----------
    data : DataFrame
        Columns of the margins, indexed by sampled unit.
    sample : Sample
    margins : DataFrame, optional
        See :func:`~cdo_analysis.weighting.calibrate`.
    method, bounds
        Of the calibration.

    Returns
    -------
    Weighting

    Raises
    ------
    InputError
        A response group has no respondent, a non-respondent has no group, nobody responded, or what
        :func:`~cdo_analysis.weighting.calibrate` raises.

    References
    ----------
    Särndal and Lundström (2005), Estimation in Surveys with Nonresponse; Haziza and Beaumont (2007), International
    Statistical Review 75(1), 25-43 (response groups).
    """
    if not sample.kept.any():
        raise InputError("no unit in scope responded; check the items that say who is in scope and who responded.")
    index = sample.design_weight.index
    drawn = sample.design_weight.to_numpy(dtype="float64")
    probability, groups = _response(sample)
    corrected = drawn / probability
    trimming = _trim(corrected, sample)
    if trimming is not None:
        corrected = np.where(sample.kept, trimming.weights.reindex(index), corrected)
    final, calibration = corrected, None
    if margins is not None:
        on = np.ones(len(index), dtype=bool) if sample.calibrate_on == "sample" else sample.kept
        calibration = _calibrate(data, margins, corrected, sample, (on & sample.moved, method, bounds))
        final = calibration.population_weights.reindex(index).fillna(pd.Series(corrected, index)).to_numpy()
        if sample.calibrate_on == "sample" or not sample.moved.all():
            calibration = _seen_by(data, margins, corrected, sample, calibration)
    weights = pd.Series(np.where(sample.kept, final, 0.0), index=index, name="weight")
    strata = sample.strata if sample.strata is not None else pd.Series("", index=index)
    design = Design(
        weights,
        strata=sample.strata,
        clusters=sample.clusters,
        population=_sizes(sample, strata) if sample.without_replacement else None,
        calibration=calibration,
        residuals=sample.residuals,
        response=pd.Series(probability, index=index)[sample.kept] if (probability < 1).any() else None,
        single=sample.single,
    )
    steps = [("drawn", drawn, np.ones(len(index), dtype=bool)), ("in_scope", drawn, sample.scope)]
    steps += [("responded", drawn, sample.kept), ("corrected", drawn / probability, sample.kept)]
    steps += [("trimmed", corrected, sample.kept)] if trimming is not None else []
    steps += [("calibrated", final, sample.kept)] if margins is not None else []
    return Weighting(weights[sample.kept], design, calibration, _steps(steps), groups, trimming)


def _trim(corrected: NDArray[np.float64], sample: Sample) -> Trimming | None:
    if sample.highest is None:
        return None
    weights = pd.Series(corrected, index=sample.design_weight.index)[sample.kept]
    return trim_weights(weights, highest=sample.highest * float(weights.mean()))


def _sizes(sample: Sample, strata: pd.Series) -> pd.Series:
    """Return the population of each stratum: what its design weights add up to, in clusters where there are some."""
    if sample.clusters is None:
        return sample.design_weight.groupby(strata).transform("sum")
    first = ~pd.DataFrame({"s": strata, "c": sample.clusters}).duplicated()
    return strata.map(sample.design_weight[first].groupby(strata[first]).sum())


def _response(sample: Sample) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Return the response probability of each unit (1 out of scope), and the rates of the groups.

    The rate of a group weighs each unit by its design weight.
    """
    index, scope, kept = sample.design_weight.index, sample.scope, sample.kept
    group = sample.response_group if sample.response_group is not None else pd.Series("all", index=index)
    group = group.reindex(index)
    lost = index[scope & ~kept & group.isna().to_numpy()]
    if len(lost):
        raise InputError(f"unit {lost[0]!r} is in scope, did not respond and has no response group; give it one.")
    frame = pd.DataFrame({"group": group, "w": sample.design_weight, "kept": kept})[scope & group.notna().to_numpy()]
    frame["responding"] = frame["w"].where(frame["kept"], 0.0)
    table = frame.groupby("group").agg(
        n=("w", "size"), responded=("kept", "sum"), w=("w", "sum"), responding=("responding", "sum")
    )
    table["rate"] = table.pop("responding") / table.pop("w")
    silent = table.index[table["responded"] == 0]
    if len(silent):
        raise InputError(
            f"nobody responded in the response group '{silent[0]}' ({table.loc[silent[0], 'n']} units in scope); merge "
            "it with its neighbour."
        )
    probability = group.map(table["rate"]).fillna(1.0).to_numpy(dtype="float64")
    return np.where(scope, probability, 1.0), table.reset_index()


def _calibrate(
    data: pd.DataFrame,
    margins: pd.DataFrame,
    corrected: NDArray[np.float64],
    sample: Sample,
    how: tuple[Flags, str, tuple[float, float] | None],
) -> Calibration:
    moved, method, bounds = how
    index = sample.design_weight.index
    apart = ~moved & (sample.kept if sample.calibrate_on == "respondents" else True)
    left = _without(margins.reset_index(drop=True), data.loc[index[apart]], pd.Series(corrected, index)[apart])
    base = pd.Series(corrected, index)[moved]
    return calibrate(data.loc[index[moved]], left, base_weights=base, method=method, bounds=bounds, scale=False)


def _without(margins: pd.DataFrame, data: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Return the margins less what units that keep their weight account for."""
    if data.empty:
        return margins
    kinds, left = measures(margins), margins.copy()
    total = population_total(margins)
    for row in margins.index:
        variable, category = margins.at[row, "variable"], str(margins.at[row, "category"])
        if kinds[row] == "total":
            left.loc[row, "population"] -= (weights * data[variable].fillna(0.0)).sum()
            continue
        if kinds[row] == "percent":
            raise InputError("percentages cannot be met with units that keep their weight; give counts.")
        inside = data[variable].astype("str").isin(category.split("+"))
        left.loc[row, "population"] -= float(weights[inside].sum())
    if not (left.loc[kinds.ne("total"), "population"] > 0).all():
        raise InputError(
            f"units that keep their weight count for a whole category of the margins (of {total:.6g} companies); "
            "merge it with its neighbour."
        )
    return left


def _seen_by(
    data: pd.DataFrame,
    margins: pd.DataFrame,
    corrected: NDArray[np.float64],
    sample: Sample,
    calibration: Calibration,
) -> Calibration:
    """Return the calibration as the errors see it: on all respondents, those that keep their weight included."""
    index = sample.design_weight.index[sample.kept]
    base = pd.Series(corrected, sample.design_weight.index)[sample.kept].rename("base_weight")
    total = population_total(margins)
    there = np.asarray(base, dtype="float64")
    total = total if total > 0 else float(there.sum())
    system = build_system(*match_margins(data.loc[index], margins.reset_index(drop=True), there, total))
    return replace(calibration, base=base, system=system, importance=np.ones(len(system.matrix)))


def _steps(steps: list[tuple[str, NDArray[np.float64], Flags]]) -> pd.DataFrame:
    rows = [(name, int(on.sum()), float(w[on].sum()), kish_design_effect(w[on])) for name, w, on in steps]
    return pd.DataFrame(rows, columns=["step", "n", "population", "design_effect"])
