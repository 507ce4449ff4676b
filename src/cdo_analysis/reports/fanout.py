"""Which reports a batch makes: a company each, a value of the answers each, or a line of a file each."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from cdo_analysis.errors import InputError, UsageError, did_you_mean
from cdo_analysis.reports.run import Source
from cdo_analysis.reports.template import Template


def parameter_sets(
    source: Source,
    template: Template,
    *,
    where: Sequence[str] = (),
    companies: Path | None = None,
    by: Sequence[str] = (),
    listed: Path | None = None,
) -> list[dict[str, str]]:
    """Return the parameters that tell the reports of a batch apart, a mapping a report.

    Parameters
    ----------
    source : Source
    template : Template
    where, companies
        Only these companies: see :func:`find_companies`.
    by : sequence of str
        Columns of the answers: a report for each combination of values that a company has. A parameter of the
        template has the name of the column, or is named before it: ``size=size_category``.
    listed : Path, optional
        CSV: a column a parameter, a line a report.

    Raises
    ------
    UsageError, InputError
        A column, parameter or company is not known; the choice does not fit the template; nothing is left.
    """
    if by and listed is not None:
        raise UsageError("reports are told apart by columns (--by) or by the lines of a file (--sets); take one.")
    about_companies = "company" in template.parameters
    if (where or companies is not None) and (listed is not None or not (about_companies or by)):
        raise UsageError(f"{template.name} is not about one company; leave --where and --companies out.")
    if listed is not None:
        return _read_sets(listed, template)
    if not by and not about_companies:
        return [{}]
    kept = find_companies(source, where=where, listed=companies)
    if not kept:
        raise InputError("no company of the study meets all conditions; leave one out.")
    return _combinations(source, template, by, set(kept)) if by else [{"company": name} for name in kept]


def _combinations(source: Source, template: Template, by: Sequence[str], kept: set[str]) -> list[dict[str, str]]:
    """Return the values that the kept companies have in some columns, each combination once, sorted."""
    pairs = [(name.strip(), column.strip() or name.strip()) for name, _, column in (one.partition("=") for one in by)]
    for name, _ in pairs:
        _check_parameter(name, template)
    answers = [_answers(source, column) for _, column in pairs]
    found = {tuple(answer[name] for answer in answers) for name in kept if all(name in answer for answer in answers)}
    if not found:
        raise InputError(f"no company has an answer in {', '.join(by)}; take other columns.")
    return [{name: value for (name, _), value in zip(pairs, values, strict=True)} for values in sorted(found)]


def _check_parameter(name: str, template: Template) -> None:
    if name not in template.parameters:
        raise UsageError(
            f"{template.name} has no parameter '{name}'{did_you_mean(name, template.parameters)}; "
            "where it has another name than the column, write --by parameter=column."
        )


def _read_sets(path: Path, template: Template) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names = reader.fieldnames or []
            sets = [dict(line) for line in reader]
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(f"the list {path} cannot be read ({error}); write CSV, a column a parameter.") from error
    for name in names:
        _check_parameter(name, template)
    for number, line in enumerate(sets, 2):
        if None in line or None in line.values():
            raise InputError(f"line {number} of {path.name} has not {len(names)} values; write one a parameter.")
    if not sets:
        raise InputError(f"{path.name} names no report; write a line for each.")
    return sets


def find_companies(source: Source, *, where: Iterable[str] = (), listed: Path | None = None) -> list[str]:
    """Return the respondents of a study that conditions and a list keep, in the order of the study.

    Parameters
    ----------
    source : Source
    where : iterable of str
        ``column=value`` of the tidy answers, all of which must hold: ``sector=trade``, ``size_category=eti``.
    listed : Path, optional
        A file with a respondent a line.

    Raises
    ------
    UsageError, InputError
        A column or a respondent is not of the study, or the file cannot be read.
    """
    kept = source.respondents
    if listed is not None:
        wanted = {source.respondent(name) for name in _read_lines(listed)}
        kept = [name for name in kept if name in wanted]
    for condition in where:
        column, equals, value = condition.partition("=")
        if not equals:
            raise UsageError(f"--where {condition} is not column=value; write for instance --where sector=trade.")
        holding = _holding(source, column.strip(), value.strip())
        kept = [name for name in kept if name in holding]
    return kept


def _read_lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"the list of companies {path} cannot be read ({error}); write one identifier a line."
        ) from error
    return [line.strip() for line in lines if line.strip()]


def _holding(source: Source, column: str, value: str) -> set[str]:
    held = _answers(source, column)
    if value not in held.values():
        raise UsageError(f"no company has {column} = '{value}'{did_you_mean(value, set(held.values()))}")
    return {name for name, answer in held.items() if answer == value}


def _answers(source: Source, column: str) -> dict[str, str]:
    import pyarrow.parquet

    file = source.folder / "responses.parquet"
    names = [name for name in pyarrow.parquet.read_schema(file).names if name != "respondent"]
    if column not in names:
        raise UsageError(f"the study has no column '{column}'{did_you_mean(column, names)}")
    table = pyarrow.parquet.read_table(file, columns=["respondent", column])
    pairs = zip(table.column("respondent").to_pylist(), table.column(column).to_pylist(), strict=True)
    return {name: str(answer) for name, answer in pairs if answer is not None}
