"""The command line: parses, calls, prints. What is heavy is imported by the command that needs it."""

from __future__ import annotations

import click

from cdo_analysis.cli import codebooks, kernels, many, single, surveys, workbench

EXIT_CODES = """\b
Exit codes: 0 done · 1 other error · 2 wrong use or parameter · 3 input that cannot be used ·
4 disclosure · 5 notebook error · 6 too slow · 7 its process died · 8 cannot be written ·
75 another run makes it · 129, 130, 143 interrupted."""


@click.group(epilog=EXIT_CODES)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="cdo-analysis", prog_name="cdo-analysis")
def main(debug: bool) -> None:
    """From a survey export to the Chief Digital Officer arrangement that fits each company.

    \b
    export -> tidy survey -> weights -> maturity scores -> profiles -> CDO fit -> reports
    """  # noqa: D301 - the backspace is what click keeps lines apart by


for _command in (
    *(surveys.check, surveys.fit, surveys.forget),
    *(single.report, single.form, single.sheet),
    *(workbench.sample, workbench.lab, workbench.init, workbench.doctor, workbench.serve),
    *(many.batch, many.due, many.status, many.index),
    codebooks.codebook,
    kernels.kernel,
):
    main.add_command(_command)
