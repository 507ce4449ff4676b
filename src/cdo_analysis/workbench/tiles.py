"""What the launcher of JupyterLab offers: one tile a notebook that is shipped."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cdo_analysis.resources import notebooks_dir, package_dir
from cdo_analysis.workbench.copies import prepare_notebook

_SOFT_HYPHEN = "\u00ad"


@dataclass(frozen=True)
class Tile:
    """A tile of the launcher.

    Attributes
    ----------
    section : str
        Heading under which it stands.
    title : str
        What it says; a soft hyphen may stand where a long word can be cut.
    description : str
        What the pointer shows.
    notebook : Path
        The notebook that is copied.
    icon : str
        An SVG.
    """

    section: str
    title: str
    description: str
    notebook: Path
    icon: str

    @property
    def name(self) -> str:
        """Name of the copy that a click opens, without its extension: ``recommandation-cdo``."""
        plain = unicodedata.normalize("NFKD", self.title.casefold()).encode("ascii", "ignore").decode()
        return "-".join(re.findall(r"[a-z0-9]+", plain))


def load_tiles() -> list[Tile]:
    """Return the tiles whose notebook is shipped, in the order of the launcher.

    Examples
    --------
    >>> [tile.title for tile in load_tiles()][:3]
    ['Importer un fichier', 'Qualité', 'Panorama']
    """
    folder = package_dir("workbench")
    table = tomllib.loads((folder / "tiles.toml").read_text(encoding="utf-8"))
    found = []
    for entry in table["tile"]:
        notebook = notebooks_dir() / entry["notebook"]
        if notebook.is_file():
            icon = (folder / "icons" / f"{entry['icon']}.svg").read_text(encoding="utf-8")
            section = table["section"][entry["section"]]
            found.append(Tile(section, entry["title"], entry["description"], notebook, icon))
    return found


def write_extension(folder: Path, tiles: Sequence[Tile], *, study: str = "") -> None:
    """Write the extension of JupyterLab that shows `tiles`, with the notebooks that it copies.

    Parameters
    ----------
    folder : Path
        Where it is written; it must last as long as JupyterLab runs.
    tiles : sequence of Tile
    study : str, optional
        The study that the copies open, in place of the bundled sample.
    """
    shutil.copytree(package_dir("workbench") / "labextension", folder)
    static, sections, listed = folder / "static", list(dict.fromkeys(tile.section for tile in tiles)), []
    for tile in tiles:
        source = f"{tile.name}.ipynb"
        (static / source).write_text(prepare_notebook(tile.notebook, study=study), encoding="utf-8")
        shown = {"label": tile.title, "title": tile.title.replace(_SOFT_HYPHEN, ""), "description": tile.description}
        place = {"section": tile.section, "sectionRank": sections.index(tile.section) - len(sections)}
        listed.append({"name": tile.name, "source": source, "icon": tile.icon, **shown, **place})
    (static / "tiles.json").write_text(json.dumps(listed), encoding="utf-8")
