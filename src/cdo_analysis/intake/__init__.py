"""Intake: a raw survey export becomes a tidy survey, and nothing is silently lost.

`sources` takes the bytes of a file, `readers` turn them to text (by `delimited` or, apart, `binary`, then `header`,
`records` and `platforms`), `matching` finds the items' columns, `values`, `bands`, `numbers` and `lists` read one
written answer, `coding` columns of them, `missing` says why an answer is missing, `company` identifies and sizes the
firm, `personal` sets apart what reaches a person, `quality` and `doubts` flag doubtful answers, `journal` keeps what
was done, `issues` says what is wrong, as a table; `read` and `assemble` are the order of all this. `firm`
reads the answers of one company that is outside any survey, from the file that `firm_file` turns to text.
"""

from cdo_analysis.intake.company import SIZE_CATEGORIES, luhn_holds, read_siren, size_category
from cdo_analysis.intake.doubts import drop_off
from cdo_analysis.intake.facts import ExportFacts
from cdo_analysis.intake.firm import OUTSIDE, Firm, read_firm
from cdo_analysis.intake.forgetting import forget_in_export
from cdo_analysis.intake.issues import RULES, count_issues
from cdo_analysis.intake.journal import CleaningLog, replay, write_log
from cdo_analysis.intake.personal import pseudonyms
from cdo_analysis.intake.platforms import PLATFORMS
from cdo_analysis.intake.pseudonymity import pseudonymise
from cdo_analysis.intake.quality import FLAGS
from cdo_analysis.intake.read import read_survey
from cdo_analysis.intake.readers import ExportOptions, RawTable, read_table
from cdo_analysis.intake.suggestions import ColumnMatch, Suggestion, suggest_columns
from cdo_analysis.intake.survey import Survey, leave_out_flagged
from cdo_analysis.intake.variants import About, answers_toml, blank_firm, change_answers, changed_items, firm_of

__all__ = [
    "FLAGS",
    "OUTSIDE",
    "PLATFORMS",
    "RULES",
    "SIZE_CATEGORIES",
    "About",
    "CleaningLog",
    "ColumnMatch",
    "ExportFacts",
    "ExportOptions",
    "Firm",
    "RawTable",
    "Suggestion",
    "Survey",
    "answers_toml",
    "blank_firm",
    "change_answers",
    "changed_items",
    "count_issues",
    "drop_off",
    "firm_of",
    "forget_in_export",
    "leave_out_flagged",
    "luhn_holds",
    "pseudonymise",
    "pseudonyms",
    "read_firm",
    "read_siren",
    "read_survey",
    "read_table",
    "replay",
    "size_category",
    "suggest_columns",
    "write_log",
]
