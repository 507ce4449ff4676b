"""Widgets of JupyterLab and of the pages that Voilà serves.

``meeting`` is the form of a meeting with the head of a company, made of the ``fields`` of a questionnaire; ``page``
shows what its answers make. ``links`` leads from a cell to reports.
"""

from cdo_analysis.lab.links import ReportLinks, report_links
from cdo_analysis.lab.meeting import MeetingForm, meeting_form

__all__ = ["MeetingForm", "ReportLinks", "meeting_form", "report_links"]
