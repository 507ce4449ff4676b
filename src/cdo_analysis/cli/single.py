"""Commands that make one document: a report, an empty form, a meeting sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cdo_analysis.cli.shared import (
    one_line_errors,
    read_parameters,
)


@click.command()
@click.argument("name", metavar="quality|panorama|segment|company")
@click.argument("folder", metavar="[STUDY]", required=False)
@click.option("--study", help="The study, where it is not named after the report.")
@click.option("--company", help="Respondent that a company report is about.")
@click.option(
    "--answers", help="TOML or XLSX with the answers of a company outside the survey: it is advised, not added."
)
@click.option(
    "--out", default="reports", show_default=True, type=click.Path(path_type=Path), help="Folder to write to."
)
@click.option("--format", "formats", default="html", show_default=True, help="html,pdf,xlsx,csv: what is made.")
@click.option("-p", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter of the template.")
@one_line_errors
def report(name: str, folder: str | None, study: str | None, pairs: tuple[str, ...], **about: Any) -> None:
    """Render a report from a STUDY; nothing is fitted again.

    A company that is not one of the respondents is scored, placed and advised beside them, with --answers: see
    ``cdo-analysis form`` for the file. Its answers are not written into the study.
    """
    from cdo_analysis.errors import UsageError
    from cdo_analysis.reports import report as render

    if (folder is None) == (study is None):
        raise UsageError(f"name one study: cdo-analysis report {name} STUDY, or with --study STUDY.")
    made = render(str(folder or study), name, parameters=read_parameters(pairs), **about)
    click.echo(made.title)
    click.echo(f"  {made.html}")
    click.echo(f"  {made.notebook}")
    for path in made.others.values():
        click.echo(f"  {path}")


@click.command()
@click.argument("codebook")
@click.option("--output", required=True, help="File to write: .xlsx (with drop-down lists) or .toml.")
@click.option("--language", default="fr", show_default=True, help="Language of the wordings: fr or en.")
@one_line_errors
def form(codebook: str, output: str, language: str) -> None:
    """Write an empty form of CODEBOOK for one company (cdo-2026-meeting: fifteen questions)."""
    from cdo_analysis.reports.form import write_form

    click.echo(str(write_form(codebook, output, language=language)))


@click.command()
@click.option("--answers", required=True, help="The form of one company, filled in: TOML or XLSX.")
@click.option("--output", required=True, help="Word document to write (.docx).")
@click.option("--study", help="A study: adds what comparable respondents have, and what outcomes suggest.")
@click.option("--codebook", help="Id or path of the questionnaire, where the file does not say it.")
@click.option("--language", default="fr", show_default=True, help="Language of the sheet: fr or en.")
@one_line_errors
def sheet(answers: str, output: str, **options: Any) -> None:
    """Write the meeting sheet of one company: two pages of Word to edit, from its answers.

    Without a study it rests on the expert rules alone, and says so. Nothing is sent anywhere.
    """
    from cdo_analysis.reports.sheet import write_sheet

    click.echo(str(write_sheet(answers, output, **options)))
