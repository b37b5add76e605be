"""A sandboxed deployment with alerts, and a wire to it that a test may cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from deeplearn_checks.alerting import AlertChange
    from deeplearn_checks.sandbox.world import World

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
FORGED = "payment_verify/invalid_checkout_signature"
LOST_LEAD = "lead_capture/lead_submit_failed"
CONTENT = "scheduled_job/daily_content_generation_failed"
UNKNOWN = "quantum_drive/flux_lost"
STATUS = "/status"


def deployment(*faults: str, count: int = 14) -> World:
    """Build a repaired deployment with so many learners, broken by *faults* only."""
    return start(count=count, faults=faults)


def settings_of(world: World, **variables: str) -> Settings:
    """Read settings that point at a world; *variables* overrule what it exports."""
    return load_settings(variables=server.exports(world) | {"DEEPLEARN_CHECKS_ATTEMPTS": "1"} | variables)


def raised(  # noqa: PLR0913  a row has its columns
    world: World,
    kind: str,
    *,
    severity: str = "critical",
    age_ms: int = HOUR_MS,
    count: int = 1,
    status: str = "open",
    message: str = "It went wrong.",
    tag: str = "",
) -> list[str]:
    """Leave alerts of a kind (source/event type) behind, raised so long ago; answer their ids (*tag* in them)."""
    source, _, event_type = kind.partition("/")
    at_ms = world.now_ms() - age_ms
    texts = {"source": source, "severity": severity, "event_type": event_type, "message": message, "status": status}
    row = {**texts, "created_at_ms": at_ms, "updated_at_ms": at_ms}
    ids = [f"{event_type}-{tag or status}-{n}" for n in range(count)]
    world.insert("ops_alerts", [{"id": id_, **row} for id_ in ids])
    return ids


def statuses(world: World) -> dict[str, str]:
    """Answer the status of every alert that a test has raised, by id."""
    rows = world.execute("SELECT id, status FROM ops_alerts WHERE message = 'It went wrong.'")
    return {row["id"]: row["status"] for row in rows}


def outcomes(changes: tuple[AlertChange, ...]) -> list[str]:
    """Answer what became of each alert."""
    return [change.outcome.value for change in changes]


class Wire(httpx.AsyncBaseTransport):
    """Passes requests on to a world, unless *disturb* answers or raises first; `sent` are those that change alerts."""

    def __init__(self, world: World, disturb: Callable[[httpx.Request, Wire], httpx.Response | None]) -> None:
        self.sent: list[str] = []
        self.asked: list[str] = []
        self._world = server.transport(world)
        self._disturb = disturb

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Note and answer a request."""
        self.asked.append(f"{request.method} {request.url.path}?{request.url.query.decode()}")
        if request.method == "POST" and request.url.path.endswith(STATUS):
            self.sent.append(request.url.path.split("/")[-2])
        return self._disturb(request, self) or await self._world.handle_async_request(request)


def undisturbed(_request: httpx.Request, _wire: Wire) -> None:
    """Pass everything on."""


def broken_alerts(request: httpx.Request, _wire: Wire) -> httpx.Response | None:
    """Answer 500 to whoever asks for alerts."""
    if request.url.path.startswith("/api/admin/alerts"):
        return httpx.Response(500, json={"error": "Failed to load alerts.", "details": "D1_ERROR"})
    return None
