"""A meeting sheet as HTML, for a screen: the same words as the Word document."""

from __future__ import annotations

from cdo_analysis.exhibits.exhibit import html_templates
from cdo_analysis.reports.sheet.blocks import Sheet


def sheet_html(sheet: Sheet) -> str:
    """Return a sheet as a fragment of HTML: every text escaped, no script, nothing that is asked of the network.

    Parameters
    ----------
    sheet : Sheet

    Returns
    -------
    str
    """
    kinds = [(type(block).__name__, block) for block in sheet.blocks]
    return html_templates("lab").get_template("sheet.html.j2").render(sheet=sheet, blocks=kinds).strip()
