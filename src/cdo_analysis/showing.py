"""How objects are shown in a notebook: each names itself, and what draws it stands above all layers, in the lab.

A survey must not know how a page looks, and yet a cell that ends with one shows it. So the class says here that it is
shown, and the drawing is looked up by name the first time that a notebook asks for it: nothing is imported, and nothing
is registered with IPython, before that.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Literal

DISPLAY = "cdo_analysis.lab.reprs"
"""Module whose ``bundle_of`` draws what is shown."""

LANGUAGE_VARIABLE = "CDO_ANALYSIS_LANGUAGE"
"""Environment variable by which cards and tables are shown in English: ``en``. French otherwise."""


class Shown:
    """Something that a cell of a notebook shows as a card or a table, and a terminal as text of 80 columns."""

    def __repr__(self) -> str:
        # Without it, a dataclass of tables would print them all, one after the other.
        return f"<{type(self).__name__}: {', '.join(getattr(self, '__dataclass_fields__', {}))}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return import_module(DISPLAY).bundle_of(self)


def display_language() -> Literal["fr", "en"]:
    """Return the language of cards: that of the variable ``CDO_ANALYSIS_LANGUAGE`` where it is known, else French.

    Examples
    --------
    >>> import os
    >>> os.environ["CDO_ANALYSIS_LANGUAGE"] = "en"
    >>> display_language()
    'en'
    >>> del os.environ["CDO_ANALYSIS_LANGUAGE"]
    >>> display_language()
    'fr'
    """
    return "en" if os.environ.get(LANGUAGE_VARIABLE, "").strip().lower() == "en" else "fr"
