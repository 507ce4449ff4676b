"""The arrangements: the ways in which a company can have its digital side led."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.reference.reading import Figure, Table, TomlFile
from cdo_analysis.resources import package_dir
from cdo_analysis.wording import Language, Text

NEEDS = ("minimum_budget_keur", "maximum_budget_keur", "minimum_web_team_fte", "minimum_leader_hours_week")
"""What an arrangement calls for; a feasibility rule names one of them."""

LIMITS = ("maximum_sites", "minimum_term_months", "maximum_term_months")
"""What else is known of an arrangement, where it applies; no rule excludes anything by it."""

_WORDS = ("label", "description", "gives", "risks", "cautions", "first_steps")
_KEYS = ("id", "parent", *_WORDS, "cost", *NEEDS, *LIMITS)
_COST_KEYS = ("post_share", "days_year", "days_month", "rate", "already_paid", "source")


@dataclass(frozen=True)
class CostRecipe:
    """What a year of an arrangement is made of, from its lightest to its fullest form.

    Attributes
    ----------
    post_share : (float, float)
        Share of a full-time salaried post.
    days_year : (float, float)
        Days bought outside.
    rate : {'', 'management', 'expert'}
        At which day rates of ``costs.toml`` they are bought.
    already_paid : bool
        True where the salary is paid today and only its use changes: a cost, but no new expense.
    source : str
        Where the intensities come from.
    days_month : (float, float)
        Days a month of the person who leads; 0 where nobody does.
    """

    post_share: tuple[float, float]
    days_year: tuple[float, float]
    rate: str
    already_paid: bool
    source: str
    days_month: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Arrangement:
    """One way to have the digital side led.

    Attributes
    ----------
    id, parent : str
        Its name, and that of the group into which it is merged where it is rare.
    label, description : Text
        A few words; one sentence.
    needs : dict of str to Figure
        A figure for each of :data:`NEEDS`.
    cost : CostRecipe
    gives, risks, first_steps : tuple of Text
    cautions : tuple of Text
        Points to check with counsel, never advice.
    limits : dict of str to Figure
        A figure for those of :data:`LIMITS` that apply.
    """

    id: str
    parent: str
    label: Text
    description: Text
    needs: dict[str, Figure]
    cost: CostRecipe
    gives: tuple[Text, ...]
    risks: tuple[Text, ...]
    cautions: tuple[Text, ...]
    first_steps: tuple[Text, ...]
    limits: dict[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class Parent:
    """A group of arrangements, shown in their place where one of them is rare."""

    id: str
    label: Text


@dataclass(frozen=True)
class Arrangements:
    """The list of arrangements, in the order in which they are shown.

    Attributes
    ----------
    version, date : str
        Of the file.
    parents : tuple of Parent
    options : tuple of Arrangement
    """

    version: str
    date: str
    parents: tuple[Parent, ...]
    options: tuple[Arrangement, ...]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Names of the arrangements."""
        return tuple(option.id for option in self.options)

    @cached_property
    def parent_of(self) -> dict[str, str]:
        """Arrangement to parent."""
        return {option.id: option.parent for option in self.options}

    def label(self, name: str, language: Language = "fr") -> str:
        """Return the label of an arrangement or of a parent (an option that was merged).

        Raises
        ------
        UsageError
            If there is neither an arrangement nor a parent of that name.
        """
        labels = {parent.id: parent.label for parent in self.parents}
        labels |= {option.id: option.label for option in self.options}
        if name not in labels:
            raise UsageError(f"no arrangement is called '{name}'{did_you_mean(name, labels)}")
        return labels[name].of(language)

    def __getitem__(self, name: str) -> Arrangement:
        for option in self.options:
            if option.id == name:
                return option
        raise UsageError(f"no arrangement is called '{name}'{did_you_mean(name, self.ids)}")

    def __iter__(self) -> Iterator[Arrangement]:
        return iter(self.options)

    def __len__(self) -> int:
        return len(self.options)


def load_arrangements(path: str | Path | None = None) -> Arrangements:
    """Load the arrangements.

    Parameters
    ----------
    path : str or Path, optional
        A TOML file in the format of ``reference/arrangements.toml``, which is the default.

    Returns
    -------
    Arrangements

    Raises
    ------
    InputError
        In one sentence: the file, the table, what is wrong there and how to mend it.

    Examples
    --------
    >>> arrangements = load_arrangements()
    >>> arrangements.ids[:3], arrangements["interim"].parent
    (('none_yet', 'boss_led', 'shared_role'), 'external_cdo')
    """
    file = TomlFile(Path(path) if path else package_dir("reference") / "arrangements.toml")
    file.only(file.table, ("version", "date", "parent", "arrangement"), "the file")
    parents = tuple(_parent(file, entry) for entry in file.need(file.table, "parent", "the file"))
    options = tuple(_arrangement(file, entry) for entry in file.need(file.table, "arrangement", "the file"))
    names = [*(parent.id for parent in parents), *(option.id for option in options)]
    file.unique(names, "[[arrangement]] or [[parent]]")
    for option in options:
        file.refer(option.parent, (parent.id for parent in parents), f"[[arrangement]] '{option.id}' parent")
    return Arrangements(
        version=str(file.need(file.table, "version", "the file")),
        date=str(file.need(file.table, "date", "the file")),
        parents=parents,
        options=options,
    )


def _parent(file: TomlFile, entry: Table) -> Parent:
    where = f"[[parent]] '{entry.get('id', '?')}'"
    file.only(entry, ("id", "label"), where)
    return Parent(str(file.need(entry, "id", where)), file.wording(file.need(entry, "label", where), where))


def _arrangement(file: TomlFile, entry: Table) -> Arrangement:
    where = f"[[arrangement]] '{entry.get('id', '?')}'"
    file.only(entry, _KEYS, where)
    return Arrangement(
        id=str(file.need(entry, "id", where)),
        parent=str(file.need(entry, "parent", where)),
        label=file.wording(file.need(entry, "label", where), where),
        description=file.wording(file.need(entry, "description", where), where),
        needs={need: file.figure(file.need(entry, need, where), f"{where} {need}") for need in NEEDS},
        cost=_cost(file, file.need(entry, "cost", where), f"{where} cost"),
        gives=file.texts(file.need(entry, "gives", where), f"{where} gives"),
        risks=file.texts(file.need(entry, "risks", where), f"{where} risks"),
        cautions=file.texts(entry.get("cautions", ()), f"{where} cautions"),
        first_steps=file.texts(file.need(entry, "first_steps", where), f"{where} first_steps"),
        limits={name: file.figure(entry[name], f"{where} {name}") for name in LIMITS if name in entry},
    )


def _cost(file: TomlFile, entry: Table, where: str) -> CostRecipe:
    file.only(entry, _COST_KEYS, where)
    rate = str(entry.get("rate", ""))
    file.refer(rate, ("", "management", "expert"), f"{where} rate")
    return CostRecipe(
        post_share=_range(file, entry, "post_share", where),
        days_year=_range(file, entry, "days_year", where),
        rate=rate,
        already_paid=bool(entry.get("already_paid", False)),
        source=str(file.need(entry, "source", where)),
        days_month=_range(file, entry, "days_month", where),
    )


def _range(file: TomlFile, entry: Table, key: str, where: str) -> tuple[float, float]:
    values = file.numbers(entry.get(key, [0, 0]), f"{where} {key}")
    if len(values) != 2 or not 0 <= values[0] <= values[1]:
        raise file.error(f"{where} {key}", f"is {list(values)}", "write [lightest, fullest], both at least 0")
    return values[0], values[1]
