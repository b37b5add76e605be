"""What the page reads of the store, and keeps for seconds: a handful of calls for each target, none for a diagnostic.

Days that are over are read once an hour. While somebody reads, others get what was read before.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from deeplearn_checks.finding import Outcome
from deeplearn_checks.monitor.page.freshness import Overdue, overdue
from deeplearn_checks.monitor.page.judged import Sight, Status, Target, judged, worst
from deeplearn_checks.monitor.page.tally import Slot, Tally, beside, of, slots, total
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deeplearn_checks.monitor.config import Config, TargetConfig
    from deeplearn_checks.monitor.observing import Observed
    from deeplearn_checks.monitor.page.judged import Broken, Row
    from deeplearn_checks.monitor.state import State
    from deeplearn_checks.monitor.store import Bucket, Incident

DAYS = 90
HOURS = 24
QUARTER_MS = 15 * MINUTE_MS
QUARTERS = 96
FRESH_MS = 10_000
"""For how long what was read is shown again."""
INCIDENTS_SHOWN = 50


class History(Protocol):
    """What the page needs of a `store.Store`: to read. Every method raises StoreError."""

    def state(self, target: str) -> State:
        """Answer what is known of a target."""

    def buckets(self, target: str, since_ms: int, span_ms: int, diagnostic: str | None = None) -> tuple[Bucket, ...]:
        """Answer the history of a target in spans, of one diagnostic (`''`: of the groups) or of all."""

    def incidents(self, since_ms: int, limit: int = 100) -> tuple[Incident, ...]:
        """Answer the incidents, newest first."""

    def last_runs(self) -> tuple[Observed, ...]:
        """Answer the newest run of each target, group and location."""


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to a group or a target: 90 days by day and 24 hours by hour, the present ones included."""

    days: tuple[Slot, ...]
    hours: tuple[Slot, ...]

    @property
    def days_total(self) -> Tally:
        """All of the 90 days."""
        return total(slot.tally for slot in self.days)

    @property
    def hours_total(self) -> Tally:
        """All of the 24 hours."""
        return total(slot.tally for slot in self.hours)


