"""What is to be told is delivered once, in order, by one process at a time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from monitored import NOON_MS
from stored import DAY_MS, change, keep, told

from deeplearn_checks.monitor.sql_notices import AT_ONCE, LEASE_MS
from deeplearn_checks.monitor.state import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    from deeplearn_checks.monitor.sql_keeping import SqlStore


def test_a_change_is_told_on_each_of_its_routes(store: SqlStore) -> None:
    """As it was, and on none where it has none."""
    keep(store, change(), routes=("chat", "mail"))
    keep(store, change(diagnostic="d.silent"), at_ms=1, routes=())

    due = store.untold(NOON_MS)

    assert [(one.transition, one.route, one.tries) for one in due] == [(change(), "chat", 0), (change(), "mail", 0)]


def test_what_is_not_due_waits(store: SqlStore) -> None:
    """What was deferred is due again at its time, and its tries are counted."""
    keep(store, change())
    (one,) = store.untold(NOON_MS)

    store.deferred(one.number, NOON_MS + 5)

    due = [[(again.tries, again.next_try_ms) for again in store.untold(NOON_MS + later)] for later in (4, 5)]
    assert due == [[], [(1, NOON_MS + 5)]]


def test_what_was_delivered_is_not_told_again(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """Nor after a restart."""
    keep(store, change())
    (one,) = store.untold(NOON_MS)

    store.delivered(one.number, NOON_MS)
    store.close()

    assert told(another(), NOON_MS + DAY_MS) == []


def test_the_oldest_of_a_diagnostic_comes_first(store: SqlStore) -> None:
    """Nobody hears of a recovery before the failure, also where that was deferred; others do not wait for it."""
    keep(store, change(), change(Change.RECOVERED), change(diagnostic="d.other"))
    first, other = store.untold(NOON_MS)

    store.deferred(first.number, NOON_MS + 5)
    store.delivered(other.number, NOON_MS)
    meanwhile = told(store)
    (again,) = store.untold(NOON_MS + 5)
    store.delivered(again.number, NOON_MS + 5)

    assert (meanwhile, told(store, NOON_MS + 5)) == ([], [("recovered", "chat")])


def test_what_one_process_delivers_another_does_not(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """It belongs to who took it, who may ask again."""
    keep(store, change())
    other = another()

    taken = [len(one.untold(NOON_MS)) for one in (store, other, store)]

    assert taken == [1, 0, 1]


def test_what_a_killed_process_took_is_free_again(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """When its lease has run out, and not before."""
    keep(store, change())
    store.untold(NOON_MS)
    other = another()

    taken = [len(other.untold(NOON_MS + later)) for later in (LEASE_MS - 1, LEASE_MS)]

    assert taken == [0, 1]


def test_a_clock_that_is_put_back_holds_nothing_up(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """A lease from the future is none."""
    keep(store, change())
    store.untold(NOON_MS + DAY_MS)

    assert told(another()) == [("opened", "chat")]


def test_who_closes_lets_go(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """What it took is another's at once."""
    keep(store, change())
    store.untold(NOON_MS)

    store.close()

    assert told(another()) == [("opened", "chat")]


def test_many_are_taken_in_parts(store: SqlStore) -> None:
    """So that those that are taken are delivered within the lease."""
    keep(store, *(change(diagnostic=f"d.{number}") for number in range(AT_ONCE + 1)))

    first = store.untold(NOON_MS)
    for one in first:
        store.delivered(one.number, NOON_MS)

    assert (len(first), len(store.untold(NOON_MS))) == (AT_ONCE, 1)


def test_processes_at_once_deliver_each_notice_once(store: SqlStore, another: Callable[[], SqlStore]) -> None:
    """Four of them, and a hundred notices: each is delivered by one."""
    keep(store, *(change(diagnostic=f"d.{number}") for number in range(100)))
    delivered = list[int]()
    together = threading.Barrier(4)

    def work() -> None:
        own = another()
        together.wait()
        while due := own.untold(NOON_MS):
            for one in due:
                delivered.append(one.number)
                own.delivered(one.number, NOON_MS)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert (len(delivered), len(set(delivered)), told(store)) == (100, 100, [])


def test_the_first_delivery_counts(store: SqlStore) -> None:
    """Who says so again changes nothing."""
    keep(store, change())
    (one,) = store.untold(NOON_MS)

    for at_ms in (NOON_MS, NOON_MS + 1):
        store.delivered(one.number, at_ms)

    assert told(store) == []


def test_nobody_is_told_of_last_year(store: SqlStore) -> None:
    """What could not be delivered for ninety days is dropped; what is younger stays."""
    keep(store, change())
    keep(store, change(at_ms=NOON_MS + DAY_MS, diagnostic="d.young"), at_ms=1)

    store.roll_up(NOON_MS + 90 * DAY_MS + 1)

    assert [one.transition.diagnostic for one in store.untold(NOON_MS + 90 * DAY_MS)] == ["d.young"]
