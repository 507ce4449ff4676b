"""Commands that open the workbench: the sample, JupyterLab."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from cdo_analysis.cli.shared import (
    one_line_errors,
)


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
@one_line_errors
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
