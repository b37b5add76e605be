"""An SQL dump as `wrangler d1 export` writes it, loaded into a SQLite file statement by statement.

Sources: developers.cloudflare.com/d1/best-practices/import-export-data; wrangler itself, whose exports are read in the
tests; and SQLite's own `.dump`, whose order of things wrangler keeps: tables with their rows, `sqlite_sequence` after
them, then indexes, triggers and views.
"""

from __future__ import annotations

import gzip
import sqlite3
import zlib
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.audit.noting import Note
from deeplearn_checks.audit.room import is_full, no_room
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.guarding import guard, plain
from deeplearn_checks.sources.statements import TruncatedError, UnreadableError, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deeplearn_checks.sources.statements import Readable, Statement

GZIP_MAGIC = b"\x1f\x8b"
TOLD_EVERY = 100_000
"""After how many statements progress is told."""

_BEGINNING = frozenset({"BEGIN", "SAVEPOINT"})
_ENDING = frozenset({"COMMIT", "END", "RELEASE"})
_AFTER_THE_ROWS = frozenset({"INDEX", "TRIGGER", "UNIQUE", "VIEW"})
_CACHE_KB = 8_000
"""What SQLite keeps in memory of the file that grows: its indexes are written to everywhere."""
_HEAD = 60
"""How many characters of a statement are enough to find the name of its table."""


@dataclass(slots=True)
class _Seen:
    """What a dump has said so far, as far as that tells whether it is whole."""

    number: int = 0
    open_since: int = 0
    is_wranglers: bool = False
    has_counters: bool = False
    has_rows: bool = False
    is_past_the_rows: bool = False

    def note(self, statement: Statement) -> bool:
        """Take the next statement; answer whether it is to be executed. Raises TruncatedError."""
        first, second, _ = statement.words
        self.number += 1
        self.has_rows |= first == "INSERT"
        if first == "ROLLBACK":
            raise TruncatedError(f"it ends with a ROLLBACK at line {statement.line}: whoever wrote it gave up")
        if first in _BEGINNING:
            self.open_since = statement.line
        elif first in _ENDING:
            self.open_since, self.is_past_the_rows = 0, True
        elif first == "PRAGMA":
            self.is_wranglers |= second == "DEFER_FOREIGN_KEYS"
        elif first == "CREATE":
            self.is_past_the_rows |= second in _AFTER_THE_ROWS
            self.has_counters |= "AUTOINCREMENT" in statement.text.upper()
        elif "SQLITE_SEQUENCE" in statement.text[: len(statement.text) - len(statement.text.lstrip()) + _HEAD].upper():
            self.is_past_the_rows = True
        return bool(first) and first not in _BEGINNING | _ENDING

    def judge(self) -> None:
        """Raise TruncatedError where what comes after the rows has not come."""
        if self.open_since:
            raise TruncatedError(f"the COMMIT of its BEGIN at line {self.open_since} is missing")
        if self.is_wranglers and self.has_counters and not self.is_past_the_rows:
            missing = "sqlite_sequence and indexes, which come last, are missing (--table leaves them out)"
            raise TruncatedError(f"it ends among the rows: {missing}")


def load_dump(file: Path, target: Path, told: Callable[[str], None]) -> None:
    """Load the dump (plain or gzip) into the new SQLite file *target*; memory stays bounded, however long it is.

    Nothing in the dump may do more than create and fill tables there. Nobody can tell of a dump in wrangler's form
    that was cut between two rows unless something is to follow: a table with AUTOINCREMENT, as the service has. Else
    that is told. Raises ConfigurationError, one line that holds nothing of the rows, for a dump that is cut short or
    cannot be loaded.
    """
    seen = _Seen()
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as database, _opened(file) as source:
            _load(database, source, seen, lambda text: told(type(text)(f"{file.name}: {text}")))
    except (TruncatedError, EOFError) as problem:
        why = problem if isinstance(problem, TruncatedError) else "its compressed data breaks off"
        raise ConfigurationError(f"{file} is cut short: {why}; export it again, whole") from None
    except (UnreadableError, gzip.BadGzipFile, zlib.error) as problem:
        raise ConfigurationError(f"{file} cannot be loaded: {problem}; export it again") from None
    except sqlite3.OperationalError as problem:
        raise no_room(target.parent, problem) from None
    except OSError as problem:
        raise ConfigurationError(f"{file} cannot be read: {problem.strerror or problem}") from None


@contextmanager
def _opened(file: Path) -> Iterator[Readable]:
    """Open a dump, inflating it where it is compressed."""
    with file.open("rb") as raw:
        compressed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        raw.seek(0)
        if not compressed:
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as inflated:
            yield inflated


def _load(database: sqlite3.Connection, source: Readable, seen: _Seen, told: Callable[[str], None]) -> None:
    """Execute every statement in one transaction, for which a new file needs no journal."""
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
    database.execute("BEGIN")
    lift = guard(database)
    for statement in statements(source):
        if seen.note(statement):
            _execute(database, statement)
        if seen.number % TOLD_EVERY == 0:
            told(f"{seen.number:,} statements loaded")
    seen.judge()
    lift()
    database.execute("COMMIT")
    if not database.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise UnreadableError("it makes no tables")
    if not seen.has_rows:
        raise UnreadableError("it holds tables and no rows (--no-data leaves them out), so nothing can be judged")
    if not seen.is_past_the_rows:
        told(Note("the dump ends with rows and has no end mark: nothing in it shows that it is whole"))


def _execute(database: sqlite3.Connection, statement: Statement) -> None:
    """Execute one statement; raises UnreadableError that names its line, and what SQLite raises where it is full."""
    try:
        database.execute(statement.sql)
    except (sqlite3.Error, sqlite3.Warning) as problem:
        if is_full(problem):
            raise
        text = plain(problem)
        if "not authorized" in text or "prohibited" in text:
            text = "a dump may create tables and insert rows, and nothing else"
        if text.startswith("no such table: "):
            text += ", which the dump does not make (--no-schema leaves that out)"
        raise UnreadableError(f"line {statement.line}: {text}") from None
