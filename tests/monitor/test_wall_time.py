"""Spans, times of day and zones as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS, instant, local_day, minute_of_day, span_ms, zone


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("250ms", 250), ("30s", 30_000), ("5m", 300_000), (" 1h ", HOUR_MS), ("2d", 2 * DAY_MS)]
)
def test_a_span_has_its_unit(text: str, milliseconds: int) -> None:
    """From milliseconds to days."""
    assert span_ms(text) == milliseconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "1.5h", "5M", "5m30s", "1w"])
def test_what_is_no_span_is_refused(text: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValueError, match="such as 30s or 5m"):
        span_ms(text)


def test_a_time_of_day_is_in_minutes() -> None:
    """From midnight on."""
    assert [minute_of_day(text) for text in ("00:00", "08:30", "23:59")] == [0, 510, 1439]


@pytest.mark.parametrize("text", ["24:00", "8:30", "08:60", "0830", ""])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValueError, match="such as 08:30"):
        minute_of_day(text)


@pytest.mark.parametrize(
    ("name", "said"),
    [("Asia/Kolkatta", "did you mean Asia/Kolkata"), ("", "write one such as"), ("../../etc/passwd", "no time zone")],
)
def test_an_unknown_zone_is_refused(name: str, said: str) -> None:
    """With the nearest that there is."""
    with pytest.raises(ValueError, match=said):
        zone(name)


@pytest.mark.parametrize(
    ("day", "minute", "utc"),
    [
        (date(2026, 3, 28), 150, "2026-03-28T01:30"),
        (date(2026, 3, 29), 150, "2026-03-29T01:30"),
        (date(2026, 3, 29), 180, "2026-03-29T01:00"),
        (date(2026, 10, 25), 150, "2026-10-25T00:30"),
        (date(2026, 10, 24), 1440 + 150, "2026-10-25T00:30"),
    ],
)
def test_clocks_are_put_forward_and_back(day: date, minute: int, utc: str) -> None:
    """A time that is skipped is the one that would have been; of one that comes twice it is the first."""
    expected = datetime.fromisoformat(utc).replace(tzinfo=UTC)

    at = instant(day, minute, zone("Europe/Berlin"))

    assert datetime.fromtimestamp(at / 1000, UTC) == expected


def test_a_day_begins_where_people_are() -> None:
    """It is tomorrow in Kolkata when it is evening in Greenwich."""
    evening = int(datetime(2026, 3, 1, 20, tzinfo=UTC).timestamp()) * 1000

    assert (local_day(evening, zone("UTC")), local_day(evening, zone("Asia/Kolkata"))) == (
        date(2026, 3, 1),
        date(2026, 3, 2),
    )
