"""Whether the service is there, whole, fast, and telling the right time: where the sandbox's faults do not reach."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from asking import Script, ask, healthy, verdict

from deeplearn_checks.diagnostics import platform
from deeplearn_checks.sandbox.world import Origins, World

if TYPE_CHECKING:
    import httpx
    from asking import Json

    from deeplearn_checks.diagnostic import Diagnostic

ROOT: Json = {"service": "deeplearn-worker", "status": "ok", "endpoints": [*platform.NEEDED[:-2]]}
HTTPS = Origins(api="https://api.sandbox.localhost")


class Secured(Script):
    """Answers as over TLS, with a certificate that ends in so many days; None: with one that does not show."""

    def __init__(self, world: World, days: float | None) -> None:
        super().__init__(world)
        self._days = days

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the world does, showing the certificate."""
        response = await super().handle_async_request(request)
        if self._days is not None:
            response.extensions["network_stream"] = Stream(time.time() + self._days * 86_400)
        return response


class Stream:
    """A connection whose certificate ends at a time, in seconds since the epoch."""

    def __init__(self, ends: float) -> None:
        self._ends = ends

    def get_extra_info(self, name: str) -> Stream | None:
        """Answer the TLS side of the connection."""
        return self if name == "ssl_object" else None

    def getpeercert(self) -> dict[str, str]:
        """Answer the certificate as `ssl` shows it."""
        return {"notAfter": time.strftime("%b %d %H:%M:%S %Y GMT", time.gmtime(self._ends))}


@pytest.mark.parametrize(("diagnostic", "path"), [(platform.root, "/"), (platform.health, "/health")])
def test_a_service_that_says_it_is_not_ok_is_believed(diagnostic: Diagnostic, path: str) -> None:
    """An answer whose status is another word than ok is a fault of the service, not of the answer."""
    world = healthy(0)
    down: Json = {**ROOT, "status": "degraded", "timestamp": "2026-01-01T00:00:00.000Z"}

    result = ask(world, diagnostic, script=Script(world, {path: (200, down)}))

    assert verdict(result) == "service-not-ok"


def test_a_missing_endpoint_is_named() -> None:
    """Every needed endpoint that the deployment does not announce is named."""
    world = healthy(0)

    result = ask(world, platform.endpoints, script=Script(world, {"/": (200, {**ROOT})}))

    assert result.evidence["missing"] == platform.NEEDED[-2:]


def test_a_database_that_fails_is_not_an_unbound_one() -> None:
    """A refusal in other words than those of a missing binding is an error of the service."""
    world = healthy(0)
    script = Script(world, {"/api/analytics/funnel": (500, {"error": "D1_ERROR"})})

    result = ask(world, platform.database, script=script)

    assert verdict(result) == "server-error"


@pytest.mark.parametrize(("limit", "expected"), [("0.000001", "slow-answers"), ("60000", "passed")])
def test_latency_is_held_against_its_limit(limit: str, expected: str) -> None:
    """Answers that take longer than the limit are slow."""
    world = healthy(0)

    result = ask(world, platform.latency, DEEPLEARN_CHECKS_LATENCY_MS=limit)

    assert verdict(result) == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(13.5, "tls-expiring"), (-1, "tls-expiring"), (14.5, "passed"), (None, "skipped")]
)
def test_a_certificate_is_held_against_its_end(days: float | None, expected: str) -> None:
    """A certificate that ends within 14 days is reported; where none shows there is nothing to judge."""
    world = healthy(0)
    world.origins = HTTPS

    result = ask(world, platform.tls, script=Secured(world, days))

    assert verdict(result) == expected


def test_plain_http_has_no_certificate() -> None:
    """Of a target that speaks plain HTTP no certificate is asked for."""
    world = healthy(0)

    result = ask(world, platform.tls)

    assert result.cause == "does-not-apply"


@pytest.mark.parametrize(("offset", "side"), [(900.0, "900 s ahead of ours"), (-900.0, "900 s behind ours")])
def test_a_skewed_clock_is_told_by_its_side(offset: float, side: str) -> None:
    """The finding says by how much and to which side the service's clock is wrong."""
    world = healthy(0)
    world.clock_offset = offset

    result = ask(world, platform.clock)

    assert side in result.summary


def test_a_small_skew_is_tolerated() -> None:
    """Half a minute is within the limit of sixty seconds."""
    world = healthy(0)
    world.clock_offset = 30.0

    result = ask(world, platform.clock)

    assert verdict(result) == "passed"
