"""A page becomes a PDF: A4, tagged (PDF/UA-1), bookmarks, embedded fonts, nothing from this machine or the network.

WeasyPrint lays it out, and not a browser: see ``docs/publication.md`` for the trial.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from cdo_analysis.errors import UsageError

_PICTURE = "data:image/png;base64,"
_TEXT = re.compile(r">([^<]{40,})<")
_LONG = re.compile(r"(?:&[^;\s&<]{1,10};|[^\s&<]){40}")
_BREAK = "\u200b"


def to_pdf(page: str) -> bytes:
    """Return a page as the bytes of a PDF; what the reader of a screen would unfold is open.

    Parameters
    ----------
    page : str
        HTML that stands by itself. Whatever it links to is left out: only pictures that it holds are drawn.

    Returns
    -------
    bytes
        Without date and without identifier: the same page gives the same bytes.

    Raises
    ------
    UsageError
        WeasyPrint, or the Pango that it draws text with, is not on this machine.
    """
    html, fetcher = _weasyprint()
    opened = page.replace("<details>", "<details open>")  # text that says so is escaped: &lt;details&gt;
    made: bytes = html(string=_breakable(opened), url_fetcher=fetcher).write_pdf(pdf_variant="pdf/ua-1")
    return made


def _breakable(page: str) -> str:
    """Return a page whose very long words may be cut every forty characters; else the layout tries for minutes."""
    head, body, rest = page.partition("<body")
    return head + body + _TEXT.sub(lambda text: f">{_cut(text[1])}<", rest)


def _cut(text: str) -> str:
    return _LONG.sub(lambda part: part[0] + _BREAK, text)


def warm_up() -> None:
    """Load what makes PDFs, once for all the processes that are forked from this one; no text is laid out here."""
    _weasyprint()


def _weasyprint() -> tuple[Any, Any]:
    """Return what reads a page, and what may be fetched for it."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as error:  # OSError: the library is there, Pango is not
        raise UsageError(
            "PDF needs WeasyPrint and the system's Pango, which are not there (on Debian: apt install libpango-1.0-0 "
            "libpangoft2-1.0-0 libharfbuzz-subset0); install them, or leave pdf out: the page prints well."
        ) from error
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # what it says of CSS for browsers is nothing to readers

    class OwnPictures(URLFetcher):
        """Gives the pictures that the page holds, and nothing else: no file, no address, no other kind of data."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith(_PICTURE):
                raise ValueError("only pictures inside the page are drawn")
            return super().fetch(url, headers)

    return HTML, OwnPictures(allowed_protocols={"data"})
