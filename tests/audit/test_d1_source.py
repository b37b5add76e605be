"""A live database is copied page by page, whatever its API does meanwhile; it is only ever read."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cloudflare import (
    CUT,
    ORIGIN,
    SILENT,
    TOKEN,
    Cloudflare,
    Fault,
    Reply,
    Wire,
    always,
    once,
    reader,
    refused,
    served,
    variables,
)
from hypothesis import given
from hypothesis import strategies as st

from deeplearn_checks.settings import ConfigurationError, Settings
from deeplearn_checks.sources.d1 import live_tables
from deeplearn_checks.sources.d1_api import Select
from deeplearn_checks.sources.d1_cache import Cache
from deeplearn_checks.sources.statements import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW_MS = 1_790_000_000_000
SCHEMA = """
CREATE TABLE lead_registrations (
  lead_id TEXT PRIMARY KEY, email TEXT NOT NULL, paid_at_ms INTEGER, note, updated_at_ms INTEGER NOT NULL
);
CREATE TABLE course_enrollments (
  id TEXT, course_id TEXT, score REAL, price NUMERIC, updated_at_ms INTEGER, PRIMARY KEY (course_id, id)
) WITHOUT ROWID;
CREATE TABLE content_generation_runs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_type TEXT CHECK (run_type <> ''));
CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT);
"""
LEADS = "lead_registrations"


def lead(number: int) -> tuple[object, ...]:
    """Answer a lead's row."""
    return (f"lead-{number}", f"asha{number}@example.com", number or None, b"\x00\xff" if number % 2 else 1.5, NOW_MS)


def database(leads: int = 7) -> sqlite3.Connection:
    """Make a live database."""
    live = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    live.executescript(SCHEMA)
    live.executemany("INSERT INTO lead_registrations VALUES (?, ?, ?, ?, ?)", map(lead, range(leads)))
    live.executemany(
        "INSERT INTO course_enrollments VALUES (?, ?, ?, ?, ?)",
        [(f"e{n % 3}", f"c{n // 3}", n / 4, n, NOW_MS) for n in range(7)],
    )
    live.executemany("INSERT INTO content_generation_runs (id, run_type) VALUES (?, 'daily')", [(-3,), (5,), (9,)])
    return live


async def unpaused(_: float) -> None:
    """Do not wait."""


def copied(tmp_path: Path, cloudflare: Cloudflare, told: list[str] | None = None, **others: str) -> Path:
    """Copy the live database; answers the file."""
    telling = (list[str]() if told is None else told).append
    folder = tmp_path / "folder"
    folder.mkdir(exist_ok=True)
    settings = reader(tmp_path / "cache", **others)
    return live_tables(settings, folder, telling, transport=Wire(cloudflare), sleep=unpaused).file


