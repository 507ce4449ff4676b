"""Commands on a survey: check an export, fit a study, forget a respondent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cdo_analysis.cli.shared import (
    HOW_READ,
    export_options,
    one_line_errors,
    reading,
)


@click.command()
@click.argument("export")
@click.option("--codebook", required=True, help="Id of a codebook, or path of a TOML file.")
@click.option("--sheet", help="Sheet of a workbook (default: the first visible one).")
@click.option("--encoding", help="Encoding of a CSV (default: UTF-8, else cp1252).")
@export_options
@click.option("--log", "log", type=click.Path(path_type=Path), help="Folder to write the cleaning log to, as CSVs.")
@click.option("--all", "show_all", is_flag=True, help="List every problem, not only how many of each kind.")
@one_line_errors
def check(
    export: str, codebook: str, sheet: str | None, encoding: str | None, show_all: bool, log: Path | None, **how: Any
) -> None:
    """List what is wrong with a survey EXPORT."""
    from cdo_analysis.intake import count_issues, read_survey, write_log
    from cdo_analysis.tables import rows_of

    survey = read_survey(export, codebook, sheet=sheet, encoding=encoding, keep_log=log is not None, **reading(how))
    if log is not None and survey.log is not None:
        for path in write_log(survey.log, log):
            click.echo(str(path))
    click.echo(f"{survey.file}: {len(survey)} respondents kept, codebook {survey.codebook.id}")
    for step, n in survey.flow.itertuples(index=False):
        click.echo(f"  {step:<18}{n:>6}")
    if show_all:
        before = ""
        for row in rows_of(survey.issues):
            where = f"line {row.line}" if row.line else "file"
            click.echo(f"[{row.severity}] {where}{f', {row.item}' if row.item else ''}: {row.message}; {row.action}")
            remedy = row.remedy.replace("RESPONDENT", row.respondent or "RESPONDENT")
            if remedy and remedy != before:
                click.echo(f"    -> {remedy}")
            before = remedy
        return
    for row in rows_of(count_issues(survey.issues, ("severity", "rule", "item"))):
        click.echo(f"[{row.severity}] {row.rule}{f' ({row.item})' if row.item else ''}: {row.n}")
    click.echo(
        "--all lists every problem with its line and what was done." if len(survey.issues) else "No problem found."
    )


@click.command()
@click.argument("export")
@click.option("--codebook", required=True, help="Id of a codebook, or path of a TOML file.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the study to write.")
@click.option("--margins", help="CSV of population totals: variable, category, population; or insee-2017:pme,eti.")
@click.option("--other-unit", is_flag=True, help="Accept margins that count another unit than respondents answer for.")
@click.option("--rules", help="TOML of expert rules (default: those of the package).")
@click.option("--experts", help="CSV or TOML of the weights of experts (default: all weights alike).")
@click.option("--overrides", help="TOML or CSV of analysts' decisions: firm, option, note, author, date.")
@click.option("--names", help="TOML of the names of profiles: number, name.")
@click.option("--reference", help="Study of an earlier wave: its profiles keep their numbers and names.")
@click.option("--ratio-tests", default=39, show_default=True, help="Most samples of a likelihood-ratio test; 0: none.")
@click.option("--note", default="", help="A sentence at the head of every report; FRENCH / ENGLISH for both.")
@click.option("--seed", default=2026, show_default=True, help="Seed of everything random.")
@click.option("--sheet", help="Sheet of a workbook (default: the first visible one).")
@click.option("--encoding", help="Encoding of a CSV (default: UTF-8, else cp1252).")
@export_options
@click.option("--pseudonym-key", type=click.Path(path_type=Path), help="File whose bytes key the respondents' hashes.")
@click.option("--without-flagged", is_flag=True, help="Leave out respondents whom a flag concerns (they are counted).")
@one_line_errors
def fit(export: str, codebook: str, out: Path, pseudonym_key: Path | None, **options: Any) -> None:
    """Run the stages once on EXPORT and write a study."""
    from cdo_analysis.pipeline import fit as fit_study

    how = {name: options.pop(name) for name in HOW_READ}
    key = _bytes_of(pseudonym_key) if pseudonym_key else None
    study = fit_study(export, codebook, out, **options, **reading(how), pseudonym_key=key)
    data = study.info["data"]
    click.echo(f"study {study.id}: {data['respondents']} respondents of {data['file']} -> {out}")


def _bytes_of(path: Path) -> bytes:
    from cdo_analysis.errors import UsageError

    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); name the file that holds the key.") from error


@click.command()
@click.argument("respondent")
@click.argument("export", type=click.Path(path_type=Path))
@click.option("--codebook", "identifier", required=True, help="Id of a codebook, or path of a TOML file.")
@click.option("--sheet", help="Sheet of a workbook (default: the first visible one).")
@click.option("--studies", type=click.Path(path_type=Path), help="Folder in which to look for studies of the EXPORT.")
@click.option(
    "--reports", type=click.Path(path_type=Path), help="Folder in which to look for reports of these studies."
)
@one_line_errors
def forget(
    respondent: str, export: Path, identifier: str, sheet: str | None, studies: Path | None, reports: Path | None
) -> None:
    """Remove a RESPONDENT from an EXPORT (CSV, XLSX, Parquet), and tell where else it still counts.

    Studies that hold it are to be fitted again, its own reports deleted, and totals and means published from these
    studies made again.
    """
    from cdo_analysis.codebook import load_codebook
    from cdo_analysis.intake import forget_in_export
    from cdo_analysis.study import read_study, studies_with

    lines = forget_in_export(export, load_codebook(identifier), respondent, sheet=sheet)
    click.echo(f"{export.name}: {len(lines)} record(s) removed ({', '.join(map(str, lines)) or 'none was there'})")
    held = {read_study(folder).id: folder for folder in studies_with(studies, respondent)} if studies else {}
    for folder in held.values():
        click.echo(f"{folder} still holds {respondent}: fit it again, and delete its reports")
    if reports:
        _tell_published(reports, held, respondent)


def _tell_published(reports: Path, held: dict[str, Path], respondent: str) -> None:
    """Name the reports of the studies that hold a respondent: its own are deleted, the others made again."""
    from cdo_analysis.reports.reissue import find_published

    for found in find_published(reports, held):
        if found.company in ("", respondent):
            what = (
                "is about it: delete" if found.company else "counts it: make it again from the new study, in place of"
            )
            click.echo(f"{found.files[0].name} {what} {', '.join(map(str, found.files))}")
