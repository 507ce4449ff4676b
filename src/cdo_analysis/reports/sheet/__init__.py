"""The meeting sheet: one company's answers become an editable Word document of two pages.

``case`` is the company and what is known of it; ``answer``, ``steps`` and ``grounds`` write the two pages as blocks;
``word`` turns blocks into a document, in the ``styles`` of the sheet.
"""

from cdo_analysis.reports.sheet.blocks import Sheet
from cdo_analysis.reports.sheet.make import sheet_content, write_sheet

__all__ = ["Sheet", "sheet_content", "write_sheet"]
