"""A full disk, a server that goes away, a process that is killed: at most the run in progress is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from monitored import ID, MINUTE_MS, NOON_MS, answer, run
from sqlalchemy import event, select
from stored import DAY_MS, Minding

from deeplearn_checks.monitor.sql_store import open_store
from deeplearn_checks.monitor.sql_tables import notices
from deeplearn_checks.monitor.state import State
from deeplearn_checks.monitor.store import StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    import psycopg
    from postgres import Server

    from deeplearn_checks.monitor.sql_keeping import SqlStore


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqlStore]:
    """Answer a store in a file."""
    opened = open_store(str(tmp_path / "monitor.db"))
    yield opened
    opened.close()


@pytest.fixture
def served(postgresql: Server) -> Iterator[SqlStore]:
    """Answer a store on a server, which runs again when the test is over."""
    opened = open_store(postgresql.fresh())
    yield opened
    if postgresql.process is None:
        postgresql.start()
    opened.close()


def limit(store: SqlStore, pages: list[int]) -> None:
    """Let the file grow to no more than so many pages, as a disk that is full does."""

    def on_checkout(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages[0]}").close()

    event.listen(store.database.engine, "checkout", on_checkout)


def fill(store: SqlStore) -> int:
    """Keep runs until the disk is full, and answer how many were kept."""
    kept = list[int]()

    def keep_on() -> None:
        for number in count():
            seen = run(*(answer("F", f"d.{index}") for index in range(20)), at_ms=NOON_MS + number * MINUTE_MS)
            store.keep(seen, State(), (), {})
            kept.append(number)

    with pytest.raises(StoreError, match="database or disk is full; free space on its disk"):
        keep_on()
    return len(kept)


def test_a_full_disk_is_reported_and_what_was_kept_can_be_read(file: SqlStore) -> None:
    """Nothing of the run that did not fit is kept: not its counts, not its state."""
    limit(file, [80])

    kept = fill(file)

    of_group = [one.failed for one in file.buckets("staging", 0, DAY_MS, diagnostic="")]
    (last,) = file.last_runs()
    assert (of_group, last.started_ms) == ([kept], NOON_MS + (kept - 1) * MINUTE_MS)


def test_monitoring_goes_on_when_there_is_space_again(file: SqlStore) -> None:
    """The run that did not fit is kept by the next try, and counted once."""
    pages = [80]
    limit(file, pages)
    kept = fill(file)

    pages[0] = 1_000_000
    file.keep(run(answer("F"), at_ms=NOON_MS + kept * MINUTE_MS), State(), (), {})

    assert [one.failed for one in file.buckets("staging", 0, DAY_MS, diagnostic="")] == [kept + 1]


def test_a_server_that_was_away_is_used_again(served: SqlStore, postgresql: Server) -> None:
    """While it is away each try fails in one line without the password; then all goes on from what was kept."""
    minding = Minding(served)
    minding.play("PF")
    postgresql.stop()
    with pytest.raises(StoreError, match="see that PostgreSQL runs there") as away:
        minding.play("F")
    postgresql.start()

    minding.play("F")

    (due,) = served.untold(minding.watch.now_ms)
    failed = sum(one.failed for one in served.buckets("staging", 0, DAY_MS, diagnostic=ID))
    assert ("s3cret" in str(away.value), due.transition.change, failed) == (False, "opened", 2)


def test_a_connection_that_is_cut_in_the_middle_keeps_nothing_of_the_run(served: SqlStore) -> None:
    """The server undoes what was not committed, and the same run is kept with the next try."""
    cut = [True]

    def before(connection: object, cursor: psycopg.Cursor, statement: str, *_: object) -> None:
        del connection
        if cut and statement.startswith("INSERT INTO monitor_runs"):
            cut.clear()
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    event.listen(served.database.engine, "before_cursor_execute", before)
    served.state("staging")
    with pytest.raises(StoreError, match="terminat"):
        served.keep(run(answer("P")), State(), (), {})
    nothing = (served.last_runs(), served.buckets("staging", 0, DAY_MS))

    served.keep(run(answer("P")), State(), (), {})

    assert (nothing, len(served.last_runs())) == (((), ()), 1)


KILLED = """
import os, select, signal, sys
sys.path.insert(0, sys.argv[1])
from sqlalchemy import event
from deeplearn_checks.monitor.sql_store import open_store
from deeplearn_checks.monitor import sql_keeping, sql_opening
from monitored import MINUTE_MS, NOON_MS, answer, run
from stored import change
from deeplearn_checks.monitor.state import Change, Standing, State

