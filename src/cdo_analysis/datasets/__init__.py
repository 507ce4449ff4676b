"""A synthetic population of French PME and ETI with planted truth, surveys of it, and exports as dirty as real ones.

``make_population`` → ``draw_survey`` → ``write_export``; ``write_sample`` writes the bundled sample.
``load_worlds`` → ``draw_world``: smaller worlds in which the best option is known, to judge ways of choosing one.
Everything is fictitious: names, numbers, answers. ``planted.toml`` says what is published, assumed and made up.
"""

from cdo_analysis.datasets.dirt import dirt_kinds
from cdo_analysis.datasets.export import write_export
from cdo_analysis.datasets.population import Population, make_population
from cdo_analysis.datasets.sample import write_sample
from cdo_analysis.datasets.survey import draw_survey
from cdo_analysis.datasets.worlds import PlantedWorld, draw_world, load_worlds, regret

__all__ = [
    "PlantedWorld",
    "Population",
    "dirt_kinds",
    "draw_survey",
    "draw_world",
    "load_worlds",
    "make_population",
    "regret",
    "write_export",
    "write_sample",
]
