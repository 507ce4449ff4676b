"""What surrounds the analysis: JupyterLab and its launcher, study folders, pages for others, checks of a machine.

``tiles`` says what the launcher offers, ``copies`` makes the working copies, ``jupyter`` starts JupyterLab on them,
``served`` starts Voilà, ``folder`` makes a study folder, ``doctor`` checks a machine.
"""

from cdo_analysis.workbench.copies import copy_notebooks, prepare_notebook
from cdo_analysis.workbench.folder import make_study_folder
from cdo_analysis.workbench.jupyter import start_lab
from cdo_analysis.workbench.served import Listening, start_pages
from cdo_analysis.workbench.tiles import Tile, load_tiles

__all__ = [
    "Listening",
    "Tile",
    "copy_notebooks",
    "load_tiles",
    "make_study_folder",
    "prepare_notebook",
    "start_lab",
    "start_pages",
]
