"""What tests keep in stores: minutes of a watch, and changes to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitored import ID, MINUTE_MS, NOON_MS, Watch, answer, run

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.monitor.state import Change, State, Transition
from deeplearn_checks.redaction import EMPTY, Redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks.monitor.observing import Observation
    from deeplearn_checks.monitor.store import Store

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
CHAT = ("chat",)


@dataclass
class Minding:
    """A monitor in miniature that keeps what it sees: a run a minute of one target."""

    store: Store
    routes: Sequence[str] = CHAT
    watch: Watch = field(default_factory=Watch)

    def minute(self, *observations: Observation) -> None:
        """Judge and keep the next minute's run."""
        now_ms = self.watch.now_ms + MINUTE_MS
        seen = run(*observations, at_ms=now_ms)
        self.watch.state = self.store.state("staging")
        told = self.watch.see(seen)
        self.store.keep(seen, self.watch.state, told, dict.fromkeys(range(len(told)), self.routes))
        self.watch.now_ms = now_ms

    def play(self, letters: str, diagnostic: str = ID) -> None:
        """Judge and keep a run a minute, one for each letter."""
        for letter in letters:
            self.minute(answer(letter, diagnostic))


def change(
    kind: Change = Change.OPENED, at_ms: int = NOON_MS, diagnostic: str = ID, summary: str = "It failed."
) -> Transition:
    """Answer a change of a diagnostic of staging."""
    return Transition(
        kind,
        "staging",
        diagnostic,
        Severity.CRITICAL,
        Outcome.FAILED,
        "slow",
        Redacted(summary),
        EMPTY,
        at_ms - MINUTE_MS,
        at_ms,
        ("payment.known-lead",),
        3,
    )


def keep(store: Store, *changes: Transition, at_ms: int = NOON_MS, routes: Sequence[str] = CHAT) -> None:
    """Keep a run of staging that says these changes."""
    store.state("staging")
    store.keep(run(answer("F"), at_ms=at_ms), State(), changes, dict.fromkeys(range(len(changes)), routes))


def told(store: Store, now_ms: int = NOON_MS) -> list[tuple[str, str]]:
    """Answer what may be delivered now: the change and the route of each."""
    return [(one.transition.change.value, one.route) for one in store.untold(now_ms)]
