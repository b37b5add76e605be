"""Walking playbooks in sandboxed deployments, some of whose answers a test may script."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from deeplearn_checks.playbooks import walk_certificate, walk_lead
from deeplearn_checks.playbooks.walking import opened
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import load_settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Mapping

    from deeplearn_checks.playbooks.chain import Walk
    from deeplearn_checks.sandbox.world import World
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.target import Target

Scripted = tuple[int, object]

NEWEST = "SELECT * FROM lead_registrations WHERE {} ORDER BY COALESCE(paid_at_ms, created_at_ms) DESC"
ACTIVE = (
    "payment_status = 'paid' AND user_id NOT IN (SELECT user_id FROM course_enrollments WHERE status = 'completed')"
)
COMPLETED = "user_id IN (SELECT user_id FROM course_enrollments WHERE status = 'completed')"
PENDING = "payment_status = 'registered' AND payment_ref LIKE 'order_%'"
NEW = "payment_status = 'registered' AND payment_ref = ''"
FAILED = "payment_status = 'failed'"
REFUNDED = "payment_status = 'refunded'"
CERTIFICATES = "SELECT * FROM course_enrollments WHERE status = 'completed' ORDER BY completed_at_ms, id"


class Script(httpx.AsyncBaseTransport):
    """Answers a world's requests, some paths as the test says: `asked` are the requests that came; 0 breaks off."""

    def __init__(self, world: World, answers: Mapping[str, Scripted] | None = None) -> None:
        self.asked: list[httpx.Request] = []
        self._world = server.transport(world)
        self._answers = answers or {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as scripted, else as the world does."""
        self.asked.append(request)
        scripted = self._answers.get(request.url.path)
        if scripted is None:
            return await self._world.handle_async_request(request)
        status, body = scripted
        if not status:
            raise httpx.ReadError("broken off", request=request)
        return httpx.Response(status, json=body)

    def paths(self) -> list[str]:
        """Answer the paths that were asked for, in order."""
        return [request.url.path for request in self.asked]


class Silence(httpx.AsyncBaseTransport):
    """Takes every request and never answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for ever."""
        await asyncio.Event().wait()
        return httpx.Response(200, request=request)


def healthy(count: int = 40, *faults: str) -> World:
    """Build a repaired deployment with so many learners, broken by *faults* only."""
    return start(count=count, faults=faults)


def lead(world: World, which: str, place: int = 0) -> sqlite3.Row:
    """Answer the newest lead of a kind, or one of those after it."""
    return world.execute(NEWEST.format(which))[place]


def change(world: World, row: sqlite3.Row, **columns: object) -> None:
    """Change columns of a lead."""
    names = ", ".join(f"{name} = ?" for name in columns)
    world.execute(f"UPDATE lead_registrations SET {names} WHERE lead_id = ?", (*columns.values(), row["lead_id"]))  # noqa: S608  of this test


def settings(world: World, variables: Mapping[str, str] | None = None, effects: str | None = None) -> Settings:
    """Point the settings at a world; *variables* of the environment overrule what it exports."""
    given = server.exports(world) | {"DEEPLEARN_CHECKS_ATTEMPTS": "1"} | dict(variables or {})
    return load_settings({"effects": effects}, variables=given)


def on(
    world: World,
    walk: Callable[[Target], Awaitable[Walk]],
    script: httpx.AsyncBaseTransport | None = None,
    variables: Mapping[str, str] | None = None,
) -> Walk:
    """Walk on a world."""

    async def main() -> Walk:
        async with opened(settings(world, variables), transport=script or Script(world)) as target:
            return await walk(target)

    return asyncio.run(main())


def stroll(world: World, who: str, *, script: httpx.AsyncBaseTransport | None = None, **variables: str) -> Walk:
    """Walk for one lead."""
    return on(world, lambda target: walk_lead(target, who), script, variables)


def certify(world: World, place: int = 0, *, script: httpx.AsyncBaseTransport | None = None, **variables: str) -> Walk:
    """Walk for one certificate of the world; the oldest is at place 0."""
    row = world.execute(CERTIFICATES)[place]
    return on(world, lambda target: walk_certificate(target, row["course_id"], row["user_id"]), script, variables)


def states(walk: Walk) -> str:
    """Write the states of a chain as letters: o(k), n(ot due), b(roken), u(nknown)."""
    return "".join(link.state.value[0] for link in walk.links)


def verdict(walk: Walk) -> tuple[str, str]:
    """Answer where a chain is broken first, and why."""
    return (walk.broken.slug, walk.broken.cause) if walk.broken else ("", "")
