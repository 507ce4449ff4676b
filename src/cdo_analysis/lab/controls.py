"""Controls that look alike and can be used by keyboard: the label above, the whole width, in the order of reading."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from cdo_analysis.messages import Catalogue, space_french

CLASS = "cdo-lab"
"""Class of everything that this package puts on a page: the style below touches nothing else."""

_STYLE = """
.cdo-lab { max-width: 1080px; color: #26292d; padding-right: 6px; --jp-widgets-horizontal-tab-width: 190px; }
.cdo-lab .widget-label { color: #12436D; font-weight: 600; height: auto; text-align: left; width: auto;
  white-space: normal; line-height: 1.35; padding: 4px 0 2px; }
.cdo-lab .widget-html-content { line-height: 1.45; }
.cdo-lab h3, .cdo-lab h4 { color: #12436D; }
.cdo-lab table { border-collapse: collapse; margin: 6px 0 10px; font-variant-numeric: tabular-nums; }
.cdo-lab th, .cdo-lab td { padding: 4px 8px; border-bottom: 1px solid #d5dbe1; vertical-align: top; }
.cdo-lab thead th { border-bottom: 2px solid #12436D; }
.cdo-lab .cdo-head { border-top: 5px solid #12436D; padding-top: 8px; line-height: 1.45; }
.cdo-lab .cdo-head h3 { color: #12436D; margin: 0 0 4px; font-size: 1.25em; }
.cdo-lab .cdo-soft { color: #565f68; font-size: .92em; line-height: 1.4; }
.cdo-lab .cdo-wrong { color: #801650; font-weight: 600; line-height: 1.4; }
.cdo-lab .cdo-answer { background: #f4f6f8; border-left: 5px solid #12436D; padding: 8px 12px; line-height: 1.45;
  font-size: 1.05em; }
.cdo-lab .widget-dropdown > select, .cdo-lab .widget-text > input, .cdo-lab .widget-select > select,
.cdo-lab .widget-select-multiple > select, .cdo-lab .widget-textarea > textarea {
  flex: 0 0 auto; width: calc(100% - 4px); max-width: 100%; box-sizing: border-box; margin: 0 2px; }
.cdo-lab .widget-select > select, .cdo-lab .widget-select-multiple > select { height: auto; overflow-x: hidden; }
.cdo-lab .widget-dropdown > select, .cdo-lab .widget-text > input { height: 30px; }
.cdo-lab textarea, .cdo-lab select, .cdo-lab input { color: #26292d; }
.cdo-lab select:focus, .cdo-lab textarea:focus, .cdo-lab input:focus, .cdo-lab button:focus {
  outline: 3px solid #F46A25; outline-offset: 1px; }
.cdo-lab .cdo-code textarea { font-family: monospace; font-size: 12px; background: #f4f6f8; }
"""


def styled(children: Sequence[widgets.Widget]) -> widgets.VBox:
    """Return the controls in a box of our own look."""
    box = widgets.VBox([widgets.HTML(f"<style>{_STYLE}</style>", layout={"height": "0", "margin": "0"}), *children])
    box.add_class(CLASS)
    return box


def text(html: str, kind: str = "cdo-soft") -> str:
    """Return HTML of our look; what comes in must be escaped already."""
    return f'<div class="{kind}">{html}</div>'


def said(say: Catalogue, words: str) -> str:
    """Return a text, escaped, with the spaces of its language."""
    return escape(space_french(words) if say.language == "fr" else words)


def labelled(kind: type[widgets.Widget], label: str, **fields: Any) -> Any:
    """Return a control whose label stands above it, bound to it for those who hear the page."""
    layout = {"flex_flow": "column", "width": "100%", "height": "auto"} | fields.pop("layout", {})
    style = {"description_width": "auto"}
    return kind(description=label, layout=layout, style=style, **fields)


def head(say: Catalogue, title: str, words: str) -> widgets.HTML:
    """Return the head of a tool: its name, and what must be known before it is used."""
    return widgets.HTML(text(f"<h3>{said(say, title)}</h3>{text(said(say, words))}", "cdo-head"))


def columns(*parts: widgets.Widget, widths: Sequence[str]) -> widgets.GridBox:
    """Return parts side by side; a template of columns as CSS has it."""
    template = " ".join(widths)
    layout = {"grid_template_columns": template, "grid_gap": "6px 18px", "width": "100%"}
    return widgets.GridBox(list(parts), layout=layout)
