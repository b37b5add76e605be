"""The site of docs/ as it was built: `ci/docs` builds it and says where it is."""

from __future__ import annotations

import os
from html.parser import HTMLParser
from pathlib import Path

import pytest

BUILT = os.environ.get("BUILT_SITE", "")
FOLLOWED = {"a"}
"""What a reader has to follow before anything is asked."""
ADDRESSES = {"src", "href", "srcset", "data", "action", "poster"}

pytestmark = pytest.mark.skipif(not BUILT, reason="no site was built: make docs")


class Asked(HTMLParser):
    """Notes whatever a page would ask of another host when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.elsewhere: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the addresses of a tag."""
        given = [value or "" for name, value in attrs if name in ADDRESSES]
        if tag not in FOLLOWED:
            self.elsewhere += [value for value in given if value.strip().startswith(("http:", "https:", "//"))]


def test_no_page_asks_anything_of_another_host() -> None:
    """Fonts, scripts, styles and pictures are the site's own: whoever reads it is known to nobody else."""
    pages = sorted(Path(BUILT).rglob("*.html"))
    asked: dict[str, list[str]] = {}
    for page in pages:
        parser = Asked()
        parser.feed(page.read_text(encoding="utf-8"))
        asked |= {str(page): parser.elsewhere} if parser.elsewhere else {}

    assert (len(pages) > 100, asked) == (True, {})


def test_no_style_asks_anything_of_another_host() -> None:
    """No style sheet imports one, and no font comes, from elsewhere."""
    sheets = {path: path.read_text(encoding="utf-8") for path in Path(BUILT).rglob("*.css")}

    elsewhere = [
        str(path) for path, text in sheets.items() if "url(http" in text or "url(//" in text or "@import" in text
    ]

    assert (len(sheets) > 1, elsewhere) == (True, [])
