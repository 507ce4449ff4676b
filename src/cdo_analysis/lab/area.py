"""Where results stand: an output of the cell that is saved with the notebook, or a widget where a page has no outputs.

A saved notebook keeps no widgets. So what controls change is an ordinary output beside them, brought up to date in
place: it is read as it was left, without a kernel, without trust, and on a site that shows notebooks. Voilà shows no
output that changes after the page is made; there, the same text goes through a widget.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import ipywidgets as widgets

from cdo_analysis.lab.controls import CLASS
from cdo_analysis.lab.panel import Panel

_SERVED = "voila"


def is_served() -> bool:
    """Tell whether the code runs behind Voilà, which says so in the environment of its kernels."""
    return os.environ.get("SERVER_SOFTWARE", "").lower().startswith(_SERVED)


def has_kernel() -> bool:
    """Tell whether a notebook runs the code, rather than a terminal or a script."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


class Area:
    """A place for one panel, which can be replaced by another."""

    def __init__(self) -> None:
        self.panel: Panel | None = None
        self.widget = widgets.HTML() if is_served() else None
        if self.widget is not None:
            self.widget.add_class(CLASS)
        self._handles: list[Any] = []

    def put(self, panel: Panel) -> None:
        """Show `panel` in the place of the one before."""
        self.panel = panel
        if self.widget is not None:
            self.widget.value = panel.to_html()
        data, about = panel.bundle()
        for handle in self._handles:
            handle.update(data, metadata=about, raw=True)

    def display(self) -> None:
        """Show the area in the cell that is running."""
        from IPython.display import display

        if self.panel is None:
            return
        data, about = self.panel.bundle()
        handle = display(data, metadata=about, raw=True, display_id=True)
        if handle is not None:
            self._handles.append(handle)


def show(controls: widgets.Widget, areas: list[Area], note: str) -> None:
    """Show controls above the areas that they change; without a kernel, the areas alone.

    Parameters
    ----------
    controls : Widget
    areas : list of Area
    note : str
        What stands in place of the controls in a notebook that was saved and is only read.
    """
    from IPython.display import display

    if areas and areas[0].widget is not None:
        display(widgets.VBox([controls, *[area.widget for area in areas]]))
        return
    if has_kernel():
        data = dict(controls._repr_mimebundle_()) | Panel(title=note).notice()
        display(data, raw=True)
    for area in areas:
        area.display()
