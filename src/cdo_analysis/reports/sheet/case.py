"""The case of one company: its answers, and what the rules say of them, beside a study where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cdo_analysis.exhibits import View, company, view
from cdo_analysis.intake import Firm
from cdo_analysis.messages import Catalogue
from cdo_analysis.pipeline import firm_alone, with_firm
from cdo_analysis.reference import Arrangement
from cdo_analysis.study import Study


@dataclass(frozen=True)
class Case:
    """What a sheet speaks of.

    Attributes
    ----------
    firm : Firm
    view : View
        A study with the company beside it, or of the company alone.
    has_study : bool
        False where the sheet rests on the rules alone.
    """

    firm: Firm
    view: View
    has_study: bool

    @property
    def id(self) -> str:
        """Id of the company."""
        return self.firm.id

    @property
    def say(self) -> Catalogue:
        """The sentences of its language."""
        return self.view.say

    @cached_property
    def row(self) -> dict[str, Any]:
        """The recommendation: columns of :class:`~cdo_analysis.cdo.Recommendation`."""
        return {str(name): value for name, value in self.view.study.table("recommendation").loc[self.id].items()}

    @cached_property
    def shares(self) -> dict[str, float]:
        """Share of the weights under which each arrangement ranks first, in the order of the list."""
        own = company.first_shares(self.view, self.id)
        return dict(zip(map(str, own.index), own.tolist(), strict=True))

    @cached_property
    def open(self) -> list[Arrangement]:
        """Arrangements that are worth talking of: one, two, or all that stay open where the advice abstains."""
        return [self.view.arrangements[name] for name in company.options_open(self.view, self.id)]

    def label(self, name: str) -> str:
        """Return how an arrangement is called."""
        return self.view.option_label(name)

    def share(self, value: float) -> str:
        """Write a share."""
        return self.say.numbers.share(value)

    def listed(self, words: Sequence[str]) -> str:
        """Join words: "a, b et c"."""
        return self.view.list_words(words)

    def amount(self, item: str) -> float | None:
        """Return the number that the company gave to an item; None where it gave none."""
        value = self.firm.answer(item)
        return float(value) if isinstance(value, float | int) else None


def make_case(firm: Firm, *, language: str = "fr", study: Study | None = None) -> Case:
    """Advise a company, by the rules alone or beside a study; nothing is fitted and nothing leaves the machine.

    Parameters
    ----------
    firm : Firm
    language : {'fr', 'en'}
    study : Study, optional
        One that does not ask how digital is led adds nothing.

    Returns
    -------
    Case
    """
    if study is not None and study.has("recommendation"):
        return Case(firm, view(with_firm(study, firm), language=language), has_study=True)
    return Case(firm, view(firm_alone(firm), language=language), has_study=False)
