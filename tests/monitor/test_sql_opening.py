"""A store is opened as it should be, or refused in one line that says what to do."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from monitored import NOON_MS, answer, run
from postgres import PASSWORD
from sqlalchemy import insert, select, text, update
from stored import Minding, keep

from deeplearn_checks.monitor.sql_store import open_store
from deeplearn_checks.monitor.sql_tables import targets, versions
from deeplearn_checks.monitor.sql_versions import prepare
from deeplearn_checks.monitor.state import State
from deeplearn_checks.monitor.store import StoreError
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from postgres import Server
    from sqlalchemy import Connection

    from deeplearn_checks.monitor.sql_keeping import SqlStore


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Answer where no store is yet."""
    return tmp_path / "monitor.db"


def pragma(store: SqlStore, name: str) -> object:
    """Answer how a store's connections are set."""
    with store.database.reading() as connection:
        value: object = connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
        return value


def test_a_file_is_set_so_that_a_power_cut_loses_the_run_in_progress_at_most(file: Path) -> None:
    """Every commit is on the disk; who waits for another waits ten seconds; free pages can be given back."""
    store = open_store(str(file))
    names = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "auto_vacuum")

    values = [pragma(store, name) for name in names]

    store.close()
    assert values == ["wal", 2, 10_000, 1, 2]


def test_a_file_is_for_its_owner_only(file: Path) -> None:
    """With its journals."""
    store = open_store(str(file))

    keep(store)
    modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}

    store.close()
    assert modes == {"monitor.db": 0o600, "monitor.db-wal": 0o600, "monitor.db-shm": 0o600}


def test_a_file_that_is_there_keeps_its_mode(file: Path) -> None:
    """Who lets a group read it has reasons."""
    open_store(str(file)).close()
    file.chmod(0o640)

    open_store(str(file)).close()

    assert file.stat().st_mode & 0o777 == 0o640


def test_a_path_and_its_url_are_one_store(file: Path) -> None:
    """Both name the file."""
    first, second = open_store(str(file)), open_store(f"sqlite:///{file}")

    first.keep(run(answer("P")), State(), (), {})

    assert len(second.last_runs()) == 1
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("{folder}", "is a folder; name a file in it"),
        ("{folder}/no/monitor.db", "has no folder; make it: mkdir -p"),
        ("{folder}/text", "is not a database; restore a copy, or move it away"),
        ("{folder}/text/monitor.db", "cannot be made: Not a directory; let this user write there"),
        ("sqlite://", "write sqlite:///PATH"),
        ("sqlite:///:memory:", "write sqlite:///PATH"),
        ("sqlite:///file:monitor.db?mode=memory&uri=true", "write sqlite:///PATH"),
        ("mysql://user:s3cret@host/monitor", "begins with mysql://, which is none that we know; write a path"),
        ("postgresql://user:s3cret@[::/monitor", "cannot be read; write a path"),
        ("postgresql://user:s3cret@host:port/monitor", "cannot be read; write a path"),
    ],
)
def test_what_is_no_place_for_a_store_is_refused(tmp_path: Path, where: str, said: str) -> None:
    """In one line that says what to write, without credentials."""
    (tmp_path / "text").write_text("what I had for lunch" * 500)

    with pytest.raises(ConfigurationError, match=said) as refused:
        open_store(where.format(folder=tmp_path))

    assert ("\n" in str(refused.value), "s3cret" in str(refused.value)) == (False, False)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    """Whoever names the wrong file loses nothing."""
    file = tmp_path / "text"
    file.write_text("what I had for lunch" * 500)
    file.chmod(0o644)

    with pytest.raises(ConfigurationError):
        open_store(str(file))

    assert (file.read_text()[:6], file.stat().st_mode & 0o777) == ("what I", 0o644)


@pytest.mark.parametrize(("missing", "extra"), [("sqlalchemy", "monitor"), ("psycopg", "postgresql")])
def test_a_missing_extra_is_named(missing: str, extra: str) -> None:
    """With the command that installs it."""
    with pytest.raises(ConfigurationError, match=rf"pip install 'deeplearn-checks\[{extra}\]'"):
        open_store("postgresql://user@host/monitor", has_module=lambda name: None if name == missing else name)


