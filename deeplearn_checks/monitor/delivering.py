"""Delivering what the store keeps to be told: each on its route, bounded in time, again and again until it is taken.

What is sent and cannot be marked as delivered, because the store is full, is not sent again by this process.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from deeplearn_checks.incident.notifying import Notice, notify
from deeplearn_checks.monitor import notices
from deeplearn_checks.monitor.bookkeeping import INCIDENT_ROUTE
from deeplearn_checks.redaction import Redacted, Redactor
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deeplearn_checks.monitor.clock import Clock
    from deeplearn_checks.monitor.config import Config
    from deeplearn_checks.monitor.notices import Text
    from deeplearn_checks.monitor.state import Transition
    from deeplearn_checks.monitor.store import Store, Told

    Send = Callable[[str, Text], Notice]
    OnIncident = Callable[[Transition], str]

TIMEOUT = 15.0
"""Seconds that a notice may take."""
AT_ONCE = 8
"""How many notices are on their way at once."""
FIRST_PAUSE_MS = 30_000
LONGEST_PAUSE_MS = 3_600_000
"""Between a try that failed and the next: doubled each time, up to an hour."""


def send(url: str, text: Text) -> Notice:
    """Send a notice through Apprise and wait for it, 15 s at most; never raises."""
    try:
        (notice,) = notify([url], text.title, text.body, TIMEOUT)
    except ConfigurationError as problem:
        return Notice("the route", delivered=False, said=Redacted(str(problem)))
    return notice


def next_try_ms(now_ms: int, tries: int) -> int:
    """Answer when what has failed so often before is tried again, in milliseconds since 1970 UTC."""
    return now_ms + min(FIRST_PAUSE_MS << min(tries, 16), LONGEST_PAUSE_MS)


@dataclass(frozen=True, slots=True)
class Routes:
    """Where changes go: to the addresses of a configuration, and to the incident workflow.

    `on_incident` answers why a change could not be written there, empty where it was.
    """

    config: Config
    on_incident: OnIncident


class Delivery:
    """Delivers what is due. `log` hears of what could not be."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        log: Callable[[str], None],
        send: Send = send,
    ) -> None:
        self._store = store
        self._clock = clock
        self._log = log
        self._send = send
        self._threads = ThreadPoolExecutor(AT_ONCE, "notices")
        self._sent: set[int] = set()
        self._on_their_way: set[int] = set()
        self._later: dict[int, int] = {}

    async def deliver(self, routes: Routes) -> None:
        """Deliver all that is due, notices of one target and route together. Raises StoreError."""
        loop = asyncio.get_running_loop()
        while told := await loop.run_in_executor(self._threads, self._due):
            by_route = sorted(told, key=lambda one: (one.route, one.transition.target, one.number))
            batches = [[*batch] for _, batch in groupby(by_route, lambda one: (one.route, one.transition.target))]
            sending = (loop.run_in_executor(self._threads, self._deliver, routes, batch) for batch in batches)
            self._on_their_way |= {one.number for one in told}
            ended = await asyncio.gather(*sending, return_exceptions=True)
            for problem in filter(None, ended):
                raise problem

    def close(self) -> None:
        """Wait for what is on its way; what waits for its turn stays in the store."""
        self._threads.shutdown(cancel_futures=True)

    def _due(self) -> tuple[Told, ...]:
        """Answer what is due, also by what could not be marked as deferred, and is not on its way."""
        now_ms = self._clock.now_ms()
        due = (one for one in self._store.untold(now_ms) if self._later.get(one.number, 0) <= now_ms)
        return tuple(one for one in due if one.number not in self._on_their_way)

    def _deliver(self, routes: Routes, batch: Sequence[Told]) -> None:
        """Deliver what goes to one place, and mark it; raises StoreError."""
        try:
            self._tell(routes, batch)
        finally:
            self._on_their_way -= {one.number for one in batch}

    def _tell(self, routes: Routes, batch: Sequence[Told]) -> None:
        """Tell what was not told before, and mark all of it; raises StoreError."""
        waiting = [one for one in batch if one.number not in self._sent]
        if waiting and (why_not := self._why_not(routes, waiting)):
            self._defer(waiting, why_not)
        else:
            self._sent |= {one.number for one in waiting}
        for number in [one.number for one in batch if one.number in self._sent]:
            self._store.delivered(number, self._clock.now_ms())
            self._sent.discard(number)

    def _defer(self, waiting: Sequence[Told], why_not: str) -> None:
        """Put off what could not be told; raises StoreError."""
        now_ms = self._clock.now_ms()
        later_ms = next_try_ms(now_ms, min(one.tries for one in waiting))
        pause = (later_ms - now_ms) // 1000
        self._log(f"{waiting[0].transition.target}: not told: {why_not}; tried again in {pause} s")
        self._later |= {one.number: later_ms for one in waiting}
        for one in waiting:
            self._store.deferred(one.number, later_ms)
            del self._later[one.number]

    def _why_not(self, routes: Routes, batch: Sequence[Told]) -> str:
        """Tell it; answer why that failed, empty where it did not."""
        transitions = [one.transition for one in batch]
        route, config = batch[0].route, routes.config
        if route == INCIDENT_ROUTE:
            return "; ".join(filter(None, map(routes.on_incident, transitions)))
        if route not in config.addresses:
            self._log(f"{transitions[0].target}: not told: the configuration has no route {route} any more")
            return ""
        written = notices.text(transitions, config.page.url)
        redact = Redactor(config.secrets())
        notice = self._send(
            config.addresses[route].get_secret_value(), notices.Text(redact(written.title), redact(written.body))
        )
        return "" if notice.delivered else f"{route} ({notice.service}): {notice.said}"
