"""A program that Playwright takes for Chromium, and that ends while a page is being opened.

It speaks the DevTools protocol over the pipe, JSON between NULs, as far as it lives.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENED = "opened"
"""The file that it leaves beside it when a page was being opened."""
_ASKED, _SAID = 3, 4
_ANSWERS = {
    "Browser.getVersion": {"product": "Chrome/140.0.0.0", "userAgent": ""},
    "Target.createBrowserContext": {"browserContextId": "context"},
}


def dying_browser(folder: Path) -> str:
    """Write the program that starts it; answers its path."""
    program = folder / "chromium"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{__file__}' '{folder / OPENED}'\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def _requests() -> Iterator[dict[str, object]]:
    held = b""
    while piece := os.read(_ASKED, 65536):
        *whole, held = (held + piece).split(b"\0")
        yield from map(json.loads, whole)


def _say(**message: object) -> None:
    os.write(_SAID, json.dumps(message).encode() + b"\0")


def _live() -> None:
    """Answer until something is asked of a page."""
    for request in _requests():
        if "sessionId" in request:
            Path(sys.argv[1]).touch()
            return
        number, method = request["id"], str(request["method"])
        if method == "Target.createTarget":
            page = {"targetId": f"page {number}", "type": "page", "url": "about:blank", "browserContextId": "context"}
            attached = {"sessionId": f"session {number}", "targetInfo": page, "waitingForDebugger": True}
            _say(method="Target.attachedToTarget", params=attached)
        _say(id=number, result=_ANSWERS.get(method, {"targetId": f"page {number}"}))


if __name__ == "__main__":
    _live()
