"""What mends a problem: the line of the codebook that is to be changed, or the code that is to be run."""

from __future__ import annotations

import json

import pandas as pd

from cdo_analysis.codebook import Codebook, place_in

_EDIT = "correct it with --edits FILE.csv: RESPONDENT,{item},{value_csv},AFTER,REASON"
_CHECK = "if the firm confirms it, leave it; else " + _EDIT
_WITHOUT = "compare with the results of: fit --without-flagged (in Python, fit(…, without_flagged=True))"

REMEDIES: dict[str, str] = {
    "missing_column": '{at_item}: column = {value_or_header} for "{item}"; required = false if the wave did not ask it',
    "column_by_wording": '{at_item}: column = {value_toml} for "{item}"',
    "unknown_column": '{file}: [[item]] name = "…", column = {value_toml}, if it is a question',
    "unknown_answer": '{at_answers}: {{ code = "…", label = {value_toml} }} among the answers of "{item}"; or ' + _EDIT,
    "not_a_number": _EDIT,
    "ambiguous_number": _EDIT,
    "interval_for_number": '{at_item}: kind = "choice" with ranges as answers, if "{item}" was asked by ranges; or '
    + _EDIT,
    "out_of_range": '{at_item}: bounds = [lowest, highest] of "{item}"; or ' + _EDIT,
    "date_for_number": _EDIT,
    "share_or_percent": _EDIT,
    "naf_wrong_form": '{at_item}: check = "naf" (rév. 2) or "naf-2025" for "{item}"; or ' + _EDIT,
    "naf_unknown": '{at_item}: check = "naf" (rév. 2) or "naf-2025" for "{item}"; or ' + _EDIT,
    "not_a_date": _EDIT,
    "siren_wrong_key": _EDIT,
    "siren_wrong_length": _EDIT,
    "siren_refused": _EDIT,
    "siren_from_wrong_siret": _EDIT,
    "same_respondent": "to keep the other record, remove this one: --edits FILE.csv with a line line-N,,,,REASON",
    "exact_duplicate": "nothing to mend: the record is kept once",
    "same_answers": "if one of them is a double: --edits FILE.csv with a line line-N,,,,REASON",
    "test_answer": "{at_collection}: test_domains, if its e-mail is an address of yours; a real answer is renamed with "
    "--edits FILE.csv",
    "preview_record": "nothing to mend: it was sent from the preview of the form",
    "spam_record": "if it is a firm that you know, clear its score or status in the platform and export again",
    "unfinished_record": _WITHOUT,
    "exclusive_with_others": '{at_item}: exclusive = true of "{item}"; or ' + _EDIT,
    "answered_though_not_asked": '{at_item}: asked_if of "{item}"',
    "straight_liner": _WITHOUT,
    "speeder": _WITHOUT,
    "attention_failed": "{at_roles}: attention_code; " + _WITHOUT,
    "mostly_unanswered": _WITHOUT,
    "near_duplicate": _WITHOUT,
    "long_string": _WITHOUT,
    "inconsistent": "{at_consistency}: the rule of that label; " + _WITHOUT,
    "outside_dates": "{at_collection}: opened, closed",
    "same_address": _WITHOUT,
    "sent_at_once": _WITHOUT,
    "personal_column": "{file}: [[item]] with column = {value_toml} and personal = true, if the survey asks it",
    "personal_text": '{at_item}: personal = true of "{item}" withholds the whole text',
    "sensitive_text": '{at_item}: personal = true of "{item}" withholds the whole text',
    "edit_without_cell": "look at respondent, item and before in the file of --edits",
    "size_contradiction": _CHECK,
    "unit_slip": _CHECK,
    "size_declared_otherwise": _CHECK,
    "duration_contradiction": '{at_item}: unit of "{item}", or the zone of the times of the export',
}
"""Rule -> what mends it; a rule that is not here needs nothing."""


def find_remedies(issues: pd.DataFrame, book: Codebook) -> pd.Series:
    """Return what mends each problem of an issue table.

    Parameters
    ----------
    issues : DataFrame
        rule, item, value: as :class:`~cdo_analysis.intake.issues.IssueLog` makes them.
    book : Codebook
        As it was read from its file, whose lines are named.

    Returns
    -------
    Series of str
        Empty where nothing has to be mended.
    """
    keys = list(zip(issues["rule"], issues["item"], issues["value"], strict=True))
    made = {(rule, item, value): _remedy(rule, item, value, book) for rule, item, value in dict.fromkeys(keys)}
    return pd.Series([made[key] for key in keys], index=issues.index, dtype="str")


def _remedy(rule: str, item: str, value: str, book: Codebook) -> str:
    template = REMEDIES.get(rule, "")
    if not template:
        return ""
    name = item if item in book else next((i.name for i in book if i.block == item), "")
    header = book[name].column if name else ""
    return template.format(
        item=item,
        file=book.file or f"{book.id}.toml",
        value_toml=json.dumps(value, ensure_ascii=False),
        value_or_header=json.dumps(value, ensure_ascii=False) if value else f'"…" (what the export has for "{header}")',
        value_csv='"' + value.replace('"', '""') + '"' if set(value) & set(',"\n') else value,
        at_item=place_in(book, f"item:{item}" if item in book else f"item:{name}"),
        at_answers=place_in(book, f"answers:{name}"),
        at_collection=place_in(book, "[collection]"),
        at_roles=place_in(book, "[roles]"),
        at_consistency=place_in(book, "[consistency]"),
    )
