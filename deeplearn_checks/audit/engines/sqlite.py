"""The default engine: SQLite, straight on the files, which are only ever read.

Every file is attached with `mode=ro` (https://sqlite.org/uri.html) below one empty database. What rules look up in a
table that has no index for it is copied before, the needed columns only, into SQLite's own temporary file, and indexed
there: a correlated NOT EXISTS costs n log n instead of n squared. Memory is SQLite's page caches and one row.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deeplearn_checks.audit.dialect import json_text_in
from deeplearn_checks.audit.engines.engine import BrokenQueryError
from deeplearn_checks.audit.engines.sqlite_plan import Shape, best_orders, missing_indexes, quoted
from deeplearn_checks.audit.tables import TABLES, SqliteFile
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from deeplearn_checks.audit.engines.engine import Value
    from deeplearn_checks.audit.lookups import Query
    from deeplearn_checks.audit.rule import Rule
    from deeplearn_checks.audit.tables import Tables
    from deeplearn_checks.audit.views import View

CACHE_KIB = 4096
"""How much of each file, and of the temporary one, is kept in memory."""

_BETWEEN_LOOKS = 50_000
"""Steps of SQLite's machine between two looks at the clock: a few milliseconds."""

_IN_WAL_MODE = b"\x02"
_VERSION_BYTE = 18
"""Where the header of a file says that it has a write-ahead log (https://sqlite.org/fileformat2.html)."""


@dataclass(slots=True)
class _Table:
    """A table that is there: in which attached file, and of which shape."""

    schema: str
    shape: Shape


@dataclass(slots=True)
class _Watch:
    """Ends a statement at its time; tells a time that is over from a Ctrl-C, which SQLite shows alike."""

    clock: Callable[[], float]
    until: float = float("inf")
    is_over: bool = field(default=False)

    def __call__(self) -> bool:
        """Tell SQLite whether to stop."""
        self.is_over = self.clock() > self.until
        return self.is_over


