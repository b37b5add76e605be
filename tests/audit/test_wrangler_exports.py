"""Exports that wrangler itself wrote, of one database whose rows are hard to write down."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cloudflare import reader

from deeplearn_checks.audit.tables import SqliteFile
from deeplearn_checks.sources.tables import service_tables

EXPORTS = Path(__file__).parent / "exports_of_wrangler"


def everything(held: sqlite3.Connection) -> dict[str, list[str]]:
    """Answer what a database is made of, by name, with all rows of its tables and views, exactly."""
    names = held.execute("SELECT name, type IN ('table', 'view') FROM sqlite_master").fetchall()
    rows = {name: held.execute(f'SELECT * FROM "{name}"').fetchall() for name, has in names if has}  # noqa: S608  a test's own
    return {name: sorted(map(repr, rows.get(name, []))) for name, _ in names}


@pytest.mark.parametrize("name", ["wrangler-4.86.sql", "wrangler-4.164.sql"])
def test_what_wrangler_itself_exported_is_loaded(tmp_path: Path, name: str) -> None:
    """Every value of its own exports is the one that the database held, and every index, trigger and view is there."""
    with closing(sqlite3.connect(":memory:")) as held:
        held.executescript((EXPORTS / "original.sql").read_text(encoding="utf-8"))
        expected = everything(held)

    tables = service_tables(str(EXPORTS / name), reader(tmp_path), tmp_path, list[str]().append)

    assert isinstance(tables, SqliteFile)
    with closing(sqlite3.connect(tables.file)) as found:
        assert everything(found) == expected
