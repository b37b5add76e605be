"""What tests of payments and certificates stand on: settings, a sandbox whose requests are counted, tables as rows."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import httpx

from deeplearn_checks.audit.tables import SqliteFile
from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox import server
from deeplearn_checks.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deeplearn_checks.audit.tables import Tables
    from deeplearn_checks.sandbox.world import World

    Row = dict[str, str | int | None]
    Meddling = Callable[[httpx.Request, int], httpx.Response | None]

DAY = 86_400
_TURNS = 20
"""Turns of the event loop that an answer takes, so that others are asked meanwhile."""
API = "http://api.example.com"


def settings(**variables: str) -> Settings:
    """Read settings of a target that nobody asks."""
    return load_settings(variables={"DEEPLEARN_API_BASE_URL": API, "CERTIFICATE_SIGNING_SECRET": ""} | variables)


def of(world: World, folder: Path | None = None, **variables: str) -> Settings:
    """Read the settings that lead to a world; what is fetched is kept in *folder*."""
    kept = {"DEEPLEARN_CHECKS_CACHE": str(folder)} if folder else {}
    return load_settings(variables=server.exports(world) | kept | variables)


class Counted(httpx.AsyncBaseTransport):
    """Answers as a world does, and counts what it is asked; *meddle* may answer instead, given the request's number.

    `asked` are the requests that came, `busiest` how many were under way at once.
    """

    def __init__(self, world: World, meddle: Meddling | None = None) -> None:
        self.asked: list[httpx.Request] = []
        self.busiest = 0
        self._under_way = 0
        self._world = server.transport(world)
        self._meddle = meddle

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, and count."""
        self.asked.append(request)
        self._under_way += 1
        self.busiest = max(self.busiest, self._under_way)
        try:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            meddled = self._meddle(request, len(self.asked)) if self._meddle else None
            return meddled or await self._world.handle_async_request(request)
        finally:
            self._under_way -= 1


def unheard(_: str) -> None:
    """Take what is told, and keep nothing of it."""


class Pauses:
    """A sleep that takes no time; `taken` are the pauses that were asked for."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Note a pause."""
        self.taken.append(seconds)


def rows(tables: Tables | None, table: str) -> list[Row]:
    """Answer the rows of a table in a SQLite file, by its first column."""
    assert isinstance(tables, SqliteFile)
    with closing(sqlite3.connect(tables.file)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(f"SELECT * FROM {table} ORDER BY 1")]  # noqa: S608  of this test


def pay(world: World, number: int, age: float, status: str = "captured") -> dict[str, object]:
    """Let somebody pay 4,999 rupees so many seconds ago."""
    order = entities.order(f"order_{number:014d}", 499_900, 0, {"lead_id": f"lead {number}", "course_id": "c1"})
    at = world.now_ms() // 1000 - int(age)
    payment = entities.payment(f"pay_{number:014d}", order, at, f"a{number}@example.com", "+919876543210")
    payment |= {"status": status, "captured": status == "captured"}
    world.gateway.payments[str(payment["id"])] = payment
    return payment


def refund(world: World, payment: dict[str, object], age: float = 0, status: str = "processed") -> None:
    """Refund a payment in full so many seconds ago."""
    number = str(payment["id"])[4:]
    amount, at = entities.number(payment, "amount"), world.now_ms() // 1000 - int(age)
    one = entities.refund(f"rfnd_{number}", payment, amount, at) | {"status": status}
    world.gateway.refunds[str(one["id"])] = one
    world.gateway.payments[str(payment["id"])] = entities.refunded(payment, amount)
