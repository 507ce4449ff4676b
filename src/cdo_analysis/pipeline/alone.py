"""One company without any survey: a study in memory that holds its answers and what the rules of the package advise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from cdo_analysis.cdo import advise, derive_answers, recommend
from cdo_analysis.codebook import Codebook
from cdo_analysis.intake import Firm
from cdo_analysis.maturity import score_maturity
from cdo_analysis.pipeline.stages import SEED
from cdo_analysis.reference import load_arrangements, load_rules
from cdo_analysis.resources import package_dir
from cdo_analysis.study import Study

DRAWS = 1000
"""Weights that are drawn, as in the fit of a survey."""


@dataclass(frozen=True, eq=False, repr=False)
class StudyAlone(Study):
    """A study of one company, never on disk: *conseillé* alone, for there is nobody to compare it with.

    Attributes
    ----------
    firm : Firm
    tables : dict of str to DataFrame
        The tables that such a study has.
    """

    firm: Firm
    tables: dict[str, pd.DataFrame]

    @property
    def outsider(self) -> str:
        """Id of the company."""
        return self.firm.id

    @cached_property
    def codebook(self) -> Codebook:
        """The questionnaire that the company answered."""
        return self.firm.codebook

    def has(self, name: str) -> bool:
        """Tell whether the study holds the table `name`."""
        return name in self.tables

    def table(self, name: str) -> pd.DataFrame:
        """Return the table `name`."""
        return self.tables[name].copy()

    def document(self, name: str) -> dict[str, Any]:
        """Return how the weights were drawn: the only document that there is."""
        return {"advice": {"draws": DRAWS, "random_state": SEED}}[name]

    def text_path(self, name: str) -> Path:
        """Return the path of a reference file of the package."""
        return package_dir("reference") / f"{name}.toml"


def firm_alone(firm: Firm) -> StudyAlone:
    """Return what the rules of the package advise to a company, without any survey.

    Parameters
    ----------
    firm : Firm
        See :func:`~cdo_analysis.intake.read_firm`.

    Returns
    -------
    StudyAlone
    """
    arrangements = load_arrangements()
    rules = load_rules(arrangements=arrangements)
    scores = score_maturity(firm.responses, firm.codebook).values
    known = pd.concat([firm.responses, scores], axis=1)
    advice = advise(derive_answers(known, rules), rules, arrangements, draws=DRAWS, random_state=SEED)
    found = recommend(advice, rules)
    tables = {f"advice_{name}": frame for name, frame in advice.to_frames().items()}
    tables |= {"responses": firm.responses, "scores": scores}
    tables |= {"recommendation": found.table, "recommendation_options": found.options}
    info = {"id": "", "codebook": f"{firm.codebook.id} {firm.codebook.version}", "files": {}, "options": {"note": ""}}
    return StudyAlone(Path(), info, firm, tables)
