"""What a survey and a margin count: the statistical unit of French official figures."""

from __future__ import annotations

from typing import Literal, get_args

StatisticalUnit = Literal["legal_unit", "enterprise", "establishment"]
"""What is counted: a SIREN, an enterprise in the sense of the LME (which may hold several), or a SIRET."""
UNITS: tuple[StatisticalUnit, ...] = get_args(StatisticalUnit)
