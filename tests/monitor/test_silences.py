"""Maintenance windows, also where clocks are put forward, and waivers to their last day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from deeplearn_checks.monitor.silences import Maintenance, Once, Silences, Waiver, Weekly
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS
from deeplearn_checks.redaction import Redacted

SUNDAY = 6
NIGHT = Weekly(frozenset({SUNDAY}), 120, 2 * HOUR_MS, "Europe/Berlin")
WEEKEND = Weekly(frozenset({SUNDAY}), 0, 2 * DAY_MS, "Asia/Kolkata")
WHY = Redacted("it is being replaced")
LATE = Weekly(frozenset({SUNDAY}), 23 * 60, 2 * HOUR_MS)
HEALTH = Waiver("platform.health", "staging", WHY, date(2026, 3, 2))


def at(text: str) -> int:
    """Answer the milliseconds of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(("now", "is_covered"), [(99, False), (100, True), (199, True), (200, False)])
def test_a_window_is_over_when_it_ends(now: int, is_covered: bool) -> None:  # noqa: FBT001  what is expected
    """Its beginning is in it, its end is not."""
    assert Once(100, 200).covers(now) is is_covered


@pytest.mark.parametrize(
    ("window", "now", "is_covered"),
    [
        (NIGHT, "2026-03-22T00:59", False),
        (NIGHT, "2026-03-22T01:00", True),
        (NIGHT, "2026-03-22T02:59", True),
        (NIGHT, "2026-03-22T03:00", False),
        (NIGHT, "2026-03-23T01:30", False),
        (NIGHT, "2026-03-29T00:59", False),
        (NIGHT, "2026-03-29T01:00", True),
        (NIGHT, "2026-03-29T02:59", True),
        (NIGHT, "2026-10-25T00:00", True),
        (NIGHT, "2026-10-25T01:59", True),
        (NIGHT, "2026-10-25T02:00", False),
        (LATE, "2026-03-02T00:59", True),
        (LATE, "2026-03-02T01:00", False),
        (WEEKEND, "2026-03-07T18:29", False),
        (WEEKEND, "2026-03-07T18:30", True),
        (WEEKEND, "2026-03-09T18:29", True),
        (WEEKEND, "2026-03-09T18:30", False),
    ],
)
def test_a_weekly_window_keeps_local_time(window: Weekly, now: str, is_covered: bool) -> None:  # noqa: FBT001  likewise
    """It begins by the clock on the wall and lasts as long as it says, over midnight and over a change of clocks."""
    assert window.covers(at(now)) is is_covered


def test_a_window_is_of_its_targets() -> None:
    """By name or by pattern; another target is told of."""
    silences = Silences((Maintenance(Once(0, 200), ("stag*",), Redacted("moving")), Maintenance(Once(100, 200))))

    said = [silences.of(name).silenced("any.id", now) for name, now in (("staging", 50), ("live", 50), ("live", 150))]

    assert said == ["maintenance: moving", "", "maintenance"]


@pytest.mark.parametrize(
    ("target", "name", "now", "said"),
    [
        ("staging", "platform.health", "2026-03-02T23:59:59", "waived until 2026-03-02: it is being replaced"),
        ("staging", "platform.health", "2026-03-03T00:00", ""),
        ("staging", "platform.root", "2026-03-02T00:00", ""),
        ("live", "platform.health", "2026-03-02T00:00", ""),
    ],
)
def test_a_waiver_holds_to_the_end_of_its_day(target: str, name: str, now: str, said: str) -> None:
    """Of its diagnostic, on its target."""
    assert Silences(waivers=(HEALTH,)).of(target).silenced(name, at(now)) == said


def test_a_cause_may_be_waived() -> None:
    """On all targets, where it says so."""
    silences = Silences(waivers=(Waiver("server-error", "*", WHY, date(2026, 3, 2)),))

    assert silences.of("live").silenced("server-error", at("2026-03-01T00:00"))


def test_an_expired_waiver_says_so() -> None:
    """When and why it was; nothing while it holds, nor of what was never waived."""
    quiet = Silences(waivers=(HEALTH,)).of("staging")

    said = [
        quiet.expired("platform.health", at("2026-03-02T12:00")),
        quiet.expired("platform.health", at("2026-03-03T00:00")),
        quiet.expired("platform.root", at("2026-03-03T00:00")),
    ]

    assert said == ["", "its waiver ran out on 2026-03-02 (it is being replaced)", ""]


def test_a_waiver_that_was_written_anew_holds() -> None:
    """The one that ran out before says nothing beside it."""
    quiet = Silences(waivers=(HEALTH, Waiver("platform.health", "*", WHY, date(2026, 4, 1)))).of("staging")

    assert not quiet.expired("platform.health", at("2026-03-10T00:00"))