@dataclass(frozen=True, slots=True)
class Watched:
    """A target now and before; `groups` by name."""

    now: Target
    past: Past
    groups: Mapping[str, Past]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the page shows, as of one instant; `problem` says what is wrong with the monitor itself."""

    at_ms: int
    targets: tuple[Watched, ...]
    incidents: tuple[Incident, ...]
    problem: str
    overdue: tuple[Overdue, ...]

    @property
    def status(self) -> Status:
        """How all targets are together, those that are not worked on."""
        held = [one.now.status for one in self.targets]
        return worst([status for status in held if status is not Status.MAINTENANCE] or held)

    @property
    def broken(self) -> tuple[Broken, ...]:
        """Every root cause, the most severe first."""
        every = [one for target in self.targets for one in target.now.broken]
        return tuple(sorted(every, key=lambda one: (-one.standing.severity, one.since_ms)))

    def target(self, name: str) -> Watched | None:
        """Answer the target of that name, None where there is none."""
        return next((one for one in self.targets if one.now.name == name), None)


class Reader:
    """Reads the history, whichever thread asks; at most one at a time. Every method raises StoreError.

    `well` answers what is wrong with the monitor's loop, empty where nothing is.
    """

    def __init__(self, history: History, config: Config, now: Callable[[], int], well: Callable[[], str]) -> None:
        self.config = config
        self.now = now
        self._history = history
        self._well = well
        self._began_ms = now()
        self._reading = threading.Lock()
        self._kept: Snapshot | None = None
        self._last_success: dict[tuple[str, str], tuple[int, int]] = {}
        self._old_days: dict[str, tuple[int, tuple[Bucket, ...]]] = {}

    def snapshot(self) -> Snapshot:
        """Answer what was read at most ten seconds ago, or what was read last while somebody else reads."""
        kept = self._kept
        if not self._reading.acquire(blocking=kept is None) and kept is not None:
            return kept
        try:
            if self._kept is None or not 0 <= self.now() - self._kept.at_ms < FRESH_MS:
                self._kept = self._read()
            return self._kept
        finally:
            self._reading.release()

    def problems(self) -> tuple[str, tuple[Overdue, ...]]:
        """Answer what is wrong with the loop, and which groups of this location have no fresh run; read anew."""
        own = frozenset({self.config.location})
        return self._well(), overdue(self.config, self._history.last_runs(), self._began_ms, self.now(), own)

    def quarters(self, name: str) -> Mapping[str, tuple[Slot, ...]]:
        """Answer the last 24 hours of a target by quarters of an hour, by group."""
        first = _floor(self.now(), QUARTER_MS) - (QUARTERS - 1) * QUARTER_MS
        found = self._history.buckets(name, first, MINUTE_MS, "")
        groups = [group.name for group in self.config.target(name).groups]
        return {one: slots([b for b in found if b.group == one], first, QUARTER_MS, QUARTERS) for one in groups}

    def durations(self, name: str) -> Mapping[tuple[str, str], Tally]:
        """Answer the last 24 hours of each diagnostic of a target, by group and diagnostic."""
        first = _floor(self.now(), HOUR_MS) - (HOURS - 1) * HOUR_MS
        found: dict[tuple[str, str], list[Bucket]] = {}
        for bucket in self._history.buckets(name, first, HOUR_MS):
            found.setdefault((bucket.group, bucket.diagnostic), []).append(bucket)
        return {key: total(map(of, buckets)) for key, buckets in found.items()}

    def last_success_ms(self, target: str, row: Row) -> int:
        """Answer when a diagnostic passed last, 0 where that is not known; of what is broken it is read once."""
        standing = row.standing
        if standing is None:
            return 0
        if standing.outcome is Outcome.PASSED:
            return standing.seen_ms
        key = target, row.diagnostic
        known = self._last_success.get(key)
        if known is None or known[0] != standing.first_broken_ms:
            known = standing.first_broken_ms, self._passed_before(target, row.diagnostic, standing.first_broken_ms)
            self._last_success[key] = known
        return known[1]

    def _passed_before(self, target: str, diagnostic: str, broken_ms: int) -> int:
        """Answer the beginning of the last minute, hour or day, the finest that is kept, in which it passed."""
        for span_ms, back_ms in ((MINUTE_MS, DAY_MS), (HOUR_MS, 7 * DAY_MS), (DAY_MS, DAYS * DAY_MS)):
            found = self._history.buckets(target, broken_ms - back_ms, span_ms, diagnostic)
            passed = [one.from_ms for one in found if one.passed and one.from_ms <= broken_ms]
            if passed:
                return max(passed)
        return 0

    def _read(self) -> Snapshot:
        now_ms = self.now()
        runs = self._history.last_runs()
        late = overdue(self.config, runs, self._began_ms, now_ms)
        by_target: dict[str, list[Observed]] = {}
        for run in runs:
            by_target.setdefault(run.target, []).append(run)
        targets = tuple(
            self._watched(target, by_target.get(target.name, []), late, now_ms) for target in self.config.targets
        )
        return Snapshot(
            now_ms,
            targets,
            self._history.incidents(now_ms - DAYS * DAY_MS, INCIDENTS_SHOWN),
            self._well(),
            overdue(self.config, runs, self._began_ms, now_ms, frozenset({self.config.location})),
        )

    def _watched(self, target: TargetConfig, runs: list[Observed], late: tuple[Overdue, ...], now_ms: int) -> Watched:
        overdue_groups = frozenset(one.group for one in late if one.target == target.name)
        known = self._history.state(target.name)
        now = judged(Sight(self.config, target, known, tuple(runs), overdue_groups, now_ms))
        groups = self._past(target, now_ms)
        rows = groups.values()
        return Watched(now, Past(beside(one.days for one in rows), beside(one.hours for one in rows)), groups)

    def _past(self, target: TargetConfig, now_ms: int) -> dict[str, Past]:
        """Answer the history of each group."""
        today, hour = _floor(now_ms, DAY_MS), _floor(now_ms, HOUR_MS)
        first_day, first_hour = today - (DAYS - 1) * DAY_MS, hour - (HOURS - 1) * HOUR_MS
        days = (
            *self._days_before(target.name, first_day, hour),
            *self._history.buckets(target.name, today, DAY_MS, ""),
        )
        hours = self._history.buckets(target.name, first_hour, HOUR_MS, "")
        return {
            group.name: Past(
                slots([one for one in days if one.group == group.name], first_day, DAY_MS, DAYS),
                slots([one for one in hours if one.group == group.name], first_hour, HOUR_MS, HOURS),
            )
            for group in target.groups
        }

    def _days_before(self, name: str, first_day: int, hour: int) -> tuple[Bucket, ...]:
        """Answer the days that are over, read anew in each hour: another runner may have been late."""
        kept = self._old_days.get(name)
        if kept is None or kept[0] != hour:
            today = _floor(hour, DAY_MS)
            found = self._history.buckets(name, first_day, DAY_MS, "")
            kept = hour, tuple(one for one in found if one.from_ms < today)
            self._old_days[name] = kept
        return kept[1]


def _floor(at_ms: int, span_ms: int) -> int:
    return at_ms - at_ms % span_ms
