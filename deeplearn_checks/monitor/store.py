"""The shape of a store: what the monitor keeps from run to run, and what its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.monitor.observing import Observed
    from deeplearn_checks.monitor.state import State, Transition


class StoreError(Exception):
    """The store cannot be read or written now (a full disk, a lost connection); one line, without secrets."""


class OvertakenError(StoreError):
    """Somebody else has kept a newer state of the target since this one was read: read it anew and judge again."""


@dataclass(frozen=True, slots=True)
class Told:
    """A transition that is kept until it is delivered: `number` in the store, `tries` so far, `delivered_ms` or 0."""

    number: int
    transition: Transition
    route: str
    tries: int
    next_try_ms: int
    delivered_ms: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """What happened to a diagnostic (or, with diagnostic '', to the group) within one span, in counts.

    `seconds` is the sum of what the runs took, `slowest` the longest. `durations` is a histogram: how many runs took
    at most each of `BOUNDS` seconds, for percentiles.
    """

    target: str
    group: str
    diagnostic: str
    from_ms: int
    span_ms: int
    passed: int
    failed: int
    errors: int
    blocked: int
    skipped: int
    seconds: float
    slowest: float
    durations: tuple[int, ...]


BOUNDS: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60)
"""Upper bounds of durations in seconds; one more counts what took longer."""


@dataclass(frozen=True, slots=True)
class Incident:
    """From a broken diagnostic to its recovery; `ended_ms` is 0 while it is open."""

    target: str
    diagnostic: str
    cause: str
    severity: str
    summary: str
    began_ms: int
    ended_ms: int


class Store(Protocol):
    """Keeps states, results, transitions and their delivery. Every method raises StoreError."""

    def state(self, target: str) -> State:
        """Answer what is known of a target, empty where nothing is."""

    def keep(
        self, seen: Observed, state: State, transitions: Sequence[Transition], routes: Mapping[int, Sequence[str]]
    ) -> None:
        """Keep a run, the new state and what is to be told (by index of transition: the routes), or nothing.

        All in one transaction: killed at any moment, at most the run in progress is lost and nothing is told twice.
        The state must come of the one that this thread read, or kept, last: raises OvertakenError where somebody else
        has kept one since (`keeping.judge_and_keep` judges again then).
        """

    def untold(self, now_ms: int) -> tuple[Told, ...]:
        """Answer what is due to be delivered, oldest first."""

    def delivered(self, number: int, at_ms: int) -> None:
        """Keep that one was delivered."""

    def deferred(self, number: int, next_try_ms: int) -> None:
        """Keep that one was not, and when it is tried again."""

    def buckets(self, target: str, since_ms: int, span_ms: int, diagnostic: str | None = None) -> tuple[Bucket, ...]:
        """Answer the history of a target in spans of a minute, an hour or a day, oldest first.

        *diagnostic*: of that one only, `''` for the groups as a whole; by default of all.
        """

    def incidents(self, since_ms: int, limit: int = 100) -> tuple[Incident, ...]:
        """Answer the incidents, newest first."""

    def last_runs(self, target: str = "") -> tuple[Observed, ...]:
        """Answer the newest run of each target (or of one), group and location."""

    def roll_up(self, now_ms: int) -> None:
        """Sum up minutes older than 2 days to hours, hours older than 90 days to days; drop what was summed."""

    def close(self) -> None:
        """Let go of it."""
