"""An executed notebook becomes one self-contained HTML page: no code, no script, no request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from cdo_analysis.errors import ReportError
from cdo_analysis.exhibits import MIME, html_templates
from cdo_analysis.messages import catalogue, printable, space_french
from cdo_analysis.resources import package_dir

_RUNNING = 90


@dataclass(frozen=True)
class Piece:
    """One output of the notebook, ready for the page."""

    html: Markup
    id: str = ""
    title: str = ""
    level: int = 0
    language: str = ""
    facts: dict[str, str] = field(default_factory=dict)


def render_page(notebook: Mapping[str, Any], *, template: str) -> tuple[str, str]:
    """Return the title and the HTML of the page that an executed notebook makes.

    Parameters
    ----------
    notebook : mapping
        A notebook (nbformat 4) whose cells have run.
    template : str
        Name of the template, for errors.

    Returns
    -------
    title, html : str

    Raises
    ------
    ReportError
        The notebook shows no cover: it has no title to give.
    """
    pieces = list(_pieces(notebook))
    cover = next((piece for piece in pieces if piece.level == 1), None)
    if cover is None:
        raise ReportError(f"{template} shows no cover (an exhibit of level 1); its page would have no title.")
    say = catalogue(cover.language)
    contents = [piece for piece in pieces if piece.level == 2]
    title = printable(cover.title)
    words = {"title": title, "running": _running(title), "language": cover.language, "say": say}
    return title, _page(cover.language).render(**words, facts=cover.facts, pieces=pieces, contents=contents)


def _running(title: str) -> str:
    """Return the title as it fits on the top line of a printed page."""
    return title if len(title) <= _RUNNING else f"{title[: _RUNNING - 1].rstrip()}…"


def pieces_of(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what each exhibit of an executed notebook says of itself: id, title, level, language, and its table."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            about = output.get("metadata", {}).get(MIME)
            if about:
                yield about


def _pieces(notebook: Mapping[str, Any]) -> Iterator[Piece]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data, about = output.get("data", {}), output.get("metadata", {}).get(MIME)
            if about:
                known = {name: about[name] for name in ("id", "title", "level", "language") if name in about}
                yield Piece(Markup("".join(data["text/html"])), **known)
            elif "image/png" in data:
                # A figure that an analyst added: no description came with it, and none is made up.
                yield Piece(
                    Markup('<figure><img src="data:image/png;base64,{}" alt=""></figure>').format(
                        data["image/png"].strip()
                    )
                )
            elif "text/plain" in data:
                yield Piece(Markup("<pre>{}</pre>").format(printable("".join(data["text/plain"]))))


@lru_cache
def _page(language: str) -> Template:
    environment = html_templates("reports")
    space = space_french if language == "fr" else str
    environment.finalize = lambda value: space(printable(value)) if type(value) is str else value
    environment.globals["css"] = Markup((package_dir("reports") / "page.css").read_text(encoding="utf-8"))
    return environment.get_template("page.html.j2")
