"""Asking diagnostics of a sandboxed deployment, some of whose answers a test may script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import httpx

from deeplearn_checks.questions import Questions
from deeplearn_checks.runner import run
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import load_settings, redactor
from deeplearn_checks.target import Target
from deeplearn_checks.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.results import Result, RunReport
    from deeplearn_checks.sandbox.world import World

Json = dict[str, object]
Scripted = tuple[int, Json | str] | Callable[[httpx.Request], tuple[int, Json | str] | None]

PAID = "SELECT * FROM lead_registrations WHERE payment_status = 'paid' ORDER BY paid_at_ms DESC"
PENDING = "SELECT * FROM lead_registrations WHERE payment_ref LIKE 'order_%' ORDER BY created_at_ms DESC"
COMPLETED = "SELECT * FROM course_enrollments WHERE status = 'completed' ORDER BY completed_at_ms DESC"
DAY = 86_400


class Script(httpx.AsyncBaseTransport):
    """Answers a world's requests, some of them by the test; `asked` are the requests that came.

    *answers* are by path, or by host and path, where `*` stands for anything; a text is a page. A function answers None
    to leave it to the world.
    """

    def __init__(self, world: World, answers: Mapping[str, Scripted] | None = None) -> None:
        self.asked: list[httpx.Request] = []
        self._world = server.transport(world)
        self._answers = answers or {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as scripted, else as the world does."""
        self.asked.append(request)
        names = (request.url.host + request.url.path, request.url.path)
        fitting = (it for pattern, it in self._answers.items() if any(fnmatchcase(name, pattern) for name in names))
        scripted = next(fitting, None)
        answer = scripted(request) if callable(scripted) else scripted
        if answer is None:
            return await self._world.handle_async_request(request)
        status, body = answer
        return httpx.Response(status, html=body) if isinstance(body, str) else httpx.Response(status, json=body)


def healthy(count: int = 40, *faults: str) -> World:
    """Build a repaired deployment with so many learners, broken by *faults* only."""
    return start(count=count, faults=faults)


def crowd(world: World, count: int) -> None:
    """Enroll so many more learners in one course, all of them just now."""
    course_id, now = world.execute("SELECT id FROM courses ORDER BY created_at_ms")[0]["id"], world.now_ms()
    rows = [{"id": f"crowd {n}", "course_id": course_id, "user_id": f"crowd {n}"} for n in range(count)]
    world.insert("course_enrollments", [{**row, "created_at_ms": now, "updated_at_ms": now} for row in rows])


def report(
    world: World, *diagnostics: Diagnostic, script: httpx.AsyncBaseTransport | None = None, **variables: str
) -> RunReport:
    """Run diagnostics with what they require; *variables* of the environment overrule what the sandbox exports."""
    given = (
        server.exports(world) | {"DEEPLEARN_CHECKS_ATTEMPTS": "1", "DEEPLEARN_CHECKS_WITHOUT": "browser"} | variables
    )
    return asyncio.run(run(diagnostics, load_settings(variables=given), transport=script or Script(world)))


def before(world: World) -> Target:
    """Stand before a deployment without asking it anything yet."""
    settings = load_settings(variables=server.exports(world))
    redact = redactor(settings)
    return Target(settings, redact, Transport(settings, redact, transport=Script(world)), Questions())


def ask(
    world: World, diagnostic: Diagnostic, *, script: httpx.AsyncBaseTransport | None = None, **variables: str
) -> Result:
    """Ask one diagnostic, as `report()` does."""
    results = report(world, diagnostic, script=script, **variables).results
    return next(result for result in results if result.id == diagnostic.id)


def verdict(result: Result) -> str:
    """Answer the cause of a root cause, and the outcome of anything else."""
    return result.cause if result.is_root_cause else result.outcome.value
