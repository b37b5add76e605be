"""SQLite reads the files as they are, runs rules on them in bounded time, and never writes to them."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest
from ruling import ENROLLED, ENROLLMENT_TABLE, LEAD_TABLE, MONEY, PAID, UNENROLLED, database, ruled

from deeplearn_checks.audit.engines.engine import BrokenQueryError
from deeplearn_checks.audit.engines.sqlite import SqliteEngine
from deeplearn_checks.audit.tables import JdbcDatabase, SqliteFile
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deeplearn_checks.audit.engines.engine import Value
    from deeplearn_checks.audit.rule import Rule

ROWS = """
INSERT INTO lead_registrations VALUES
  ('a', 'u1', 'paid', 10, '{"amount_cents": 4900, "currency": "INR"}'),
  ('b', 'u2', 'registered', 20, 'no json'), ('c', 'u3', 'paid', 30, NULL), ('d', '', 'paid', NULL, '[]');
INSERT INTO course_enrollments VALUES ('k', 'u1');
"""
UNTYPED_ENROLLMENTS = "CREATE TABLE course_enrollments (course_id, user_id);"
ODD_KEYS = """
INSERT INTO course_enrollments VALUES ('k', NULL), ('k', ''), ('k', 'u1'), ('k', 7), ('k', x'00'), ('k', 0.5);
"""
OTHER_ROW = "INSERT INTO course_enrollments VALUES ('k', 'u2');"
MANY = tuple(f"a{number}" for number in range(20))
FOUR = "WITH a(n) AS (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) "
ENDLESS = FOUR + "SELECT a0.n AS lead_id FROM {} WHERE {} < 0".format(  # noqa: S608  our own words
    ", ".join(f"a AS {alias}" for alias in MANY), " + ".join(f"{alias}.n" for alias in MANY)
)


def engine(folder: Path, script: str = LEAD_TABLE + ENROLLMENT_TABLE + ROWS) -> SqliteEngine:
    """Open the engine on one file."""
    return SqliteEngine([SqliteFile(database(folder / "export.sqlite", script))])


def found(
    opened: SqliteEngine, rule: Rule, *, since_ms: int | None = None, seconds: float = 60
) -> list[Sequence[Value]]:
    """Answer the rows of a rule, and close."""
    try:
        opened.prepare([rule])
        return sorted(opened.violations(rule, since_ms=since_ms, seconds=seconds), key=str)
    finally:
        opened.close()


def test_a_rule_answers_its_rows(tmp_path: Path) -> None:
    """In the order of its columns; a field of what is no JSON is NULL."""
    rows = found(engine(tmp_path), ruled(MONEY))

    assert rows == [("a", 4900, "INR", 10), ("b", None, None, 20), ("c", None, None, 30), ("d", None, None, None)]


def test_only_what_happened_since_is_answered(tmp_path: Path) -> None:
    """What has no time is not before it."""
    rows = found(engine(tmp_path), ruled(PAID), since_ms=20)

    assert rows == [("c", 30), ("d", None)]


def test_a_rule_without_a_time_answers_all_rows(tmp_path: Path) -> None:
    """What cannot be told apart is not left out."""
    rows = found(engine(tmp_path), ruled(UNENROLLED, tables=ENROLLED), since_ms=20)

    assert rows == [("b",), ("c",), ("d",)]


def test_known_tables_are_answered_with_their_columns(tmp_path: Path) -> None:
    """In small letters, whatever else the file holds, views too."""
    opened = engine(
        tmp_path,
        """
        CREATE TABLE "Courses" (ID INTEGER PRIMARY KEY, "of ""me"" too" TEXT);
        CREATE TABLE other (x);
        CREATE VIEW cohorts AS SELECT 1 AS id;
        CREATE VIEW bad AS SELECT * FROM gone;
        """,
    )

    columns = opened.columns()
    opened.close()

    assert columns == {"courses": {"id", 'of "me" too'}, "cohorts": {"id"}}


def test_rows_are_counted(tmp_path: Path) -> None:
    """Of the table, not of what rules read."""
    opened = engine(tmp_path)

    rows = opened.count("lead_registrations")
    opened.close()

    assert rows == 4


@pytest.mark.parametrize(("rows", "counted"), [("", 0), (ODD_KEYS, 6)])
def test_a_copy_has_every_row(tmp_path: Path, rows: str, counted: int) -> None:
    """Also those that have nothing, or no text, where they are looked up."""
    opened = engine(tmp_path, LEAD_TABLE + UNTYPED_ENROLLMENTS + rows)
    opened.prepare([ruled(UNENROLLED, tables=ENROLLED)])

    copied, told = set(opened.copied()), opened.count("course_enrollments")
    every = {
        *opened.violations(
            ruled("SELECT e.user_id AS lead_id FROM course_enrollments AS e", tables="course_enrollments (user_id)"),
            since_ms=None,
            seconds=60,
        )
    }
    opened.close()

    assert (copied, told, len(every)) == ({"course_enrollments"}, counted, counted)


def test_several_files_are_one_name_space(tmp_path: Path) -> None:
    """A rule joins over them; of two tables of one name the later file's is read."""
    first = database(tmp_path / "one.sqlite", LEAD_TABLE + ENROLLMENT_TABLE + ROWS)
    second = database(tmp_path / "two.sqlite", ENROLLMENT_TABLE + OTHER_ROW)
    opened = SqliteEngine([SqliteFile(first), SqliteFile(second)])

    counted = opened.count("course_enrollments")
    rows = [*opened.violations(ruled(UNENROLLED, tables=ENROLLED), since_ms=None, seconds=60)]

    assert (counted, rows, found(opened, ruled(UNENROLLED, tables=ENROLLED))) == (1, [("a",), ("c",), ("d",)], rows)


