"""The import card: what a file turned out to be, and its problems, worst first, each with the line that mends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdo_analysis.exhibits import TableView
from cdo_analysis.intake import Survey, count_issues
from cdo_analysis.lab.mending import mend_for
from cdo_analysis.lab.panel import Panel
from cdo_analysis.messages import Catalogue, catalogue
from cdo_analysis.showing import display_language
from cdo_analysis.tables import rows_of

MOST_PROBLEMS = 14
"""Kinds of problems that the card shows; the issue table has them all."""

_MOST_CODES = 6
_LONGEST = 48
_DATE_FORMS = ("iso", "day_first", "month_first", "serial", "other")


def import_card(survey: Survey, *, language: str | None = None) -> Panel:
    """Return what was found in an export, and what is wrong with it.

    A cell that ends with a survey shows it; so this function only serves to choose the language.

    Parameters
    ----------
    survey : Survey
    language : {'fr', 'en'}, optional
        By default that of the variable ``CDO_ANALYSIS_LANGUAGE``, else French.

    Returns
    -------
    Panel

    Examples
    --------
    >>> from cdo_analysis.intake import read_survey
    >>> from cdo_analysis.resources import sample_dir
    >>> survey = read_survey(sample_dir() / "enquete-cdo-2026.csv", "cdo-2026")
    >>> print(import_card(survey, language="en").to_text().splitlines()[0])
    enquete-cdo-2026.csv: 450 respondents
    """
    say = catalogue(language or display_language())
    n = say.numbers.number(len(survey))
    return Panel(
        title=say("card.title", file=survey.file, n=n),
        facts=list(_facts(survey, say)),
        table=_problems(survey, say),
        code=(4,),
        paragraphs=_paragraphs(survey, say),
        language=say.language,
    )


def _facts(survey: Survey, say: Catalogue) -> Iterator[tuple[str, str]]:
    number, facts, book = say.numbers.number, survey.facts, survey.codebook
    colon = "\u00a0: " if say.language == "fr" else ": "
    steps = dict(zip(survey.flow["step"], survey.flow["n"], strict=True))
    out = [f"{say(f'flow.{step}')}{colon}{n}" for step, n in steps.items() if step not in ("received", "kept") and n]
    kept = say("card.kept", kept=number(len(survey)), received=number(steps.get("received", len(survey))))
    yield say("card.respondents"), f"{kept} . {'. '.join(out)}." if out else kept
    yield say("card.codebook"), f"{book.title.of(say.language)} ({book.id} {book.version})"
    yield say("card.columns"), _columns(survey, say)
    yield say("card.file"), _how_read(survey, say)
    yield say("card.numbers"), _decimals(survey, say)
    forms = [say(f"card.date_{form}", n=number(facts.dates[form])) for form in _DATE_FORMS if facts.dates.get(form)]
    yield say("card.dates"), ", ".join(forms) or say("card.none")
    listed = [f"{code} ({number(n)})" for code, n in list(facts.missing_codes.items())[:_MOST_CODES]]
    left = len(facts.missing_codes) - _MOST_CODES
    yield (
        say("card.missing"),
        ", ".join([*listed, *([say("card.more", n=left)] if left > 0 else [])]) or say("card.none"),
    )


def _columns(survey: Survey, say: Catalogue) -> str:
    facts, number = survey.facts, say.numbers.number
    absent = int(survey.issues["rule"].eq("missing_column").sum())
    fields = {"recognised": number(facts.recognised), "columns": number(facts.columns)}
    unknown = facts.columns - facts.recognised
    said = [say("card.recognised", **fields)]
    said += [say("card.unknown", n=number(unknown))] if unknown else []
    return ", ".join([*said, *([say("card.absent", n=number(absent))] if absent else [])])


def _how_read(survey: Survey, say: Catalogue) -> str:
    facts = survey.facts
    said = [say("card.platform", platform=say.get(f"card.platform_{facts.platform}", facts.platform))]
    said += [say("card.encoding", encoding=facts.encoding)] if facts.encoding else []
    mark = say("card.tab") if facts.separator == "\t" else facts.separator
    said += [say("card.separator", mark=mark)] if facts.separator else []
    said += [say("card.sheet", sheet=facts.sheet)] if facts.sheet else []
    return ", ".join(said)


def _decimals(survey: Survey, say: Catalogue) -> str:
    commas, points = (survey.facts.decimals.get(mark, 0) for mark in (",", "."))
    key = "card.decimals_both" if commas and points else "card.decimals_comma" if commas else "card.decimals_point"
    fields = {"commas": say.numbers.number(commas), "points": say.numbers.number(points)}
    return say(key if commas or points else "card.decimals_none", **fields)


def _problems(survey: Survey, say: Catalogue) -> TableView | None:
    """Return a row a kind of problem: severity, how many, what with an example, what was done, the line that mends."""
    counts = count_issues(survey.issues).head(MOST_PROBLEMS)
    if counts.empty:
        return None
    rows = []
    for row in rows_of(counts):
        mend = mend_for(survey, row.rule)
        what = f"{say.get(f'issue.{row.rule}', row.rule)}{_example(survey, row.rule, say)}"
        done = say.get(f"issue_action.{row.rule}")
        rows.append([say(f"severity.{row.severity}"), say.numbers.number(row.n), what, done, mend.line])
    header = [say(f"card.column_{name}") for name in ("severity", "n", "what", "done", "mend")]
    return TableView(header, rows, numeric=(False, True, False, False, False))


def _example(survey: Survey, rule: str, say: Catalogue) -> str:
    """Return the first case of a problem: line, item, text as written; a remark of the reading as it stands."""
    first: Any = survey.issues[survey.issues["rule"].eq(rule)].iloc[0]
    colon = "\u00a0: " if say.language == "fr" else ": "
    if rule == "reading_note":
        return f"{colon}{first['message']}"
    parts = [say("card.line", line=first["line"])] if first["line"] else []
    parts += [str(first["item"])] if first["item"] else []
    personal = first["item"] in survey.codebook and survey.codebook[first["item"]].personal
    value = "" if personal else str(first["value"])
    value = value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
    parts += [say("label.quoted", text=value)] if value else []
    return f" ({say('card.example')} {', '.join(parts)})" if parts else ""


def _paragraphs(survey: Survey, say: Catalogue) -> list[str]:
    if survey.issues.empty:
        return [say("card.no_problem")]
    kinds = survey.issues["rule"].nunique()
    said = [say("card.how")] if survey.issues["rule"].map(lambda rule: bool(mend_for(survey, rule).line)).any() else []
    more = [say("card.more_problems", n=kinds - MOST_PROBLEMS)] if kinds > MOST_PROBLEMS else []
    return [*said, *more, say("card.all", n=say.numbers.number(len(survey.issues)))]
