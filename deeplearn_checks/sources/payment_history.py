"""All payments and refunds of a Razorpay account, fetched week by week into a cache that the next audit begins with.

`GET /v1/payments` and `GET /v1/refunds` are asked for one week at a time (`from`, `to`), some weeks at once, each page
after page (`count` 100, `skip`) until one is not full. The limits of a week are fixed, so what is created meanwhile
moves nothing but the newest week; entries are told apart by their id, and a week in which one is seen twice has moved
while it was being read and is read again. Source: Razorpay's API reference, "Fetch all payments", "Fetch all refunds".
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deeplearn_checks.audit.noting import Note
from deeplearn_checks.audit.tables import SqliteFile
from deeplearn_checks.finding import UnansweredError, error
from deeplearn_checks.gateway import PAGE, Gateway
from deeplearn_checks.settings import ConfigurationError, Part
from deeplearn_checks.sources.caching import cache_folder, named_for
from deeplearn_checks.sources.fetching import each, opened
from deeplearn_checks.sources.payment_cache import DAY, PaymentCache, Window
from deeplearn_checks.sources.payment_rows import payment_row, refund_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    import httpx

    from deeplearn_checks.settings import Settings
    from deeplearn_checks.sources.writing import Row
    from deeplearn_checks.target import Target

AT_ONCE = 4
"""Weeks that are read at once: Razorpay does not say how many requests it admits, and refuses with 429."""
EARLIEST = 946_684_800
"""The earliest second that Razorpay's listings take as `from`: 2000-01-01."""
READINGS = 3
"""How often a week is read that moves while it is being read."""


def fetched(  # noqa: PLR0913  the seams of a fetch, each by its name
    settings: Settings,
    folder: Path,
    told: Callable[[str], None],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], float] = time.time,
) -> SqliteFile:
    """Fetch what is not known yet, and answer all of it as tables; *folder* is temporary.

    Raises ConfigurationError, one line, where Razorpay does not answer; what it has answered is kept and not asked
    again.
    """
    if missing := settings.missing(Part.GATEWAY):
        named = " and ".join(missing)
        raise ConfigurationError(f"--payments razorpay needs {named}: set both, or give a file of payments")
    origin, key = settings.razorpay_api_base_url, settings.razorpay_key_id
    cache = PaymentCache(cache_folder(settings, origin, folder) / named_for("razorpay", origin, key))
    try:
        since = asyncio.run(_fetch(settings, cache, told, transport, sleep, int(now())))
        cache.write(folder / "payments.sqlite", since)
    except UnansweredError as unanswered:
        text = f"--payments razorpay: {unanswered.finding.summary}; what was fetched is kept: run again to go on"
        raise ConfigurationError(text) from None
    except sqlite3.Error as problem:
        raise ConfigurationError(f"DEEPLEARN_CHECKS_CACHE: the payments cannot be kept ({problem})") from None
    finally:
        cache.close()
    return SqliteFile(folder / "payments.sqlite")


async def _fetch(  # noqa: PLR0913, PLR0917  handed through from above
    settings: Settings,
    cache: PaymentCache,
    told: Callable[[str], None],
    transport: httpx.AsyncBaseTransport | None,
    sleep: Callable[[float], Awaitable[None]],
    now: int,
) -> int:
    async with opened(settings, transport, sleep) as target:
        return await History(target, cache, told, now).complete()


