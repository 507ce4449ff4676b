"""What reports are made of: exhibits of a study, in one language and under one disclosure profile."""

from cdo_analysis.exhibits import company, panorama, quality, segment, worlds
from cdo_analysis.exhibits.cross_table import cross_table
from cdo_analysis.exhibits.crossing import crossing
from cdo_analysis.exhibits.exhibit import MIME, Card, Exhibit, TableView, html_templates
from cdo_analysis.exhibits.rehearsal import rehearse
from cdo_analysis.exhibits.study_view import View, view, warm_up
from cdo_analysis.exhibits.variables import Variable, variables

__all__ = [
    "MIME",
    "Card",
    "Exhibit",
    "TableView",
    "Variable",
    "View",
    "company",
    "cross_table",
    "crossing",
    "html_templates",
    "panorama",
    "quality",
    "rehearse",
    "segment",
    "variables",
    "view",
    "warm_up",
    "worlds",
]
