"""What time it is, and waiting for another: the seam where a test or a benchmark lets a day pass in seconds."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Protocol

_LONGEST = 5.0
"""Seconds after which the clock is looked at again: it may have been put forward meanwhile, or the machine slept."""


class Clock(Protocol):
    """A clock that can be waited for."""

    def now_ms(self) -> int:
        """Answer the time in milliseconds since 1970 UTC."""

    async def wait(self, woken: asyncio.Event, until_ms: int) -> None:
        """Wait until it is that time or *woken* is set, or for less: who waits looks at the clock again."""


class SystemClock:
    """The clock of the machine."""

    def now_ms(self) -> int:
        """Answer the time in milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000

    async def wait(self, woken: asyncio.Event, until_ms: int) -> None:
        """Wait until it is that time or *woken* is set, at most 5 s."""
        left = min((until_ms - self.now_ms()) / 1000, _LONGEST)
        with suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), max(left, 0.0))