def test_what_no_text_or_number_is_stays_readable(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 and blobs are shown, and stay different."""
    script = LEAD_TABLE + (
        "INSERT INTO lead_registrations (lead_id, payment_status) "
        "VALUES (CAST(x'61ff' AS TEXT), 'paid'), (x'62ff', 'paid')"
    )

    rows = found(engine(tmp_path, script), ruled(PAID))

    assert rows == [("62ff", None), ("a\\xff", None)]


@pytest.mark.parametrize("name", ["a b.sqlite", "100%25.sqlite", "what?mode=rwc#x.sqlite", "ü.sqlite"])
def test_any_path_is_read(tmp_path: Path, name: str) -> None:
    """Characters that mean something in an address too."""
    file = database(tmp_path / name, LEAD_TABLE + ROWS.partition("INSERT INTO course")[0])

    rows = found(SqliteEngine([SqliteFile(file)]), ruled(PAID))

    assert len(rows) == 3


@pytest.mark.parametrize("mode", ["", "PRAGMA journal_mode = WAL;"])
def test_the_folder_is_as_it_was(tmp_path: Path, mode: str) -> None:
    """No byte of the file changes and no file appears, whatever its mode and what is indexed."""
    opened = engine(tmp_path, mode + LEAD_TABLE + ENROLLMENT_TABLE + ROWS)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    found(opened, ruled(UNENROLLED, tables=ENROLLED))

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_files_cannot_be_written_to(tmp_path: Path) -> None:
    """A rule that was never judged cannot either."""
    opened = engine(tmp_path)
    rule = replace(ruled(PAID), sql="DELETE FROM lead_registrations")

    with pytest.raises(BrokenQueryError, match="readonly database"):
        found(opened, rule)


def test_a_log_that_was_not_merged_is_read(tmp_path: Path) -> None:
    """A copy of a live database comes with its write-ahead log."""
    live = tmp_path / "live.sqlite"
    with closing(sqlite3.connect(live)) as writer:
        writer.executescript("PRAGMA journal_mode = WAL;" + LEAD_TABLE + ENROLLMENT_TABLE + ROWS)
        rows = found(SqliteEngine([SqliteFile(live)]), ruled(PAID))

    assert len(rows) == 3


@pytest.mark.parametrize(
    ("script", "copied"),
    [
        (LEAD_TABLE + ENROLLMENT_TABLE, {"course_enrollments"}),
        (LEAD_TABLE + ENROLLMENT_TABLE + "CREATE INDEX x ON course_enrollments (user_id, course_id);", set()),
        (
            LEAD_TABLE + ENROLLMENT_TABLE + "CREATE INDEX x ON course_enrollments (user_id) WHERE course_id = 'a';",
            {"course_enrollments"},
        ),
        (
            LEAD_TABLE + ENROLLMENT_TABLE + "CREATE INDEX x ON course_enrollments (lower(user_id));",
            {"course_enrollments"},
        ),
        (LEAD_TABLE + "CREATE TABLE course_enrollments (user_id INTEGER PRIMARY KEY, course_id);", set()),
    ],
)
def test_only_what_has_no_index_is_copied(tmp_path: Path, script: str, copied: set[str]) -> None:
    """An index that serves is used; a partial one, or one of an expression, is none."""
    opened = engine(tmp_path, script)

    opened.prepare([ruled(UNENROLLED, tables=ENROLLED)])
    made = opened.copied()
    opened.close()

    assert made == copied


def test_a_rule_ends_at_its_time(tmp_path: Path) -> None:
    """It is an error that says so; the next rule has its own time."""
    clock = count(0, 40)
    opened = SqliteEngine(
        [SqliteFile(database(tmp_path / "x", LEAD_TABLE + ENROLLMENT_TABLE + ROWS))], clock=lambda: next(clock)
    )

    with pytest.raises(BrokenQueryError, match="not done after 60 s"):
        [*opened.violations(ruled(ENDLESS), since_ms=None, seconds=60)]

    assert len(found(opened, ruled(PAID))) == 3


def test_an_interrupt_ends_a_rule_at_once(tmp_path: Path) -> None:
    """Ctrl-C is no broken query."""
    opened = SqliteEngine([SqliteFile(database(tmp_path / "x", LEAD_TABLE))], clock=_Interrupting())

    with pytest.raises(KeyboardInterrupt):
        found(opened, ruled(ENDLESS))


class _Interrupting:
    """A clock that presses Ctrl-C when it is looked at during a query."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> float:
        self._looks += 1
        if self._looks == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return 0.0


def test_an_interrupt_ends_the_copying(tmp_path: Path) -> None:
    """Preparing is no less patient."""
    many = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) "
        "INSERT INTO course_enrollments SELECT 'k', 'u' || i FROM n;"
    )
    opened = SqliteEngine(
        [SqliteFile(database(tmp_path / "x", LEAD_TABLE + ENROLLMENT_TABLE + many))], clock=_Interrupting()
    )

    with pytest.raises(KeyboardInterrupt):
        found(opened, ruled(UNENROLLED, tables=ENROLLED))


