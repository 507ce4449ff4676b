"""A questionnaire described as data: wording, codes, labels, dimensions, routing, scores.

A codebook is a TOML file (``codebooks/*.toml``). A new survey or a new wave is a new file, never new Python.
"""

from cdo_analysis.codebook.compared import Difference, compare_codebooks, routing_of, wording_of
from cdo_analysis.codebook.lines import line_of, place_in
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
from cdo_analysis.codebook.outline import outline
from cdo_analysis.codebook.review import Problem, find_problems
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
    "Difference",
    "Dimension",
    "Item",
    "ItemKind",
    "Language",
    "Limit",
    "MissingKind",
    "Problem",
    "Roles",
    "Score",
    "StatisticalUnit",
    "Text",
    "Variant",
    "WeightingBlock",
    "check_segment",
    "codebook_ids",
    "compare_codebooks",
    "find_problems",
    "line_of",
    "load_codebook",
    "outline",
    "place_in",
    "read_codebook",
    "routing_of",
    "segment_column",
    "wording_of",
]
