"""What SQL that others wrote may do here: create tables in the database at hand, and fill them.

Every statement is compiled under this authorizer (sqlite.org/c3ref/set_authorizer.html), also the programs of triggers:
no other database, no deletion, no pragma, no extension.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_VALUE = 64 * 1024 * 1024
"""The longest text or BLOB that a statement may make, in bytes; D1 holds none above 2 MB."""

_CREATING = frozenset(
    {
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_TRIGGER,
        sqlite3.SQLITE_CREATE_VIEW,
    }
)
_READING = frozenset({sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT})
_FILLING = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_REINDEX, sqlite3.SQLITE_ANALYZE})
_HARMLESS_PRAGMAS = frozenset({"defer_foreign_keys", "encoding", "foreign_keys", "user_version"})
"""Pragmas of dumps that change nothing about what is loaded: they are passed over."""
_REFUSED_FUNCTIONS = frozenset({"fts3_tokenizer", "load_extension"})
"""The built-in functions that are not pure."""


def _may(action: int, first: str | None, second: str | None, database: str | None, _trigger: str | None) -> int:
    """Answer whether a statement may do one thing, in SQLite's numbers."""
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if str(second).lower() in _REFUSED_FUNCTIONS else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_IGNORE if str(first).lower() in _HARMLESS_PRAGMAS else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_SELECT or (database == "main" and action in _CREATING | _READING | _FILLING):
        return sqlite3.SQLITE_OK
    within_sqlite = {sqlite3.SQLITE_UPDATE: "sqlite_master", sqlite3.SQLITE_DELETE: "sqlite_sequence"}
    allowed = database == "main" and within_sqlite.get(action) == first
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def guard(connection: sqlite3.Connection) -> Callable[[], None]:
    """Let *connection* create and fill tables of its own database, and nothing else; the answer lifts that again."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    connection.set_authorizer(_may)
    return lambda: connection.set_authorizer(None)


def plain(problem: sqlite3.Error | sqlite3.Warning) -> str:
    """Say what SQLite says, without the words of the statement that it may quote: they may be people's."""
    text = str(problem)
    return "it is no SQL that SQLite reads" if '"' in text else text
