"""What the pages of the project refer to is there: files, headings, code."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_ANCHOR = re.compile(r'<a id="([^"]+)">')
_EXCERPT = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)


@cache
def prose(page: Path) -> str:
    """Answer a page without its code blocks."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> frozenset[str]:
    """Answer what a link may point to in a page: its headings as they are slugged, and its own anchors."""
    headings = [re.sub(r"[^\w\s-]", "", one.replace("`", "")).strip().lower() for one in _HEADING.findall(prose(page))]
    return frozenset(re.sub(r"[\s-]+", "-", heading) for heading in headings) | frozenset(_ANCHOR.findall(prose(page)))


def flush(code: str) -> str:
    """Answer code without its indentation."""
    return "\n".join(line.strip() for line in code.strip().splitlines())


def leads_nowhere(page: Path, target: str, anchor: str) -> bool:
    """Whether a link from a page finds no file, or no heading there."""
    file = (page.parent / target).resolve() if target else page
    return not file.exists() or bool(anchor and anchor not in anchors(file))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_somewhere(page: Path) -> None:
    """A relative link names a file of the repository and, after `#`, a heading or an anchor in it."""
    links = _LINK.findall(_CODE.sub("", prose(page)))

    assert [link for link in links if leads_nowhere(page, *link)] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: str(page.relative_to(ROOT)))
def test_the_documentation_stays_within_itself(page: Path) -> None:
    """A page of docs/ links to no file outside of it: the site does not hold that."""
    links = _LINK.findall(_CODE.sub("", prose(page)))

    targets = [(page.parent / target).resolve() for target, _ in links if target]
    assert [target for target in targets if not target.is_relative_to(ROOT / "docs")] == []


def test_an_excerpt_is_what_its_file_says() -> None:
    """Code that a page shows under the name of a file stands there, word for word, however it is indented."""
    excerpts = [found for page in PAGES for found in _EXCERPT.findall(page.read_text(encoding="utf-8"))]

    stale = [name for name, code in excerpts if flush(code) not in flush((ROOT / name).read_text(encoding="utf-8"))]

    assert (len(excerpts) >= 6, stale) == (True, [])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_section_is_written_once(page: Path) -> None:
    """Two sections of one name contradict each other sooner or later, and a link finds only the first."""
    sections = re.findall(r"^## (.+)$", prose(page), re.MULTILINE)

    assert [one for one in sections if sections.count(one) > 1] == []
