"""Which divisions each version of the French nomenclature of activities has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cdo_analysis.reference.reading import Table, TomlFile
from cdo_analysis.resources import package_dir
from cdo_analysis.wording import Text


@dataclass(frozen=True)
class NafVersion:
    """A version of the nomenclature.

    Attributes
    ----------
    id : {'naf', 'naf-2025'}
        As codebooks name it.
    label : Text
    divisions : frozenset of str
        Two digits each.
    source : str
    """

    id: str
    label: Text
    divisions: frozenset[str]
    source: str


@lru_cache(maxsize=1)
def load_naf() -> dict[str, NafVersion]:
    """Load the versions by id.

    Examples
    --------
    >>> naf = load_naf()
    >>> len(naf["naf"].divisions), sorted(naf["naf"].divisions - naf["naf-2025"].divisions)
    (88, ['45'])
    """
    file = TomlFile(package_dir("reference") / "naf.toml")
    file.only(file.table, ("version",), "the file")
    versions = (_version(file, entry) for entry in file.need(file.table, "version", "the file"))
    return {version.id: version for version in versions}


def _version(file: TomlFile, entry: Table) -> NafVersion:
    where = f"[[version]] '{entry.get('id', '?')}'"
    file.only(entry, ("id", "label", "divisions", "date", "source"), where)
    spans = [span.partition("-") for span in file.need(entry, "divisions", where)]
    divisions = {f"{n:02}" for low, _, high in spans for n in range(int(low), int(high or low) + 1)}
    label = file.wording(file.need(entry, "label", where), where)
    return NafVersion(
        str(file.need(entry, "id", where)), label, frozenset(divisions), str(file.need(entry, "source", where))
    )
