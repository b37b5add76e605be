"""Serving a world: on three ports of 127.0.0.1, or to a run in this process behind one HTTP transport."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import httpx

from deeplearn_checks.authorities import trust
from deeplearn_checks.sandbox.app import api
from deeplearn_checks.sandbox.authority import HOST
from deeplearn_checks.sandbox.leads import TURNSTILE_TEST_TOKEN
from deeplearn_checks.sandbox.listening import Background, Gate, Server, listening
from deeplearn_checks.sandbox.razorpay import razorpay_api
from deeplearn_checks.sandbox.site import pages
from deeplearn_checks.sandbox.world import Origins

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

    from deeplearn_checks.sandbox.world import World

EXPORTED = ("ADMIN_API_TOKEN", "RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET")
"""The settings of the service that the checks hold too."""


def exports(world: World) -> dict[str, str]:
    """Answer the environment that points the checks at a world, as operators know it: faults do not show in it."""
    origins = world.origins
    urls = {"DEEPLEARN_API_BASE_URL": origins.api, "DEEPLEARN_PAGES_BASE_URL": origins.pages}
    held = {name: world.known_settings[name] for name in EXPORTED if name in world.known_settings}
    known = {"DEEPLEARN_KNOWN_LEAD": world.known_lead} if world.known_lead else {}
    token = {"DEEPLEARN_CHECKS_TURNSTILE_TOKEN": TURNSTILE_TEST_TOKEN}
    trusted = dict.fromkeys(("DEEPLEARN_CHECKS_CA_FILE", "SSL_CERT_FILE"), world.wire.authority_file)
    authority = trusted if world.wire.authority_file else {}
    return {**urls, **held, "RAZORPAY_API_BASE_URL": origins.gateway, **token, **authority, **known}


def apps(world: World) -> dict[str, ASGIApp]:
    """Build what listens, by origin: the API, the Pages site, Razorpay."""
    worker = api(world)
    origins = world.origins
    return {origins.api: worker, origins.pages: pages(world, worker), origins.gateway: razorpay_api(world)}


class Transport(httpx.AsyncBaseTransport):
    """Answers requests to a world's three origins; every other origin is out of reach. `end` is called at its close."""

    def __init__(self, parts: Mapping[str, httpx.AsyncBaseTransport], end: Callable[[], None] | None = None) -> None:
        self._parts = parts
        self._end = end

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the part of that origin does; raises httpx.ConnectError for a foreign one."""
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        if origin not in self._parts:
            raise httpx.ConnectError(f"nothing listens at {origin} in the sandbox", request=request)
        return await self._parts[origin].handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections, and stop what listens for this transport alone."""
        for part in self._parts.values():
            await part.aclose()
        if self._end is not None:
            await asyncio.to_thread(self._end)


class _OnLoop(httpx.AsyncBaseTransport):
    """Asks an app on the event loop of another thread, so that one thread alone touches the world."""

    def __init__(self, app: ASGIApp, loop: asyncio.AbstractEventLoop) -> None:
        self._app = httpx.ASGITransport(app)
        self._loop = loop

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the app does."""
        asking = asyncio.run_coroutine_threadsafe(self._app.handle_async_request(request), self._loop)
        return await asyncio.wrap_future(asking)


class Connection(NamedTuple):
    """How a run in this process reaches a world: its environment, and the transport for its requests."""

    exports: dict[str, str]
    transport: httpx.AsyncBaseTransport


def connect(world: World) -> Connection:
    """Reach a world: in process, but for an API whose wire is not plain, which listens on a port of this machine.

    It does so until the transport is closed, as a run does at its end, or until the process ends; `world.origins`
    then says where. Raises SandboxError where a certificate cannot be made.
    """
    if world.wire.is_plain:
        within = {origin: httpx.ASGITransport(app) for origin, app in apps(world).items()}
        return Connection(exports(world), Transport(within))
    gate = Gate(world.wire)
    world.origins = replace(world.origins, api=gate.url)
    parts = apps(world)
    server = Background(parts[gate.url], gate)
    reached: dict[str, httpx.AsyncBaseTransport] = {
        origin: _OnLoop(app, server.loop) for origin, app in parts.items() if origin != gate.url
    }
    network = httpx.AsyncHTTPTransport(verify=trust(world.wire.authority_file))
    return Connection(exports(world), Transport(reached | {gate.url: network}, server.close))


def transport(world: World) -> httpx.AsyncBaseTransport:
    """Build the transport that reaches a world."""
    return connect(world).transport


class _ByPort:
    """One ASGI app for several ports, each answer delayed."""

    def __init__(self, by_port: Mapping[int, ASGIApp], delay: float) -> None:
        self._by_port = by_port
        self._delay = delay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._delay)
        await self._by_port[scope["server"][1]](scope, receive, send)


def local_origins(port: int) -> Origins:
    """Answer where the three parts listen when the API listens on `port`."""
    return Origins(*(f"http://{HOST}:{number}" for number in range(port, port + 3)))


def serve(
    world: World,
    port: int,
    latency_ms: float,
    announce: Callable[[Mapping[str, str]], None],
    folder: Path | None = None,
) -> None:
    """Serve the API on `port`, the Pages site on the next and Razorpay on the one after, until a signal ends it.

    `announce` gets the exports once all three accept connections. A gateway that is down does not listen at all. An
    API that speaks TLS leaves its authority's certificate in `folder`. Raises SandboxError when a port is taken.
    """
    world.origins = local_origins(port)
    with ExitStack() as stack:
        gate = None
        if not world.wire.is_plain:
            gate = Gate(world.wire, port, folder)
            stack.enter_context(gate.listener)
            world.origins = replace(world.origins, api=gate.url)
        by_port = dict(zip(range(port, port + 3), apps(world).values(), strict=True))
        absent = {port: gate is not None, port + 2: not world.gateway.reachable}
        sockets = [stack.enter_context(listening(number)) for number in by_port if not absent.get(number)]
        announce(exports(world))
        asyncio.run(Server(_ByPort(by_port, latency_ms / 1000), gate).serve(sockets))
