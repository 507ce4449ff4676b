"""What pages are drawn with: the PDF engine and its libraries, fonts, a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import webbrowser
from functools import lru_cache

from cdo_analysis.workbench.doctor.finding import Finding

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")
_RENDERS_IN = 90

# In a process of its own: a library that is broken can end it without a word.
_PROBE = """
import json, logging
logging.disable(logging.CRITICAL)
from weasyprint import HTML
page = HTML(string='<p style="font-family: sans-serif">Été, 1\\u202f234 €, « œuvre »</p>').render()
data = page.write_pdf()
print(json.dumps({"bytes": len(data), "fonts": sorted({font.family.decode() if isinstance(font.family, bytes)
                  else str(font.family) for font in page.fonts.values()})}))
"""


def check_pdf() -> Finding:
    """Check that a page becomes a PDF."""
    made = _probe()
    if "error" in made:
        return Finding("pdf", "failed", "broken", {"error": str(made["error"])})
    return Finding("pdf", "ok", "ok", {"n": str(made["bytes"])})


def check_fonts() -> Finding:
    """Check that a font is found that writes French."""
    made = _probe()
    if "error" in made:
        return Finding("fonts", "warning", "unknown")
    fonts = list(made["fonts"])  # type: ignore[call-overload]
    return Finding("fonts", "ok", "ok", {"listed": ", ".join(fonts)}) if fonts else Finding("fonts", "failed", "none")


@lru_cache(maxsize=1)
def _probe() -> dict[str, object]:
    """Render a line of French apart, once: its size and fonts, or the error."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=_RENDERS_IN, check=False
        )
    except subprocess.TimeoutExpired:
        return {"error": f"> {_RENDERS_IN} s"}
    if done.returncode == 0:
        found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        return found
    said = [line for line in done.stderr.splitlines() if line.strip()]
    return {"error": said[-1][:160] if said else f"exit {done.returncode}"}


def check_browser() -> Finding:
    """Check that there is a browser for JupyterLab and for the pages."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is not None:
        return Finding("browser", "ok", "ok", {"found": chromium})
    try:
        webbrowser.get()
    except webbrowser.Error:
        return Finding("browser", "warning", "none")
    return Finding("browser", "ok", "other")
