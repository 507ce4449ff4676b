"""Reports: a template and its parameters become an executed notebook and one HTML page."""

from cdo_analysis.reports.parameters import Parameter
from cdo_analysis.reports.run import Report, report
from cdo_analysis.reports.template import Template, open_template, template_names

__all__ = ["Parameter", "Report", "Template", "open_template", "report", "template_names"]
