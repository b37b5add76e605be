"""The page on a port of this machine, in the monitor's own process."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from shelf import Shelf, Site, configured

from deeplearn_checks.monitor.page.serving import listener, serve
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send


async def _asked(app: ASGIApp, path: str, where: str = "127.0.0.1:0") -> tuple[int, str]:
    """Serve an app, ask it once, end it; answers the status and where it was."""
    told = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(serve(app, listener(where), told.set_result))
    url = await told
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{url}{path}")
    serving.cancel()
    await asyncio.wait([serving])
    return answer.status_code, url


def test_the_page_is_served_until_it_is_ended(tmp_path: Path) -> None:
    """It answers on the port that it was given, and lets go of it."""
    site = Site(Shelf(), configured(tmp_path))

    status, url = asyncio.run(_asked(site.app, "/healthz"))

    again = listener(url.removeprefix("http://"))
    again.close()
    assert (status, url.startswith("http://127.0.0.1:")) == (200, True)


def test_answers_under_way_are_given() -> None:
    """Who has asked gets the whole answer, though the page ends meanwhile."""
    begun, let = asyncio.Event(), asyncio.Event()

    async def slow(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        begun.set()
        await let.wait()
        await send({"type": "http.response.body", "body": b"whole"})

    async def ended() -> str:
        told = asyncio.get_running_loop().create_future()
        serving = asyncio.ensure_future(serve(slow, listener("127.0.0.1:0"), told.set_result))
        async with httpx.AsyncClient() as client:
            asking = asyncio.ensure_future(client.get(await told))
            await begun.wait()
            serving.cancel()
            await asyncio.sleep(0)
            let.set()
            text = (await asking).text
        await asyncio.wait([serving])
        return text

    assert asyncio.run(ended()) == "whole"


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
def test_the_page_is_served_on_ipv6(tmp_path: Path) -> None:
    """An address in brackets is one."""
    site = Site(Shelf(), configured(tmp_path))

    status, url = asyncio.run(_asked(site.app, "/healthz", "[::1]:0"))

    assert (status, url.startswith("http://[::1]:")) == (200, True)


@pytest.mark.parametrize("where", ["256.1.1.1:80", "127.0.0.1:http", "no-such-host.invalid:80"])
def test_where_nobody_can_listen_is_one_line(where: str) -> None:
    """An address that is none is refused with what was written."""
    with pytest.raises(ConfigurationError, match=f"the page cannot listen on {where} .*; write another listen"):
        listener(where)


def test_a_port_that_is_taken_is_one_line() -> None:
    """So is one that somebody else has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(ConfigurationError, match=f"cannot listen on {where}"):
            listener(where)


def test_nothing_heavy_is_loaded_before_a_page_is_made() -> None:
    """Who imports the page, and makes none, pays for no library of it."""
    heavy = ("starlette", "jinja2", "prometheus_client", "uvicorn")
    program = (
        "import sys; import deeplearn_checks.monitor.page, deeplearn_checks.monitor.page.serving; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  ours

    assert ended.stdout == "[]\n"