def rows(where: Path | sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Answer the rows of every table of a service, in order."""
    with closing(sqlite3.connect(where)) if isinstance(where, Path) else closing(sqlite3.connect(":memory:")) as file:
        asked = file if isinstance(where, Path) else where
        return {
            table: sorted((tuple(row) for row in asked.execute(f"SELECT * FROM {table}")), key=repr)  # noqa: S608
            for table in (LEADS, "course_enrollments", "content_generation_runs")
        }


def refusal(tmp_path: Path, fault: Fault, **others: str) -> str:
    """Answer why a copy is refused."""
    with pytest.raises(ConfigurationError) as problem:
        copied(tmp_path, Cloudflare(database(), fault), None, **others)
    return str(problem.value)


def paging(cloudflare: Cloudflare) -> list[object]:
    """Answer how many rows each page of leads was asked for."""
    return [values[-1] for sql, values in cloudflare.asked if f'FROM "{LEADS}"' in sql and "LIMIT" in sql]


def test_every_row_is_copied_as_it_is(tmp_path: Path) -> None:
    """Tables with a rowid and without one, NULLs, BLOBs and numbers; only the service's own tables."""
    live = database()

    file = copied(tmp_path, Cloudflare(live))

    with closing(sqlite3.connect(file)) as copy:
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert (rows(file), tables) == (rows(live), set(rows(live)))


def test_nothing_stays_behind(tmp_path: Path) -> None:
    """What was fetched is people's data: a complete copy leaves nothing in the cache."""
    copied(tmp_path, Cloudflare(database()))

    assert not (tmp_path / "cache").exists()


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The folder and the file of an unfinished fetch may be read by nobody else."""
    refusal(tmp_path, once(None, None, None, refused(400, 7500, "no")))

    cache = tmp_path / "cache"
    assert [path.stat().st_mode & 0o077 for path in (cache, *cache.iterdir())] == [0, 0]


def test_pages_go_by_key(tmp_path: Path) -> None:
    """A page begins after the last key of the one before, and the end is where no row follows."""
    cloudflare = Cloudflare(database(1203))

    file = copied(tmp_path, cloudflare)

    offsets = [sql for sql, _ in cloudflare.asked if "OFFSET" in sql]
    assert (len(rows(file)[LEADS]), offsets, keys_asked(cloudflare)[:3]) == (
        1203,
        [],
        [[500], [500, 1000], [1203, 2000]],
    )


def test_a_short_page_is_not_the_end(tmp_path: Path) -> None:
    """An API that cuts results short is asked until nothing follows."""

    def cut_short(sql: str, sound: Reply) -> Reply:
        if "LIMIT" not in sql:
            return sound
        found = json.loads(sound.content)["result"][0]["results"]
        return results(*found[:2])

    live = database()

    file = copied(tmp_path, Cloudflare(live, cut_short))

    assert rows(file) == rows(live)


# -- read, and nothing else -------------------------------------------------------------------


def test_only_selects_leave(tmp_path: Path) -> None:
    """Everything that reaches the API is one SELECT with at most 100 values, from the first query to the last."""
    cloudflare = Cloudflare(database(600))

    copied(tmp_path, cloudflare)

    assert {(Statement(sql, 1).words[0], ";" in sql, len(values) <= 100) for sql, values in cloudflare.asked} == {
        ("SELECT", False, True)
    }


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM lead_registrations",
        "WITH a AS (SELECT 1) DELETE FROM lead_registrations",
        "SELECT 1; DROP TABLE lead_registrations",
        "SELECT 1 /* ; */; DROP TABLE lead_registrations",
        "SELECT ';' ; UPDATE courses SET price_cents = 0",
        "/* SELECT */ UPDATE courses SET price_cents = 0",
        "-- SELECT\nPRAGMA writable_schema = ON",
        "SELECT 'unfinished",
        "selecting",
        "",
    ],
)
def test_nothing_else_can_be_asked(sql: str) -> None:
    """A query that is not one SELECT cannot even be made."""
    with pytest.raises(ValueError, match=r"one statement|begins with SELECT"):
        Select(sql)


@given(st.text(max_size=40).filter(lambda text: not text.strip().upper().startswith(("SELECT", "--", "/*"))))
def test_no_text_but_a_select_is_a_query(text: str) -> None:
    """Whatever the text, what does not begin with SELECT is refused."""
    with pytest.raises(ValueError, match=r"statement|SELECT|surrogates"):
        Select(text)


def test_a_query_binds_at_most_a_hundred_values() -> None:
    """That is D1's limit: one more would be refused there."""
    Select("SELECT 1", tuple(range(100)))

    with pytest.raises(ValueError, match="at most 100"):
        Select("SELECT 1", tuple(range(101)))


# -- what the API may do ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Reply(429, "slow down", (("retry-after", "7"),)),
        Reply(500, {"success": False, "errors": [{"code": 7500, "message": "internal error"}]}),
        Reply(503, "<html>"),
        Reply(520, ""),
        CUT,
        SILENT,
        refused(400, 7429, "D1 DB exceeded its CPU time limit and was reset"),
    ],
    ids=["429", "500", "503", "520", "cut", "silence", "limit"],
)
def test_what_passes_is_waited_for(tmp_path: Path, fault: Reply) -> None:
    """A refusal, an error or a cut connection in the middle changes nothing about the copy."""
    live = database()

    file = copied(tmp_path, Cloudflare(live, once(None, None, fault, None, fault)))

    assert rows(file) == rows(live)


