"""Serving a world: on three ports of 127.0.0.1, or in process behind one HTTP transport."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx
import uvicorn

from deeplearn_checks.sandbox.app import api
from deeplearn_checks.sandbox.leads import TURNSTILE_TEST_TOKEN
from deeplearn_checks.sandbox.razorpay import razorpay_api
from deeplearn_checks.sandbox.site import pages
from deeplearn_checks.sandbox.start import SandboxError
from deeplearn_checks.sandbox.world import Origins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from deeplearn_checks.sandbox.world import World

HOST = "127.0.0.1"
EXPORTED = ("ADMIN_API_TOKEN", "RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET")
"""The settings of the service that the checks hold too."""


def exports(world: World) -> dict[str, str]:
    """Answer the environment that points the checks at a world, as operators know it: faults do not show in it."""
    origins = world.origins
    urls = {"DEEPLEARN_API_BASE_URL": origins.api, "DEEPLEARN_PAGES_BASE_URL": origins.pages}
    held = {name: world.known_settings[name] for name in EXPORTED if name in world.known_settings}
    known = {"DEEPLEARN_KNOWN_LEAD": world.known_lead} if world.known_lead else {}
    token = {"DEEPLEARN_CHECKS_TURNSTILE_TOKEN": TURNSTILE_TEST_TOKEN}
    return {**urls, **held, "RAZORPAY_API_BASE_URL": origins.gateway, **token, **known}


def apps(world: World) -> dict[str, ASGIApp]:
    """Build what listens, by origin: the API, the Pages site, Razorpay."""
    worker = api(world)
    origins = world.origins
    return {origins.api: worker, origins.pages: pages(world, worker), origins.gateway: razorpay_api(world)}


class Transport(httpx.AsyncBaseTransport):
    """Answers requests to a world's three origins in process; every other origin is out of reach."""

    def __init__(self, world: World) -> None:
        self._by_origin = {origin: httpx.ASGITransport(app) for origin, app in apps(world).items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the part of that origin does; raises httpx.ConnectError for a foreign one."""
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        if origin not in self._by_origin:
            raise httpx.ConnectError(f"nothing listens at {origin} in the sandbox", request=request)
        return await self._by_origin[origin].handle_async_request(request)


def transport(world: World) -> httpx.AsyncBaseTransport:
    """Build the transport that reaches a world in process."""
    return Transport(world)


class _ByPort:
    """One ASGI app for several ports, each answer delayed."""

    def __init__(self, by_port: Mapping[int, ASGIApp], delay: float) -> None:
        self._by_port = by_port
        self._delay = delay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._delay)
        await self._by_port[scope["server"][1]](scope, receive, send)


class _Server(uvicorn.Server):
    """Ends with status 0 on SIGTERM and SIGINT, when the answers under way are given."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take both signals for as long as the server runs."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def local_origins(port: int) -> Origins:
    """Answer where the three parts listen when the API listens on `port`."""
    return Origins(*(f"http://{HOST}:{number}" for number in range(port, port + 3)))


def serve(world: World, port: int, latency_ms: float, announce: Callable[[Mapping[str, str]], None]) -> None:
    """Serve the API on `port`, the Pages site on the next and Razorpay on the one after, until a signal ends it.

    `announce` gets the exports once all three accept connections. A gateway that is down does not listen at all.
    Raises SandboxError when a port is taken.
    """
    numbers = range(port, port + 3)
    world.origins = local_origins(port)
    by_port = dict(zip(numbers, apps(world).values(), strict=True))
    if not world.gateway.reachable:
        del by_port[port + 2]
    with ExitStack() as stack:
        sockets = [stack.enter_context(_listening(number)) for number in by_port]
        announce(exports(world))
        asyncio.run(_server(_ByPort(by_port, latency_ms / 1000)).serve(sockets))


def _listening(port: int) -> socket.socket:
    try:
        listener = socket.create_server((HOST, port), backlog=256)
    except OSError as error:
        raise SandboxError(f"--port: cannot listen on {HOST}:{port} ({error}); choose another port") from None
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a delayed ACK adds 40 ms to answers
    return listener


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return _Server(config)