def work(folder, steps):
    store = open_store(folder)
    left = [steps]
    def die(*_):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(store.database.engine, "before_cursor_execute", die)
    event.listen(store.database.engine, "commit", die)
    event.listen(store.database.engine, "after_cursor_execute", die)
    while True:
        number = store.state("staging").standings.get("d", Standing()).failed + 1
        at_ms = NOON_MS + number * MINUTE_MS
        told = change(at_ms=at_ms, diagnostic=f"d.{number}")
        store.keep(run(answer("F"), at_ms=at_ms), State({"d": Standing(failed=number)}), (told,), {0: ("chat",)})
        with open(folder + ".told", "a") as file:
            file.write(f"{number}\\n")

def told(file):
    return os.path.getsize(file) if os.path.exists(file) else 0

for how in sys.argv[3:]:
    steps, _, delay = how.partition("@")
    before = told(sys.argv[2] + steps + ".told")
    child = os.fork()
    if not child:
        work(sys.argv[2] + steps, int(steps))
    if delay:
        while told(sys.argv[2] + steps + ".told") == before:
            select.select([], [], [], 0.001)
        select.select([], [], [], float(delay))
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""
"""Processes that write until they are killed: before the step of a number, or `0@` so many seconds after a run."""
STEPS = range(1, 62, 4)
"""At which of its steps a process is killed: within the first run, or within one of the next."""


DELAYS = (0.0, 0.003, 0.007, 0.011, 0.016, 0.023, 0.031, 0.05)
"""How long after their first run those are killed that write to one store, one after the other."""


def kill(folder: Path, *how: str) -> None:
    """Let processes write to stores of a folder and be killed; they are not measured, for their files would be torn."""
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parents[1]), f"{folder}/", *how]
    subprocess.run(command, check=True, env=unmeasured)  # noqa: S603  ourselves


def left(folder: Path, name: str) -> tuple[int, int]:
    """Answer how many runs a killed process said it had kept, and how many the store holds, each of them whole."""
    said = folder / f"{name}.told"
    done = len(said.read_text().splitlines()) if said.exists() else 0
    with closing(open_store(str(folder / name))) as store:
        known = store.state("staging").standings
        kept = known["d"].failed if known else 0
        counted = sum(one.failed for one in store.buckets("staging", 0, DAY_MS, diagnostic=ID))
        incidents = [one.diagnostic for one in store.incidents(0, limit=10_000)]
        last = [one.started_ms for one in store.last_runs()]
        with store.database.reading() as connection:
            queued = connection.execute(select(notices.c.diagnostic).order_by(notices.c.number)).scalars().all()
    assert (counted, queued, sorted(incidents)) == (kept, [f"d.{n}" for n in range(1, kept + 1)], sorted(queued))
    assert last == ([NOON_MS + kept * MINUTE_MS] if kept else [])
    return done, kept


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answer a folder of stores, each left by a process that was killed before a step."""
    folder = tmp_path_factory.mktemp("killed")
    kill(folder, *map(str, STEPS))
    return folder


@pytest.mark.parametrize("steps", STEPS)
def test_whatever_kill_9_hits_the_store_is_whole(killed: Path, steps: int) -> None:
    """Each run that was told of is kept whole, with what it says, once; the one in progress is kept whole or not."""
    done, kept = left(killed, str(steps))

    assert kept - done in {0, 1}


def test_kill_9_again_and_again_loses_no_run_that_was_kept(tmp_path: Path) -> None:
    """Processes that go on with one store, each killed from outside while it writes: nothing is lost or doubled."""
    kill(tmp_path, *(f"0@{delay}" for delay in DELAYS))

    done, kept = left(tmp_path, "0")

    assert len(DELAYS) <= done <= kept <= done + len(DELAYS)