def test_the_pause_that_is_asked_for_is_kept(tmp_path: Path) -> None:
    """`Retry-After` says how long."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    wire = Wire(Cloudflare(database(), once(Reply(429, "slow down", (("retry-after", "7"),)))))

    live_tables(reader(tmp_path / "cache"), tmp_path, list[str]().append, transport=wire, sleep=pause)

    assert pauses == [7]


@pytest.mark.parametrize("fault", [SILENT, Reply(200, " " * (9 << 20)), refused(400, 7500, "result too large")])
def test_a_page_that_is_too_much_is_made_smaller(tmp_path: Path, fault: Reply) -> None:
    """After silence, an answer beyond the limit or a refusal that speaks of limits, fewer rows are asked for."""
    cloudflare = Cloudflare(database(), once(None, None, fault))

    copied(tmp_path, cloudflare)

    assert paging(cloudflare)[:2] == [500, 125]


def test_pages_grow_where_answers_are_quick(tmp_path: Path) -> None:
    """A small answer in no time is followed by a larger question."""
    cloudflare = Cloudflare(database(600))

    copied(tmp_path, cloudflare)

    assert paging(cloudflare)[:2] == [500, 1000]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            always(refused(403, 10000, "Authentication error")),
            "refuses DEEPLEARN_CHECKS_D1_TOKEN: Authentication error",
        ),
        (always(refused(400, 6003, "Invalid request headers")), "refuses DEEPLEARN_CHECKS_D1_TOKEN"),
        (always(refused(404, 7404, "The database could not be found")), "mend DEEPLEARN_CHECKS_D1_ACCOUNT or DEEP"),
        (always(refused(400, 7003, "Could not route")), "Cloudflare knows no such database"),
        (always(refused(400, 7500, "no such\ncolumn: a")), "answered 400: no such column: a (code 7500); try again"),
        (always(Reply(500, {"success": False})), "answered 500: status 500"),
        (always(Reply(400, {"result": None})), "answered 400: status 400"),
        (always(Reply(429, "")), "answered 429 (too many requests) to 6 attempts"),
        (always(CUT), "the connection broke off"),
        (always(SILENT), "no answer in time"),
        (always(Reply(302, "", (("location", "http://elsewhere.localhost/"),))), "leads nowhere"),
        (always(Reply(200, "<html>")), "with a page, not with JSON"),
        (always(Reply(200, "[]")), "answered in another shape: the answer: Input should be"),
        (always(Reply(200, {"success": True, "result": []})), "another shape: result: List should have at least 1"),
        (always(Reply(200, '{"success": true, "result": [{"success": true, "results": [{"a": true}]}]}')), "shape"),
        (once(None, None, *[refused(400, 7500, "timed out")] * 9), "timed out (code 7500); not even one row"),
    ],
)
def test_a_refusal_is_one_line(tmp_path: Path, fault: Fault, said: str) -> None:
    """It says what is wrong and names the setting, and holds no token."""
    text = refusal(tmp_path, fault)

    assert (said in text, "\n" in text, TOKEN in text) == (True, False, False)


def results(*found: dict[str, object]) -> Reply:
    """Answer these rows."""
    return Reply(200, {"success": True, "result": [{"success": True, "results": list(found)}]})


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (once(results()), "answered no now_ms"),
        (once(results({"now_ms": "soon"})), "answered no now_ms"),
        (once(None, results()), "holds none of the service's tables"),
        (
            once(None, results({"name": LEADS, "sql": "DROP TABLE a"})),
            "a table lead_registrations that cannot be copied",
        ),
        (once(None, None, results({"lead_id": "lead-1"})), "answered rows of lead_registrations with other columns"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(tmp_path: Path, fault: Fault, said: str) -> None:
    """Numbers are numbers, and rows have the columns that were asked for."""
    assert said in refusal(tmp_path, fault)


@pytest.mark.parametrize("table", [LEADS, "course_enrollments"])
def test_an_api_that_repeats_itself_is_refused(tmp_path: Path, table: str) -> None:
    """A page that does not follow the one before would never end."""
    first: list[Reply] = []

    def repeats(sql: str, sound: Reply) -> Reply:
        if f'FROM "{table}"' in sql and "LIMIT" in sql:
            first.append(sound)
            return first[0]
        return sound

    assert f"repeats rows of {table}" in refusal(tmp_path, repeats)


def test_rows_that_are_kept_back_are_missed(tmp_path: Path) -> None:
    """A copy with fewer rows than the database counts is no copy."""
    empty = results()

    text = refusal(tmp_path, lambda sql, sound: empty if f'FROM "{LEADS}"' in sql and "LIMIT" in sql else sound)

    assert "gave 0 of 7 rows of lead_registrations" in text


def test_the_token_is_sent_to_nobody_else(tmp_path: Path) -> None:
    """The address of the API is Cloudflare's or this machine's: any other is refused before anything is asked."""
    with pytest.raises(ConfigurationError, match=r"D1_BASE_URL: only https://api\.cloudflare\.com, or an"):
        reader(tmp_path, DEEPLEARN_CHECKS_D1_BASE_URL="https://api.cloudflare.com.example.com")


def test_cloudflare_is_asked_by_default() -> None:
    """Where nothing else is said."""
    assert Settings.model_fields["d1_base_url"].default == "https://api.cloudflare.com"


def test_what_is_not_configured_is_named(tmp_path: Path) -> None:
    """A live database needs an account, a database and a token."""
    text = refusal(tmp_path, once(), DEEPLEARN_CHECKS_D1_TOKEN="", DEEPLEARN_CHECKS_D1_ACCOUNT="")

    assert text.startswith("a live database is asked with DEEPLEARN_CHECKS_D1_ACCOUNT and DEEPLEARN_CHECKS_D1_TOKEN")


def test_the_operators_own_limits_hold(tmp_path: Path) -> None:
    """Timeout and attempts that are set are kept; else they are D1's."""
    text = refusal(tmp_path, always(Reply(429, "")), DEEPLEARN_CHECKS_ATTEMPTS="2")

    assert "to 2 attempts" in text


