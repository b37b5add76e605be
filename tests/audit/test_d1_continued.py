"""A live database goes on while it is copied, and a copy that was interrupted goes on where it was."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from cloudflare import (
    CUT,
    ORIGIN,
    Cloudflare,
    Reply,
    once,
    reader,
    refused,
    served,
    variables,
)
from livecopy import LEADS, copied, database, keys_asked, refusal_of, rows

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.d1_cache import Cache


def meanwhile(cloudflare: Cloudflare, number: int, statement: str) -> None:
    """Let the live database change once *number* queries have been answered."""

    def fault(_: str, sound: Reply) -> Reply:
        if len(cloudflare.asked) == number:
            cloudflare.database.execute(statement)
        return sound

    cloudflare.fault = fault


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO lead_registrations VALUES ('lead-new', 'ravi@example.com', 1, NULL, 9000000000000)",
        "UPDATE lead_registrations SET email = 'new', updated_at_ms = 9000000000000 WHERE lead_id = 'lead-1'",
        "UPDATE course_enrollments SET score = 99, updated_at_ms = 9000000000000 WHERE id = 'e1' AND course_id = 'c0'",
        "INSERT INTO content_generation_runs (run_type) VALUES ('weekly')",
        "DELETE FROM lead_registrations WHERE lead_id = 'lead-2'",
        "DELETE FROM content_generation_runs",
    ],
)
def test_what_changes_meanwhile_is_taken(tmp_path: Path, statement: str) -> None:
    """Rows that come, that say when they were changed, or that go, once every table has been read."""
    cloudflare = Cloudflare(database())
    meanwhile(cloudflare, 8, statement)

    file = copied(tmp_path, cloudflare)

    assert rows(file) == rows(cloudflare.database)


def test_rows_that_never_stop_going_are_told(tmp_path: Path) -> None:
    """A table from which more is deleted than read has no copy."""
    live = database(50)

    def vanishing(sql: str, sound: Reply) -> Reply:
        if f'FROM "{LEADS}"' in sql and "LIMIT" in sql:
            live.execute("DELETE FROM lead_registrations WHERE rowid = (SELECT max(rowid) FROM lead_registrations)")
        return sound

    assert "rows of lead_registrations are being deleted faster" in refusal_of(tmp_path, Cloudflare(live, vanishing))


# -- interrupted ------------------------------------------------------------------------------


def interrupted(tmp_path: Path, live: sqlite3.Connection, queries: int = 5) -> None:
    """Begin a copy that ends after so many queries."""
    refusal_of(tmp_path, Cloudflare(live, once(*[None] * queries, *[refused(400, 7500, "no")] * 9)))


def test_an_interrupted_copy_is_continued(tmp_path: Path) -> None:
    """The next one begins after the last page that was taken, and ends with every row."""
    live = database(1203)
    interrupted(tmp_path, live, 3)
    cloudflare, told = Cloudflare(live), list[str]()

    file = copied(tmp_path, cloudflare, told)

    assert (rows(file), keys_asked(cloudflare)[0], told[0]) == (
        rows(live),
        [500, 500],
        "continuing the fetch that was interrupted",
    )


def test_what_changed_during_the_break_is_taken(tmp_path: Path) -> None:
    """A row that was already fetched is fetched again where it says that it was changed."""
    live = database()
    interrupted(tmp_path, live)
    live.execute("UPDATE lead_registrations SET email = 'new', updated_at_ms = 9000000000000 WHERE lead_id = 'lead-1'")

    file = copied(tmp_path, Cloudflare(live))

    assert rows(file) == rows(live)


def test_a_copy_that_is_too_old_is_begun_anew(tmp_path: Path) -> None:
    """After a day too much may have changed where no column says so."""
    live = database()
    interrupted(tmp_path, live)
    (cache,) = (tmp_path / "cache" / "audit").iterdir()
    with closing(sqlite3.connect(cache)) as held, held:
        held.execute("UPDATE deeplearn_checks_fetch SET started_ms = started_ms - 25 * 3600 * 1000")
    cloudflare = Cloudflare(live)

    copied(tmp_path, cloudflare)

    assert keys_asked(cloudflare)[0] == [500]


def test_a_table_of_another_shape_is_begun_anew(tmp_path: Path) -> None:
    """A column that came during the break makes older rows unusable; other tables are continued."""
    live = database()
    interrupted(tmp_path, live, 6)
    live.execute("ALTER TABLE lead_registrations ADD COLUMN city TEXT")

    file = copied(tmp_path, Cloudflare(live))

    assert rows(file) == rows(live)


def test_two_databases_are_kept_apart(tmp_path: Path) -> None:
    """What was fetched of one database is not continued with another."""
    interrupted(tmp_path, database())
    settings = reader(tmp_path / "cache", DEEPLEARN_CHECKS_D1_DATABASE="database-2")

    with Cache.opened(settings, tmp_path) as cache:
        assert cache.started_ms is None


def test_one_fetch_at_a_time(tmp_path: Path) -> None:
    """A second audit of the same database is told to wait."""
    with (
        Cache.opened(reader(tmp_path), tmp_path),
        pytest.raises(ConfigurationError, match="another audit is fetching into"),
        Cache.opened(reader(tmp_path), tmp_path),
    ):
        pass


def test_a_cache_that_is_broken_is_named(tmp_path: Path) -> None:
    """It is removed by hand: what it holds is nobody's but the operator's."""
    live = database()
    interrupted(tmp_path, live)
    (cache,) = (tmp_path / "cache" / "audit").iterdir()
    cache.write_bytes(b"no database" * 100)

    assert "cannot be continued (file is not a database): remove it" in refusal_of(tmp_path, Cloudflare(live))


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The setting is named."""
    (tmp_path / "cache").write_text("a file")

    assert "DEEPLEARN_CHECKS_CACHE: " in refusal_of(tmp_path, Cloudflare(database()))


