"""Commands of unattended runs: batches, schedules, their state."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cdo_analysis.cli.shared import (
    one_line_errors,
    progress,
    read_parameters,
    tell,
)

_ENGINES = click.Choice(["auto", "fork", "kernel"])


def _batch_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that a batch and a schedule share."""
    for option in (
        click.option("--on-failure", default="", metavar="CMD", help="Command to run if any fails; reads the summary."),
        click.option("--run-seconds", default=900.0, show_default=True, help="Most seconds of a report."),
        click.option("--engine", default="auto", show_default=True, type=_ENGINES, help="How cells run."),
        click.option("--workers", default=0, help="Reports made side by side (default: one a processor)."),
        click.option("--format", "formats", default="html", show_default=True, help="html,pdf,xlsx,csv: what is made."),
        click.option("-p", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter of the template."),
        click.option("--companies", type=click.Path(path_type=Path), help="File of companies, one a line."),
        click.option("--dask", "cluster", default="", metavar="ADDRESS", help="Scheduler of a cluster."),
        click.option("--sets", type=click.Path(path_type=Path), help="CSV: a column a parameter, a line a report."),
        click.option("--by", default="", metavar="COLUMN[,COLUMN]", help="A report for each value of these answers."),
        click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only companies for which this holds."),
        click.option("--out", default="reports", show_default=True, type=click.Path(path_type=Path), help="Folder."),
    ):
        command = option(command)
    return command


def _batch_arguments(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part the options into what plans a batch and what runs it."""
    from cdo_analysis.reports import Limits

    everyone = 0 if options["cluster"] else os.cpu_count() or 1
    workers, parameters = options.pop("workers") or everyone, read_parameters(options.pop("pairs"))
    options["by"] = tuple(column for column in options["by"].split(",") if column)
    limits = Limits(run_s=options.pop("run_seconds"))
    runs: dict[str, Any] = {name: options.pop(name) for name in ("on_failure", "again", "verify") if name in options}
    return {**options, "parameters": parameters, "workers": workers, "limits": limits}, runs


@click.command()
@click.argument("name", metavar="quality|panorama|segment|company")
@click.argument("study")
@_batch_options
@click.option("--again", is_flag=True, help="Make reports that are up to date too.")
@click.option("--verify", default=0, metavar="N", help="Make N of them again in plain kernels, and compare.")
@one_line_errors
def batch(name: str, study: str, **options: Any) -> None:
    """Make the reports of a STUDY that are missing or out of date, side by side.

    Progress goes to standard error; the last line of standard output is the summary, as JSON.
    """
    from cdo_analysis.reports import plan_batch

    planned, runs = _batch_arguments(options)
    summary = plan_batch(study, name, **planned).run(told=tell, ended=progress(), **runs)
    click.echo(summary.to_json())
    sys.exit(summary.exit_code)


@click.command()
@click.argument("name", metavar="quality|panorama|segment|company")
@click.argument("study")
@click.option("--every", required=True, type=click.Choice(["day", "week", "month", "quarter"]), help="Period.")
@click.option("--zone", default="Europe/Paris", show_default=True, help="Time zone of the calendar.")
@click.option("--max-age", "max_age_days", default=0.0, metavar="DAYS", help="Oldest study, in days since its fit.")
@click.option("--stale", default="refuse", show_default=True, type=click.Choice(["refuse", "mark"]))
@click.option("--catch-up", is_flag=True, help="Make periods that were missed too.")
@_batch_options
@one_line_errors
def due(name: str, study: str, **options: Any) -> None:
    """Make what is due in this period, once: a scheduler may call as often as it likes."""
    from cdo_analysis.reports import Schedule, plan_due

    schedule = Schedule(**{key: options.pop(key) for key in ("every", "zone", "max_age_days", "stale", "catch_up")})
    planned, runs = _batch_arguments(options)
    asked = plan_due(study, name, schedule, **planned)
    if asked.missed:
        tell(f"missed: {', '.join(asked.missed)}{'' if schedule.catch_up else '; --catch-up makes them'}")
    if not asked.batches:
        click.echo(f"{name} of {asked.period} is there already")
        return
    summaries = asked.run(told=tell, ended=progress(), **runs)
    for summary in summaries:
        click.echo(summary.to_json())
    sys.exit(max(summary.exit_code for summary in summaries))


@click.command()
@click.argument("out", default="reports", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a report.")
@one_line_errors
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
    sys.exit(int(any(run.state not in ("succeeded", "running") for run in runs)))


@click.command()
@click.argument("out", default="reports", type=click.Path(path_type=Path))
@click.option("--language", default="", help="fr or en (default: as the last time, else that of the newest report).")
@click.option(
    "--max-age", "max_age_days", type=float, metavar="DAYS", help="Age from which a report is said to be old."
)
@click.option("--study", default="", help="Study that reports should rest on (default: that of the newest report).")
@one_line_errors
def index(out: Path, language: str, max_age_days: float | None, study: str) -> None:
    """Write index.html in the folder OUT: every report with its age and its state, and the runs that failed.

    It is written at the end of every run too. What is said here is kept for the next times.
    """
    from cdo_analysis.reports import Settings, write_index
    from cdo_analysis.reports.run import Source

    said = Settings(language, max_age_days or 0.0) if language or max_age_days is not None else None
    click.echo(str(write_index(out, said, study=Source(study).index["id"] if study else "")))
