"""The bundled sample: a dirty survey of 450 firms, the totals to weight it by, and the truth behind it."""

from __future__ import annotations

from pathlib import Path
from string import Template

import pandas as pd

from cdo_analysis.datasets.export import write_export
from cdo_analysis.datasets.population import make_population
from cdo_analysis.datasets.survey import draw_survey
from cdo_analysis.errors import PublishError
from cdo_analysis.resources import package_dir

SAMPLE_SEED = 2026
SAMPLE_FIRMS = 450
SAMPLE_POPULATION = 20_000
SAMPLE_EXPORT = "enquete-cdo-2026.csv"


def write_sample(folder: str | Path) -> list[Path]:
    """Write the bundled sample; the bytes are the same each time.

    Parameters
    ----------
    folder : str or Path
        An existing folder; the four files of the sample in it are replaced.

    Returns
    -------
    list of Path
        ``enquete-cdo-2026.csv`` (dirty export), ``margins.csv``, ``truth.csv``, ``README.md``.

    Raises
    ------
    PublishError
        Where the folder does not exist or cannot be written to.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise PublishError(f"{folder} is not a folder; name an existing folder for the sample.")
    survey = draw_survey(
        make_population(SAMPLE_POPULATION, random_state=SAMPLE_SEED), SAMPLE_FIRMS, random_state=SAMPLE_SEED
    )
    log = write_export(survey, folder / SAMPLE_EXPORT, random_state=SAMPLE_SEED)
    truth = survey.truth.sort_index()
    numbers = [c for c in truth.columns if c.startswith(("benefit_", "outcome_"))]
    truth = truth[["profile", "arrangement", "best_arrangement", *numbers]].rename_axis("siren").reset_index()
    texts = {
        "margins.csv": survey.margins.to_csv(index=False, lineterminator="\n"),
        "truth.csv": truth.to_csv(index=False, lineterminator="\n", float_format="%.2f"),
        "README.md": _readme(log),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode("utf-8"))
    return [folder / name for name in (SAMPLE_EXPORT, *texts)]


def _readme(log: pd.DataFrame) -> str:
    """Return the notice of the sample, with what was spoilt counted."""
    template = Template((package_dir("datasets") / "sample_readme.md").read_text(encoding="utf-8"))
    counts = log["kind"].value_counts(sort=False)
    dirt = "\n".join(f"| `{kind}` | {count} |" for kind, count in counts.sort_index().items())
    return template.substitute(
        firms=SAMPLE_FIRMS,
        population=f"{SAMPLE_POPULATION:,}".replace(",", " "),
        seed=SAMPLE_SEED,
        export=SAMPLE_EXPORT,
        dirt=dirt,
    )
