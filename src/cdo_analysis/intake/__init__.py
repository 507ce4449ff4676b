"""Intake: a raw survey export becomes a tidy survey, and nothing is silently lost.

`sources` takes the bytes of a file, `readers` turn them to `columns` of distinct texts (by `encodings` and `delimited`
or, apart, `binary`, then `header`, `records` and `platforms`), `matching` finds the items' columns, `values`, `bands`,
`clock`, `numbers` and `lists` read one written answer, `plain` many that stand for themselves, `coding` the texts of a
column to `coded` ones, `missing` says why an answer is missing, `company` identifies and sizes the firm, `personal` and
`names` set apart what reaches a person, `quality`, `plausibility` and `doubts` flag doubtful answers, `findings` and
`journal` keep what was done, `issues` says what is wrong and `remedies` what mends it; `read` and `assemble` are the
order of all this. `forgetting` and `rewriting` take a respondent out of an export. `firm` reads the answers of one
company that is outside any survey, from the file that `firm_file` turns to text.
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
