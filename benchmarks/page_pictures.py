"""The pictures of the documentation: the head of each example page, as a headless Chromium draws it."""

from __future__ import annotations

import argparse
import io
import shutil
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
WIDTH, HEIGHT, DRAWN, MOST = 1000, 1300, 760, 150_000
PAGES = {
    "panorama": ("panorama", ""),
    "segment": ("segment-eti", ""),
    "segment-figures": ("segment-eti", "dimensions"),
    "quality": ("quality", ""),
    "company": ("company-001075217", ""),
    "company-figures": ("company-001075217", "dimensions"),
}
"""Each picture: its page, and the piece that it begins with; the head where there is none."""


def draw(page: Any, path: Path, piece: str) -> bytes:
    """Return the picture of a page from a piece on, narrow enough for the documentation."""
    page.goto(path.resolve().as_uri())
    top = round(page.locator(f"#{piece}").bounding_box()["y"]) if piece else 0
    shot = page.screenshot(full_page=True)
    image = Image.open(io.BytesIO(shot)).convert("RGB").crop((0, top, WIDTH, top + HEIGHT))
    small = image.resize((DRAWN, round(HEIGHT * DRAWN / WIDTH)), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        written, format="png", optimize=True
    )
    return written.getvalue()


def main() -> None:
    """Draw the pictures of the examples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=Path, default=ROOT / "reports" / "example")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        parser.exit(2, "there is no Chromium on this machine; install one to draw pages.\n")
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name, (report, piece) in PAGES.items():
            data = draw(page, options.examples / f"{report}.html", piece)
            if len(data) > MOST:
                parser.exit(1, f"{name}.png would weigh {len(data)} bytes, more than {MOST}.\n")
            (options.out / f"{name}.png").write_bytes(data)
            print(f"{len(data) / 1000:6.0f} kB   {name}.png")
        opened.close()


if __name__ == "__main__":
    main()
