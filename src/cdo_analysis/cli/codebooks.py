"""Commands on codebooks: drafts from the structure of a survey, and forms that ask one."""

from __future__ import annotations

from pathlib import Path

import click

from cdo_analysis.cli.shared import (
    one_line_errors,
    write_file,
)


@click.group()
def codebook() -> None:
    """Draft a codebook from the structure of a survey, or write the form that a codebook asks."""


def _draft(name: str, what: str) -> None:
    """Add the command ``codebook from-NAME``, which prints a draft or writes it to --out."""

    @codebook.command(f"from-{name}", help=f"Draft a codebook from {what}.")
    @click.argument("file")
    @click.option("--out", type=click.Path(path_type=Path), help="File to write (default: print).")
    @one_line_errors
    def draft(file: str, out: Path | None) -> None:
        from cdo_analysis import drafting

        text = getattr(drafting, f"from_{name}")(file)
        write_file(out, text.encode("utf-8")) if out else click.echo(text)


for _name, _what in (
    ("limesurvey", "a LimeSurvey structure (.lss)"),
    ("spss", "the labels of an SPSS or Stata file"),
    ("long", "a file with a row a respondent and question"),
):
    _draft(_name, _what)


@codebook.command("from-xlsform")
@click.argument("file")
@click.option("--choices", help="The sheet choices as a CSV of its own, where FILE is the sheet survey as a CSV.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write (default: print).")
@one_line_errors
def from_xlsform(file: str, choices: str | None, out: Path | None) -> None:
    """Draft a codebook from an XLSForm (.xlsx, or its sheets as CSV)."""
    from cdo_analysis import drafting

    text = drafting.from_xlsform(file, choices)
    write_file(out, text.encode("utf-8")) if out else click.echo(text)


@codebook.command("to-limesurvey")
@click.argument("identifier", metavar="CODEBOOK")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The .lss file to write.")
@one_line_errors
def to_limesurvey(identifier: str, out: Path) -> None:
    """Write a LimeSurvey structure that asks a CODEBOOK (not tried on a live server)."""
    from cdo_analysis import drafting
    from cdo_analysis.codebook import load_codebook

    write_file(out, drafting.to_limesurvey(load_codebook(identifier)))


@codebook.command("to-xlsform")
@click.argument("identifier", metavar="CODEBOOK")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The .xlsx file to write.")
@one_line_errors
def to_xlsform(identifier: str, out: Path) -> None:
    """Write an XLSForm (KoboToolbox, ODK) that asks a CODEBOOK."""
    from cdo_analysis import drafting
    from cdo_analysis.codebook import load_codebook

    write_file(out, drafting.to_xlsform(load_codebook(identifier)))
