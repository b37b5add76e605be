"""An engine is opened on tables that are brought to where it can read them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.audit.engines.opening import open_engine
from deeplearn_checks.audit.parquet import to_parquet
from deeplearn_checks.audit.tables import JdbcDatabase, SqliteFile, Tables
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def given(file: Path, table: str) -> SqliteFile:
    """Write a SQLite file with one table of one row."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(f"CREATE TABLE {table} (id TEXT)")
        database.execute(f"INSERT INTO {table} VALUES ('a')")  # noqa: S608  of this module
    return SqliteFile(file)


@pytest.mark.parametrize("name", ["sqlite", "duckdb"])
def test_an_engine_reads_sqlite_and_parquet_together(name: str, tmp_path: Path) -> None:
    """Each source is converted where the engine cannot read it."""
    sources: list[Tables] = [
        given(tmp_path / "a.sqlite", "payments"),
        to_parquet(given(tmp_path / "b.sqlite", "refunds"), tmp_path / "b"),
    ]
    (tmp_path / "work").mkdir()

    with closing(open_engine(name, sources, tmp_path / "work")) as engine:
        found = {table: engine.count(table) for table in engine.columns()}

    assert found == {"payments": 1, "refunds": 1}


@pytest.mark.parametrize(
    ("name", "tables", "master", "said"),
    [
        ("sqlite", [JdbcDatabase("jdbc:x")], "", "--engine sqlite cannot reach a JDBC address: --engine spark can"),
        ("duckdb", [JdbcDatabase("jdbc:x")], "", "--engine duckdb cannot reach a JDBC address: --engine spark can"),
        ("sqlite", [], "local", "--master is for --engine spark, not for sqlite; leave it out, or change the engine"),
        ("ibis", [], "", "--engine ibis is not known; there are sqlite, duckdb, spark"),
    ],
)
def test_what_cannot_be_is_one_line(name: str, tables: list[Tables], master: str, said: str, tmp_path: Path) -> None:
    """It names the option."""
    with pytest.raises(ConfigurationError) as refused:
        open_engine(name, tables, tmp_path, master)

    assert str(refused.value) == said
