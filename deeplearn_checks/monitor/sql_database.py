"""A database that a store is kept in: how it is opened, how it is read and written, and what is said where not.

Whatever a library says of a failure passes through here: one line, without statements, values or credentials.
"""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from sqlite3 import Error as SqliteError
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from deeplearn_checks.monitor.store import StoreError
from deeplearn_checks.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

WRITES = "deeplearn_checks_writes"
"""The execution option of transactions that write."""

_LONGEST = 300
_FREE_SHARE = 4
_PAGES_AT_ONCE = 5_000
_REMEDIES = (
    (r"full|no space left", "free space on its disk"),
    (r"malformed|not a database|corrupt", "restore a copy, or move it away and start anew"),
    (r"locked|timeout|timed out", "see which other process holds it"),
    (r"readonly|read-only|unable to open|permission denied", "let this user write there"),
    (r"authentication|no password", "check the user and the password of its URL"),
    (r"database .* does not exist", "make that database: createdb NAME"),
    (r"connect|server|terminat|shut|resolve host", "see that PostgreSQL runs there and can be reached"),
)
"""What to do, by what the database says, first match first."""


@dataclass(frozen=True, slots=True)
class Database:
    """An engine, and its name without credentials."""

    engine: Engine
    name: str
    redact: Redactor = field(default=Redactor(), repr=False)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read, as of one moment. Raises StoreError."""
        with self._guarded(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Write all of it or nothing, alone where the database is a file. Raises StoreError."""
        with self._guarded(), self.engine.execution_options(**{WRITES: True}).begin() as connection:
            yield connection

    def shrink(self) -> None:
        """Give free pages back to the disk where a good part of a file is free; PostgreSQL does so by itself.

        So many at once that nobody waits long, and none that the next runs need again. Raises StoreError.
        """
        if self.engine.dialect.name != "sqlite":
            return
        with self.reading() as connection:
            free, pages = (
                connection.exec_driver_sql(f"PRAGMA {one}_count").scalar_one() for one in ("freelist", "page")
            )
        if free > pages // _FREE_SHARE:
            with self._guarded(), closing(self.engine.raw_connection()) as raw:
                raw.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")  # `execute` takes one page only

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, SqliteError) as problem:
            self.engine.dispose()  # what a broken connection remembers must not outlive what broke it
            raise StoreError(f"the store {self.name} cannot be used: {self.said(problem)}") from None

    def said(self, problem: Exception) -> str:
        """Answer what a library says, in one line, and what to do."""
        origin = problem.orig if isinstance(problem, DBAPIError) else problem
        words = " ".join(str(origin).partition("(Background on this error")[0].split()).rstrip(".;")
        reason = self.redact(words[:_LONGEST] or type(origin).__name__)
        remedy = next((what for pattern, what in _REMEDIES if re.search(pattern, words, re.IGNORECASE)), "")
        return f"{reason}; {remedy or 'look into its log'}"
