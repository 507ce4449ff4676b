"""A synthetic population of French PME and ETI with planted truth, surveys of it, and exports as dirty as real ones.

``make_population`` → ``draw_survey`` → ``write_export``; ``write_sample`` writes the bundled sample.
Everything is fictitious: names, numbers, answers. ``planted.toml`` says what is published, assumed and made up.
"""

from cdo_analysis.datasets.dirt import dirt_kinds
from cdo_analysis.datasets.export import write_export
from cdo_analysis.datasets.population import Population, make_population
from cdo_analysis.datasets.sample import write_sample
from cdo_analysis.datasets.survey import draw_survey

__all__ = ["Population", "dirt_kinds", "draw_survey", "make_population", "write_export", "write_sample"]
