"""What a table of the live database looks like, by the statement that made it, and how it is paged through."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.guarding import guard, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks.models.d1 import Cell

CHANGED = "updated_at_ms"
"""The column in which the service says when a row was changed last."""
_ROWIDS = ("rowid", "_rowid_", "oid")
_AFFINITIES = (("INT", "INTEGER"), ("CHAR|CLOB|TEXT", "TEXT"), ("BLOB", "BLOB"), ("REAL|FLOA|DOUB", "REAL"))


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: its name, its columns with their affinity, its primary key, and by what it is paged.

    `rowid` is the name under which its rowid can be asked for, empty where it has none.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    primary: tuple[str, ...]
    rowid: str

    @property
    def key(self) -> tuple[str, ...]:
        """What tells rows apart and puts them in order: the rowid, which grows with every row, else the primary key."""
        return (self.rowid,) if self.rowid else tuple(_quoted(name) for name in self.primary)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Under which names the key is answered."""
        return tuple(f"deeplearn_checks_key_{number}" for number in range(len(self.key)))

    @property
    def is_dated(self) -> bool:
        """Whether rows say when they were changed last."""
        return any(name == CHANGED for name, _ in self.columns)

    def page(self, after: Sequence[Cell], since_ms: int | None, limit: int) -> tuple[str, tuple[Cell, ...]]:
        """Answer the question for the rows that follow, by key; with *since_ms* only those changed since."""
        key = ", ".join(self.key)
        wanted = [f"({key}) > ({', '.join('?' * len(self.key))})"] if after else []
        wanted += [f"{_quoted(CHANGED)} >= ?"] if since_ms is not None else []
        asked = [f'{part} AS "{alias}"' for part, alias in zip(self.key, self.aliases, strict=True)]
        asked += [_quoted(name) for name, _ in self.columns]
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        sql = f"SELECT {', '.join(asked)} FROM {_quoted(self.name)}{where} ORDER BY {key} LIMIT ?"  # noqa: S608  quoted
        return sql, (*after, *(() if since_ms is None else (since_ms,)), limit)

    @property
    def count(self) -> str:
        """Answer the question for the number of rows."""
        return f'SELECT count(*) AS "rows" FROM {_quoted(self.name)}'  # noqa: S608  quoted

    @property
    def creation(self) -> str:
        """Answer the statement that makes a table for these rows here; without constraints, which pages may break."""
        columns = [f"{_quoted(name)} {affinity}" for name, affinity in self.columns]
        primary = [f"PRIMARY KEY ({', '.join(map(_quoted, self.primary))})"] if self.primary else []
        return f"CREATE TABLE {_quoted(self.name)} ({', '.join(columns + primary)})"

    @property
    def insertion(self) -> str:
        """Answer the statement that takes a row (its rowid, where it has one, then its columns) over an older one."""
        names = ([self.rowid] if self.rowid else []) + [_quoted(name) for name, _ in self.columns]
        values = ", ".join("?" * len(names))
        return f"INSERT OR REPLACE INTO {_quoted(self.name)} ({', '.join(names)}) VALUES ({values})"  # noqa: S608  quoted


def shape(name: str, sql: str) -> Shape:
    """Read the shape of a table off the statement that made it; raises ConfigurationError where it is none."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        lift = guard(database)
        try:
            database.execute(sql)
        except (sqlite3.Error, sqlite3.Warning) as problem:
            text = f"the live database has a table {name} that cannot be copied: {plain(problem)}"
            raise ConfigurationError(text) from None
        lift()
        columns = database.execute("SELECT name, type, pk FROM pragma_table_xinfo(?)", (name,)).fetchall()
        unnumbered = database.execute("SELECT 1 FROM pragma_table_list WHERE name = ? AND wr", (name,)).fetchone()
    held = {column.lower() for column, _, _ in columns}
    free = next((rowid for rowid in _ROWIDS if rowid not in held), "")
    primary = sorted((place, column) for column, _, place in columns if place)
    affinities = tuple((column, _affinity(declared)) for column, declared, _ in columns)
    return Shape(name, affinities, tuple(column for _, column in primary), "" if unnumbered else free)


def _affinity(declared: str) -> str:
    """Answer the affinity of a declared type, by the rules of sqlite.org/datatype3.html, section 3.1."""
    found = (affinity for pattern, affinity in _AFFINITIES if re.search(pattern, declared.upper()))
    return next(found, "NUMERIC" if declared else "BLOB")


def _quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'
