"""Studies to open: a folder, or the bundled sample, which is fitted on first use."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import platformdirs

from cdo_analysis.intake import read_firm
from cdo_analysis.pipeline.outside import with_firm
from cdo_analysis.pipeline.storage import fit
from cdo_analysis.resources import hash_of, package_dir, sample_dir
from cdo_analysis.study import Study, read_study

SAMPLE = "sample"


def open_study(study: str | Path, *, answers: str | Path = "") -> Study:
    """Open a study folder, or the bundled sample.

    Parameters
    ----------
    study : str or Path
        A folder that :func:`fit` wrote; ``"sample"`` is the bundled synthetic survey, fitted on first use and kept in
        the user's cache.
    answers : str or Path, optional
        A file with the answers of one company outside the survey (:func:`~cdo_analysis.intake.read_firm`), which is
        then seen beside the respondents: see :class:`~cdo_analysis.pipeline.StudyWithFirm`.

    Returns
    -------
    Study
    """
    opened = sample_study() if str(study) == SAMPLE else _read(Path(study))
    return with_firm(opened, read_firm(answers, beside=opened.codebook)) if str(answers) else opened


def _read(folder: Path) -> Study:
    """Read a study, or return the one that this process has already read from that folder if it is the same."""
    index = folder / "study.json"
    content = index.read_bytes() if index.is_file() else b""
    return _read_once(folder.resolve(), content) if content else read_study(folder)


@lru_cache(maxsize=2)
def _read_once(folder: Path, content: bytes) -> Study:
    """Read a study whose index holds `content`: tables that were read stay read."""
    return read_study(folder)


def sample_study() -> Study:
    """Return the study of the bundled sample; it is fitted once a version of the code."""
    folder = Path(platformdirs.user_cache_dir("cdo-analysis")) / f"sample-{_fingerprint()}"
    if (folder / "study.json").is_file():
        return read_study(folder)
    return fit_sample(folder)


def fit_sample(out: str | Path) -> Study:
    """Fit the bundled sample (synthetic) and write its study to `out`."""
    sample = sample_dir()
    note = "Données synthétiques : aucune entreprise réelle. / Synthetic data: no real company."
    return fit(sample / "enquete-cdo-2026.csv", "cdo-2026", out, margins=sample / "margins.csv", note=note)


def _fingerprint() -> str:
    """Return a hash of the package's code and data and of the sample: a change in either makes a new study."""
    return hash_of([package_dir("."), sample_dir()], (".py", ".toml", ".csv"))[:12]


def study_call(study: Study) -> str:
    """Return the call that opens a study again: ``open_study("sample")``, or with its folder.

    Parameters
    ----------
    study : Study

    Returns
    -------
    str
        Python; the folder is written from the current one where it stands under it.
    """
    cache = Path(platformdirs.user_cache_dir("cdo-analysis"))
    folder = study.folder.resolve()
    if folder == (cache / f"sample-{_fingerprint()}").resolve():
        return f'open_study("{SAMPLE}")'
    here = Path.cwd().resolve()
    shown = folder.relative_to(here) if folder.is_relative_to(here) else folder
    return f"open_study({shown.as_posix()!r})"