def test_a_damaged_file_is_refused_at_start(file: Path) -> None:
    """Named, with what to do, before anything is made of what it holds."""
    store = open_store(str(file))
    Minding(store).play("PFPFPF" * 4)
    store.close()
    content = bytearray(file.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 12] = b"\xff" * 12
    file.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"monitor\.db is damaged .*; restore a copy, or move it") as refused:
        open_store(str(file))

    assert "\n" not in str(refused.value)


def test_tables_are_made_once(another: Callable[[], SqlStore]) -> None:
    """Who opens the store again finds what is kept, and its version."""
    keep(another())

    store = another()

    with store.database.reading() as connection:
        found = connection.execute(select(versions.c.version)).scalars().all()
    assert (found, len(store.last_runs())) == ([1], 1)


def test_a_store_of_a_newer_version_is_refused(another: Callable[[], SqlStore]) -> None:
    """Named with both versions and the remedy; its tables are not touched."""
    with another().database.writing() as connection:
        connection.execute(insert(versions).values(version=7, since="tomorrow"))

    with pytest.raises(ConfigurationError, match=r"tables of version 7, and .* knows 1 to 1; .*pip install --upgrade"):
        another()


def test_an_older_store_is_brought_forward_once(store: SqlStore) -> None:
    """Step by step, in the order of the versions, and each is noted."""
    keep(store)
    done = list[str]()

    def widen(connection: Connection) -> None:
        done.append("widen")
        connection.execute(text("ALTER TABLE monitor_targets ADD COLUMN colour TEXT DEFAULT 'blue'"))

    def paint(connection: Connection) -> None:
        done.append("paint")
        connection.execute(text("UPDATE monitor_targets SET colour = 'green'"))

    for _ in range(2):
        with store.database.writing() as connection:
            version = prepare(connection, "it", (widen, paint))

    with store.database.reading() as connection:
        colours = connection.execute(text("SELECT colour FROM monitor_targets")).scalars().all()
    assert (version, done, colours) == (3, ["widen", "paint"], ["green"])


def test_a_step_that_fails_leaves_the_store_as_it_was(store: SqlStore) -> None:
    """What came before it in the same upgrade is undone too."""

    def widen(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE monitor_targets ADD COLUMN colour TEXT"))

    def stumble(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE monitor_nowhere ADD COLUMN colour TEXT"))

    with pytest.raises(StoreError, match="nowhere"), store.database.writing() as connection:
        prepare(connection, "it", (widen, stumble))

    with store.database.reading() as connection, pytest.raises(Exception, match="colour"):
        connection.execute(text("SELECT colour FROM monitor_targets"))


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    """In one line that says what to look at."""
    with pytest.raises(
        StoreError, match=r"postgresql://127\.0\.0\.1:1/monitor cannot be used: .*see that Post"
    ) as refused:
        open_store("postgresql://user:s3cret@127.0.0.1:1/monitor?password=s3cret&connect_timeout=3")

    assert ("s3cret" in str(refused.value), "\n" in str(refused.value)) == (False, False)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"password": "wr0ng"}, "check the user and the password"), ({"database": "none"}, "createdb NAME")],
)
def test_a_server_that_refuses_is_told_of_without_the_password(
    postgresql: Server, change: dict[str, str], said: str
) -> None:
    """What is wrong with the URL is said, and never what is secret in it."""
    with pytest.raises(StoreError, match=said) as refused:
        open_store(postgresql.url(**change))

    assert not any(secret in str(refused.value) for secret in (PASSWORD, "s3cret", "wr0ng"))


def test_a_store_that_is_written_by_another_is_waited_for(file: Path) -> None:
    """Ten seconds by default; then it is said that somebody else holds it."""
    store = open_store(str(file))
    store.close()
    with store.database.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match="database is locked; see which other process holds it"):
            store.delivered(1, NOON_MS)

    store.close()


def test_an_error_that_says_nothing_is_named_by_its_kind(store: SqlStore) -> None:
    """Never an empty line."""
    assert store.database.said(MemoryError()) == "MemoryError; look into its log"


def test_nothing_may_point_to_a_target_that_is_not_there(store: SqlStore) -> None:
    """A series of no target is refused by the database itself."""
    with pytest.raises(StoreError, match=r"(?i)foreign key"), store.database.writing() as connection:
        connection.execute(text("INSERT INTO monitor_series VALUES (1, 99, 'all', 'd')"))

    with store.database.writing() as connection:
        assert connection.execute(update(targets).values(state="")).rowcount == 0
