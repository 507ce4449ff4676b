"""Commands that open the workbench: the sample, JupyterLab, study folders, pages for others, checks of the machine."""

from __future__ import annotations

from pathlib import Path

import click

from cdo_analysis.cli.shared import one_line_errors


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@one_line_errors
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


@click.command()
@click.option(
    "--folder", default=".", show_default=True, type=click.Path(path_type=Path), help="Where the working copies go."
)
@click.option("--study", default="", help="Study that the copies open (default: the bundled sample).")
@click.argument("words", nargs=-1, metavar="[-- JUPYTERLAB OPTIONS]")
@one_line_errors
def lab(folder: Path, study: str, words: tuple[str, ...]) -> None:
    """Open JupyterLab; its launcher makes working copies of the notebooks.

    What follows -- goes to JupyterLab: cdo-analysis lab -- --no-browser --port 8890
    """
    from cdo_analysis.workbench import start_lab

    start_lab(folder, words, study=str(Path(study).resolve()) if study else "")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@one_line_errors
def init(folder: Path) -> None:
    """Make a study FOLDER: notebooks, places for data and reports, a .gitignore that keeps raw data out."""
    from cdo_analysis.workbench import make_study_folder

    for path in make_study_folder(folder):
        click.echo(str(path))


@click.command()
@click.option("--study", default="", help="Study that the pages show (default: the bundled sample).")
@click.option("--ip", default="127.0.0.1", show_default=True, help="Address to listen at; any other needs a token.")
@click.option("--port", default=8866, show_default=True, help="Port to listen at; if it is taken, the next free one.")
@click.option("--token-file", type=click.Path(path_type=Path), help="File that holds the token visitors must know.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@one_line_errors
def serve(study: str, ip: str, port: int, token_file: Path | None, no_browser: bool) -> None:
    """Serve the explorer, the simulator and the meeting form to those who write no code.

    The token may also stand in the variable CDO_ANALYSIS_TOKEN; without one, on this machine, one is drawn and printed.
    """
    from cdo_analysis.workbench import Listening, start_pages

    at = Listening(ip, port, _token(token_file))
    start_pages(at, study=str(Path(study).resolve()) if study else "", browser=not no_browser)


def _token(file: Path | None) -> str:
    """Return the token of a file, or of the environment; it is taken out of there, so that no kernel inherits it."""
    import os

    from cdo_analysis.errors import UsageError

    inherited = os.environ.pop("CDO_ANALYSIS_TOKEN", "")
    if file is None:
        return inherited.strip()
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(f"{file} cannot be read ({reason}); name the file that holds the token.") from error


@click.command()
@click.option("--language", default="fr", show_default=True, help="Language of the lines: fr or en.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@one_line_errors
def doctor(language: str, as_json: bool) -> None:
    """Check that this machine has what the workbench needs: a line and a remedy each.

    Exit code 1 where something does not work; what works less well is told and does not count.
    """
    import sys

    from cdo_analysis.messages import catalogue
    from cdo_analysis.workbench.doctor import examine, tell_findings

    catalogue(language)  # an unknown language is told before the checks are run
    findings = examine()
    told = tell_findings(findings, language=language, as_json=as_json)
    click.echo(told.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8"))
    sys.exit(int(any(finding.state == "failed" for finding in findings)))
