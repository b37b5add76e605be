"""One run of a group of a target: through `runner.run`, bounded in time, whatever goes wrong told as a value."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from deeplearn_checks import runner
from deeplearn_checks.monitor.observed import observed
from deeplearn_checks.monitor.observing import Observed
from deeplearn_checks.settings import redactor
from deeplearn_checks.transport import trusted_by

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    import httpx

    from deeplearn_checks import wire
    from deeplearn_checks.monitor.clock import Clock
    from deeplearn_checks.monitor.config import Config, GroupConfig, TargetConfig
    from deeplearn_checks.redaction import Redacted
    from deeplearn_checks.results import RunReport
    from deeplearn_checks.settings import Settings

    Wires = Callable[[TargetConfig], httpx.AsyncBaseTransport | None]

_SLACK = 5.0
"""Seconds that our own work may take beyond all that waits for the target."""
_HANGS = "the run did not end within its deadline"


def over_the_network(_target: TargetConfig) -> None:
    """Reach a target as the network does."""


def patience(settings: Settings, slack: float = _SLACK) -> float:
    """Answer within how many seconds a run ends: its deadline, and until what it has sent and raised is settled."""
    return settings.deadline + 2 * settings.timeout + slack


@dataclass(frozen=True, slots=True)
class Looked:
    """A run that is over: what the monitor keeps of it, its report and all that it saw (both None: it was not made).

    `trouble` is what broke in the monitor itself, for its log.
    """

    seen: Observed
    report: RunReport | None = None
    kept: wire.Observed | None = None
    trouble: Redacted | None = None


@dataclass(slots=True)
class Trust:
    """Whose certificates are trusted, once for all targets that say the same: it costs 20 ms and 1 MB each time."""

    _held: dict[tuple[str, bool], ssl.SSLContext] = field(default_factory=dict)

    def of(self, settings: Settings) -> ssl.SSLContext:
        """Answer what a target's settings trust; raises OSError where its file cannot be read."""
        key = (settings.ca_file, settings.on_loopback)
        if key not in self._held or settings.on_loopback:  # there it depends on the addresses, and costs little
            self._held[key] = trusted_by(settings)
        return self._held[key]


class Looker:
    """Makes the runs of one configuration at its location.

    Each has connections of its own: one that was kept would hide a name that does not resolve any more, a certificate
    that is over, and a server that takes no new connections.
    """

    def __init__(self, config: Config, clock: Clock, wires: Wires = over_the_network, *, slack: float = _SLACK) -> None:
        self._slack = slack
        self._known = config.known
        self._location = config.location
        self._clock = clock
        self._wires = wires

    @cached_property
    def _trust(self) -> Trust:
        return Trust()

    async def look(self, target: TargetConfig, group: GroupConfig, due_ms: int) -> Looked:
        """Ask what a group asks of a target now. Never raises but for being cancelled: what broke is in the answer."""
        started_ms = self._clock.now_ms()
        kept: list[wire.Observed] = []
        asking = asyncio.ensure_future(self._asked(target, group, kept.append))
        try:
            await asyncio.wait({asking}, timeout=patience(group.settings, self._slack))
        finally:
            asking.cancel()
        hangs = not asking.done()
        problem = None if hangs or asking.cancelled() else asking.exception()
        if not hangs and problem is None:
            report = asking.result()
            seen = observed(
                report,
                target=target.name,
                group=group.name,
                location=self._location,
                due_ms=due_ms,
                started_ms=started_ms,
            )
            return Looked(seen, report, kept[0])
        said, trouble = _told(problem, redactor(group.settings))
        seconds = (self._clock.now_ms() - started_ms) / 1000
        return Looked(
            Observed(target.name, group.name, self._location, due_ms, started_ms, seconds, (), problem=said),
            trouble=trouble,
        )

    async def _asked(
        self, target: TargetConfig, group: GroupConfig, keep: Callable[[wire.Observed], None]
    ) -> RunReport:
        transport = self._wires(target)
        return await runner.run(
            [self._known[id_] for id_ in group.diagnostics],
            group.settings,
            transport=transport,
            trusted=self._trust.of(group.settings) if transport is None else None,
            keep_exchanges=False,
            keep=keep,
        )


def _told(problem: BaseException | None, redact: Callable[[str], Redacted]) -> tuple[Redacted, Redacted]:
    """Say what broke, in a line for people and whole for the log."""
    if problem is None:
        return redact(_HANGS), redact(_HANGS)
    first = _first(problem)
    line = f"{type(first).__name__}: {first}".splitlines()[0]
    return redact(f"the run broke: {line}"), redact("".join(traceback.format_exception(problem)))


def _first(problem: BaseException) -> BaseException:
    """Answer what stands behind a group of exceptions."""
    parts: Sequence[BaseException] = getattr(problem, "exceptions", ())
    return _first(parts[0]) if parts else problem
