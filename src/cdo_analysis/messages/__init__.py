"""What reports say, in French and in English: sentences, numbers, dates."""

from cdo_analysis.messages.catalogue import Catalogue, catalogue, space_french
from cdo_analysis.messages.literal import printable
from cdo_analysis.messages.numbers import Numbers

__all__ = ["Catalogue", "Numbers", "catalogue", "printable", "space_french"]
