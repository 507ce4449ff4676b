"""Intake: a raw survey export becomes a tidy survey, and nothing is silently lost.

`readers` turn a file to text (by `delimited`, `workbook` and `records`), `values`, `numbers` and `lists` one written
answer to one value, `coding` columns to coded answers, `missing` says why an answer is missing, `company` identifies
and sizes the firm, `quality` flags doubtful answers, `issues` says what is wrong, as a table. `firm` reads the
answers of one company that is outside any survey, from the file that `firm_file` turns to text.
"""

from cdo_analysis.intake.company import SIZE_CATEGORIES, luhn_holds, read_siren, size_category
from cdo_analysis.intake.firm import OUTSIDE, Firm, read_firm
from cdo_analysis.intake.issues import RULES, count_issues
from cdo_analysis.intake.quality import FLAGS
from cdo_analysis.intake.read import read_survey
from cdo_analysis.intake.readers import RawTable, read_table
from cdo_analysis.intake.survey import Survey

__all__ = [
    "FLAGS",
    "OUTSIDE",
    "RULES",
    "SIZE_CATEGORIES",
    "Firm",
    "RawTable",
    "Survey",
    "count_issues",
    "luhn_holds",
    "read_firm",
    "read_siren",
    "read_survey",
    "read_table",
    "size_category",
]
