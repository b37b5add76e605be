"""Tables go from SQLite to Parquet and back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruling import no_file_larger_than

from deeplearn_checks.audit import parquet
from deeplearn_checks.audit.parquet import fitted_copy, parquet_tables, to_parquet, to_sqlite
from deeplearn_checks.audit.tables import Kind, ParquetFolder, SqliteFile
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def sqlite_file(file: Path, script: str) -> SqliteFile:
    """Write a SQLite file."""
    file.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(file)) as database:
        database.executescript(script)
    return SqliteFile(file)


def rows(file: SqliteFile, query: str) -> list[tuple[object, ...]]:
    """Ask a SQLite file."""
    with closing(sqlite3.connect(file.file)) as database:
        return database.execute(query).fetchall()


def parquet_file(folder: Path, name: str, **columns: pa.Array) -> ParquetFolder:
    """Write a file of Parquet."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / name)
    return ParquetFolder(folder)


def test_a_table_comes_back_as_it_went(tmp_path: Path) -> None:
    """Columns, NULLs, odd texts and large numbers survive the way to Parquet and back; other tables stay behind."""
    given = sqlite_file(
        tmp_path / "given.sqlite",
        "CREATE TABLE payments (created_at_ms INTEGER, id TEXT, mine REAL); CREATE TABLE other (id TEXT);"
        "INSERT INTO payments VALUES (9007199254740993, 'é''💥', 0.5), (NULL, '', NULL), (0, NULL, -1.0);",
    )

    back = to_sqlite(to_parquet(given, tmp_path / "parquet"), tmp_path / "back.sqlite")

    assert rows(back, "SELECT * FROM payments") == rows(given, "SELECT * FROM payments")
    assert rows(back, "SELECT name FROM sqlite_master") == [("payments",)]


def test_many_rows_are_written_in_parts(tmp_path: Path) -> None:
    """What is held at a time is a part of the table, however long this is."""
    many = 2 * parquet.ROW_GROUP + 1
    given = sqlite_file(
        tmp_path / "given.sqlite",
        "CREATE TABLE courses (price_cents INTEGER); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "LIMIT MANY) INSERT INTO courses SELECT i FROM n;".replace("MANY", str(many)),
    )

    folder = to_parquet(given, tmp_path / "parquet").folder

    written = pq.read_metadata(folder / "courses.parquet")
    assert (written.num_rows, written.num_row_groups) == (many, 3)


STRANGE = (
    "CREATE TABLE payments (id, amount_cents INTEGER, currency TEXT);"
    "INSERT INTO payments VALUES ('p1', 'free', 'INR'), (2, 12.5, 'INR'), (NULL, 100, NULL), (x'ff', 7, 'é');"
)
STRANGE_TOLD = ["payments.amount_cents: 2 values are no integer, and not judged"]
FITTED = [("p1", None, "INR"), ("2", None, "INR"), (None, 100, None), ("ff", 7, "é")]


def test_a_value_that_does_not_fit_is_told_in_parquet(tmp_path: Path) -> None:
    """Text in a column of whole numbers is NULL, and how many there are is said."""
    told: list[str] = []

    folder = to_parquet(sqlite_file(tmp_path / "given.sqlite", STRANGE), tmp_path / "parquet", told.append)

    assert [tuple(row.values()) for row in pq.read_table(folder.folder / "payments.parquet").to_pylist()] == FITTED
    assert told == STRANGE_TOLD


def test_a_fraction_is_no_whole_number(tmp_path: Path) -> None:
    """It is not cut to one."""
    given = sqlite_file(
        tmp_path / "given.sqlite",
        "CREATE TABLE refunds (amount_cents INTEGER); INSERT INTO refunds VALUES (12.5), (100);",
    )

    folder = to_parquet(given, tmp_path / "parquet").folder

    assert pq.read_table(folder / "refunds.parquet").to_pylist() == [{"amount_cents": None}, {"amount_cents": 100}]


def test_a_value_that_does_not_fit_is_told_in_sqlite(tmp_path: Path) -> None:
    """The engine SQLite judges a copy then, in which it is NULL as in Parquet."""
    told: list[str] = []

    copy = fitted_copy(sqlite_file(tmp_path / "given.sqlite", STRANGE), tmp_path / "copy.sqlite", told.append)

    assert rows(copy, "SELECT * FROM payments") == FITTED
    assert told == STRANGE_TOLD


def test_a_file_whose_values_fit_is_not_copied(tmp_path: Path) -> None:
    """A sound export is read where it lies; a number may say an id, and a whole number a real one."""
    given = sqlite_file(
        tmp_path / "given.sqlite",
        "CREATE TABLE payments (id TEXT, amount_cents INTEGER); INSERT INTO payments VALUES ('p', 1);"
        "CREATE TABLE refunds (id TEXT, status TEXT); CREATE TABLE other (id INTEGER);"
        "CREATE TABLE lead_events (id INTEGER, value INTEGER); INSERT INTO lead_events VALUES (1, 2);",
    )

    same = fitted_copy(given, tmp_path / "copy.sqlite")

    assert same is given


def test_text_that_is_no_utf_8_stays_visible(tmp_path: Path) -> None:
    """Its bytes are shown as the engine SQLite shows them."""
    given = sqlite_file(
        tmp_path / "given.sqlite",
        "CREATE TABLE payments (id TEXT); INSERT INTO payments VALUES (CAST(x'61ff' AS TEXT));",
    )

    folder = to_parquet(given, tmp_path / "parquet").folder

    assert pq.read_table(folder / "payments.parquet").to_pylist() == [{"id": "a\\xff"}]


