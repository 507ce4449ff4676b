"""Voilà, except that the browser is opened with the token: Voilà's own opens a page that asks for it."""

from __future__ import annotations

import webbrowser
from html import escape
from pathlib import Path

from voila.app import Voila


class PagesApp(Voila):
    """Voilà as ``cdo-analysis serve`` runs it."""

    def launch_browser(self) -> None:
        """Open a browser at the pages, by a file that this user alone can read: a token is in no list of processes."""
        address = f"{self._url(self.ip or 'localhost')}?token={self.identity_provider.token}"
        file = Path(self.connection_dir) / "open.html"
        file.touch(mode=0o600)
        file.write_text(f'<meta http-equiv="refresh" content="0; url={escape(address)}">', encoding="utf-8")
        webbrowser.open(file.as_uri())
