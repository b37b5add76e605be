"""How targets are, whether the monitor looks at them as promised, and what is read of the store for it."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from monitored import MINUTE_MS
from shelf import NOW_MS, Shelf, configured, outage

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.monitor.page.freshness import SLACK_MS, overdue
from deeplearn_checks.monitor.page.judged import Sight, Status, judged
from deeplearn_checks.monitor.page.reading import Reader
from deeplearn_checks.monitor.state import Health, Standing, State
from deeplearn_checks.monitor.stepping import CANNOT_LOOK, RUN
from deeplearn_checks.monitor.store import Bucket
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS, SECOND_MS
from deeplearn_checks.redaction import Redacted

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.monitor.config import Config
    from deeplearn_checks.monitor.observing import Observed
    from deeplearn_checks.monitor.page.judged import Target

HOURLY = '[[groups]]\nname = "all"\ndiagnostics = ["platform.*"]\nevery = "1h"\noffset = "0s"\ndeadline = "30s"\n'
BY_DAY = HOURLY + 'between = "08:00-10:00"\n'
THREE = '[locations]\nname = "here"\nall = ["here", "there", "elsewhere"]\nquorum = 2\n'


def seen(config: Config, shelf: Shelf, *, late: frozenset[str] = frozenset(), now_ms: int = NOW_MS) -> Target:
    """Judge the first target."""
    target = config.targets[0]
    return judged(Sight(config, target, shelf.state(target.name), tuple(shelf.runs), late, now_ms))


def stocked(config: Config, letters: dict[str, str] | None = None) -> Shelf:
    """Answer a history in which each group of the first target has run once."""
    shelf = Shelf()
    shelf.observe(config, "staging", letters or {})
    return shelf


def at(run: Observed, started_ms: int, location: str = "here") -> Observed:
    """Answer that run at another time, of another location."""
    return replace(run, due_ms=started_ms, started_ms=started_ms, location=location)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ({}, Status.UP),
        ({"platform.latency": "F"}, Status.DEGRADED),
        ({"platform.root": "F", "platform.latency": "F"}, Status.DOWN),
        ({"platform.root": "E"}, Status.DOWN),
        ({"platform.root": "S"}, Status.UP),
    ],
)
def test_severity_makes_the_status(tmp_path: Path, letters: dict[str, str], expected: Status) -> None:
    """Something critical is down, something else degraded; what was skipped says nothing."""
    config = configured(tmp_path)

    target = seen(config, stocked(config, letters))

    assert target.status is expected


def test_a_symptom_of_what_is_up_again_is_none(tmp_path: Path) -> None:
    """What was down, and is blocked now by what is not judged down, is still told."""
    config = configured(tmp_path)
    shelf = stocked(config, {"platform.latency": "B"})
    shelf.states["staging"] = State(
        {**shelf.states["staging"].standings, "platform.latency": Standing(Health.DOWN, seen_ms=NOW_MS - HOUR_MS)}
    )

    target = seen(config, shelf)

    assert [(one.diagnostic, one.since_ms) for one in target.broken] == [("platform.latency", NOW_MS - HOUR_MS)]


def test_a_symptom_of_what_is_down_is_not_told(tmp_path: Path) -> None:
    """What was down before, and is blocked now by a root cause, is one of its symptoms."""
    config = configured(tmp_path)
    shelf = stocked(config, {"platform.database": "F", "platform.latency": "B"})
    shelf.states["staging"] = State(
        {**shelf.states["staging"].standings, "platform.latency": Standing(Health.DOWN, seen_ms=NOW_MS)}
    )

    target = seen(config, shelf)

    assert [(one.diagnostic, one.blocks) for one in target.broken] == [("platform.database", ("platform.latency",))]


def test_what_is_not_asked_any_more_is_forgotten(tmp_path: Path) -> None:
    """A diagnostic that has left the configuration cannot keep its target down."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = stocked(config)
    shelf.states["staging"] = State({**shelf.states["staging"].standings, "payment.known-lead": Standing(Health.DOWN)})

    target = seen(config, shelf)

    assert (target.status, target.broken) == (Status.UP, ())


