"""What all pages have in common: colours that can be read, and a policy that nothing gets past."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from examples import EVERY_OUTCOME, HOSTILE_RUN

from deeplearn_checks.reporting.html import html

PACKAGE = Path(__file__).parents[2] / "deeplearn_checks"
STYLE = (PACKAGE / "reporting/house.css").read_text(encoding="utf-8")
SITE = (PACKAGE.parent / "docs/assets/site.css").read_text(encoding="utf-8")
TEMPLATES = sorted(PACKAGE.rglob("*.html.j2"))
SHEETS = sorted(PACKAGE.rglob("*.css"))
INKS = ("ink", "soft", "bad", "warn", "good", "note")
GROUNDS = ("paper", "card", "code", "badbg", "warnbg")


def luminance(colour: str) -> float:
    """Answer the relative luminance of a colour such as #a8201a (WCAG 2.1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Answer the contrast of two colours (WCAG 2.1)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def schemes() -> list[dict[str, str]]:
    """Answer the colours of the pages by name: light, dark and printed."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    return [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in blocks]


@pytest.mark.parametrize("scheme", range(3), ids=["light", "dark", "printed"])
@pytest.mark.parametrize("ink", INKS)
def test_words_can_be_read_on_every_ground(scheme: int, ink: str) -> None:
    """Each ink has a contrast of at least 4.5 to 1 on every ground, in every scheme (WCAG 2.1, AA)."""
    colours = schemes()[scheme]

    contrasts = [contrast(colours[ink], colours[ground]) for ground in GROUNDS]

    assert min(contrasts) >= 4.5


@pytest.mark.parametrize("scheme", range(3))
def test_a_name_is_one_colour(scheme: int) -> None:
    """Every scheme gives each name of the style a colour: none is left to another scheme's."""
    names = set(schemes()[scheme])

    assert names == {*INKS, *GROUNDS, "rule"}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: str(sheet.name))
def test_colours_come_from_the_house(sheet: Path) -> None:
    """A sheet names colours, and makes none of its own: so that all are held to the contrast above."""
    rules = re.sub(r":root \{.*?\}", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)

    own = re.findall(r"#[0-9a-f]{3,8}\b(?=[;\s}])|rgb|hsl", rules)

    assert own == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: str(template.name))
def test_a_template_styles_and_runs_nothing_beside_its_sheet_and_script(template: Path) -> None:
    """The policy knows two digests: an attribute that styles or acts would be dead."""
    text = template.read_text(encoding="utf-8")

    found = re.findall(r"\sstyle=|\son[a-z]+=|javascript:", text)

    assert found == []


@pytest.mark.parametrize("element", ["style", "script"])
def test_the_policy_lets_in_what_stands_in_the_page(element: str) -> None:
    """By the digest of the one sheet and of the one script."""
    page = html(HOSTILE_RUN)

    (inside,) = re.findall(f"<{element}>(.*?)</{element}>", page, re.DOTALL)

    named = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    assert f"{element}-src 'sha256-{named}'" in page


def test_the_policy_is_the_same_whatever_was_found() -> None:
    """Nothing of a run is in the sheet or in the script."""
    pages = (html(EVERY_OUTCOME), html(HOSTILE_RUN))

    policies = {found for page in pages for found in re.findall(r'Policy" content="([^"]+)"', page)}

    assert len(policies) == 1
