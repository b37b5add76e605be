"""What stands before every answer of the page: who may look, and what a browser may do with what it gets."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING

from deeplearn_checks.monitor.page.rendering import style_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from deeplearn_checks.monitor.config import Page

HEALTH = "/healthz"
"""The one path that answers without credentials, with less: orchestrators ask it, and have none."""
_BADGES = "/badge/"
_UNAUTHORIZED = 401


def headers(path: str, *, is_open: bool) -> dict[str, str]:
    """Answer the headers of an answer. *is_open*: whether everybody may look, so that others may keep badges too."""
    is_badge = path.startswith(_BADGES)
    policy = (
        f"default-src 'none'; style-src {style_hash()}; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "cross-origin" if is_badge and is_open else "same-origin",
        "cache-control": "max-age=60" if is_badge and is_open else "no-store",
    }


class Guard:
    """Lets in whoever has the password of the page, everybody where it has none, and adds the headers to all answers.

    Also to those of a bug of ours, and to a refusal.
    """

    def __init__(self, app: ASGIApp, page: Page) -> None:
        self._app = app
        self._is_open = not page.password.get_secret_value()
        self._wanted = f"{page.user}:{page.password.get_secret_value()}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; others than HTTP's are none of ours."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = headers(scope["path"], is_open=self._is_open)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with(message["headers"], added)
            await send(message)

        is_known = self._is_open or self._knows(scope)
        scope.setdefault("state", {})["is_known"] = is_known
        if is_known or scope["path"] == HEALTH:
            await self._app(scope, receive, guarded)
        else:
            await _refuse(guarded)

    def _knows(self, scope: Scope) -> bool:
        """Whether a request has the credentials; compared in a time that says nothing about them."""
        given = dict(scope["headers"]).get(b"authorization", b"")
        scheme, _, encoded = given.partition(b" ")
        if scheme.lower() != b"basic":
            return False
        try:
            said = base64.b64decode(encoded.strip(), validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(said, self._wanted)


def _with(given: list[tuple[bytes, bytes]], added: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in given if name.decode("latin-1").lower() not in added]
    return [*kept, *((name.encode(), value.encode()) for name, value in added.items())]


async def _refuse(send: Send) -> None:
    start: MutableMapping[str, object] = {
        "type": "http.response.start",
        "status": _UNAUTHORIZED,
        "headers": [
            (b"www-authenticate", b'Basic realm="deeplearn-checks", charset="UTF-8"'),
            (b"content-type", b"text/plain; charset=utf-8"),
        ],
    }
    await send(start)
    await send({"type": "http.response.body", "body": b"user and password are needed\n"})
