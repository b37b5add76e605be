"""The logs of our own requests are withheld, and nobody else's."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import httpx
from surroundings import API, Script, ask, reply

from deeplearn_checks.wire import Request

if TYPE_CHECKING:
    import pytest


def test_our_requests_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """What is in a URL or a header is nobody's business."""
    caplog.set_level(logging.DEBUG)

    ask(reply(200, "text"), request=Request("GET", API, "/", (("q", "asha@example.com"),)))

    assert [record.name for record in caplog.records if record.name.startswith("http")] == []


def test_others_requests_are_logged_as_ever(caplog: pytest.LogCaptureFixture) -> None:
    """Another client in the same process keeps its logs."""
    caplog.set_level(logging.DEBUG)

    async def other() -> None:
        async with httpx.AsyncClient(transport=Script(reply(200, "text"))) as client:
            await client.get(API)

    asyncio.run(other())

    assert f"HTTP Request: GET {API}" in caplog.text
