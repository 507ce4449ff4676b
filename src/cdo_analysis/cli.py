"""The command line: parses, calls, prints. What is heavy is imported by the command that needs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from cdo_analysis.errors import CdoAnalysisError

EXIT_CODES = """\b
Exit codes: 0 done · 1 other error · 2 wrong use or parameter · 3 input that cannot be used ·
4 disclosure · 5 notebook error · 6 too slow · 7 its process died · 8 cannot be written ·
75 another run makes it · 129, 130, 143 interrupted."""


def _one_line_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print our errors as one line and leave with the code of their class; ``--debug`` shows the traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except CdoAnalysisError as error:
            if click.get_current_context().find_root().params.get("debug"):
                raise
            click.echo(f"cdo-analysis: {' '.join(str(error).split())}", err=True)
            sys.exit(error.exit_code)

    return run


_HOW = ("platform", "repair_text", "footer", "edits")


def _export_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how an export is to be read, where it does not say it itself."""
    for option in (
        click.option("--platform", help="What wrote the export (default: what its content shows): qualtrics, kobo…"),
        click.option("--repair-text", is_flag=True, help="Put right text that was decoded wrongly before (rÃ©gion)."),
        click.option("--footer", default=0, show_default=True, help="Records at the end that are totals or notes."),
        click.option("--edits", type=click.Path(path_type=Path), help="CSV: respondent, item, before, after, reason."),
    ):
        command = option(command)
    return command


@click.group(epilog=EXIT_CODES)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="cdo-analysis", prog_name="cdo-analysis")
def main(debug: bool) -> None:
    """From a survey export to the Chief Digital Officer arrangement that fits each company.

    \b
    export -> tidy survey -> weights -> maturity scores -> profiles -> CDO fit -> reports
    """  # noqa: D301 - the backspace is what click keeps lines apart by


@main.command()
@click.argument("export")
@click.option("--codebook", required=True, help="Id of a codebook, or path of a TOML file.")
@click.option("--sheet", help="Sheet of a workbook (default: the first visible one).")
@click.option("--encoding", help="Encoding of a CSV (default: UTF-8, else cp1252).")
@_export_options
@click.option("--log", "log", type=click.Path(path_type=Path), help="Folder to write the cleaning log to, as CSVs.")
@click.option("--all", "show_all", is_flag=True, help="List every problem, not only how many of each kind.")
@_one_line_errors
def check(
    export: str, codebook: str, sheet: str | None, encoding: str | None, show_all: bool, log: Path | None, **how: Any
) -> None:
    """List what is wrong with a survey EXPORT."""
    from cdo_analysis.intake import count_issues, read_survey, write_log
    from cdo_analysis.tables import rows_of

    survey = read_survey(export, codebook, sheet=sheet, encoding=encoding, keep_log=log is not None, **_reading(how))
    if log is not None and survey.log is not None:
        for path in write_log(survey.log, log):
            click.echo(str(path))
    click.echo(f"{survey.file}: {len(survey)} respondents kept, codebook {survey.codebook.id}")
    for step, n in survey.flow.itertuples(index=False):
        click.echo(f"  {step:<18}{n:>6}")
    if show_all:
        for row in rows_of(survey.issues):
            where = f"line {row.line}" if row.line else "file"
            click.echo(f"[{row.severity}] {where}{f', {row.item}' if row.item else ''}: {row.message}; {row.action}")
        return
    for row in rows_of(count_issues(survey.issues, ("severity", "rule", "item"))):
        click.echo(f"[{row.severity}] {row.rule}{f' ({row.item})' if row.item else ''}: {row.n}")
    click.echo(
        "--all lists every problem with its line and what was done." if len(survey.issues) else "No problem found."
    )


@main.command()
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
@click.option("--ratio-tests", default=0, help="Samples of each bootstrap likelihood-ratio test (default: none).")
@click.option("--note", default="", help="A sentence printed at the head of every report (what the data are).")
@click.option("--seed", default=2026, show_default=True, help="Seed of everything random.")
@click.option("--sheet", help="Sheet of a workbook (default: the first visible one).")
@click.option("--encoding", help="Encoding of a CSV (default: UTF-8, else cp1252).")
@_export_options
@click.option("--pseudonym-key", type=click.Path(path_type=Path), help="File whose bytes key the respondents' hashes.")
@_one_line_errors
def fit(export: str, codebook: str, out: Path, pseudonym_key: Path | None, **options: Any) -> None:
    """Run the stages once on EXPORT and write a study."""
    from cdo_analysis.pipeline import fit as fit_study

    how = {name: options.pop(name) for name in _HOW}
    key = _bytes_of(pseudonym_key) if pseudonym_key else None
    study = fit_study(export, codebook, out, **options, **_reading(how), pseudonym_key=key)
    data = study.info["data"]
    click.echo(f"study {study.id}: {data['respondents']} respondents of {data['file']} -> {out}")


