"""What reports are made of: exhibits of a study, in one language and under one disclosure profile."""

from cdo_analysis.exhibits import company, panorama, quality, segment, worlds
from cdo_analysis.exhibits.exhibit import MIME, Card, Exhibit, TableView, html_templates
from cdo_analysis.exhibits.study_view import View, view, warm_up

__all__ = [
    "MIME",
    "Card",
    "Exhibit",
    "TableView",
    "View",
    "company",
    "html_templates",
    "panorama",
    "quality",
    "segment",
    "view",
    "warm_up",
    "worlds",
]