def test_a_file_of_the_cache_that_is_none_is_named(tmp_path: Path) -> None:
    """A folder in the place of the file is no cache."""
    interrupted(tmp_path, database())
    (cache,) = (tmp_path / "cache" / "audit").iterdir()
    cache.unlink()
    cache.mkdir()

    assert "cannot be written to: Is a directory" in refusal_of(tmp_path, Cloudflare(database()))


def test_a_fetch_of_another_database_keeps_its_folder(tmp_path: Path) -> None:
    """Only what was fetched of this database goes."""
    folder = tmp_path / "cache" / "audit"
    folder.mkdir(parents=True)
    (folder / "other").touch()

    copied(tmp_path, Cloudflare(database()))

    assert [path.name for path in folder.iterdir()] == ["other"]


FETCHING = """
import sys
from pathlib import Path
from deeplearn_checks.settings import load_settings
from deeplearn_checks.sources.tables import service_tables
print(service_tables("d1", load_settings(), Path(sys.argv[1]), str).file)
"""


def fetching(tmp_path: Path, origin: str) -> subprocess.CompletedProcess[str]:
    """Copy the live database in a process of its own, over a network."""
    given = {**os.environ, **variables(tmp_path / "cache", origin), "DEEPLEARN_API_BASE_URL": ORIGIN}
    command = [sys.executable, "-c", FETCHING, str(tmp_path)]
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)  # noqa: S603  our own


def test_a_killed_copy_is_continued(tmp_path: Path) -> None:
    """A process that is killed between two pages loses none that it had taken."""
    live = database(1203)
    cloudflare = Cloudflare(live)

    def kills(sql: str, sound: Reply) -> Reply:
        if len(keys_asked(cloudflare)) == 3 and "LIMIT" in sql:
            os.kill(running[0], signal.SIGKILL)
        return sound

    running: list[int] = []
    cloudflare.fault = kills
    with served(cloudflare) as origin:
        given = {**os.environ, **variables(tmp_path / "cache", origin), "DEEPLEARN_API_BASE_URL": ORIGIN}
        with subprocess.Popen([sys.executable, "-c", FETCHING, tmp_path], env=given) as process:  # noqa: S603  our own
            running.append(process.pid)
            killed = process.wait()
        last = keys_asked(cloudflare)[-1][0]
        cloudflare.fault = lambda _, sound: sound
        cloudflare.asked.clear()
        second = fetching(tmp_path, origin)

    continued = keys_asked(cloudflare)[0][0]
    assert (killed, continued, rows(Path(second.stdout.strip()))) == (-signal.SIGKILL, last, rows(live))


def test_a_cut_connection_is_tried_again(tmp_path: Path) -> None:
    """Over a real network too."""
    live = database()
    with served(Cloudflare(live, once(None, CUT, None, None, CUT))) as origin:
        done = fetching(tmp_path, origin)

    assert (rows(Path(done.stdout.strip())), done.stderr) == (rows(live), "")
