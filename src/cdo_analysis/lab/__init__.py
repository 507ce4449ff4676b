"""Widgets of JupyterLab and of the pages that Voilà serves.

``meeting`` is the form of a meeting with the head of a company, made of the ``fields`` of a questionnaire; ``page``
shows what its answers make.
"""

from cdo_analysis.lab.meeting import MeetingForm, meeting_form

__all__ = ["MeetingForm", "meeting_form"]