class SqliteEngine:
    """Runs rules over SQLite files under one name space; where two files hold a table, the later one's is read."""

    name = "sqlite"

    def __init__(
        self, tables: Sequence[Tables], *, clock: Callable[[], float] = time.monotonic, most_pages: int = 0
    ) -> None:
        """Open the files; raises ConfigurationError, which names the one that cannot be read.

        `most_pages` bounds the temporary file, in pages of 4 KiB; 0 for as many as its folder has room for.
        """
        self._watch = _Watch(clock)
        self._database = sqlite3.connect("file:?mode=memory", uri=True, isolation_level=None)
        self._database.text_factory = _text
        self._database.set_progress_handler(self._watch, _BETWEEN_LOOKS)
        self._tables: dict[str, _Table] = {}
        self._made: set[str] = set()
        try:
            self._database.execute("PRAGMA trusted_schema = OFF")
            self._database.execute("PRAGMA temp_store = FILE")
            self._database.execute(f"PRAGMA temp.cache_size = -{CACHE_KIB}")
            self._database.execute(f"PRAGMA temp.max_page_count = {most_pages}")
            for number, source in enumerate(tables):
                self._attach(f"source{number}", source)
        except ConfigurationError:
            self.close()
            raise

    def columns(self) -> Mapping[str, frozenset[str]]:
        """Answer the columns of each known table that is there, in small letters."""
        return {name: frozenset(table.shape.columns) for name, table in self._tables.items()}

    def count(self, table: str) -> int:
        """Answer how many rows a table has; raises BrokenQueryError where the file is damaged."""
        is_copied = table in self.copied()  # then its rows have the numbers from 1 on: no page of the file is read
        counted = (
            f"max(rowid) FROM temp.{table}" if is_copied else f"count(*) FROM {self._tables[table].schema}.{table}"
        )
        rows = [*self._rows(f"SELECT {counted}")]
        return int(rows[0][0] or 0)

    def prepare(self, rules: Sequence[Rule]) -> None:
        """Copy and index what rules look up without an index; a damaged table is left to the rules that read it.

        Raises ConfigurationError where the folder for temporary files is full.
        """
        shapes = {name: table.shape for name, table in self._tables.items()}
        views = {view.name: view for rule in rules for view in rule.views}
        queries: list[Query] = [*rules, *views.values()]
        orders = best_orders(queries, {name: self._size(name) for name in shapes})
        for name, missing in missing_indexes(queries, shapes, [*views.values()]).items():
            columns = _read_of(name, shapes[name], rules)
            columns.sort(key=lambda column: column != orders.get(name))
            self._copy(name, columns, [[column for column in columns if column in one] for one in missing])

    def violations(self, rule: Rule, *, since_ms: int | None, seconds: float) -> Iterator[Sequence[Value]]:
        """Answer the rows of a rule, streaming; a row whose time is unknown is not before `since_ms`."""
        sql = json_text_in(rule.sql, self.name)
        if since_ms is not None and "at_ms" in rule.columns:
            sql = f"SELECT * FROM (\n{sql}\n) WHERE (at_ms < {int(since_ms)}) IS NOT TRUE"  # noqa: S608  a number and a judged rule
        return self._rows(sql, seconds, rule.views)

    def copied(self) -> frozenset[str]:
        """Answer which tables have been copied, for want of an index."""
        tables = self._database.execute("SELECT name FROM temp.sqlite_schema WHERE type = 'table'")
        return frozenset(str(row[0]) for row in tables)

    def close(self) -> None:
        """Let go of the files; the temporary one is gone with that."""
        self._database.close()

    def _rows(self, sql: str, seconds: float = float("inf"), views: Sequence[View] = ()) -> Iterator[Sequence[Value]]:
        """Answer the rows of a statement, as long as it has time; views that it is the first to read are made in it."""
        self._watch.until, self._watch.is_over = self._watch.clock() + seconds, False
        try:
            for view in views:
                self._make(view)
            yield from map(_row, self._database.execute(sql))
        except sqlite3.Error as problem:
            if self._watch.is_over:
                raise BrokenQueryError(f"it was not done after {seconds:g} s") from None
            _raise_interrupt(problem)
            raise BrokenQueryError(_one_line(problem)) from None
        finally:
            self._watch.until = float("inf")

    def _make(self, view: View) -> None:
        """Work a view out, once; rules scan it, and what looks it up has SQLite index it for that."""
        if view.name not in self._made:
            self._database.execute(f"CREATE TEMP TABLE {view.name} AS {json_text_in(view.sql, self.name)}")
            self._made.add(view.name)

    def _attach(self, schema: str, source: Tables) -> None:
        """Attach one file and note what it holds."""
        if not isinstance(source, SqliteFile):
            raise ConfigurationError("the engine sqlite reads SQLite files; choose another with --engine")
        try:
            self._database.execute(f"ATTACH ? AS {schema}", (address(source.file),))
            self._database.execute(f"PRAGMA {schema}.cache_size = -{CACHE_KIB}")
            names = self._database.execute(f"SELECT name FROM {schema}.sqlite_schema WHERE type IN ('table', 'view')")  # noqa: S608  a name of ours
            for name in [str(row[0]).lower() for row in names]:
                if name in TABLES:
                    self._note(schema, name)
        except (OSError, sqlite3.Error) as problem:
            _raise_interrupt(problem)
            reason = (isinstance(problem, OSError) and problem.strerror) or _one_line(problem)
            raise ConfigurationError(
                f"{source.file} cannot be read as a SQLite database: {reason}; give the file of a D1 export"
            ) from None

    def _note(self, schema: str, name: str) -> None:
        """Note a table, and have its bare name mean the one of this file."""
        ask = self._database.execute
        described = list(ask(f"PRAGMA {schema}.table_xinfo({name})"))
        columns = {str(row[1]).lower(): str(row[2]) for row in described}
        indexes = [str(row[1]) for row in ask(f"PRAGMA {schema}.index_list({name})") if not row[4]]
        held = [
            tuple(str(row[2] or "").lower() for row in ask(f"PRAGMA {schema}.index_info({quoted(i)})")) for i in indexes
        ]
        rowid = [str(row[1]).lower() for row in described if row[5] and str(row[2]).upper() == "INTEGER"]
        if name in self._tables:
            self._mean(schema, name)
        self._tables[name] = _Table(schema, Shape(columns, (*filter(all, held), *([tuple(rowid)] if rowid else []))))

    def _mean(self, schema: str, name: str) -> None:
        """Have the bare name of a table mean the one of this file, whatever other files hold."""
        self._database.execute(f"DROP VIEW IF EXISTS temp.{name}")
        self._database.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {schema}.{name}")  # noqa: S608  known names

    def _size(self, name: str) -> int:
        """Answer about how many rows a table has, without reading them; 0 where that cannot be told."""
        with suppress(sqlite3.Error):
            largest = self._database.execute(f"SELECT max(rowid) FROM {self._tables[name].schema}.{name}").fetchone()[0]  # noqa: S608  known names
            return largest if isinstance(largest, int) else 0
        return 0

    def _copy(self, name: str, columns: Sequence[str], missing: Sequence[Sequence[str]]) -> None:
        """Copy the columns that rules read, and index what they look up; the copy takes the table's bare name.

        Its rows stand in the order of the first column; those that have nothing there stand first, unsorted. The `+`
        keeps SQLite from the file's own index, in whose order each row is another page.
        """
        ask, key = self._database.execute, columns[0]
        try:
            ask(f"DROP VIEW IF EXISTS temp.{name}")
            rows = f"SELECT {', '.join(columns)} FROM {self._tables[name].schema}.{name}"  # noqa: S608  known names
            ask(f"CREATE TEMP TABLE {name} AS {rows} WHERE ({key} <> '') IS NOT TRUE")
            ask(f"INSERT INTO temp.{name} {rows} WHERE {key} <> '' ORDER BY +{key}")
            for number, looked_up in enumerate(missing):
                ask(f"CREATE INDEX temp.{name}_{number} ON {name} ({', '.join(looked_up)})")
        except sqlite3.Error as problem:
            _raise_interrupt(problem)
            if _code(problem) == sqlite3.SQLITE_FULL:
                raise ConfigurationError(
                    "the folder for temporary files is full; name a roomier one in the variable SQLITE_TMPDIR"
                ) from None
            ask(f"DROP TABLE IF EXISTS temp.{name}")
            self._mean(self._tables[name].schema, name)


