"""A meeting sheet, from a file of answers to a Word document, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import PublishError, UsageError
from cdo_analysis.intake import Firm, read_firm
from cdo_analysis.pipeline import open_study
from cdo_analysis.reports.sheet.answer import company_name, first_page
from cdo_analysis.reports.sheet.blocks import Sheet
from cdo_analysis.reports.sheet.case import make_case
from cdo_analysis.reports.sheet.grounds import second_page
from cdo_analysis.reports.sheet.steps import first_steps
from cdo_analysis.study import Study


def sheet_content(firm: Firm, *, language: str = "fr", study: Study | None = None) -> Sheet:
    """Return what a meeting sheet says of a company.

    Parameters
    ----------
    firm : Firm
    language : {'fr', 'en'}
    study : Study, optional
        Adds what comparable respondents have (*constaté*) and what outcomes suggest (*estimé*).

    Returns
    -------
    Sheet
    """
    case = make_case(firm, language=language, study=study)
    say, kinds = case.say, ("advised",) if not case.has_study else ("advised", "observed", "estimated")
    labels = ", ".join(say(f"evidence.{kind}") for kind in kinds)
    return Sheet(
        title=say("sheet.document_title", name=company_name(case)),
        language=say.language,
        blocks=[*first_page(case), *first_steps(case), *second_page(case)],
        footer=say("sheet.footer", rules=case.view.rules.id, version=case.view.rules.version, evidence=labels),
        page=say("sheet.page", page="{page}", pages="{pages}"),
    )


def write_sheet(
    answers: str | Path,
    output: str | Path,
    *,
    study: Study | str | Path | None = None,
    codebook: str | Path | Codebook | None = None,
    language: str = "fr",
) -> Path:
    """Write the meeting sheet of one company as a Word document of two pages, to be edited.

    Parameters
    ----------
    answers : str or Path
        TOML or XLSX: see :func:`~cdo_analysis.intake.read_firm`.
    output : str or Path
        Name of the document, ending in ``.docx``; an older one is replaced.
    study : Study, str or Path, optional
        Without one, the sheet rests on the expert rules alone, and says so.
    codebook : str, Path or Codebook, optional
        The questionnaire that was answered; the one that the file names by default.
    language : {'fr', 'en'}

    Returns
    -------
    Path
        The document. The same answers, study and version give the same bytes.

    Raises
    ------
    UsageError
        `output` is not the name of a .docx file, or the language is unknown.
    InputError
        The answers or the study cannot be used.
    PublishError
        The document cannot be written.
    """
    target = Path(output)
    if target.suffix.lower() != ".docx":
        raise UsageError(f"{target.name or output} is not the name of a Word document; end --output in .docx.")
    from cdo_analysis.reports.sheet.word import to_docx  # python-docx is loaded by those who write a document

    opened = study if isinstance(study, Study) or study is None else open_study(study)
    firm = read_firm(answers, codebook, beside=opened.codebook if opened else None)
    data = to_docx(sheet_content(firm, language=language, study=opened), day=firm.day)
    write_whole(target, data)
    return target


def write_whole(target: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    PublishError
        Its folder does not exist or cannot be written, or a folder has its name.
    """
    if target.is_dir():
        raise PublishError(f"{target} is a folder; name a file with --output.")
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", delete=False) as staging:
            staging.write(data)
        os.chmod(staging.name, 0o644)
        os.replace(staging.name, target)
    except OSError as error:
        raise PublishError(f"{target} cannot be written: {error.strerror}; choose another --output.") from error
