"""The browser of this machine, for tests that look at pages; and what is left of one."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from waiting import PATIENCE

from deeplearn_checks.browser import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

BROWSER = find("")
needs_browser = pytest.mark.skipif(
    bool(BROWSER.missing) and not os.environ.get("BROWSER_REQUIRED"), reason="no browser to look with"
)


@contextmanager
def temporary(folder: Path) -> Iterator[str]:
    """Let whatever starts meanwhile keep its temporary files in *folder*; answers its path."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield str(folder)
    finally:
        del os.environ["TMPDIR"]
        os.environ |= {"TMPDIR": before} if before else {}


@contextmanager
def launched(*options: str) -> Iterator[Browser]:
    """Run a browser that resolves no name and keeps its sockets under a short path."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only where there is a browser

    with TemporaryDirectory() as folder, temporary(Path(folder)), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=BROWSER.path,
            chromium_sandbox=False,
            args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", *options],
            timeout=PATIENCE * 1000,
        )
        yield browser
        browser.close()


def processes() -> list[tuple[int, int, str]]:
    """Answer every process of this machine that is not over: its number, its parent's, its command."""
    command = ["ps", "-axwwo", "pid=,ppid=,stat=,args="]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603  as written here
    rows = (line.split(None, 3) for line in told.splitlines())
    return [(int(pid), int(parent), " ".join(args)) for pid, parent, state, *args in rows if "Z" not in state]


def drivers() -> list[int]:
    """Answer the drivers of browsers that this process has started."""
    return [pid for pid, parent, args in processes() if parent == os.getpid() and "run-driver" in args]


def browsers(folder: str) -> list[int]:
    """Answer the processes of browsers whose profile is in *folder*."""
    return [pid for pid, _, args in processes() if f"--user-data-dir={folder}" in args]