# -- what happens meanwhile -------------------------------------------------------------------


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


def refusal_of(tmp_path: Path, cloudflare: Cloudflare) -> str:
    """Answer why this API's database cannot be copied."""
    with pytest.raises(ConfigurationError) as problem:
        copied(tmp_path, cloudflare)
    return str(problem.value)


# -- interrupted ------------------------------------------------------------------------------


def interrupted(tmp_path: Path, live: sqlite3.Connection, queries: int = 5) -> None:
    """Begin a copy that ends after so many queries."""
    refusal_of(tmp_path, Cloudflare(live, once(*[None] * queries, *[refused(400, 7500, "no")] * 9)))


def keys_asked(cloudflare: Cloudflare) -> list[Sequence[object]]:
    """Answer the values of each question for leads."""
    return [values for sql, values in cloudflare.asked if f'FROM "{LEADS}"' in sql and "LIMIT" in sql]


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
    (cache,) = (tmp_path / "cache").iterdir()
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

    with Cache.opened(settings) as cache:
        assert cache.started_ms is None


def test_one_fetch_at_a_time(tmp_path: Path) -> None:
    """A second audit of the same database is told to wait."""
    with (
        Cache.opened(reader(tmp_path)),
        pytest.raises(ConfigurationError, match="another audit is fetching into"),
        Cache.opened(reader(tmp_path)),
    ):
        pass


def test_a_cache_that_is_broken_is_named(tmp_path: Path) -> None:
    """It is removed by hand: what it holds is nobody's but the operator's."""
    live = database()
    interrupted(tmp_path, live)
    (cache,) = (tmp_path / "cache").iterdir()
    cache.write_bytes(b"no database" * 100)

    assert "cannot be continued (file is not a database): remove it" in refusal_of(tmp_path, Cloudflare(live))


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The setting is named."""
    (tmp_path / "cache").write_text("a file")

    assert "DEEPLEARN_CHECKS_AUDIT_CACHE: " in refusal_of(tmp_path, Cloudflare(database()))


def test_a_fetch_of_another_database_keeps_its_folder(tmp_path: Path) -> None:
    """Only what was fetched of this database goes."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "other").touch()

    copied(tmp_path, Cloudflare(database()))

    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["other"]


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
        cloudflare.fault = lambda _, sound: sound
        cloudflare.asked.clear()
        second = fetching(tmp_path, origin)

    taken = keys_asked(cloudflare)[0][0]
    assert (killed, taken, rows(Path(second.stdout.strip()))) == (-signal.SIGKILL, 1203, rows(live))


def test_a_cut_connection_is_tried_again(tmp_path: Path) -> None:
    """Over a real network too."""
    live = database()
    with served(Cloudflare(live, once(None, CUT, None, None, CUT))) as origin:
        done = fetching(tmp_path, origin)

    assert (rows(Path(done.stdout.strip())), done.stderr) == (rows(live), "")