def test_a_monitor_that_cannot_look_makes_its_target_unknown(tmp_path: Path) -> None:
    """That a run cannot be made is told as a root cause of the monitor's, and says nothing about the target."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = stocked(config)
    broken = Standing(Health.DOWN, outcome=Outcome.ERROR, cause=CANNOT_LOOK, severity=Severity.CRITICAL, seen_ms=NOW_MS)
    shelf.states["staging"] = State({**shelf.states["staging"].standings, f"{RUN}:all": broken})

    target = seen(config, shelf)

    assert (target.status, target.broken[0].title) == (Status.UNKNOWN, "The monitor can ask the group all.")


@pytest.mark.parametrize(("late", "expected"), [(frozenset({"all"}), Status.UNKNOWN), (frozenset(), Status.UP)])
def test_an_overdue_group_is_unknown(tmp_path: Path, late: frozenset[str], expected: Status) -> None:
    """What nobody has looked at lately is not up, however it was."""
    config = configured(tmp_path, groups=HOURLY)

    target = seen(config, stocked(config), late=late)

    assert target.status is expected


def test_a_run_is_fresh_for_its_whole_interval(tmp_path: Path) -> None:
    """That a report of a location counts for ten minutes does not make an hourly group unknown in between."""
    config = configured(tmp_path, groups=HOURLY)

    target = seen(config, stocked(config), now_ms=NOW_MS + 19 * MINUTE_MS)

    assert target.status is Status.UP


def test_locations_speak_with_one_voice(tmp_path: Path) -> None:
    """What one of three locations says alone is not shown as what is; each run is."""
    config = configured(tmp_path, groups=HOURLY, more=THREE)
    shelf = stocked(config)
    (run,) = shelf.runs
    wrong = tuple(replace(one, outcome=Outcome.FAILED) for one in run.observations)
    shelf.runs = [
        run,
        at(run, run.started_ms, "there"),
        replace(at(run, run.started_ms, "elsewhere"), observations=wrong),
    ]

    (group,) = seen(config, shelf).groups

    assert {row.last.outcome for row in group.rows if row.last} == {Outcome.PASSED}
    assert [one.location for one in group.runs] == ["here", "there", "elsewhere"]


def test_the_newest_word_on_a_diagnostic_counts(tmp_path: Path) -> None:
    """Of two groups that ask the same, the later one says what blocks it."""
    config = configured(tmp_path)
    shelf = stocked(config, {"platform.database": "F"})
    reachable, everything = shelf.runs
    blocked = tuple(
        replace(one, outcome=Outcome.BLOCKED, blocked_by=("platform.database",))
        if one.diagnostic == "platform.latency"
        else one
        for one in reachable.observations
    )
    shelf.runs = [replace(reachable, observations=blocked), everything]

    (broken,) = seen(config, shelf).broken

    assert (reachable.started_ms > everything.started_ms, broken.blocks) == (True, ("platform.latency",))


@pytest.mark.parametrize(
    ("minutes", "is_late"),
    [(0, False), (60, False), (61, True)],
)
def test_a_run_is_overdue_after_interval_deadline_and_slack(tmp_path: Path, minutes: int, *, is_late: bool) -> None:
    """Half a minute of deadline and half a minute of slack after the next start it is."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = stocked(config)
    began = shelf.runs[0].due_ms

    found = overdue(config, shelf.runs, began, began + minutes * MINUTE_MS + (minutes > 60))

    assert bool(found) is is_late


def test_the_night_is_not_overdue(tmp_path: Path) -> None:
    """A group that is due from eight to ten is not missed at noon, nor the next morning before half past eight."""
    config = configured(tmp_path, groups=BY_DAY)
    shelf = stocked(config)
    nine = NOW_MS - NOW_MS % DAY_MS + 9 * HOUR_MS
    shelf.runs = [at(shelf.runs[0], nine)]

    late = [
        bool(overdue(config, shelf.runs, nine, now_ms))
        for now_ms in (NOW_MS, nine + 23 * HOUR_MS, nine + 23 * HOUR_MS + 30 * SECOND_MS + SLACK_MS + 1)
    ]

    assert late == [False, False, True]


def test_a_monitor_that_was_just_started_owes_nothing_yet(tmp_path: Path) -> None:
    """What is old because nobody looked gets the time of a first run."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = stocked(config)
    started = shelf.runs[0].due_ms + 30 * HOUR_MS + MINUTE_MS

    late = [bool(overdue(config, shelf.runs, started, started + minutes * MINUTE_MS)) for minutes in (0, 59, 61)]

    assert late == [False, False, True]


def test_a_clock_that_was_put_back_owes_the_next_run(tmp_path: Path) -> None:
    """A run of the future proves nothing for long."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = stocked(config)
    began = shelf.runs[0].due_ms
    shelf.runs = [at(shelf.runs[0], began + 30 * DAY_MS)]

    late = [bool(overdue(config, shelf.runs, began, began + minutes * MINUTE_MS)) for minutes in (1, 62)]

    assert late == [False, True]


