"""The browser that looks at the site: whether there is one, and what it saw. Pure, but for looking on the disk.

What drives it is `browsing`, which alone imports Playwright and is loaded only when a page is looked at.
"""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What Chromium is called, by system."""

_NO_PLAYWRIGHT = "needs a browser: pip install 'deeplearn-checks[browser]' (or leave it out: --without browser)"
_NO_CHROMIUM = (
    "needs a browser: apt-get install chromium, or set DEEPLEARN_CHECKS_BROWSER to one (or leave it out: "
    "--without browser)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A Chromium that can be driven, by its path; or else what is `missing`, with the command that brings it."""

    path: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a browser made of one page.

    `lacking` is what a visitor waits for in vain. `script_errors` are uncaught; `failed` are requests to the page's own
    origin (API requests apart in `failed_api`); `missing` is what other hosts did not give, for want of which scripts
    may fail; `unsent` are requests that would have written. `screenshot` is a PNG file, empty where there is none.
    """

    path: str
    lacking: tuple[str, ...] = ()
    script_errors: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    failed_api: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unsent: tuple[str, ...] = ()
    screenshot: bytes = b""


class BrowserError(Exception):
    """The browser did not start, broke down, or did not answer: nothing was learned about the page."""


def find(
    configured: str,
    *,
    which: Callable[[str], str | None] = shutil.which,
    has_module: Callable[[str], object | None] = importlib.util.find_spec,
) -> Found:
    """Look for Playwright and for a Chromium, without loading either; *configured* beats the usual names."""
    if has_module("playwright") is None:
        return Found(missing=_NO_PLAYWRIGHT)
    paths = filter(None, map(which, [configured] if configured else NAMES))
    path = next(paths, "")
    return Found(path) if path else Found(missing=_NO_CHROMIUM)


def program(name: str) -> str:
    """Accept a program that can be run, by name or path, or none; raises ValueError."""
    if name and not shutil.which(name):
        raise ValueError(f"{name!r} is no program that can be run; give the name or path of a Chromium")
    return name
