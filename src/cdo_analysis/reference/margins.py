"""Official counts of companies, with their year, unit, field and source."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.reference.reading import STATUSES, Status, TomlFile
from cdo_analysis.resources import package_dir
from cdo_analysis.units import UNITS, StatisticalUnit
from cdo_analysis.wording import Text

_KEYS = ("id", "title", "variable", "year", "unit", "field", "source", "url", "status", "note", "cell")


@dataclass(frozen=True)
class Margins:
    """How many companies of each category exist.

    Attributes
    ----------
    id : str
    title, field, note : Text
        What is counted; in which part of the economy; what to know before using it.
    variable : str
        Name of the column of a survey that holds the same categories.
    year : int
    unit : {'legal_unit', 'enterprise', 'establishment'}
        What is counted (an enterprise in the sense of the LME is not a SIREN).
    source, url : str
    status : {'read', 'transcribed', 'derived', 'assumption'}
    counts : dict of str to float
        Category to number of companies.
    """

    id: str
    title: Text
    variable: str
    year: int
    unit: StatisticalUnit
    field: Text
    source: str
    url: str
    status: Status
    note: Text
    counts: dict[str, float]

    @property
    def total(self) -> float:
        """Companies of all categories."""
        return sum(self.counts.values())

    def table(self, categories: tuple[str, ...] | None = None) -> pd.DataFrame:
        """Return the counts as calibration margins.

        Parameters
        ----------
        categories : tuple of str, optional
            Which categories the survey is about; all by default.

        Returns
        -------
        DataFrame
            A row a category: columns ``variable``, ``category``, ``population``, ``unit``, ``year``, ``source``,
            ``status``.

        Raises
        ------
        UsageError
            If a category is not counted here.

        Examples
        --------
        >>> load_margins("insee-2017").table(("pme", "eti"))[["category", "population"]]
          category  population
        0      pme    147767.0
        1      eti      5722.0
        """
        chosen = tuple(self.counts) if categories is None else categories
        for category in chosen:
            if category not in self.counts:
                raise UsageError(f"margins '{self.id}' do not count '{category}'{did_you_mean(category, self.counts)}")
        return pd.DataFrame(
            {
                "variable": self.variable,
                "category": list(chosen),
                "population": [self.counts[category] for category in chosen],
                "unit": self.unit,
                "year": str(self.year),
                "source": f"{self.source}, {self.url}",
                "status": self.status,
            }
        )


def margin_ids() -> list[str]:
    """Return the ids of the margins that ship with the package."""
    return sorted(path.stem for path in (package_dir("reference") / "margins").glob("*.toml"))


def load_margins(name: str) -> Margins:
    """Load official counts by id.

    Parameters
    ----------
    name : str
        One of :func:`margin_ids`.

    Returns
    -------
    Margins

    Raises
    ------
    UsageError
        If there are no margins of that name.
    InputError
        In one sentence: the file, the table, what is wrong there and how to mend it.

    Examples
    --------
    >>> load_margins("insee-2017").total
    3855109.0
    """
    if name not in margin_ids():
        raise UsageError(f"no margins are called '{name}'{did_you_mean(name, margin_ids())}")
    file = TomlFile(package_dir("reference") / "margins" / f"{name}.toml")
    table = file.table
    file.only(table, _KEYS, "the file")
    status = file.need(table, "status", "the file")
    if status not in STATUSES:
        raise file.error("the file", f"has status = {status!r}", f"use one of {', '.join(STATUSES)}")
    unit = file.need(table, "unit", "the file")
    if unit not in UNITS:
        raise file.error("the file", f"has unit = {unit!r}", f"use one of {', '.join(UNITS)}")
    year = int(file.number(file.need(table, "year", "the file"), "year"))
    return Margins(
        id=str(file.need(table, "id", "the file")),
        title=file.wording(file.need(table, "title", "the file"), "title"),
        variable=str(file.need(table, "variable", "the file")),
        year=year,
        unit=unit,
        field=file.wording(file.need(table, "field", "the file"), "field"),
        source=str(file.need(table, "source", "the file")),
        url=str(file.need(table, "url", "the file")),
        status=status,
        note=file.wording(file.need(table, "note", "the file"), "note"),
        counts=_counts(file),
    )


def _counts(file: TomlFile) -> dict[str, float]:
    cells = file.need(file.table, "cell", "the file")
    for cell in cells:
        file.only(cell, ("category", "count"), "[[cell]]")
    file.unique((str(file.need(cell, "category", "[[cell]]")) for cell in cells), "[[cell]]")
    return {str(cell["category"]): file.number(file.need(cell, "count", "[[cell]]"), "[[cell]]") for cell in cells}
