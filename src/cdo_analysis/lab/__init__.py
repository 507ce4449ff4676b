"""The workbench in a notebook: import card, explorer, company simulator, meeting form, and how objects are shown."""

from cdo_analysis.exhibits import cross_table, crossing
from cdo_analysis.intake import ExportOptions
from cdo_analysis.lab.card import import_card
from cdo_analysis.lab.explorer import Explorer, explorer
from cdo_analysis.lab.links import ReportLinks, report_links
from cdo_analysis.lab.meeting import MeetingForm, meeting_form
from cdo_analysis.lab.mending import edits_for
from cdo_analysis.lab.simulator import Simulator, simulator
from cdo_analysis.lab.trial import Trial, save_variant, start_trial

__all__ = [
    "Explorer",
    "ExportOptions",
    "MeetingForm",
    "ReportLinks",
    "Simulator",
    "Trial",
    "cross_table",
    "crossing",
    "edits_for",
    "explorer",
    "import_card",
    "meeting_form",
    "report_links",
    "save_variant",
    "simulator",
    "start_trial",
]
