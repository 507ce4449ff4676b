"""The case of one company: its answers, what the rules say of them, and what a study adds where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from cdo_analysis.cdo import Advice, advise, derive_answers, recommend
from cdo_analysis.exhibits import View, view
from cdo_analysis.intake import Firm
from cdo_analysis.maturity import score_maturity
from cdo_analysis.messages import Catalogue, catalogue
from cdo_analysis.pipeline import SEED, with_firm
from cdo_analysis.reference import Arrangement, Arrangements, Costs, Rules, load_arrangements, load_costs, load_rules
from cdo_analysis.study import Study


@dataclass(frozen=True)
class Case:
    """What a sheet speaks of.

    Attributes
    ----------
    firm : Firm
    say : Catalogue
    arrangements, rules, costs
        Those of the study where there is one, else those of the package.
    advice : Advice
        *Conseillé*, for this company.
    row : mapping
        The recommendation: columns of :class:`~cdo_analysis.cdo.Recommendation`.
    view : View or None
        The study with the company beside it; None where the sheet rests on the rules alone.
    """

    firm: Firm
    say: Catalogue
    arrangements: Arrangements
    rules: Rules
    costs: Costs
    advice: Advice
    row: Mapping[str, Any]
    view: View | None = None

    @property
    def id(self) -> str:
        """Id of the company."""
        return self.firm.id

    @cached_property
    def ranked(self) -> list[str]:
        """Arrangements within reach, best first."""
        shares = self.shares
        feasible = self.advice.feasible.loc[self.id]
        return [name for name in sorted(shares, key=lambda name: -shares[name]) if feasible[name]]

    @cached_property
    def shares(self) -> dict[str, float]:
        """Share of the weights under which each arrangement ranks first, in the order of the list."""
        own = pd.Series(self.advice.acceptability.loc[self.id], dtype="float64")
        return dict(zip(map(str, own.index), own.tolist(), strict=True))

    @property
    def named(self) -> list[Arrangement]:
        """Arrangements that the recommendation names: one, two; those that stay open where there are more."""
        if self.row["reason"] == "low_coverage":
            return []
        return [self.arrangements[name] for name in self.ranked[: int(self.row["n_options"])]]

    def label(self, name: str) -> str:
        """Return how an arrangement is called."""
        return self.arrangements.label(name, self.say.language)

    def share(self, value: float) -> str:
        """Write a share."""
        return self.say.numbers.share(value)

    def listed(self, words: list[str]) -> str:
        """Join words: "a, b et c"."""
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {self.say('label.and')} {words[-1]}"

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

    Returns
    -------
    Case
    """
    return _with_rules(firm, catalogue(language)) if study is None else _with_study(firm, study, language)


def _with_rules(firm: Firm, say: Catalogue) -> Case:
    arrangements = load_arrangements()
    rules = load_rules(arrangements=arrangements)
    known = pd.concat([firm.responses, score_maturity(firm.responses, firm.codebook).values], axis=1)
    advice = advise(derive_answers(known, rules), rules, arrangements, random_state=SEED)
    row = recommend(advice, rules).table.loc[firm.id]
    return Case(firm, say, arrangements, rules, load_costs(), advice, {str(k): v for k, v in row.items()})


def _with_study(firm: Firm, study: Study, language: str) -> Case:
    seen = view(with_firm(study, firm), language=language)
    if not seen.has_cdo:
        return _with_rules(firm, seen.say)
    row = seen.study.table("recommendation").loc[firm.id]
    known = {str(name): value for name, value in row.items()}
    return Case(firm, seen.say, seen.arrangements, seen.rules, seen.costs, seen.advice, known, seen)
