"""Commands on codebooks: drafts from the structure of a survey, and forms that ask one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from cdo_analysis.cli.shared import (
    one_line_errors,
    tell,
    write_file,
)

Language = Literal["fr", "en"]


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


_LANGUAGE = click.option("--language", default="fr", show_default=True, help="Language of the wordings: fr or en.")


@codebook.command("show")
@click.argument("identifier", metavar="CODEBOOK")
@_LANGUAGE
@one_line_errors
def show(identifier: str, language: Language) -> None:
    """Print a CODEBOOK as it is asked: questions, answers, who is asked what."""
    from cdo_analysis.codebook import load_codebook, outline
    from cdo_analysis.messages import catalogue

    click.echo(outline(load_codebook(identifier), language=catalogue(language).language))


@codebook.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@one_line_errors
def check(file: Path) -> None:
    """List all that is wrong with a draft, with its lines; exit code 3 where something is."""
    import sys

    from cdo_analysis.codebook import find_problems
    from cdo_analysis.errors import CodebookError

    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CodebookError(f"{file} cannot be read as UTF-8 text; name a TOML file that is saved as UTF-8.") from error
    problems = find_problems(text, file.name)
    for problem in problems:
        click.echo(str(problem))
    tell(f"{file.name}: {len(problems)} problem(s)" if problems else f"{file.name}: nothing to mend")
    sys.exit(CodebookError.exit_code if problems else 0)


@codebook.command("compare")
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="AFTER")
@_LANGUAGE
@one_line_errors
def compare(before: str, after: str, language: Language) -> None:
    """Print what differs between two waves: added, removed, renamed, reworded, codes, labels, routing, columns."""
    from cdo_analysis.codebook import compare_codebooks, load_codebook
    from cdo_analysis.messages import catalogue

    books = load_codebook(before), load_codebook(after)
    found = compare_codebooks(*books, language=catalogue(language).language)
    for one in found:
        mark = "!" if one.breaks else " "
        click.echo(f"{mark} {one.kind:<9} {one.item}")
        for sign, words in (("-", one.before), ("+", one.after)):
            if words:
                click.echo(f"      {sign} {' '.join(words.split())}")
    breaks = len({one.item for one in found if one.breaks})
    tell(f"{len(found)} difference(s); answers to {breaks} item(s), marked !, are not to be compared as they are")


@codebook.command("match")
@click.argument("export")
@click.argument("identifier", metavar="CODEBOOK")
@click.option("--platform", help="What wrote the export (default: what its content shows).")
@one_line_errors
def match(export: str, identifier: str, platform: str | None) -> None:
    """Print the columns of EXPORT that CODEBOOK does not know, with the `column = ` lines that may name them."""
    from cdo_analysis.intake import read_table, suggest_columns

    found = suggest_columns(read_table(export, platform=platform), identifier)
    for header in found.unknown:
        click.echo(f"# {header}")
        for one in (one for one in found.suggestions if one.header == header):
            read = "" if one.readable != one.readable else f", {one.readable:.0%} of its values are answers of it"
            click.echo(f'[[item]] {one.item}: column = "{toml_text(header)}"   # alike {one.likeness:.2f}{read}')
    tell(f"{found.known} column(s) known, {len(found.unknown)} unknown, {len(found.absent)} item(s) without a column")


def toml_text(text: str) -> str:
    """Return a text as it stands between the quotes of TOML."""
    import json

    return json.dumps(text, ensure_ascii=False)[1:-1]
