"""Commands about the Jupyter kernel that starts at once."""

from __future__ import annotations

import sys

import click

from cdo_analysis.cli.shared import one_line_errors


@click.group()
def kernel() -> None:
    """Offer Jupyter a kernel that starts at once, with what analysts import there already (Linux)."""


_NAME = click.option("--name", default="cdo-analysis", show_default=True, help="What papermill -k knows it by.")


@kernel.command()
@_NAME
@click.option("--user", is_flag=True, help="For every Jupyter of this user.")
@click.option("--prefix", default=sys.prefix, metavar="FOLDER", help="Environment to write to (default: this).")
@one_line_errors
def install(name: str, user: bool, prefix: str) -> None:
    """Offer the kernel in JupyterLab and to papermill."""
    from cdo_analysis.reports.kernels.spec import install_kernel

    click.echo(str(install_kernel(name, user=user, prefix=prefix)))


@kernel.command()
@_NAME
@one_line_errors
def remove(name: str) -> None:
    """Take the kernel back."""
    from cdo_analysis.reports.kernels.spec import remove_kernel

    click.echo(str(remove_kernel(name)))
