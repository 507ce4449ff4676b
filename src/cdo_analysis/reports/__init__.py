"""Reports: a template and its parameters become an executed notebook and one HTML page.

What drives (:func:`report`, :func:`make_reports`) imports nothing that reports need: it starts processes that do.
"""

from cdo_analysis.reports.factory import Limits, Outcome, Plan, Task, make_reports
from cdo_analysis.reports.ledger import Ledger, Run
from cdo_analysis.reports.parameters import Parameter
from cdo_analysis.reports.run import Report, Source, find_companies, report
from cdo_analysis.reports.template import Template, open_template, template_names

__all__ = [
    "Ledger",
    "Limits",
    "Outcome",
    "Parameter",
    "Plan",
    "Report",
    "Run",
    "Source",
    "Task",
    "Template",
    "find_companies",
    "make_reports",
    "open_template",
    "report",
    "template_names",
]
