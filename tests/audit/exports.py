"""Writes a database as `wrangler d1 export` does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from deeplearn_checks.sources.dump import load_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def wranglers(database: sqlite3.Connection) -> str:
    """Answer the export: tables with their rows, sqlite_sequence last among them, then indexes, triggers and views."""
    return "\n".join(_lines(database))


def _lines(database: sqlite3.Connection) -> Iterator[str]:
    yield "PRAGMA defer_foreign_keys=TRUE;"
    tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name = 'sqlite_sequence', rowid"
    for name, sql in database.execute(tables).fetchall():
        yield "DELETE FROM sqlite_sequence;" if name == "sqlite_sequence" else f"{sql};"
        rows = database.execute(f'SELECT * FROM "{name}"')  # noqa: S608  a test's own table
        columns = ",".join(f'"{column[0]}"' for column in rows.description)
        for row in rows:
            yield f'INSERT INTO "{name}" ({columns}) VALUES({",".join(map(_cell, row))});'
    others = (
        "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL ORDER BY type"
    )
    for (sql,) in database.execute(others).fetchall():
        yield f"{sql};"


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex().upper()}'"
    if not isinstance(value, str):
        return repr(value)
    text = "'" + value.replace("'", "''").replace("\n", "\\n").replace("\r", "\\r") + "'"
    text = f"replace({text},'\\n',char(10))" if "\n" in value else text
    return f"replace({text},'\\r',char(13))" if "\r" in value else text


def loaded(folder: Path, dump: str | bytes, told: list[str] | None = None) -> sqlite3.Connection:
    """Load a dump, and open what came of it; raises ConfigurationError."""
    source, target = folder / "export.sql", folder / "loaded.sqlite"
    target.unlink(missing_ok=True)
    source.write_bytes(dump if isinstance(dump, bytes) else dump.encode())
    load_dump(source, target, (list[str]() if told is None else told).append)
    return sqlite3.connect(target)


def contents(database: sqlite3.Connection) -> list[str]:
    """Answer everything that a database holds, and close it."""
    with closing(database):
        return list(database.iterdump())
