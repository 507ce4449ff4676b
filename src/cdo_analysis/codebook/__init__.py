"""A questionnaire described as data: wording, codes, labels, dimensions, routing, scores.

A codebook is a TOML file (``codebooks/*.toml``). A new survey or a new wave is a new file, never new Python.
"""

from cdo_analysis.codebook.load import codebook_ids, load_codebook, read_codebook
from cdo_analysis.codebook.model import (
    MISSING_KINDS,
    Answer,
    Band,
    CdoBlock,
    Codebook,
    Collection,
    Condition,
    Consistency,
    Dimension,
    Item,
    ItemKind,
    Limit,
    MissingKind,
    Roles,
    Score,
    Variant,
    WeightingBlock,
)
from cdo_analysis.codebook.segments import SEGMENT_VARIABLES, check_segment, segment_column
from cdo_analysis.units import UNITS, StatisticalUnit
from cdo_analysis.wording import LANGUAGES, Language, Text

__all__ = [
    "LANGUAGES",
    "MISSING_KINDS",
    "SEGMENT_VARIABLES",
    "UNITS",
    "Answer",
    "Band",
    "CdoBlock",
    "Codebook",
    "Collection",
    "Condition",
    "Consistency",
    "Dimension",
    "Item",
    "ItemKind",
    "Language",
    "Limit",
    "MissingKind",
    "Roles",
    "Score",
    "StatisticalUnit",
    "Text",
    "Variant",
    "WeightingBlock",
    "check_segment",
    "codebook_ids",
    "load_codebook",
    "read_codebook",
    "segment_column",
]