@main.command()
@click.argument("name", metavar="quality|panorama|company")
@click.argument("folder", metavar="[STUDY]", required=False)
@click.option("--study", help="The study, where it is not named after the report.")
@click.option("--company", help="Respondent that a company report is about.")
@click.option(
    "--answers", help="TOML or XLSX with the answers of a company outside the survey: it is advised, not added."
)
@click.option(
    "--out", default="reports", show_default=True, type=click.Path(path_type=Path), help="Folder to write to."
)
@click.option("-p", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter of the template.")
@_one_line_errors
def report(name: str, folder: str | None, study: str | None, pairs: tuple[str, ...], **about: Any) -> None:
    """Render a report from a STUDY; nothing is fitted again.

    A company that is not one of the respondents is scored, placed and advised beside them, with --answers: see
    ``cdo-analysis form`` for the file. Its answers are not written into the study.
    """
    from cdo_analysis.errors import UsageError
    from cdo_analysis.reports import report as render

    if (folder is None) == (study is None):
        raise UsageError(f"name one study: cdo-analysis report {name} STUDY, or with --study STUDY.")
    made = render(str(folder or study), name, parameters=_parameters(pairs), **about)
    click.echo(made.title)
    click.echo(f"  {made.html}")
    click.echo(f"  {made.notebook}")


@main.command()
@click.argument("codebook")
@click.option("--output", required=True, help="File to write: .xlsx (with drop-down lists) or .toml.")
@click.option("--language", default="fr", show_default=True, help="Language of the wordings: fr or en.")
@_one_line_errors
def form(codebook: str, output: str, language: str) -> None:
    """Write an empty form of CODEBOOK for one company (cdo-2026-meeting: fifteen questions)."""
    from cdo_analysis.reports.form import write_form

    click.echo(str(write_form(codebook, output, language=language)))


@main.command()
@click.option("--answers", required=True, help="The form of one company, filled in: TOML or XLSX.")
@click.option("--output", required=True, help="Word document to write (.docx).")
@click.option("--study", help="A study: adds what comparable respondents have, and what outcomes suggest.")
@click.option("--codebook", help="Id or path of the questionnaire, where the file does not say it.")
@click.option("--language", default="fr", show_default=True, help="Language of the sheet: fr or en.")
@_one_line_errors
def sheet(answers: str, output: str, **options: Any) -> None:
    """Write the meeting sheet of one company: two pages of Word to edit, from its answers.

    Without a study it rests on the expert rules alone, and says so. Nothing is sent anywhere.
    """
    from cdo_analysis.reports.sheet import write_sheet

    click.echo(str(write_sheet(answers, output, **options)))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_one_line_errors
def sample(folder: Path) -> None:
    """Copy the bundled sample (synthetic, dirty on purpose) to FOLDER."""
    import shutil

    from cdo_analysis.errors import PublishError
    from cdo_analysis.resources import sample_dir

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(sample_dir().iterdir()):
            shutil.copyfile(file, folder / file.name)
            click.echo(str(folder / file.name))
    except OSError as error:
        raise PublishError(
            f"the sample cannot be written to {folder}: {error.strerror}; name another folder."
        ) from error


@main.command()
@_one_line_errors
def lab() -> None:
    """Open JupyterLab on a copy of the report templates and of the pages to learn from in the current folder."""
    import subprocess

    folder = Path("notebooks")
    copy_notebooks(folder)
    sys.exit(subprocess.call([sys.executable, "-m", "jupyterlab", str(folder)], env=os.environ.copy()))


def copy_notebooks(folder: Path) -> None:
    """Copy the notebooks to where they can be changed; those that are there already stay as they are."""
    import shutil

    from cdo_analysis.resources import notebooks_dir

    source = notebooks_dir()
    for notebook in sorted([*source.glob("*.ipynb"), *source.glob("learn/*.ipynb")]):
        copy = folder / notebook.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists():
            shutil.copyfile(notebook, copy)


def _parameters(pairs: tuple[str, ...]) -> dict[str, object]:
    """Read NAME=VALUE pairs; a value stays text until the template's own types read it."""
    parameters: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            from cdo_analysis.errors import UsageError

            raise UsageError(f"-p {pair} is not NAME=VALUE; write for instance -p language=en.")
        parameters[name.strip()] = value
    return parameters


_ENGINES = click.Choice(["auto", "fork", "kernel"])


def _batch_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that a batch and a schedule share."""
    for option in (
        click.option("--on-failure", default="", metavar="CMD", help="Command to run if any fails; reads the summary."),
        click.option("--run-seconds", default=900.0, show_default=True, help="Most seconds of a report."),
        click.option("--engine", default="auto", show_default=True, type=_ENGINES, help="How cells run."),
        click.option("--workers", default=0, help="Reports made side by side (default: one a processor)."),
        click.option("-p", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter of the template."),
        click.option("--companies", type=click.Path(path_type=Path), help="File of companies, one a line."),
        click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only companies for which this holds."),
        click.option("--out", default="reports", show_default=True, type=click.Path(path_type=Path), help="Folder."),
    ):
        command = option(command)
    return command


def _batch_arguments(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part the options into what plans a batch and what runs it."""
    from cdo_analysis.reports import Limits

    workers, parameters = options.pop("workers") or os.cpu_count() or 1, _parameters(options.pop("pairs"))
    limits = Limits(run_s=options.pop("run_seconds"))
    runs: dict[str, Any] = {name: options.pop(name) for name in ("on_failure", "again", "verify") if name in options}
    return {**options, "parameters": parameters, "workers": workers, "limits": limits}, runs


@main.command()
@click.argument("name", metavar="quality|panorama|company")
@click.argument("study")
@_batch_options
@click.option("--again", is_flag=True, help="Make reports that are up to date too.")
@click.option("--verify", default=0, metavar="N", help="Make N of them again in plain kernels, and compare.")
@_one_line_errors
def batch(name: str, study: str, **options: Any) -> None:
    """Make the reports of a STUDY that are missing or out of date, side by side.

    Progress goes to standard error; the last line of standard output is the summary, as JSON.
    """
    from cdo_analysis.reports import plan_batch

    planned, runs = _batch_arguments(options)
    summary = plan_batch(study, name, **planned).run(told=_tell, ended=_progress(), **runs)
    click.echo(summary.to_json())
    sys.exit(summary.exit_code)


@main.command()
@click.argument("name", metavar="quality|panorama|company")
@click.argument("study")
@click.option("--every", required=True, type=click.Choice(["day", "week", "month", "quarter"]), help="Period.")
@click.option("--zone", default="Europe/Paris", show_default=True, help="Time zone of the calendar.")
@click.option("--max-age", "max_age_days", default=0.0, metavar="DAYS", help="Oldest study, in days since its fit.")
@click.option("--stale", default="refuse", show_default=True, type=click.Choice(["refuse", "mark"]))
@click.option("--catch-up", is_flag=True, help="Make periods that were missed too.")
@_batch_options
@_one_line_errors
def due(name: str, study: str, **options: Any) -> None:
    """Make what is due in this period, once: a scheduler may call as often as it likes."""
    from cdo_analysis.reports import Schedule, plan_due

    schedule = Schedule(**{key: options.pop(key) for key in ("every", "zone", "max_age_days", "stale", "catch_up")})
    planned, runs = _batch_arguments(options)
    asked = plan_due(study, name, schedule, **planned)
    if asked.missed:
        _tell(f"missed: {', '.join(asked.missed)}{'' if schedule.catch_up else '; --catch-up makes them'}")
    if not asked.batches:
        click.echo(f"{name} of {asked.period} is there already")
        return
    summaries = asked.run(told=_tell, ended=_progress(), **runs)
    for summary in summaries:
        click.echo(summary.to_json())
    sys.exit(max(summary.exit_code for summary in summaries))


@main.command()
@click.argument("out", default="reports", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a report.")
@_one_line_errors
def status(out: Path, as_json: bool) -> None:
    """Say what became of the last run of each report in the folder OUT; leaves with 1 if any did not succeed."""
    import json

    from cdo_analysis.reports import last_runs

    runs = last_runs(out)
    for run in runs:
        if as_json:
            click.echo(json.dumps({name: getattr(run, name) for name in vars(run) if name not in ("pid", "born")}))
        else:
            click.echo(f"{run.state:<15}{run.ended or run.started:<26}{run.report}  {run.message}".rstrip())
    sys.exit(any(run.state not in ("succeeded", "running") for run in runs))


def _tell(text: str) -> None:
    click.echo(f"cdo-analysis: {text}", err=True)


def _progress() -> Callable[[Any, int, int], None]:
    """Return what writes a line for each report that ended, with the time that is left."""
    import time

    start = time.monotonic()

    def ended(outcome: Any, done: int, asked: int) -> None:
        left = (time.monotonic() - start) / done * (asked - done)
        word = "" if outcome.exit_code == 0 else f" {outcome.run.state}: {outcome.run.message}"
        click.echo(f"[{done}/{asked}, {left:.0f} s left] {outcome.task.report}{word}", err=True)

    return ended


# --- reading: what the export does not say, drafts of codebooks, the right to be forgotten ----------------------------


def _reading(how: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``read_survey`` that the options of an export stand for."""
    from cdo_analysis.intake import ExportOptions, read_table

    options = ExportOptions(platform=how["platform"], repair=how["repair_text"], footer=how["footer"])
    edits = read_table(how["edits"], platform="table").cells if how["edits"] else None
    return {"options": options, "edits": edits}


def _bytes_of(path: Path) -> bytes:
    from cdo_analysis.errors import UsageError

    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); name the file that holds the key.") from error


@main.group()
def codebook() -> None:
    """Draft a codebook from the structure of a survey, or write the form that a codebook asks."""


def _draft(name: str, what: str) -> None:
    """Add the command ``codebook from-NAME``, which prints a draft or writes it to --out."""

    @codebook.command(f"from-{name}", help=f"Draft a codebook from {what}.")
    @click.argument("file")
    @click.option("--out", type=click.Path(path_type=Path), help="File to write (default: print).")
    @_one_line_errors
    def draft(file: str, out: Path | None) -> None:
        from cdo_analysis import drafting

        text = getattr(drafting, f"from_{name}")(file)
        _write(out, text.encode("utf-8")) if out else click.echo(text)


for _name, _what in (
    ("limesurvey", "a LimeSurvey structure (.lss)"),
    ("xlsform", "an XLSForm (.xlsx)"),
    ("spss", "the labels of an SPSS or Stata file"),
    ("long", "a file with a row a respondent and question"),
):
    _draft(_name, _what)


@codebook.command("to-limesurvey")
@click.argument("identifier", metavar="CODEBOOK")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The .lss file to write.")
@_one_line_errors
def to_limesurvey(identifier: str, out: Path) -> None:
    """Write a LimeSurvey structure that asks a CODEBOOK (not tried on a live server)."""
    from cdo_analysis import drafting
    from cdo_analysis.codebook import load_codebook

    _write(out, drafting.to_limesurvey(load_codebook(identifier)))


@codebook.command("to-xlsform")
@click.argument("identifier", metavar="CODEBOOK")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The .xlsx file to write.")
@_one_line_errors
def to_xlsform(identifier: str, out: Path) -> None:
    """Write an XLSForm (KoboToolbox, ODK) that asks a CODEBOOK."""
    from cdo_analysis import drafting
    from cdo_analysis.codebook import load_codebook

    _write(out, drafting.to_xlsform(load_codebook(identifier)))


def _write(out: Path, data: bytes) -> None:
    from cdo_analysis.errors import PublishError

    try:
        out.write_bytes(data)
    except OSError as error:
        raise PublishError(
            f"{out} cannot be written: {error.strerror}; name a file in a folder that exists."
        ) from error
    click.echo(str(out))


@main.command()
@click.argument("respondent")
@click.argument("export", type=click.Path(path_type=Path))
@click.option("--codebook", "identifier", required=True, help="Id of a codebook, or path of a TOML file.")
@click.option("--studies", type=click.Path(path_type=Path), help="Folder in which to look for studies of the EXPORT.")
@_one_line_errors
def forget(respondent: str, export: Path, identifier: str, studies: Path | None) -> None:
    """Remove a RESPONDENT from a CSV EXPORT, and tell which studies still hold it."""
    from cdo_analysis.codebook import load_codebook
    from cdo_analysis.intake import forget_in_export
    from cdo_analysis.study import studies_with

    lines = forget_in_export(export, load_codebook(identifier), respondent)
    click.echo(f"{export.name}: {len(lines)} record(s) removed ({', '.join(map(str, lines)) or 'none was there'})")
    for folder in studies_with(studies, respondent) if studies else ():
        click.echo(f"{folder} still holds {respondent}: fit it again, and delete its reports")