def test_a_query_that_breaks_says_why(tmp_path: Path) -> None:
    """A table that is not there breaks what reads it, not what prepares it."""
    with pytest.raises(BrokenQueryError, match="no such table: lead_registrations"):
        found(engine(tmp_path, ENROLLMENT_TABLE), ruled(UNENROLLED, tables=ENROLLED))


def damaged(folder: Path, script: str = LEAD_TABLE + ENROLLMENT_TABLE + ROWS * 200) -> Path:
    """Make a file whose enrollments cannot be read from somewhere on."""
    file = database(folder / "damaged.sqlite", "PRAGMA page_size = 512;" + script)
    content = file.read_bytes()
    file.write_bytes(content[: 512 * 4] + b"\xff" * (len(content) - 512 * 4))
    return file


def test_damage_is_met_by_the_rules_that_read_it(tmp_path: Path) -> None:
    """It is an error of theirs, in one line, and not nothing found."""
    with pytest.raises(BrokenQueryError, match="database disk image is malformed"):
        found(SqliteEngine([SqliteFile(damaged(tmp_path))]), ruled(UNENROLLED, tables=ENROLLED))


def test_damage_is_not_covered_up_by_another_file(tmp_path: Path) -> None:
    """The table of the later file stays the one that is read, though it cannot be copied."""
    whole = database(tmp_path / "whole.sqlite", LEAD_TABLE + ENROLLMENT_TABLE + ROWS)
    later = damaged(tmp_path, ENROLLMENT_TABLE + OTHER_ROW * 400)

    with pytest.raises(BrokenQueryError, match="database disk image is malformed"):
        found(SqliteEngine([SqliteFile(whole), SqliteFile(later)]), ruled(UNENROLLED, tables=ENROLLED))


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"PK\x03\x04"])
def test_what_is_no_database_is_named(tmp_path: Path, content: bytes) -> None:
    """One line names the file and the remedy."""
    (tmp_path / "x.sqlite").write_bytes(content)

    with pytest.raises(
        ConfigurationError, match=r"x\.sqlite cannot be read as a SQLite database: file is not a database"
    ):
        SqliteEngine([SqliteFile(tmp_path / "x.sqlite")])


@pytest.mark.parametrize(("name", "reason"), [("none", "No such file or directory"), ("", "Is a directory")])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str, reason: str) -> None:
    """It is not made."""
    with pytest.raises(ConfigurationError, match=reason):
        SqliteEngine([SqliteFile(tmp_path / name)])


def test_other_sources_are_for_other_engines() -> None:
    """SQLite reads SQLite files."""
    with pytest.raises(ConfigurationError, match="choose another with --engine"):
        SqliteEngine([JdbcDatabase("jdbc:x")])


def test_a_full_folder_for_temporary_files_is_named(tmp_path: Path) -> None:
    """A rule that would then be quadratic is not left to its luck."""
    many = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        "INSERT INTO course_enrollments SELECT 'k', 'u' || i FROM n;"
    )
    opened = SqliteEngine([SqliteFile(database(tmp_path / "x", LEAD_TABLE + ENROLLMENT_TABLE + many))], most_pages=2)

    with pytest.raises(ConfigurationError, match="the folder for temporary files is full"):
        found(opened, ruled(UNENROLLED, tables=ENROLLED))
