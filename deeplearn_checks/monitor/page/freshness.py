"""Whether the monitor itself is well: which groups have no run as new as their schedules promise. Pure.

A run is overdue when the next start after it, its deadline and some slack are over. Times of day in which a group is
not due do not count; neither do locations other than this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.monitor.schedule import next_due

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deeplearn_checks.monitor.config import Config, GroupConfig
    from deeplearn_checks.monitor.observing import Observed

SLACK_MS = 30_000
"""How much later than promised a run may be kept: a busy machine, a slow store."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A group whose run should have been kept by `by_ms`, in milliseconds since 1970 UTC; `last_ms`: 0 for never."""

    target: str
    group: str
    by_ms: int
    last_ms: int


def overdue(
    config: Config, runs: Iterable[Observed], since_ms: int, now_ms: int, locations: frozenset[str] = frozenset()
) -> tuple[Overdue, ...]:
    """Answer the groups that are. *since_ms* is when the monitor began to look: before, nothing was promised.

    *locations*: whose runs count, by default everybody's.
    """
    counted = [run for run in runs if not locations or run.location in locations]
    last = {(run.target, run.group): run for run in sorted(counted, key=lambda run: run.due_ms)}
    found = []
    for target in config.targets:
        for group in target.groups:
            run = last.get((target.name, group.name))
            by_ms = _by(group, run.due_ms if run else 0, since_ms, now_ms)
            if now_ms > by_ms:
                found.append(Overdue(target.name, group.name, by_ms, run.started_ms if run else 0))
    return tuple(found)


def patience(group: GroupConfig) -> int:
    """Answer for how many milliseconds a run of a group is fresh, where it is due at all times of day."""
    return group.every_ms + group.deadline_ms + SLACK_MS


def _by(group: GroupConfig, last_ms: int, since_ms: int, now_ms: int) -> int:
    """Answer by when the next run must have been kept; what a clock said that has been put back does not count."""
    is_of_the_future = last_ms > now_ms + group.every_ms
    due = next_due(group.schedule, since_ms if is_of_the_future else max(last_ms + 1, since_ms))
    return due.due_ms + group.deadline_ms + SLACK_MS
