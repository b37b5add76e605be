"""Serving the page inside the monitor's own process, until it is told to end."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp
    from uvicorn import Server

_GRACE_SECONDS = 2
"""How long answers under way may take once the page is to end."""


def listener(listen: str) -> socket.socket:
    """Take the port of `HOST:PORT` (`[::1]:8460` for IPv6); raises ConfigurationError where that cannot be had."""
    host, _, port = listen.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=256)
    except (OSError, ValueError, UnicodeError) as problem:
        raise ConfigurationError(f"the page cannot listen on {listen} ({problem}); write another listen") from None


async def serve(app: ASGIApp, taken: socket.socket, listening: Callable[[str], None] = lambda _: None) -> None:
    """Answer on a port until cancelled; then answers under way are given two seconds. Signals are left to others.

    *listening* is told where, `http://HOST:PORT`, once connections are accepted. Raises ModuleNotFoundError without
    uvicorn (the extra `monitor`).
    """
    server = _server(app)
    serving = asyncio.ensure_future(server.serve([taken]))
    try:
        listening(_url(taken))
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def _server(app: ASGIApp) -> Server:
    import uvicorn  # noqa: PLC0415  only a page that is served needs it

    class Quiet(uvicorn.Server):
        """Takes no signals: these are the monitor's."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Leave them alone."""
            yield

    return Quiet(
        uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            date_header=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )


def _url(taken: socket.socket) -> str:
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