def test_only_own_runs_are_own(tmp_path: Path) -> None:
    """That another location looks does not make this one well."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = stocked(config)
    began, now = shelf.runs[0].due_ms, shelf.runs[0].due_ms + 3 * HOUR_MS
    shelf.runs = [at(shelf.runs[0], now, "there")]

    late = [len(overdue(config, shelf.runs, began, now, where)) for where in (frozenset[str](), frozenset({"here"}))]

    assert late == [0, 1]


def _reader(config: Config, shelf: Shelf) -> Reader:
    return Reader(shelf, config, lambda: NOW_MS, str)


def _passed(from_ms: int, span_ms: int, passed: int = 1) -> Bucket:
    return Bucket("staging", "all", "platform.root", from_ms, span_ms, passed, 1, 0, 0, 0, 1.0, 1.0, ())


@pytest.mark.parametrize(("back_ms", "span_ms"), [(HOUR_MS, MINUTE_MS), (3 * DAY_MS, HOUR_MS), (40 * DAY_MS, DAY_MS)])
def test_the_last_success_of_what_is_broken_is_looked_up_once(tmp_path: Path, back_ms: int, span_ms: int) -> None:
    """It is the finest span that is kept in which it passed, and is not asked again while the same row lasts."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = stocked(config, {"platform.root": "F"})
    shelf.rows = [_passed(NOW_MS - 50 * DAY_MS, DAY_MS), _passed(NOW_MS - back_ms, span_ms)]
    shelf.rows += [_passed(NOW_MS - MINUTE_MS, MINUTE_MS, 0)]
    began = NOW_MS - back_ms + span_ms
    shelf.change("staging", "platform.root", first_broken_ms=began)
    reader = _reader(config, shelf)
    row = seen(config, shelf).groups[0].rows[0]

    found = [reader.last_success_ms("staging", row) for _ in range(2)]
    asked = shelf.calls.count("buckets")

    assert found == [NOW_MS - back_ms] * 2
    assert asked == 1 + (MINUTE_MS, HOUR_MS, DAY_MS).index(span_ms)


def test_a_new_row_of_failures_is_looked_up_anew(tmp_path: Path) -> None:
    """It may have passed in between."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = stocked(config, {"platform.root": "F"})
    reader = _reader(config, shelf)
    row = seen(config, shelf).groups[0].rows[0]
    assert row.standing is not None
    shelf.rows = [_passed(NOW_MS - HOUR_MS, MINUTE_MS)]

    before = reader.last_success_ms("staging", replace(row, standing=replace(row.standing, first_broken_ms=1)))
    after = reader.last_success_ms("staging", replace(row, standing=replace(row.standing, first_broken_ms=NOW_MS)))

    assert (before, after) == (0, NOW_MS - HOUR_MS)


def test_durations_are_added_up_by_diagnostic(tmp_path: Path) -> None:
    """The hours of a day are one."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = stocked(config)
    shelf.rows = [_passed(NOW_MS - NOW_MS % HOUR_MS - hours * HOUR_MS, HOUR_MS) for hours in range(3)]

    found = _reader(config, shelf).durations("staging")

    assert {key: tally.passed for key, tally in found.items()} == {("all", "platform.root"): 3}


class Slow(Shelf):
    """Answers its second reading only when it is let."""

    def hold(self) -> None:
        """Begin to wait."""
        self.reading, self.let = threading.Event(), threading.Event()

    def last_runs(self) -> tuple[Observed, ...]:
        """Wait, where it is held."""
        if hasattr(self, "let"):
            self.reading.set()
            self.let.wait(60)
        return super().last_runs()


def test_who_comes_while_somebody_reads_gets_what_was_read_before(tmp_path: Path) -> None:
    """A slow store makes one reader wait, not all."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = Slow()
    times = iter([NOW_MS, NOW_MS, NOW_MS + HOUR_MS, NOW_MS + HOUR_MS])
    reader = Reader(shelf, config, lambda: next(times), str)
    first = reader.snapshot()
    shelf.hold()
    found = list[int]()
    other = threading.Thread(target=lambda: found.append(reader.snapshot().at_ms))
    other.start()
    shelf.reading.wait(60)

    meanwhile = reader.snapshot()
    shelf.let.set()
    other.join()

    assert (meanwhile is first, found) == (True, [NOW_MS + HOUR_MS])


def test_the_newest_incidents_are_read(tmp_path: Path) -> None:
    """Those that are over for longer than ninety days are not."""
    config = configured(tmp_path, groups=HOURLY)
    shelf = stocked(config)
    shelf.past = [
        outage("staging", NOW_MS - 100 * DAY_MS, NOW_MS - 99 * DAY_MS),
        outage("staging", NOW_MS - 100 * DAY_MS, 0, "Still."),
    ]

    found = _reader(config, shelf).snapshot().incidents

    assert [one.summary for one in found] == ["Still."]


def test_a_remedy_is_the_targets_own(tmp_path: Path) -> None:
    """Where a result brought no remedy, that of its cause is shown, with the target's address."""
    config = configured(tmp_path)
    shelf = stocked(config, {"platform.root": "F"})
    shelf.change("staging", "platform.root", remedy=Redacted(""), cause="unreachable")

    (broken,) = seen(config, shelf).broken

    assert "https://staging.example.com" in broken.remedy
