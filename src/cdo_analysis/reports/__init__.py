"""Reports: a template and its parameters become an executed notebook and one HTML page.

What drives (:func:`report`, :func:`make_reports`) imports nothing that reports need: it starts processes that do.
"""

from cdo_analysis.reports.batch import Batch, Summary, plan_batch
from cdo_analysis.reports.due import Due, Schedule, plan_due
from cdo_analysis.reports.factory import Limits, Outcome, Plan, Task, make_reports
from cdo_analysis.reports.fanout import find_companies
from cdo_analysis.reports.index import Settings, write_index
from cdo_analysis.reports.ledger import Ledger, Run, last_runs
from cdo_analysis.reports.parameters import Parameter
from cdo_analysis.reports.run import Report, Source, report
from cdo_analysis.reports.template import Template, open_template, template_names

__all__ = [
    "Batch",
    "Due",
    "Ledger",
    "Limits",
    "Outcome",
    "Parameter",
    "Plan",
    "Report",
    "Run",
    "Schedule",
    "Settings",
    "Source",
    "Summary",
    "Task",
    "Template",
    "find_companies",
    "last_runs",
    "make_reports",
    "open_template",
    "plan_batch",
    "plan_due",
    "report",
    "template_names",
    "write_index",
]
