"""Render a report: a template and its parameters, executed by papermill, checked, published whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdo_analysis.errors import CdoAnalysisError, PublishError, ReportError, UsageError, did_you_mean
from cdo_analysis.intake import read_firm
from cdo_analysis.pipeline import open_study, with_firm
from cdo_analysis.reports.page import render_page
from cdo_analysis.reports.parameters import check_parameters
from cdo_analysis.reports.template import Template, open_template
from cdo_analysis.study import Study

CELL_TIMEOUT_S = 300
_EXECUTION: dict[str, Any] = {
    "kernel_name": "python3",
    "execution_timeout": CELL_TIMEOUT_S,
    "progress_bar": False,
    "request_save_on_cell_execute": False,
    "shutdown_kernel": "immediate",
}
_SET_BY_CALL = ("study", "company", "answers")


@dataclass(frozen=True)
class Report:
    """A published report.

    Attributes
    ----------
    title : str
    html, notebook : Path
        The page, and the notebook that was executed to make it.
    """

    title: str
    html: Path
    notebook: Path


def report(
    study: Study | str | Path,
    name: str,
    *,
    company: str | None = None,
    answers: str | Path | None = None,
    out: str | Path = "reports",
    parameters: Mapping[str, object] | None = None,
) -> Report:
    """Render one report from a study; nothing is fitted again.

    Parameters
    ----------
    study : Study, str or Path
    name : str
        ``quality``, ``panorama`` or ``company``.
    company : str, optional
        Respondent of the study that a company report is about.
    answers : str or Path, optional
        In its place, a file with the answers of a company outside the survey
        (:func:`~cdo_analysis.intake.read_firm`); they are not written into the study.
    out : str or Path
        Folder for the page and the executed notebook.
    parameters : mapping, optional
        Other parameters of the template (``language``, ``disclosure``).

    Returns
    -------
    Report

    Raises
    ------
    UsageError
        Unknown report, company or parameter, or a value that does not fit: before any kernel starts.
    ReportError
        The notebook did not run to its end; nothing is published.
    PublishError
        The folder cannot be written.
    """
    opened = study if isinstance(study, Study) else open_study(study)
    template = open_template(name)
    values = _values(template, opened, (company, answers), dict(parameters or {}))
    target = Path(out)
    stem = f"{name}-{file_stem(values['company'])}" if "company" in values else name
    staging = _staging(target)
    try:
        notebook = _execute(template, values, staging)
        title, html = render_page(notebook, template=name)
        (staging / f"{stem}.html").write_text(html, encoding="utf-8")
        _publish(staging / "executed.ipynb", target / f"{stem}.ipynb")
        _publish(staging / f"{stem}.html", target / f"{stem}.html")
    except OSError as error:
        raise PublishError(f"{name} cannot be written to {out}: {error.strerror}; choose another --out.") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Report(title, target / f"{stem}.html", target / f"{stem}.ipynb")


def _values(
    template: Template, study: Study, about: tuple[str | None, str | Path | None], given: dict[str, object]
) -> dict[str, Any]:
    company, answers = about
    for name in _SET_BY_CALL:
        if name in given:
            raise UsageError(f"{template.name}: {name} is set by the call itself, not by a parameter; leave it out.")
    given["study"] = str(study.folder.resolve())
    if "company" in template.parameters:
        if answers is not None:
            given["answers"] = str(Path(answers).resolve())
        given["company"] = _respondent(study, company) if answers is None else _outsider(study, company, answers)
    elif company is not None or answers is not None:
        named = "company" if company is not None else "answers"
        raise UsageError(
            f"{template.name} is not about one company; leave {named} out, or ask for the report 'company'."
        )
    return check_parameters(template.parameters, given, template.name)


def _respondent(study: Study, company: str | None) -> str:
    if not company:
        raise UsageError("the report 'company' needs a company; name one with --company ID.")
    known = study.table("scores").index
    for candidate in (company, "".join(company.split())):
        if candidate in known:
            return candidate
    raise UsageError(
        f"the study has no company '{company}'{did_you_mean(company, known) if len(known) < 50_000 else ''}"
    )


def _outsider(study: Study, company: str | None, answers: str | Path) -> str:
    """Return the id of a company outside; its answers are read here first, so that faults come at once."""
    if company is not None:
        raise UsageError(
            "a report is about a respondent (--company) or a company outside (--answers); name one of them."
        )
    return with_firm(study, read_firm(answers, beside=study.codebook)).outsider


def _execute(template: Template, values: dict[str, Any], staging: Path) -> Mapping[str, Any]:
    """Run the notebook; only a run in which every cell ended without error is a result."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    output = staging / "executed.ipynb"
    try:
        notebook = papermill.execute_notebook(
            str(template.path), str(output), parameters=values, cwd=str(staging), config=_kernel_config(), **_EXECUTION
        )
    except PapermillExecutionError as error:
        raise ReportError(_why(template, error.exec_count, error.ename, error.evalue)) from error
    except CdoAnalysisError:
        raise
    except Exception as error:  # a dead kernel, a time-out: papermill has no common class for them
        raise ReportError(f"{template.name} did not run to its end ({type(error).__name__}: {error}).") from error
    _check_complete(template, notebook)
    _strip(notebook)
    papermill.iorw.write_ipynb(notebook, str(output))
    return notebook


def _kernel_config() -> Any:
    """Speak to the kernel through files that only this user can open, where the system has them; else over TCP."""
    from traitlets.config import Config

    return Config({"KernelManager": {"transport": "ipc"}} if os.name == "posix" else {})


def _why(template: Template, cell: int, name: str, value: str) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", value).strip()
    return f"{template.name} stopped in cell {cell}: {text if name in _ours() else f'{name}: {text}'}"


def _ours() -> set[str]:
    return {CdoAnalysisError.__name__} | {cls.__name__ for cls in CdoAnalysisError.__subclasses__()}


def _check_complete(template: Template, notebook: Mapping[str, Any]) -> None:
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    if any(cell.get("execution_count") is None for cell in code):
        raise ReportError(f"{template.name}: a cell did not run, though no error was reported; nothing is published.")
    if any(output["output_type"] == "error" for cell in code for output in cell["outputs"]):
        raise ReportError(f"{template.name}: a cell ended in an error; nothing is published.")


def _strip(notebook: Any) -> None:
    """Leave out what changes from run to run and from machine to machine: times, paths, messages of libraries."""
    notebook["metadata"].pop("papermill", None)
    for cell in notebook["cells"]:
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        if cell["cell_type"] == "code":
            cell["outputs"] = [o for o in cell["outputs"] if o.get("name") != "stderr"]


def file_stem(identifier: str) -> str:
    """Return a safe file name for a respondent: plain ASCII, with a hash where anything had to change.

    Examples
    --------
    >>> file_stem("732829320"), file_stem("../../etc")
    ('732829320', 'etc-...')
    """
    plain = unicodedata.normalize("NFKD", identifier).encode("ascii", "ignore").decode("ascii")
    stem = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:40]
    if stem == identifier:
        return stem
    return f"{stem or 'company'}-{hashlib.sha256(identifier.encode('utf-8')).hexdigest()[:8]}"


def _staging(target: Path) -> Path:
    if target.exists() and not target.is_dir():
        raise PublishError(f"{target} is a file; name a folder with --out.")
    try:
        target.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".run-", dir=target))
    except OSError as error:
        raise PublishError(f"{target} cannot be written: {error.strerror}; choose another --out.") from error


def _publish(made: Path, place: Path) -> None:
    made.chmod(0o644)
    os.replace(made, place)
