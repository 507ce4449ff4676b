"""Pages for those who write no code: Voilà serves the notebooks of ``notebooks/app``, their controls alone."""

from __future__ import annotations

import ipaddress
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from cdo_analysis.errors import UsageError
from cdo_analysis.resources import notebooks_dir
from cdo_analysis.workbench.copies import prepare_notebook

LOOPBACK = "127.0.0.1"
PORT = 8866
SHORTEST_TOKEN = 16
"""Letters of a token that cannot be guessed in a lifetime."""

# Voilà's pages ask a server elsewhere for icons: a visitor's address is nobody else's business.
_NOTHING_FROM_ELSEWHERE = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Listening:
    """Where the pages are served, and to whom.

    Attributes
    ----------
    ip : str
        Address to listen at.
    port : int
    token : str
        What a visitor must know; on the loopback, one is drawn where none is given.
    """

    ip: str = LOOPBACK
    port: int = PORT
    token: str = ""

    @property
    def is_private(self) -> bool:
        """Whether only programs of this machine reach that address."""
        try:
            return self.ip == "localhost" or ipaddress.ip_address(self.ip).is_loopback
        except ValueError:
            return False


def start_pages(at: Listening, *, study: str = "", browser: bool = True) -> None:
    """Serve the pages until the server is stopped.

    A visitor gets a kernel of their own, and can only move the controls: Voilà passes no code from the page to it.

    Parameters
    ----------
    at : Listening
    study : str, optional
        The study that the pages show, in place of the bundled sample.
    browser : bool
        Whether to open a browser.

    Raises
    ------
    UsageError
        Voilà is not installed, or the address can be reached from elsewhere and no token, or a short one, is given.
    """
    check_listening(at)
    try:
        import_module("voila")
    except ImportError as error:
        way_out = "pip install 'cdo-analysis[serve]' adds it"
        raise UsageError(f"Voilà, which serves the pages, is not installed; {way_out}.") from error
    pages = sorted((notebooks_dir() / "app").glob("*.ipynb"))
    with tempfile.TemporaryDirectory(prefix="cdo-analysis-pages-") as own:
        for page in pages:
            (Path(own) / page.name).write_text(prepare_notebook(page, study=study), encoding="utf-8")
        _serve(own, at, browser=browser)


def check_listening(at: Listening) -> None:
    """Refuse to be reached from elsewhere by whoever finds the address.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> check_listening(Listening())
    >>> check_listening(Listening("0.0.0.0"))
    Traceback (most recent call last):
    ...
    cdo_analysis.errors.UsageError: 0.0.0.0 can be reached from other machines: give the token that visitors ...
    """
    if not at.is_private and not at.token:
        raise UsageError(
            f"{at.ip} can be reached from other machines: give the token that visitors must know, with --token-file "
            "or in CDO_ANALYSIS_TOKEN, or leave --ip out to serve this machine alone."
        )
    if at.token and len(at.token) < SHORTEST_TOKEN:
        raise UsageError(
            f"the token has {len(at.token)} characters, and fewer than {SHORTEST_TOKEN} can be guessed; draw one with: "
            'python -c "import secrets; print(secrets.token_urlsafe())".'
        )


def _serve(folder: str, at: Listening, *, browser: bool) -> None:
    """Run Voilà in this process: its token is then in no list of processes."""
    from cdo_analysis.workbench.pages_app import PagesApp

    words = [
        folder,
        f"--Voila.ip={at.ip}",
        f"--Voila.port={at.port}",
        f"--Voila.token={at.token}" if at.token else "--Voila.auto_token=True",  # one that is drawn is printed
        "--VoilaConfiguration.show_tracebacks=False",
        "--VoilaConfiguration.strip_sources=True",
        *([] if browser else ["--no-browser"]),
    ]
    PagesApp.launch_instance(words, tornado_settings={"headers": {"Content-Security-Policy": _NOTHING_FROM_ELSEWHERE}})
