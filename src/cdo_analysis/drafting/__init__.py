"""Codebooks and the structure files of survey platforms: a draft from one, a form to field from the other.

`from_limesurvey`, `from_xlsform`, `from_spss` and `from_long` draft a TOML that the analyst finishes: dimensions,
scores and roles are hers to write. `to_limesurvey` and `to_xlsform` write the form of a codebook.
"""

from cdo_analysis.drafting.limesurvey import from_limesurvey
from cdo_analysis.drafting.limesurvey_form import to_limesurvey
from cdo_analysis.drafting.microdata import from_long, from_spss
from cdo_analysis.drafting.toml import write_draft
from cdo_analysis.drafting.xlsform import from_xlsform, to_xlsform

__all__ = [
    "from_limesurvey",
    "from_long",
    "from_spss",
    "from_xlsform",
    "to_limesurvey",
    "to_xlsform",
    "write_draft",
]
