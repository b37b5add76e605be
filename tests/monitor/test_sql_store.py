"""A store in a database keeps what it was given, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from monitored import ID, MINUTE_MS, NOON_MS, answer, run
from sqlalchemy import update
from stored import CHAT, DAY_MS, HOUR_MS, Minding, change, keep

from deeplearn_checks.finding import Outcome
from deeplearn_checks.monitor.keeping import judge_and_keep
from deeplearn_checks.monitor.sql_history import outcome_of
from deeplearn_checks.monitor.sql_tables import runs, targets
from deeplearn_checks.monitor.state import Change, Standing, State
from deeplearn_checks.monitor.store import Incident, OvertakenError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deeplearn_checks.monitor.keeping import Judged
    from deeplearn_checks.monitor.sql_keeping import SqlStore


def test_nothing_is_known_of_a_target_that_was_never_watched(store: SqlStore) -> None:
    """No state, no history, no incident, nothing to tell."""
    known = (store.state("new"), store.buckets("new", 0, DAY_MS), store.incidents(0), store.untold(NOON_MS))

    assert (known, store.last_runs()) == ((State(), (), (), ()), ())


def test_a_state_is_what_was_kept(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """Also for who opens the store anew."""
    minding = Minding(store)

    minding.play("PFF")

    assert another().state("staging") == minding.watch.state


def test_the_last_run_of_each_location_is_kept_whole(store: SqlStore) -> None:
    """With its observations, of each target, group and location, in the order of these."""
    old = run(answer("P"), location="b")
    new = replace(run(answer("B"), location="b", at_ms=NOON_MS + 1), affected={ID: 3}, bundle="runs/1", requests=9)
    here = run(problem="no such host\0")
    other = replace(run(), target="live")

    for seen in (old, new, here, other):
        store.state(seen.target)
        store.keep(seen, State(), (), {})

    assert (store.last_runs(), store.last_runs("live")) == ((other, new, here), (other,))


def test_a_run_that_is_kept_again_is_counted_once(store: SqlStore) -> None:
    """Whoever did not hear that it was kept may keep it again."""
    for _ in range(2):
        store.keep(run(answer("P")), State(), (), {})

    assert [one.passed for one in store.buckets("staging", 0, DAY_MS)] == [1, 1]


@pytest.mark.parametrize("span_ms", [MINUTE_MS, HOUR_MS, DAY_MS])
def test_each_run_counts_in_its_minute_its_hour_and_its_day(store: SqlStore, span_ms: int) -> None:
    """By outcome, of the group as a whole and of each diagnostic, with how long it took."""
    Minding(store, ()).play("PFEBS")

    found = store.buckets("staging", 0, span_ms)

    of_group, of_one = ([one for one in found if one.diagnostic == name] for name in ("", ID))
    first = NOON_MS + MINUTE_MS
    starts = sorted({at - at % span_ms for at in range(first, first + 5 * MINUTE_MS, MINUTE_MS)})
    sums = [
        (sum(getattr(one, name) for one in of_one), sum(getattr(one, name) for one in of_group))
        for name in ("passed", "failed", "errors", "blocked", "skipped")
    ]
    assert [one.from_ms for one in of_group] == starts
    assert sums == [(1, 1)] * 5


def test_a_bucket_sums_up_durations(store: SqlStore) -> None:
    """The sum, the slowest, and how many took at most each bound; what was skipped took no time."""
    for number, (letter, seconds) in enumerate([("P", 0.05), ("F", 90.0), ("P", 0.4), ("S", 7.0)]):
        one = replace(answer(letter), seconds=seconds)
        store.keep(run(one, at_ms=NOON_MS + number), State(), (), {})

    (bucket,) = store.buckets("staging", NOON_MS, HOUR_MS, diagnostic=ID)

    durations = (1, 0, 0, 0, 1, *[0] * 11, 1)
    assert (round(bucket.seconds, 9), bucket.slowest, bucket.durations) == (90.45, 90.0, durations)


def test_history_begins_with_the_span_that_was_asked_for(store: SqlStore) -> None:
    """The day of *since* counts whole; what is before it does not."""
    for day in range(3):
        store.keep(run(answer("P"), at_ms=NOON_MS + day * DAY_MS), State(), (), {})

    found = store.buckets("staging", NOON_MS + DAY_MS + HOUR_MS, DAY_MS, diagnostic="")

    midnight = NOON_MS - NOON_MS % DAY_MS
    assert [one.from_ms for one in found] == [midnight + DAY_MS, midnight + 2 * DAY_MS]


def test_a_span_of_another_length_is_none(store: SqlStore) -> None:
    """Only minutes, hours and days are kept."""
    with pytest.raises(ValueError, match="no minute, hour or day"):
        store.buckets("staging", 0, 5)


@pytest.mark.parametrize(
    ("letters", "outcome"), [("", "skipped"), ("SP", "passed"), ("PB", "blocked"), ("BE", "error"), ("EF", "failed")]
)
def test_a_group_is_as_its_worst_diagnostic(letters: str, outcome: str) -> None:
    """What was skipped says nothing."""
    seen = run(*(answer(letter, f"d.{index}") for index, letter in enumerate(letters)))

    assert outcome_of(seen) == outcome


def test_a_run_that_could_not_be_made_is_an_error() -> None:
    """Never a pass."""
    assert outcome_of(run(problem="no such host")) is Outcome.ERROR


def test_an_incident_lasts_from_opening_to_recovery(store: SqlStore) -> None:
    """It begins with the first failure of the row, and is open until it has recovered."""
    minding = Minding(store)
    minding.play("PFF")
    (begun,) = store.incidents(NOON_MS)

    minding.play("PP")

    expected = Incident("staging", ID, "slow", "critical", "It failed.", NOON_MS + 2 * MINUTE_MS, 0)
    assert (begun, store.incidents(NOON_MS)) == (expected, (replace(expected, ended_ms=NOON_MS + 5 * MINUTE_MS),))


def test_an_incident_shows_what_was_told_last(store: SqlStore) -> None:
    """What is opened anew, or reminded of, is the same incident; what else is told changes none."""
    keep(store, change(), change(Change.OPENED, summary="worse"), at_ms=1)
    keep(store, change(Change.REMINDED, summary="still\0"), change(Change.FLAPPING, summary="no"), at_ms=2)

    assert [one.summary for one in store.incidents(0)] == ["still\N{REPLACEMENT CHARACTER}"]


def test_incidents_come_newest_first_as_many_as_asked_for(store: SqlStore) -> None:
    """Those that are open whenever they began, and those that ended since."""
    for number in range(4):
        keep(store, change(at_ms=NOON_MS + number, diagnostic=f"d.{number}"), at_ms=number)
    for number in range(3):
        keep(store, change(Change.RECOVERED, NOON_MS + 10 * number, f"d.{number}"), at_ms=10 + number)

    found = [[one.diagnostic for one in store.incidents(NOON_MS + 10, limit)] for limit in (9, 2)]

    assert found == [["d.3", "d.2", "d.1"], ["d.3", "d.2"]]


def test_a_recovery_of_nothing_begins_no_incident(store: SqlStore) -> None:
    """It may have begun in a store that is gone."""
    keep(store, change(Change.RECOVERED))

    assert store.incidents(0) == ()


def test_a_state_that_another_has_overtaken_is_not_kept(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """Two runners of a target: what the slower one judged is judged anew, nothing of it is kept before."""
    slow, fast = store, another()
    for runner in (slow, fast):
        runner.state("staging")
    fast.keep(run(answer("P")), State(), (), {})

    with pytest.raises(OvertakenError, match="another runner"):
        slow.keep(run(answer("F"), at_ms=NOON_MS + 1), State(), (change(),), {0: CHAT})

    assert (slow.untold(NOON_MS), [one.failed for one in slow.buckets("staging", 0, DAY_MS)]) == ((), [0, 0])


def test_who_is_overtaken_later_is_so_too(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """Not with the first state of a target only."""
    other = another()
    keep(store)
    keep(other, at_ms=NOON_MS + 1)

    with pytest.raises(OvertakenError):
        store.keep(run(at_ms=NOON_MS + 2), State(), (), {})


def counting(number: int) -> Judged:
    """Answer a state that has counted so far, and what is told when it comes to ten."""
    state = State({ID: Standing(failed=number)})
    return state, (change(),) if number == 10 else (), {0: CHAT}


@pytest.mark.parametrize("runners_are", ["threads", "processes"])
def test_runners_at_once_lose_no_run_and_tell_once(
    store: SqlStore, another: Callable[[], SqlStore], runners_are: str
) -> None:
    """Four runners of one target with five runs each: all twenty are counted, and the tenth is told of once."""

    def work(name: str) -> None:
        own = store if runners_are == "threads" else another()
        for number in range(5):
            seen = run(answer("F"), at_ms=NOON_MS + number, location=name)
            judge_and_keep(own, seen, lambda state: counting(state.standings.get(ID, Standing()).failed + 1), 200)

    runners = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()

    failed = [one.failed for one in store.buckets("staging", 0, DAY_MS)]
    assert (store.state("staging").standings[ID].failed, failed, len(store.untold(NOON_MS))) == (20, [20, 20], 1)


def test_who_only_looks_overtakes_nobody_and_hides_nothing(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """A page of the same process that reads a state does not make one that was judged by an older one newer."""
    store.state("staging")
    keep(another())

    page = threading.Thread(target=store.state, args=("staging",))
    page.start()
    page.join()

    with pytest.raises(OvertakenError):
        store.keep(run(answer("P"), at_ms=NOON_MS + 1), State(), (), {})


def test_who_is_always_overtaken_gives_up(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """After so many tries; nothing of the run is kept."""
    other = another()
    tries = list[int]()

    def judge(state: State) -> Judged:
        tries.append(len(tries))
        keep(other, at_ms=len(tries))
        return state, (), {}

    with pytest.raises(OvertakenError):
        judge_and_keep(store, run(answer("P")), judge, tries=3)

    assert tries == [0, 1, 2]


def test_a_run_is_judged_once_at_least(store: SqlStore) -> None:
    """No tries are none."""
    with pytest.raises(ValueError, match="once at least"):
        judge_and_keep(store, run(), lambda state: (state, (), {}), tries=0)


def test_a_damaged_state_is_not_guessed_at(store: SqlStore) -> None:
    """It is named with its target, and nothing is made up."""
    keep(store)
    with store.database.writing() as connection:
        connection.execute(update(targets).values(state="{}"))

    with pytest.raises(StoreError, match="staging: the kept state is not of version 1"):
        store.state("staging")


@pytest.mark.parametrize("body", ["{", '{"target":5}'])
def test_a_damaged_run_is_not_guessed_at(store: SqlStore, body: str) -> None:
    """What cannot be read is an error, in one line."""
    keep(store)
    with store.database.writing() as connection:
        connection.execute(update(runs).values(body=body))

    with pytest.raises(StoreError, match="a run that is kept is damaged at"):
        store.last_runs()


def test_a_store_shows_where_it_is(store: SqlStore) -> None:
    """Its name, without credentials."""
    assert (store.database.name in repr(store), "s3cret" in repr(store)) == (True, False)