@dataclass(frozen=True, slots=True)
class History:
    """One fetch of one account's history; `now` is the second at which it began, after which nothing is read."""

    target: Target
    cache: PaymentCache
    told: Callable[[str], None]
    now: int

    async def complete(self) -> int:
        """Read what has to be read, and answer the second from which on everything is known.

        Refunds come first: a payment that is read after them shows them, and one that was read before a new one is
        read again by its id. Raises UnansweredError.
        """
        self.cache.begin_run(self.now)
        since = await self._begins()
        if since is None:
            self.told("Razorpay has no payments")
            return self.now
        for kind in ("refunds", "payments"):
            await self._read(kind, since)
        await each(self.cache.stale(), self._renew, self._places)
        self.cache.note("run", None)
        payments, refunds = self.cache.count("payments"), self.cache.count("refunds")
        self.told(f"Razorpay: {payments} payments and {refunds} refunds are known")
        return since

    @property
    def _places(self) -> int:
        return min(AT_ONCE, self.target.settings.concurrency)

    async def _begins(self) -> int | None:
        """Answer when the history begins: the day that is set, else the day of the account's first payment."""
        if day := self.target.settings.payments_since:
            self.told(Note(f"payments before {day} are not read: leads that paid before seem to have no payment"))
            return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
        if (first := self.cache.fact("first")) is None:
            first = await self._first_day()
            if first is not None:
                self.cache.note("first", first)
        return first

    async def _first_day(self) -> int | None:
        """Find the day of the first payment by halving the time in which it can be: 14 requests at most, 15 years on.

        None where there is no payment at all.
        """
        before, at = EARLIEST, self.now
        if not await self._any_until(at):
            return None
        while at - before > DAY:
            middle = (before + at) // 2
            if await self._any_until(middle):
                at = middle
            else:
                before = middle
        return before - before % DAY

    async def _any_until(self, second: int) -> bool:
        window = {"from": EARLIEST, "to": second, "count": 1, "skip": 0}
        return bool(await Gateway(self.target).payments_page(window))

    async def _read(self, kind: str, since: int) -> None:
        windows = self.cache.unread(kind, since, self.now)
        done = 0

        async def work(window: Window) -> None:
            nonlocal done
            await self._window(window)
            done += 1
            self.told(f"Razorpay: {done} of {len(windows)} weeks of {kind} read, {self.cache.count(kind)} known")

        await each(windows, work, self._places)

    async def _window(self, window: Window) -> None:
        """Read a window, again from its beginning where it moves meanwhile; raises UnansweredError."""
        reading = window
        for _ in range(READINGS):
            if reading.skip == 0:
                self.cache.begin(reading)
            if await self._pages(reading):
                return
            reading = replace(window, read_at=self.now, skip=0)
        day = datetime.fromtimestamp(window.begins, UTC).date()
        text = f"Razorpay's list of {window.kind} of the week from {day} changes while it is read"
        raise UnansweredError(error("unexpected-answer", self.target.redact(text)))

    async def _pages(self, window: Window) -> bool:
        """Read a window to its end, or to when the fetch began; False where an entry came twice.

        It is asked for from one second before to its end, so that it does not matter whether Razorpay takes limits in;
        what is not of the window is left to its neighbours.
        """
        skip = window.skip
        while True:
            asked = {
                "from": max(window.begins - 1, EARLIEST),
                "to": min(window.ends, self.now),
                "count": PAGE,
                "skip": skip,
            }
            rows, length = await self._page(window, asked)
            skip += length
            if not self.cache.keep(window, rows, skip, done=length < PAGE):
                return False
            if length < PAGE:
                return True

    async def _page(self, window: Window, asked: dict[str, int]) -> tuple[list[Row], int]:
        """Answer the rows of a page that are of the window, and how many entries the page had."""
        gateway = Gateway(self.target)
        if window.kind == "payments":
            payments = await gateway.payments_page(asked)
            return [payment_row(one) for one in payments if _within(window, one.created_at)], len(payments)
        refunds = await gateway.refunds_page(asked)
        return [refund_row(one) for one in refunds if _within(window, one.created_at)], len(refunds)

    async def _renew(self, payment_id: str) -> None:
        """Read again a payment that was refunded since."""
        payment = await Gateway(self.target).payment_now(payment_id)
        self.cache.renew(payment_id, payment_row(payment) if payment else None)


def _within(window: Window, second: int) -> bool:
    return window.begins <= second < window.ends
