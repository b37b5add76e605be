"""Meddling with a sandboxed deployment while the synthetic learner is driven through it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from asking import Json, Script, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.results import Result
    from deeplearn_checks.sandbox.world import World

    Meddling = Callable[[World, httpx.Request], tuple[int, Json | str] | None]

WEBHOOK = "/api/funnel/payment/razorpay/webhook"
LEADS = "/api/admin/crm/leads"
STAGE = "/api/admin/crm/leads/*"
ACCESS = "/api/learn/access"
ENROLLMENTS = "/api/admin/courses/*/enrollments"
COMPLETE = "/api/admin/courses/*/complete"
VERIFY = "/api/certificates/verify"
ORDER = "/api/funnel/payment/create-order"
DENIED: tuple[int, Json] = (500, {"error": "It broke.", "details": "Badly."})


def driven(world: World, one: Diagnostic, meddling: dict[str, Meddling] | None = None, **variables: str) -> Result:
    """Ask one question of the journey, in a world that a test meddles with before some requests."""

    def bound(meddle: Meddling) -> Callable[[httpx.Request], tuple[int, Json | str] | None]:
        return lambda request: meddle(world, request)

    script = Script(world, {path: bound(meddle) for path, meddle in (meddling or {}).items()})
    return ask(world, one, script=script, DEEPLEARN_CHECKS_EFFECTS="data", **variables)


def sql(statement: str) -> Meddling:
    """Change the rows just before a request is answered."""

    def meddle(world: World, _: httpx.Request) -> None:
        world.execute(statement)

    return meddle


def answering(status: int, body: Json | str) -> Meddling:
    """Answer in the service's place."""
    return lambda _world, _request: (status, body)


def to_event(name: str, answer: tuple[int, Json | str], after: int = 0) -> Meddling:
    """Answer deliveries of an event, after so many that the service takes, in its place."""
    seen: list[httpx.Request] = []

    def meddle(_: World, request: httpx.Request) -> tuple[int, Json | str] | None:
        if json.loads(request.content)["event"] == name:
            seen.append(request)
            return answer if len(seen) > after else None
        return None

    return meddle


def to_learner(body: Json) -> Meddling:
    """Answer for learners, and not for who does not exist."""

    def meddle(_: World, request: httpx.Request) -> tuple[int, Json] | None:
        return (200, body) if request.url.params["user_id"].startswith("learner_") else None

    return meddle
