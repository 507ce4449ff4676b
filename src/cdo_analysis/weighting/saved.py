"""A design as tables, and back: what a study keeps so that its reports give the errors of the design."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis.weighting.calibration import Calibration
from cdo_analysis.weighting.constraints import System
from cdo_analysis.weighting.design import Design
from cdo_analysis.weighting.distances import Distance, distance

_STAGES = ("strata", "clusters", "population")


def design_tables(design: Design) -> dict[str, pd.DataFrame]:
    """Return a design as tables for Parquet.

    Parameters
    ----------
    design : Design
        Of one stage, without replicates.

    Returns
    -------
    dict of str to DataFrame
        ``design``: a row a sampled unit (weight, base, cell, response, strata, clusters, population); and, where
        weights were calibrated, ``design_matrix``: a row a cell, a column a calibration variable, then its importance.
    """
    units = pd.DataFrame({"weight": design.weights})
    for name in _STAGES:
        given = getattr(design, name)
        if given is not None:
            units[name] = given.reindex(units.index)
    if design.response is not None:
        units["response"] = design.response.reindex(units.index)
    units.attrs = {"residuals": design.residuals, "single": design.single}
    if design.calibration is None:
        return {"design": units}
    calibration = design.calibration
    units["base"] = calibration.base.reindex(units.index)
    units["cell"] = pd.Series(calibration.system.cells, index=calibration.base.index).reindex(units.index)
    matrix = pd.DataFrame(calibration.system.matrix, columns=list(calibration.system.names))
    return {"design": units, "design_matrix": matrix.assign(importance=calibration.importance)}


def design_from_tables(units: pd.DataFrame, matrix: pd.DataFrame | None) -> Design:
    """Return the design that :func:`design_tables` wrote.

    Its calibration serves errors; it cannot calibrate again.
    """
    fields: dict[str, pd.Series | None] = {name: units[name] for name in (*_STAGES, "response") if name in units}
    if "response" in units:
        fields["response"] = units["response"].dropna()
    return Design(
        units["weight"],
        calibration=None if matrix is None else _calibration(units, matrix),
        residuals=units.attrs.get("residuals", "calibrated"),
        single=units.attrs.get("single", "error"),
        **fields,  # type: ignore[arg-type]
    )


def _calibration(units: pd.DataFrame, matrix: pd.DataFrame) -> Calibration:
    met = units.dropna(subset=["base"])
    columns = matrix.drop(columns="importance")
    values = columns.to_numpy(dtype="float64")
    cells = met["cell"].to_numpy(dtype="float64").astype(np.intp)
    how: Distance = distance("raking", None)
    return Calibration(
        weights=met["weight"],
        population_factor=1.0,
        distance=how,
        iterations=0,
        base=met["base"],
        table=pd.DataFrame(),
        system=System(cells, values, np.full(values.shape[1], np.nan), tuple(map(str, columns))),
        importance=matrix["importance"].to_numpy(dtype="float64"),
    )