def test_a_file_with_a_log_is_read(tmp_path: Path) -> None:
    """As `wrangler dev` keeps it, in WAL mode, and nothing is written beside it."""
    given = sqlite_file(tmp_path / "a" / "given.sqlite", "PRAGMA journal_mode = WAL; CREATE TABLE payments (id TEXT);")

    folder = to_parquet(given, tmp_path / "parquet").folder

    assert pq.read_table(folder / "payments.parquet").num_rows == 0
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["given.sqlite"]


def test_of_what_is_no_database_the_engine_speaks(tmp_path: Path) -> None:
    """What cannot be read cannot be mended by a copy."""
    (tmp_path / "given.sqlite").write_text("no database, but long enough to be read as one " * 20)

    same = fitted_copy(SqliteFile(tmp_path / "given.sqlite"), tmp_path / "copy.sqlite")

    assert same.file == tmp_path / "given.sqlite"


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    """One line with the file, no traceback."""
    (tmp_path / "given.sqlite").write_text("no database, but long enough to be read as one " * 20)

    with pytest.raises(ConfigurationError, match=r"given\.sqlite cannot be read as a SQLite database: file is not a"):
        to_parquet(SqliteFile(tmp_path / "given.sqlite"), tmp_path / "parquet")


def test_a_table_may_be_a_folder_of_files(tmp_path: Path) -> None:
    """Files of one table may differ in their columns; what Spark hides is left out."""
    parquet_file(tmp_path, "payments/a.parquet", id=pa.array(["p1"]), amount_cents=pa.array([1], pa.int32()))
    parquet_file(
        tmp_path, "payments/b/c.parquet", amount_cents=pa.array([2.0, None, 2.5]), currency=pa.array(["INR"] * 3)
    )
    folder = parquet_file(tmp_path, "payments/_hidden.parquet", id=pa.array(["p9"]))

    found = to_sqlite(folder, tmp_path / "found.sqlite")

    assert rows(found, "SELECT id, amount_cents, currency FROM payments") == [
        ("p1", 1, None),
        (None, 2, "INR"),
        (None, None, "INR"),
        (None, None, "INR"),
    ]


def test_a_column_of_another_type_counts_as_missing(tmp_path: Path) -> None:
    """A timestamp is not read as milliseconds: it is told, and rules that need it are not judged."""
    told: list[str] = []
    folder = parquet_file(
        tmp_path, "payments.parquet", id=pa.array(["p"]), created_at_ms=pa.array([0], pa.timestamp("ms"))
    )

    found = parquet_tables(folder, told.append)

    assert found["payments"].kinds == {"id": Kind.TEXT}
    assert told == ["payments.created_at_ms: stored as timestamp[ms], which is not read: the column counts as missing"]


def test_a_table_without_a_column_that_is_read_is_missing(tmp_path: Path) -> None:
    """There is nothing to judge in it; a number may say an id."""
    parquet_file(tmp_path, "payments.parquet", id=pa.array([0.5]))
    folder = parquet_file(tmp_path, "refunds.parquet", id=pa.array([7], pa.int32()))

    found = to_sqlite(folder, tmp_path / "found.sqlite")

    assert rows(found, "SELECT name FROM sqlite_master") == [("refunds",)]
    assert rows(found, "SELECT id FROM refunds") == [("7",)]


def test_columns_that_rules_do_not_know_are_read_as_they_are(tmp_path: Path) -> None:
    """Additional columns are free; what they hold is what Parquet says."""
    folder = parquet_file(
        tmp_path,
        "payments.parquet",
        flag=pa.array([True]),
        share=pa.array([0.5], pa.float32()),
        note=pa.array(["x"]).dictionary_encode(),
    )

    found = to_sqlite(folder, tmp_path / "found.sqlite")

    assert rows(found, "SELECT flag, share, note FROM payments") == [(1, 0.5, "x")]


def test_a_folder_without_tables_is_named(tmp_path: Path) -> None:
    """One line says which files are wanted."""
    with pytest.raises(ConfigurationError, match=r"holds no table: lead_registrations\.parquet and its like"):
        parquet_tables(ParquetFolder(tmp_path))


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    """One line with the file, no traceback."""
    (tmp_path / "payments.parquet").write_text("no Parquet")

    with pytest.raises(ConfigurationError, match=r"payments\.parquet cannot be read as Parquet: "):
        parquet_tables(ParquetFolder(tmp_path))


def test_a_disk_that_is_full_is_no_fault_of_the_source(tmp_path: Path) -> None:
    """Neither when a copy is written nor when Parquet is: the line says where room is wanted."""
    given = sqlite_file(tmp_path / "given.sqlite", STRANGE)
    said: list[str] = []

    with no_file_larger_than(100):
        for write, name in ((fitted_copy, "copy.sqlite"), (to_parquet, "folder")):
            with pytest.raises(ConfigurationError) as problem:
                write(given, tmp_path / name)
            said.append(str(problem.value))
    folder = to_parquet(given, tmp_path / "folder")
    with no_file_larger_than(100), pytest.raises(ConfigurationError) as problem:
        to_sqlite(folder, tmp_path / "back.sqlite")
    said.append(str(problem.value))

    assert ["has no room for the tables" in line for line in said] == [True, True, True]


def test_a_column_that_stands_twice_is_one_line(tmp_path: Path) -> None:
    """In capitals and not: SQLite takes the two for one name."""
    twice = parquet_file(tmp_path / "given", "payments.parquet", id=pa.array(["p"]), ID=pa.array(["p"]))

    with pytest.raises(ConfigurationError, match="duplicate column name: ID; write it anew"):
        to_sqlite(twice, tmp_path / "back.sqlite")
