"""What the commands share: errors as one line, options of an export, parameters, files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from cdo_analysis.errors import CdoAnalysisError


def one_line_errors(command: Callable[..., None]) -> Callable[..., None]:
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


HOW_READ = ("platform", "repair_text", "footer", "edits", "zone")


def export_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how an export is to be read, where it does not say it itself."""
    for option in (
        click.option("--platform", help="What wrote the export (default: what its content shows): qualtrics, kobo…"),
        click.option("--repair-text", is_flag=True, help="Put right text that was decoded wrongly before (rÃ©gion)."),
        click.option("--footer", default=0, show_default=True, help="Records at the end that are totals or notes."),
        click.option("--edits", type=click.Path(path_type=Path), help="CSV: respondent, item, before, after, reason."),
        click.option("--zone", default="", help="Zone of the times that say none, for instance Europe/Paris."),
    ):
        command = option(command)
    return command


def reading(how: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``read_survey`` that the options of an export stand for."""
    from cdo_analysis.intake import ExportOptions, read_table

    options = ExportOptions(platform=how["platform"], repair=how["repair_text"], footer=how["footer"], zone=how["zone"])
    edits = read_table(how["edits"], platform="table").cells if how["edits"] else None
    return {"options": options, "edits": edits}


def read_parameters(pairs: tuple[str, ...]) -> dict[str, object]:
    """Read NAME=VALUE pairs; a value stays text until the template's own types read it."""
    parameters: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            from cdo_analysis.errors import UsageError

            raise UsageError(f"-p {pair} is not NAME=VALUE; write for instance -p language=en.")
        parameters[name.strip()] = value
    return parameters


def write_file(out: Path, data: bytes) -> None:
    """Write a file and print its name; a folder that is not there is said in one line."""
    from cdo_analysis.errors import PublishError

    try:
        out.write_bytes(data)
    except OSError as error:
        raise PublishError(
            f"{out} cannot be written: {error.strerror}; name a file in a folder that exists."
        ) from error
    click.echo(str(out))


def tell(text: str) -> None:
    """Say something on standard error: standard output is for what a program reads."""
    click.echo(f"cdo-analysis: {text}", err=True)


def progress() -> Callable[[Any, int, int], None]:
    """Return what writes a line for each report that ended, with the time that is left."""
    import time

    start = time.monotonic()

    def ended(outcome: Any, done: int, asked: int) -> None:
        left = (time.monotonic() - start) / done * (asked - done)
        word = "" if outcome.exit_code == 0 else f" {outcome.run.state}: {outcome.run.message}"
        click.echo(f"[{done}/{asked}, {left:.0f} s left] {outcome.task.report}{word}", err=True)

    return ended
