"""How many requests may be under way at once, and which goes first when one must wait."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_TURNS = 6
"""Turns of the event loop before places are given: what is asked at one moment is then chosen from by urgency."""


class Limiter:
    """Admits at most *places* at once; of those waiting, the urgent first, then in order of arrival.

    Urgent are questions whose answers other questions wait for: asking them late would lengthen the whole run.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._arrivals = itertools.count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._choosing = False

    @asynccontextmanager
    async def place(self, *, urgent: bool) -> AsyncIterator[None]:
        """Hold one place for the time of the block."""
        await self._enter(urgent=urgent)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, *, urgent: bool) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not urgent, next(self._arrivals), turn))
        self._choose_soon()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()  # the place was given while we were being cancelled
            raise

    def _leave(self) -> None:
        self._free += 1
        self._choose_soon()

    def _choose_soon(self) -> None:
        if not self._choosing:
            self._choosing = True
            self._choose(_TURNS)

    def _choose(self, turns: int) -> None:
        """Let some turns pass, then give the free places to the first in line."""
        if turns:
            asyncio.get_running_loop().call_soon(self._choose, turns - 1)
            return
        self._choosing = False
        while self._free and self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
