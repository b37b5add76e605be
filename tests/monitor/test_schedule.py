"""When a group is due: on its beat, within its hours, once, and nothing that is missed goes uncounted."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deeplearn_checks.monitor.schedule import Between, Due, Schedule, next_due, spread
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS, MINUTE_MS

MINUTELY = Schedule(MINUTE_MS, 7_000)
OFFICE = Schedule(HOUR_MS, 0, Between(8 * 60, 20 * 60, "Asia/Kolkata"))
NIGHT = Schedule(HOUR_MS, 0, Between(22 * 60, 6 * 60, "Europe/Berlin"))
NOW = st.integers(1_772_000_000_000, 1_775_500_000_000)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"])
unhurried = settings(deadline=None, max_examples=50)


def at(text: str) -> int:
    """Answer the milliseconds of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Any schedule whose hours are no shorter than its interval."""
    every = draw(st.integers(30_000, 3 * HOUR_MS))
    between = draw(st.none() | st.builds(Between, st.integers(0, 1439), st.integers(0, 1439), ZONES))
    assume(between is None or between.minutes * MINUTE_MS >= every + HOUR_MS)
    return Schedule(every, draw(st.integers(0, every - 1)), between)


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        (60_000, None, Due(67_000)),
        (67_000, None, Due(67_000)),
        (67_100, 67_000, Due(127_000)),
        (127_900, 67_000, Due(127_000)),
        (156_000, 67_000, Due(127_000)),
        (157_000, 67_000, Due(187_000, 1)),
        (67_000 + 600_000, 67_000, Due(667_000, 9)),
        (67_000 + 640_000, 67_000, Due(727_000, 10)),
        (20_000, 67_000, Due(127_000)),
        (20_000, 9_907_000, Due(67_000)),
    ],
)
def test_starts_keep_their_beat(now: int, last: int | None, due: Due) -> None:
    """What is late by half its interval is missed and counted; a clock that was put back far begins anew."""
    assert next_due(MINUTELY, now, last) == due


@pytest.mark.parametrize(
    ("schedule", "now", "due"),
    [
        (OFFICE, "2026-03-02T05:00", "2026-03-02T05:00"),
        (OFFICE, "2026-03-02T14:29", "2026-03-03T03:00"),
        (OFFICE, "2026-03-02T00:00", "2026-03-02T03:00"),
        (NIGHT, "2026-03-28T20:00", "2026-03-28T21:00"),
        (NIGHT, "2026-03-29T03:30", "2026-03-29T20:00"),
        (NIGHT, "2026-03-30T02:30", "2026-03-30T03:00"),
    ],
)
def test_starts_keep_their_hours(schedule: Schedule, now: str, due: str) -> None:
    """By the clock on the wall, over midnight and over a change of clocks."""
    assert next_due(schedule, at(now)) == Due(at(due))


def test_what_is_closed_misses_nothing() -> None:
    """Only starts within the hours count."""
    due = next_due(OFFICE, at("2026-03-04T04:00"), at("2026-03-02T13:00"))

    assert due == Due(at("2026-03-04T04:00"), 1 + 12 + 1)


def test_a_day_may_be_open_all_round() -> None:
    """From a time to the same time is a whole day."""
    assert Between(60, 60).minutes == 24 * 60


@unhurried
@given(schedules(), NOW)
def test_a_start_is_on_the_beat_and_within_the_hours(schedule: Schedule, now: int) -> None:
    """And not farther off than it must be."""
    due = next_due(schedule, now).due_ms
    between = schedule.between or Between(0, 0)
    day = datetime.fromtimestamp(due / 1000, UTC).date()

    opened = [between.on(day.fromordinal(day.toordinal() + by)) for by in (-2, -1, 0, 1)]

    assert (due - schedule.offset_ms) % schedule.every_ms == 0
    assert any(opens <= due < closes for opens, closes in opened)
    assert now <= due < now + (schedule.every_ms if schedule.between is None else DAY_MS + schedule.every_ms)


@unhurried
@given(schedules(), NOW, st.lists(st.integers(0, 5 * HOUR_MS), min_size=1, max_size=20))
def test_no_two_starts_within_an_interval_and_none_missed_without_being_counted(
    schedule: Schedule, now: int, naps: list[int]
) -> None:
    """However long the monitor sleeps between: starts and misses together are all that were due."""
    first = next_due(schedule, now)
    last, started, missed, clock = first.due_ms, [first.due_ms], 0, first.due_ms
    for nap in naps:
        clock += nap
        due = next_due(schedule, clock, last)
        clock = max(clock, due.due_ms)
        assert clock - due.due_ms <= schedule.every_ms // 2
        missed, last = missed + due.missed, due.due_ms
        started.append(last)

    beats = _all_due(schedule, started[0], last)

    assert all(later - sooner >= schedule.every_ms for sooner, later in pairwise(started))
    assert len(started) + missed == len(beats)


def _all_due(schedule: Schedule, first: int, last: int) -> list[int]:
    """Answer every start from the first to the last, found one by one."""
    found = [first]
    while found[-1] < last:
        found.append(next_due(schedule, found[-1] + 1).due_ms)
    return found


def test_names_are_spread_evenly() -> None:
    """200 targets do not start at once: no second of a minute has many of them, and each keeps its own for ever."""
    offsets = [spread(f"target-{number} all", MINUTE_MS) for number in range(200)]

    seconds = [offset // 1000 for offset in offsets]

    assert max(seconds.count(second) for second in range(60)) <= 10
    assert offsets[0] == spread("target-0 all", MINUTE_MS)
