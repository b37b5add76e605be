"""What a page is made of, says, and holds for a scraper."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from shelf import Site

ATOM = "{http://www.w3.org/2005/Atom}"


class Markup(HTMLParser):
    """Collects what elements and attributes a page is made of, and which ids."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def markup(text: str) -> Markup:
    """Read a page."""
    read = Markup()
    read.feed(text)
    return read


def words(text: str) -> str:
    """Answer what a page says, without its markup and style."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL).split())


def samples(site: Site) -> dict[tuple[str, ...], float]:
    """Answer what a scrape holds, by name and labels: target, group, diagnostic, and what else there is."""
    order = ["target", "group", "diagnostic", "outcome", "severity"]
    families = text_string_to_metric_families(site.get("/metrics").text)
    found = [one for family in families for one in family.samples]
    return {(one.name, *(one.labels[name] for name in sorted(one.labels, key=order.index))): one.value for one in found}
