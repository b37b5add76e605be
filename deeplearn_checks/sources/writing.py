"""Writing rows into tables of a SQLite file, a batch at a time, so that a million rows need little memory."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import Kind
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from deeplearn_checks.audit.tables import Columns

Row = tuple[str | int | None, ...]
"""The values of one row, in the order of its table's columns."""
_BATCH = 2_000
_TYPES = {Kind.TEXT: "TEXT", Kind.WHOLE: "INTEGER", Kind.REAL: "REAL"}


@contextmanager
def new_file(file: Path, what: str) -> Iterator[sqlite3.Connection]:
    """Open a new SQLite file for *what*, that nobody else reads until it is done, and commit it at the end.

    Only its owner may read it: it holds people. Raises ConfigurationError where it cannot be written.
    """
    try:
        file.unlink(missing_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with _connected(file) as database:
            yield database
            database.commit()
    except (OSError, sqlite3.Error) as problem:
        raise ConfigurationError(f"{what}: the tables cannot be made in {file.parent} ({problem})") from None


@contextmanager
def _connected(file: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(file.resolve().as_uri(), uri=True)  # so that ATTACH takes addresses too
    try:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        yield database
    finally:
        database.close()


def create(database: sqlite3.Connection, table: str, columns: Columns, key: str = "", more: str = "") -> None:
    """Create a table, unless it is there, with a key where one column has it; *more* are further columns."""
    named = ", ".join(f"{name} {_TYPES[kind]}{' PRIMARY KEY' * (name == key)}" for name, kind in columns.items())
    database.execute(f"CREATE TABLE IF NOT EXISTS {table} ({named}{more}){' WITHOUT ROWID' * bool(key)}")


def insert(database: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Insert rows, the last of each key counting, and answer how many there were."""
    holes, names = ", ".join("?" * len(columns)), ", ".join(columns)
    statement = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({holes})"  # noqa: S608  own names
    waiting, written = iter(rows), 0
    while batch := list(islice(waiting, _BATCH)):
        database.executemany(statement, batch)
        written += len(batch)
    return written


def copy(database: sqlite3.Connection, tables: Mapping[str, Sequence[str]], where: str = "") -> None:
    """Copy columns of tables from the file that is attached as `other`; *where* chooses the rows."""
    for table, columns in tables.items():
        names = ", ".join(f'"{name}"' for name in columns)
        database.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM other.{table} {where}")  # noqa: S608  own
