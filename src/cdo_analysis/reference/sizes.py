"""The legal size categories of French companies: their labels and their thresholds."""

from __future__ import annotations

from dataclasses import dataclass

from cdo_analysis.reference.reading import Table, TomlFile
from cdo_analysis.resources import package_dir
from cdo_analysis.wording import Text

_LIMITS = ("headcount_below", "turnover_up_to_keur", "balance_sheet_up_to_keur")


@dataclass(frozen=True)
class SizeCategory:
    """One category: fewer persons than a limit, and turnover or balance sheet up to theirs.

    Attributes
    ----------
    id : {'micro', 'pme', 'eti', 'ge'}
        ``pme`` excludes ``micro``, which the decree counts among the PME.
    label : Text
    headcount_below, turnover_up_to_keur, balance_sheet_up_to_keur : float
        Strict for persons (annual work units), inclusive for money; infinite for the last category.
    source : str
    """

    id: str
    label: Text
    headcount_below: float
    turnover_up_to_keur: float
    balance_sheet_up_to_keur: float
    source: str


def load_size_categories() -> tuple[SizeCategory, ...]:
    """Load the size categories, smallest first.

    Returns
    -------
    tuple of SizeCategory

    Examples
    --------
    >>> [(size.id, size.headcount_below) for size in load_size_categories()]
    [('micro', 10.0), ('pme', 250.0), ('eti', 5000.0), ('ge', inf)]
    """
    file = TomlFile(package_dir("reference") / "size_categories.toml")
    file.only(file.table, ("source", "date", "size"), "the file")
    source = str(file.need(file.table, "source", "the file"))
    return tuple(_size(file, entry, source) for entry in file.need(file.table, "size", "the file"))


def _size(file: TomlFile, entry: Table, source: str) -> SizeCategory:
    where = f"[[size]] '{entry.get('id', '?')}'"
    file.only(entry, ("id", "label", *_LIMITS), where)
    limits = {key: file.number(file.need(entry, key, where), where) for key in _LIMITS}
    label = file.wording(file.need(entry, "label", where), where)
    return SizeCategory(str(file.need(entry, "id", where)), label, source=source, **limits)
