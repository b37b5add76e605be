"""Times are computed from the journal; what it does not tell is unknown, never zero."""

from __future__ import annotations

import pytest
from records import NOON_MS, entry

from deeplearn_checks.incident.journal import Entry, Kind
from deeplearn_checks.incident.times import Span, duration, times, utc

HOUR_MS = 3_600_000
HARM = entry(1, Kind.HARM_FIRST_SEEN, {"at_ms": NOON_MS - 3 * HOUR_MS})
ALERT = entry(2, Kind.ALERT_FIRST_SEEN, {"created_at_ms": NOON_MS - HOUR_MS})
FAILED = entry(3, Kind.RAN, {"passed": False, "root_causes": [{"id": "a"}]}, after=10)
ACKNOWLEDGED = entry(4, Kind.ACKNOWLEDGED, {}, after=60)
RECOVERED = entry(5, Kind.RECOVERED, {}, after=600)
CLOSED = entry(6, Kind.CLOSED, {}, after=660)
ALL = [HARM, ALERT, FAILED, ACKNOWLEDGED, RECOVERED, CLOSED]


def spans(entries: list[Entry]) -> dict[str, float | str | None]:
    """Answer each time in seconds, or why it is unknown."""
    found = times(entries)
    every: tuple[Span, ...] = (found.window, *found.spans)
    return {span.name: span.unknown or span.seconds for span in every}


def test_the_times_of_a_whole_incident() -> None:
    """Harm at nine, the alert at eleven, acknowledged a minute past noon, over ten minutes past."""
    assert spans(ALL) == {
        "incident window": 3 * 3600 + 600,
        "time to detect": 7200,
        "time to acknowledge": 3660,
        "time to recover": 4200,
    }


def test_moments_point_to_their_entries() -> None:
    """Each moment names the entry that tells of it."""
    found = times(ALL)

    moments = (found.harm, found.detected, found.acknowledged, found.recovered, found.closed)
    assert [moment and moment.entry for moment in moments] == [1, 2, 4, 5, 6]


@pytest.mark.parametrize(
    ("missing", "name", "why"),
    [
        (HARM, "time to detect", "no data show when the harm began"),
        (HARM, "incident window", "no data show when the harm began"),
        (ACKNOWLEDGED, "time to acknowledge", "no alert was acknowledged through this journal"),
        (RECOVERED, "time to recover", "nothing proves it yet"),
        (RECOVERED, "incident window", "no passing proof ends it yet"),
    ],
)
def test_what_the_journal_does_not_tell_is_unknown(missing: Entry, name: str, why: str) -> None:
    """The reason is given in place of a duration."""
    told = spans([one for one in ALL if one is not missing])

    assert told[name] == why


def test_an_empty_journal_knows_nothing() -> None:
    """Every time is unknown."""
    told = spans([])

    assert [value for value in told.values() if not isinstance(value, str)] == []


def test_harm_without_a_time_is_no_evidence() -> None:
    """Neither zero nor a text stands for a moment."""
    told = [entry(1, Kind.HARM_FIRST_SEEN, {"at_ms": value}) for value in (0, "9:00", None)]

    assert times(told).harm is None


def test_the_first_finding_detects_where_no_alert_came_before() -> None:
    """A run that finds a root cause detects; one that finds none does not."""
    quiet = entry(3, Kind.RAN, {"passed": True, "root_causes": []}, after=5)

    detected = times([HARM, quiet, FAILED]).detected

    assert detected
    assert (detected.what, detected.at_ms) == ("first finding", NOON_MS + 10_000)


def test_an_alert_before_any_harm_is_no_time_to_detect() -> None:
    """Whoever was warned before anybody was hit is told so; the window begins with the alert."""
    late = entry(1, Kind.HARM_FIRST_SEEN, {"at_ms": NOON_MS})

    told = spans([late, *ALL[1:]])

    assert (told["time to detect"], told["incident window"]) == (
        "it was detected before data show any harm",
        3600 + 600,
    )


def test_a_proof_that_a_later_run_contradicts_does_not_count() -> None:
    """The first proof after the last failed run ends the incident."""
    relapse = entry(6, Kind.RAN, {"passed": False, "root_causes": []}, after=700)
    again = entry(7, Kind.RECOVERED, {}, after=900)

    found = [times(entries).recovered for entries in ([*ALL[:5], relapse], [*ALL[:5], relapse, again])]

    assert [moment and moment.entry for moment in found] == [None, 7]


def test_clocks_that_disagree_give_no_time() -> None:
    """An end before its beginning is unknown, not negative."""
    ahead = entry(2, Kind.ALERT_FIRST_SEEN, {"created_at_ms": NOON_MS + HOUR_MS})

    told = spans([HARM, ahead, ACKNOWLEDGED])

    assert told["time to acknowledge"] == "its end is before its beginning: the clocks disagree"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (60, "1 min 0 s"),
        (312.4, "5 min 12 s"),
        (7_500, "2 h 5 min"),
        (183_600, "2 d 3 h"),
    ],
)
def test_durations_read_in_two_units(seconds: float, text: str) -> None:
    """The two largest units say enough."""
    assert duration(seconds) == text


def test_moments_are_written_in_utc() -> None:
    """To the second, with the zone."""
    assert utc(NOON_MS) == "2026-03-02 12:00:00 UTC"