def address(file: Path) -> str:
    """Answer the read-only URI of a file; raises OSError where it cannot be read.

    A file in WAL mode without its log is opened as one that nobody changes: SQLite would write a log beside it.
    """
    with file.open("rb") as opened:
        is_wal = opened.read(_VERSION_BYTE + 1)[_VERSION_BYTE:] == _IN_WAL_MODE
    is_alone = is_wal and not file.with_name(f"{file.name}-wal").exists()
    return f"{file.absolute().as_uri()}?mode=ro{'&immutable=1' if is_alone else ''}"


def _read_of(name: str, shape: Shape, rules: Sequence[Rule]) -> list[str]:
    """Answer the columns of a table that any of the rules reads and the table has."""
    read = frozenset[str]().union(*(rule.tables.get(name, frozenset()) for rule in rules))
    return sorted(read & shape.columns.keys())


def _text(held: bytes) -> str:
    """Answer a text; bytes that are no UTF-8 stay visible, and stay different."""
    return held.decode("utf-8", "backslashreplace")


def _row(cells: tuple[str | int | float | bytes | None, ...]) -> Sequence[Value]:
    """Answer a row; a blob is its bytes in hexadecimal."""
    return tuple(cell.hex() if isinstance(cell, bytes) else cell for cell in cells)


def _code(problem: Exception) -> int:
    """Answer SQLite's code of an error; 0 where it is not SQLite's."""
    return getattr(problem, "sqlite_errorcode", 0)


def _raise_interrupt(problem: Exception) -> None:
    """Raise the KeyboardInterrupt that Python swallowed while SQLite was looking at the clock."""
    if _code(problem) == sqlite3.SQLITE_INTERRUPT:
        raise KeyboardInterrupt from None


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())
