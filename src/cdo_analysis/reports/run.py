"""Render a report: a template and its parameters, executed by papermill, checked, published whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdo_analysis.codebook import SEGMENT_VARIABLES
from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.reports.factory import EngineName, Limits, Plan, Task, error_of, make_reports
from cdo_analysis.reports.formats import SUFFIXES, read_formats
from cdo_analysis.reports.parameters import check_parameters
from cdo_analysis.reports.private import SECRET
from cdo_analysis.reports.segments import is_about_segment, name_segment
from cdo_analysis.reports.template import Template, open_template
from cdo_analysis.reports.versions import code_and_versions

if TYPE_CHECKING:
    from cdo_analysis.study import Study

_CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*(?<!.{41})")
_SET_BY_CALL = ("study", "company", "answers")
_NAMED_BY = ("company", *SEGMENT_VARIABLES)
"""Parameters whose values name the files of a report."""


@dataclass(frozen=True)
class Report:
    """A published report.

    Attributes
    ----------
    title : str
    html, notebook : Path
        The page, and the notebook that was executed to make it.
    others : mapping of str to Path
        The files of the other formats that were asked for: ``others["pdf"]``.
    """

    title: str
    html: Path
    notebook: Path
    others: Mapping[str, Path] = field(default_factory=dict)


def report(
    study: Study | str | Path,
    name: str,
    *,
    company: str | None = None,
    answers: str | Path | None = None,
    out: str | Path = "reports",
    parameters: Mapping[str, object] | None = None,
    engine: EngineName = "auto",
    limits: Limits | None = None,
    formats: str | Iterable[str] = (),
) -> Report:
    """Render one report from a study; nothing is fitted again.

    The report is made in a process of its own. Files of an earlier run are replaced once the new ones are whole.

    Parameters
    ----------
    study : Study, str or Path
    name : str
        ``quality``, ``panorama``, ``segment`` or ``company``.
    company : str, optional
        Respondent of the study that a company report is about.
    answers : str or Path, optional
        TOML or XLSX of a company outside the survey, in place of a respondent.
    out : str or Path
        Folder for the page and the executed notebook.
    parameters : mapping, optional
        Other parameters of the template (``language``, ``disclosure``; ``sector``, ``size``, ``region`` of a segment).
    engine : {'auto', 'fork', 'kernel'}
        How cells run: in a process forked from a warm one, or in a plain Jupyter kernel; the same bytes come out.
    limits : Limits, optional
        Time and memory.
    formats : str or iterable of str
        What is made beside the page, from the same notebook: ``pdf``, ``xlsx``, ``csv`` (``"pdf,xlsx"``). Those of an
        earlier run that are not asked for again are removed: they would not agree with the page.

    Returns
    -------
    Report

    Raises
    ------
    UsageError
        Unknown report, company or parameter, or a value that does not fit: before any cell runs.
    ReportError
        The notebook did not run to its end; nothing is published.
    TimeLimitError, ProcessDiedError
        It took too long, or its process was killed; nothing is published.
    BusyError
        Another run makes the same report.
    PublishError
        The folder cannot be written.
    """
    source = Source(study)
    template = open_template(name)
    made = read_formats(formats)
    task = replace(source.task(template, company=company, answers=answers, parameters=parameters), formats=made)
    plan = replace(source.plan(out, template, engine=engine, limits=limits), pdf="pdf" in made)
    [outcome] = make_reports([task], plan)
    if outcome.exit_code:
        raise error_of(outcome)
    others = {name: plan.out / f"{task.report}.{SUFFIXES[name]}" for name in made}
    return Report(outcome.title, plan.out / f"{task.report}.html", plan.out / f"{task.report}.ipynb", others)


@dataclass(frozen=True)
class Source:
    """The study that reports are made from, known without reading its tables.

    Attributes
    ----------
    study : Study, str or Path
    """

    study: Study | str | Path
    index: dict[str, Any] = field(init=False, repr=False)
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        folder: Any = getattr(self.study, "folder", self.study)
        if str(folder) == "sample":
            from cdo_analysis.pipeline import open_study

            folder = open_study("sample").folder
        object.__setattr__(self, "folder", Path(folder).resolve())
        object.__setattr__(self, "index", _read_index(Path(folder)))

    def task(
        self,
        template: Template,
        *,
        company: str | None = None,
        answers: str | Path | None = None,
        parameters: Mapping[str, object] | None = None,
        period: str = "",
        named_by: Iterable[str] = _NAMED_BY,
    ) -> Task:
        """Return the report to make, its parameters checked; its file is named by some of them.

        Raises
        ------
        UsageError
            A parameter or a company is not known.
        """
        given = dict(parameters or {})
        for name in given:
            if name in _SET_BY_CALL:
                raise UsageError(
                    f"{template.name}: {name} is set by the call itself, not by a parameter; leave it out."
                )
            if SECRET.search(name):
                raise UsageError(
                    f"'{name}' looks like a secret, and parameters are kept in every report; use the environment."
                )
        if "study" in template.parameters:
            given["study"] = str(self.folder)
        if "company" in template.parameters:
            if answers is not None:
                given["answers"] = str(Path(answers).resolve())
            given["company"] = self.respondent(company) if answers is None else self.outsider(company, answers)
        elif company is not None or answers is not None:
            named = "company" if company is not None else "answers"
            raise UsageError(
                f"{template.name} is not about one company; leave {named} out, or ask for the report 'company'."
            )
        if is_about_segment(template.parameters):
            given |= name_segment(self.folder, given)
        values = check_parameters(template.parameters, given, template.name)
        told = [str(values[name]) for name in named_by if values.get(name, "") != ""]
        stem = "-".join([template.name, *map(file_stem, told)])
        return Task(stem, template.reference, values, self._key(template, values), period)

    def plan(
        self,
        out: str | Path,
        template: Template,
        *,
        engine: EngineName = "auto",
        workers: int = 1,
        limits: Limits | None = None,
        cluster: str = "",
    ) -> Plan:
        """Return how reports of a template are made from this study."""
        facts = {**self.facts, "template_sha256": template.sha256}
        return Plan(Path(out), str(self.folder), engine, workers, limits or Limits(), facts, cluster)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What every report is made of: study, data, code and versions."""
        return {"study": self.index["id"], "data": self.index["data"], **code_and_versions()}

    @cached_property
    def respondents(self) -> list[str]:
        """Respondents of the study, read from its answers."""
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(self.folder / "scores.parquet", columns=["respondent"])
        return list(table.column("respondent").to_pylist())

    def respondent(self, company: str | None) -> str:
        """Return the respondent that `company` names; spaces between its digits do not count.

        Raises
        ------
        UsageError
            There is none, or nothing was named.
        """
        if not company:
            raise UsageError("the report 'company' needs a company; name one with --company ID.")
        known = set(self.respondents)
        for candidate in (company, "".join(company.split())):
            if candidate in known:
                return candidate
        hint = did_you_mean(company, known) if len(known) < 50_000 else ""
        raise UsageError(f"the study has no company '{company}'{hint}")

    def outsider(self, company: str | None, answers: str | Path) -> str:
        """Return the id of a company outside; its answers are read here first, so that faults come at once.

        Raises
        ------
        UsageError, InputError
            A respondent was named too, or the answers cannot be used.
        """
        if company is not None:
            raise UsageError(
                "a report is about a respondent (--company) or a company outside (--answers); name one of them."
            )
        from cdo_analysis.intake import read_firm
        from cdo_analysis.pipeline import open_study, with_firm

        study = open_study(self.folder)
        return with_firm(study, read_firm(answers, beside=study.codebook)).outsider

    def _key(self, template: Template, values: Mapping[str, Any]) -> str:
        made_of = {**self.facts, "template": template.sha256, "values": dict(values)}
        made_of["values"].pop("study", None)
        if values.get("answers"):
            made_of["answers"] = hashlib.sha256(Path(values["answers"]).read_bytes()).hexdigest()
        return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode("utf-8")).hexdigest()


def _read_index(folder: Path) -> dict[str, Any]:
    """Read ``study.json``; where it cannot be, let the study itself say why."""
    try:
        index = json.loads((folder / "study.json").read_text(encoding="utf-8"))
        if index["format"] == 1:
            return dict(index)
    except (OSError, ValueError, KeyError):
        pass
    from cdo_analysis.study import read_study

    return dict(read_study(folder).info)


def file_stem(identifier: str) -> str:
    """Return a safe file name for a value: plain ASCII, with a hash where anything had to change.

    Examples
    --------
    >>> file_stem("732829320"), file_stem("specialised_services"), file_stem("../../etc")
    ('732829320', 'specialised_services', 'etc-...')
    """
    if _CODE.fullmatch(identifier):
        return identifier
    plain = unicodedata.normalize("NFKD", identifier).encode("ascii", "ignore").decode("ascii")
    stem = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:40]
    if stem == identifier:
        return stem
    return f"{stem or 'company'}-{hashlib.sha256(identifier.encode('utf-8')).hexdigest()[:8]}"
