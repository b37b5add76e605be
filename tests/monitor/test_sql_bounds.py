"""A store takes bounded space: minutes for two days, hours for ninety, days for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitored import ID, MINUTE_MS, NOON_MS, answer, run
from sqlalchemy import func, select
from stored import DAY_MS, HOUR_MS, change, keep

from deeplearn_checks.monitor import sql_history
from deeplearn_checks.monitor.sql_store import open_store
from deeplearn_checks.monitor.sql_tables import incidents, notices, runs, series, targets
from deeplearn_checks.monitor.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.monitor.observing import Observed
    from deeplearn_checks.monitor.sql_keeping import SqlStore

SPANS = {"minutes": MINUTE_MS, "hours": HOUR_MS, "days": DAY_MS}
MIDNIGHT_MS = NOON_MS - NOON_MS % DAY_MS


def spans(store: SqlStore) -> dict[str, int]:
    """Answer how many minutes, hours and days there are of one diagnostic."""
    return {name: len(store.buckets("staging", 0, span_ms, diagnostic=ID)) for name, span_ms in SPANS.items()}


def see(store: SqlStore, *seen: Observed) -> None:
    """Count many runs at once, as they would be one by one."""
    with store.database.writing() as connection:
        number = connection.execute(select(targets.c.number)).scalar_one()
        sql_history.count(connection, number, seen)


def rows(store: SqlStore) -> dict[str, int]:
    """Answer how many rows the other tables have."""
    with store.database.reading() as connection:
        tables = (targets, series, runs, notices, incidents)
        return {one.name: connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables}


def pages(store: SqlStore) -> tuple[int, int]:
    """Answer how many pages a file has, and how many of them are free."""
    with store.database.reading() as connection:
        all_, free = (connection.exec_driver_sql(f"PRAGMA {name}_count").scalar_one() for name in ("page", "freelist"))
        return all_, free


def test_four_hundred_days_take_bounded_space(tmp_path: Path) -> None:
    """A small target, a run each two hours, rolled up each fifth day; what is summed up stays exact."""
    store = open_store(str(tmp_path / "monitor.db"))
    store.state("staging")
    sizes = list[int]()

    for day in range(400):
        now_ms = MIDNIGHT_MS + day * DAY_MS
        keep(store, change(at_ms=now_ms), at_ms=now_ms, routes=("chat",))
        ticks = range(now_ms + 2 * HOUR_MS, now_ms + DAY_MS, 2 * HOUR_MS)
        see(store, *(run(answer("P"), at_ms=at_ms) for at_ms in ticks))
        if day % 5 == 4:
            store.roll_up(now_ms + DAY_MS)
            sizes.append(pages(store)[0])

    days = store.buckets("staging", 0, DAY_MS, diagnostic=ID)
    store.close()
    assert spans(store) == {"minutes": 2 * 12, "hours": 90 * 12, "days": 400}
    assert (sum(one.passed for one in days), sum(one.failed for one in days)) == (400 * 11, 400)
    assert rows(store) == {
        "monitor_targets": 1,
        "monitor_series": 2,
        "monitor_runs": 1,
        "monitor_notices": 90,
        "monitor_incidents": 1,
    }
    assert sizes[-1] - sizes[24] < sizes[24] / 5
    store.close()


def test_rolling_up_leaves_what_is_younger(store: SqlStore) -> None:
    """A minute goes when it ended two days ago, an hour when it ended ninety days ago, not before."""
    keep(store, at_ms=MIDNIGHT_MS)

    found = list[dict[str, int]]()
    for age_ms in (2 * DAY_MS + MINUTE_MS, 90 * DAY_MS + HOUR_MS):
        for now_ms in (MIDNIGHT_MS + age_ms - 1, MIDNIGHT_MS + age_ms):
            store.roll_up(now_ms)
            found.append(spans(store))

    assert [[*one.values()] for one in found] == [[1, 1, 1], [0, 1, 1], [0, 1, 1], [0, 0, 1]]


def test_how_long_is_kept_can_be_said(tmp_path: Path) -> None:
    """An hour of minutes, a day of hours."""
    store = open_store(str(tmp_path / "monitor.db"), minutes_kept_ms=HOUR_MS, hours_kept_ms=DAY_MS)
    for hour in range(48):
        keep(store, at_ms=MIDNIGHT_MS + hour * HOUR_MS)

    store.roll_up(MIDNIGHT_MS + 47 * HOUR_MS + MINUTE_MS)

    assert spans(store) == {"minutes": 1, "hours": 25, "days": 2}
    store.close()


def test_what_is_not_watched_any_more_is_forgotten(store: SqlStore) -> None:
    """The last run of a group that nobody runs goes with the hours; its days stay."""
    keep(store, at_ms=NOON_MS)

    store.roll_up(NOON_MS + 91 * DAY_MS)

    assert (store.last_runs(), spans(store)["days"]) == ((), 1)


def test_free_space_is_given_back_to_the_disk(tmp_path: Path) -> None:
    """Where a good part of the file is free; the pages that the next hours need again stay."""
    store = open_store(str(tmp_path / "monitor.db"))
    store.keep(run(*(answer("P", f"d.{number}") for number in range(50))), State(), (), {})
    see(store, *(run(*(answer("P", f"d.{n}") for n in range(50)), at_ms=NOON_MS + m * MINUTE_MS) for m in range(60)))
    before, _ = pages(store)

    store.roll_up(NOON_MS + 3 * DAY_MS)

    after, free = pages(store)
    store.close()
    assert (after < before / 2, free) == (True, 0)
