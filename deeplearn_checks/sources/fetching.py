"""Asking for very much: some questions at once, none of them kept, and one line for whatever ends it."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, TypeVar

from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.questions import Questions
from deeplearn_checks.redaction import Redactor
from deeplearn_checks.target import Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    import httpx

    from deeplearn_checks.settings import Settings

T = TypeVar("T")
ATTEMPTS = 6
"""How often a question of a long fetch is asked at least: of thousands, some are refused for being too many."""
PATIENCE = 120.0
"""The longest pause in seconds that is waited for when a server asks for one; what was fetched until then is kept."""


@asynccontextmanager
async def opened(
    settings: Settings,
    transport: httpx.AsyncBaseTransport | None,
    sleep: Callable[[float], Awaitable[None]],
) -> AsyncIterator[Target]:
    """Open a target for a long fetch: no deadline, and of what was asked nothing is kept in memory."""
    from deeplearn_checks.transport import Transport  # noqa: PLC0415  loads httpx, which files do without

    patient = settings.model_copy(
        update={"deadline": math.inf, "attempts": max(settings.attempts, ATTEMPTS)},
    )
    redact = Redactor(settings.secrets(), token_hex().encode())
    wires = Transport(patient, redact, transport=transport, sleep=sleep, keep=False, patience=PATIENCE)
    try:
        yield Target(patient, redact, wires, Questions())
    finally:
        await wires.close()


async def each(jobs: Iterable[T], work: Callable[[T], Awaitable[None]], places: int) -> None:
    """Do *work* for every job, *places* at once; raises what first goes wrong, when what is under way is done.

    What is under way is not thrown away: it was asked for, and it is kept. What goes wrong is no answer
    (UnansweredError) or no place to keep it (sqlite3.Error).
    """
    waiting, problems = iter(jobs), list[UnansweredError | sqlite3.Error]()

    async def worker() -> None:
        for job in waiting:
            if problems:
                return
            try:
                await work(job)
            except (UnansweredError, sqlite3.Error) as problem:
                problems.append(problem)

    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(worker()) for _ in range(places)]
    if problems:
        raise problems[0]
    if any(one.cancelled() for one in workers):  # which a group takes for done, and what is left would go unnoticed
        raise asyncio.CancelledError
