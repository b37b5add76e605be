"""Tables as Parquet: what a folder holds, and the way from SQLite to Parquet and back, in bounded memory.

A column of Parquet is there when its type can hold what the audit's tables say; of another type (a timestamp where
milliseconds belong, a list) it is told and left out, like one that is missing.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from deeplearn_checks.audit.engines.sqlite import address
from deeplearn_checks.audit.fitting import Misfits, affinity, declaration, fitted, kind_of, quoted, statement
from deeplearn_checks.audit.noting import Note
from deeplearn_checks.audit.room import is_full, no_room
from deeplearn_checks.audit.tables import TABLES, Kind, ParquetFolder, SqliteFile
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from deeplearn_checks.audit.engines.engine import Value

ROWS = 8192
"""How many rows are held at a time."""

ROW_GROUP = 16 * ROWS
"""How many rows one part of a written file has: what a core reads at a time."""

_NUMBERS = ("int", "uint", "bool", "float", "double", "halffloat", "null")
_READABLE: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("string", "large_string", "string_view", "dictionary<values=string", "int", "uint", "null"),
    Kind.WHOLE: _NUMBERS,
    Kind.REAL: _NUMBERS,
}
"""How the names of the Arrow types begin that a column of each kind can be read from."""


_WHOLE_OF_REAL = "CASE WHEN {0} = floor({0}) AND abs({0}) < 9223372036854775808 THEN CAST({0} AS BIGINT) END"
_CASTS: Mapping[Kind, str] = {
    Kind.TEXT: "CAST({0} AS STRING)",
    Kind.WHOLE: "TRY_CAST({0} AS BIGINT)",
    Kind.REAL: "CASE WHEN abs(CAST({0} AS DOUBLE)) < CAST('Infinity' AS DOUBLE) THEN CAST({0} AS DOUBLE) END",
}
"""How DuckDB and Spark read a column; `_WHOLE_OF_REAL` where whole numbers are stored as floating point."""


def nobody(_sentence: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Part:
    """Files of one table that have the same columns: by name what they hold, and by name the Arrow types they have."""

    files: tuple[Path, ...]
    kinds: Mapping[str, Kind]
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ParquetTable:
    """One table: its columns over all of its files, and these in parts of equal columns."""

    kinds: Mapping[str, Kind]
    parts: tuple[Part, ...]


def selected(part: Part, quote: Callable[[str], str]) -> list[str]:
    """Answer what a SELECT of DuckDB or Spark names to read some files: every value as `fitted` has it."""
    return [
        (_WHOLE_OF_REAL if kind is Kind.WHOLE and _natural(part.types[name]) is Kind.REAL else _CASTS[kind]).format(
            quote(name)
        )
        + f" AS {quote(name)}"
        for name, kind in part.kinds.items()
    ]


def parquet_tables(folder: ParquetFolder, told: Callable[[str], None] = nobody) -> dict[str, ParquetTable]:
    """Answer the tables that a folder holds, of those that rules may name.

    Raises ConfigurationError where there is none, a file is no Parquet, or pyarrow is not there.
    """
    _need_arrow()
    found = {name: files for name in TABLES if (files := _files(folder.folder, name))}
    if not found:
        raise ConfigurationError(f"{folder.folder} holds no table: lead_registrations.parquet and its like are wanted")
    tables = {name: _table(name, files, told) for name, files in found.items()}
    return {name: table for name, table in tables.items() if table.kinds}


def to_parquet(file: SqliteFile, folder: Path, told: Callable[[str], None] = nobody) -> ParquetFolder:
    """Write the tables of a SQLite file, of those that rules may name, as `folder/TABLE.parquet`.

    A column that the audit's tables do not know is what SQLite declares it to be. Values that do not fit their column
    are NULL and told. Raises ConfigurationError where the file cannot be read, or pyarrow is not there.
    """
    _need_arrow()
    folder.mkdir(parents=True, exist_ok=True)
    with opened(file) as database:
        for table, kinds in sqlite_tables(database).items():
            _write(database, table, kinds, folder / f"{table}.parquet", told)
    return ParquetFolder(folder)


def to_sqlite(folder: ParquetFolder, file: Path, told: Callable[[str], None] = nobody) -> SqliteFile:
    """Write the tables of a folder into a new SQLite file; raises ConfigurationError as `parquet_tables` does."""
    try:
        with closing(sqlite3.connect(file)) as database, database:
            unsafe(database)
            for table, found in parquet_tables(folder, told).items():
                database.execute(declaration(table, found.kinds))
                for part in found.parts:
                    database.executemany(statement(table, list(part.kinds)), _rows(part))
    except sqlite3.OperationalError as problem:
        if is_full(problem):
            raise no_room(file.parent, problem) from None
        raise ConfigurationError(f"{folder.folder} cannot be read as tables: {problem}; write it anew") from None
    return SqliteFile(file)


def fitted_copy(file: SqliteFile, copy: Path, told: Callable[[str], None] = nobody) -> SqliteFile:
    """Answer a SQLite file whose values all fit: the same one, or where some do not, a copy in which these are NULL.

    Rules then find the same keys in it as in Parquet.
    """
    if _is_sound(file):
        return file
    with opened(file) as database, closing(sqlite3.connect(copy)) as target, target:
        unsafe(target)
        for table, kinds in sqlite_tables(database).items():
            target.execute(declaration(table, kinds))
            target.executemany(statement(table, list(kinds)), _fitted_rows(database, table, kinds, told))
    return SqliteFile(copy)


@contextmanager
def opened(file: SqliteFile) -> Iterator[sqlite3.Connection]:
    """Open a SQLite file to read it; what cannot be read of it raises ConfigurationError."""
    try:
        with closing(sqlite3.connect(address(file.file), uri=True)) as database:
            database.text_factory = _decoded
            yield database
    except (OSError, sqlite3.Error) as problem:
        if is_full(problem):  # of the copy that is written meanwhile
            raise no_room(Path(gettempdir()), problem) from None
        raise ConfigurationError(f"{file.file} cannot be read as a SQLite database: {problem}") from None


def unsafe(database: sqlite3.Connection) -> None:
    """Write without a journal: a working copy that is not finished is thrown away."""
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")


def sqlite_tables(database: sqlite3.Connection) -> dict[str, dict[str, Kind]]:
    """Answer the tables of a SQLite file, of those that rules may name, and what their columns hold."""
    held = database.execute("SELECT lower(name) FROM sqlite_master WHERE type IN ('table', 'view')")
    names = {name for (name,) in held}
    return {
        table: {name: kind_of(table, name, kind) for name, kind in _declared(database, table).items()}
        for table in TABLES
        if table in names
    }


def _declared(database: sqlite3.Connection, table: str) -> dict[str, Kind]:
    described = database.execute(f"PRAGMA table_info({quoted(table)})")
    return {name.lower(): affinity(words) for _, name, words, *_ in described}


def _decoded(text: bytes) -> str:
    return text.decode(errors="backslashreplace")  # as the engine SQLite shows it


def _is_sound(file: SqliteFile) -> bool:
    """Whether all values fit; of a file that cannot be read, or only in parts, the engine speaks rule by rule."""
    try:
        with opened(file) as database:
            return all(_fits(database, table, kinds) for table, kinds in sqlite_tables(database).items())
    except ConfigurationError:
        return True


def _fits(database: sqlite3.Connection, table: str, kinds: Mapping[str, Kind]) -> bool:
    """Whether every value of a table says what its column's kind says; text that is declared so is not looked at."""
    described = database.execute(f"PRAGMA table_info({quoted(table)})")
    declared = {name.lower(): words.upper() for _, name, words, *_ in described}
    tests = [
        f"({quoted(name)} IS NOT NULL AND typeof({quoted(name)}) NOT IN ({_said_by(kind, declared[name])}))"
        for name, kind in kinds.items()
        if kind is not Kind.TEXT or not any(word in declared[name] for word in ("CHAR", "CLOB", "TEXT"))
    ]
    query = f"SELECT EXISTS (SELECT 1 FROM {quoted(table)} WHERE {' OR '.join(tests) or '0'})"  # noqa: S608  quoted names
    return not database.execute(query).fetchone()[0]


def _said_by(kind: Kind, declared: str) -> str:
    """Answer the types of SQLite in which a column may say its kind: a number where it is declared one, too."""
    is_number = kind is Kind.REAL or affinity(declared) is Kind.WHOLE
    return f"'{kind}', 'integer'" if is_number else f"'{kind}'"


def _fitted_rows(
    database: sqlite3.Connection, table: str, kinds: Mapping[str, Kind], told: Callable[[str], None]
) -> Iterator[tuple[Value, ...]]:
    misfits = Misfits(table, kinds)
    for batch in _batches(database, table, kinds):
        columns = [misfits.column(name, values) for name, values in zip(kinds, zip(*batch, strict=True), strict=True)]
        yield from zip(*columns, strict=True)
    misfits.tell(told)


def _batches(database: sqlite3.Connection, table: str, kinds: Mapping[str, Kind]) -> Iterator[list[tuple[Value, ...]]]:
    names = ", ".join(map(quoted, kinds))
    rows = database.execute(f"SELECT {names} FROM {quoted(table)}")  # noqa: S608  quoted names
    while batch := rows.fetchmany(ROWS):
        yield batch


def _write(
    database: sqlite3.Connection, table: str, kinds: Mapping[str, Kind], file: Path, told: Callable[[str], None]
) -> None:
    """Write one table of SQLite as a file of Parquet."""
    import pyarrow as pa  # noqa: PLC0415  heavy, and an extra
    import pyarrow.parquet as pq  # noqa: PLC0415  likewise

    types = {Kind.TEXT: pa.string(), Kind.WHOLE: pa.int64(), Kind.REAL: pa.float64()}
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    misfits, pending = Misfits(table, kinds), list[pa.RecordBatch]()
    with pq.ParquetWriter(file, schema, compression="snappy") as writer:
        for batch in _batches(database, table, kinds):
            columns = [
                _column(misfits, field, values) for field, values in zip(schema, zip(*batch, strict=True), strict=True)
            ]
            pending.append(pa.record_batch(columns, schema=schema))
            if len(pending) * ROWS >= ROW_GROUP:
                writer.write_table(pa.Table.from_batches(pending))
                pending.clear()
        writer.write_table(pa.Table.from_batches(pending, schema))
    misfits.tell(told)


def _column(misfits: Misfits, field: pa.Field, values: Sequence[Value]) -> pa.Array:
    """Answer one column of a batch; only where a value does not fit is each looked at."""
    import pyarrow as pa  # noqa: PLC0415  heavy, and an extra

    with suppress(pa.ArrowException, OverflowError):
        array = pa.array(values)  # of the type that the values have: asked for whole numbers it would cut 1.5 to 1
        if array.type in (field.type, pa.null()):
            return array.cast(field.type)
    return pa.array(misfits.column(field.name, values), type=field.type)


def _files(folder: Path, table: str) -> tuple[Path, ...]:
    single = folder / f"{table}.parquet"
    if single.is_file():
        return (single,)
    return tuple(
        sorted(file for file in (folder / table).rglob("*.parquet") if file.is_file() and file.name[0] not in "._")
    )


def _table(table: str, files: Sequence[Path], told: Callable[[str], None]) -> ParquetTable:
    """Read what the files of one table hold, from their footers."""
    parts: dict[tuple[tuple[str, str], ...], list[Path]] = defaultdict(list)
    for file in files:
        parts[tuple((field.name, str(field.type)) for field in _schema(file))].append(file)
    found = [_part(table, columns, files_of) for columns, files_of in parts.items()]
    for name, kind in sorted({unfit for columns in parts for unfit in _unfit(table, columns)}):
        told(Note(f"{table}.{name}: stored as {kind}, which is not read: the column counts as missing"))
    kinds = {name: kind for part in found for name, kind in part.kinds.items()}
    return ParquetTable(kinds, tuple(part for part in found if part.kinds))


def _part(table: str, columns: Sequence[tuple[str, str]], files: Sequence[Path]) -> Part:
    unfit = dict(_unfit(table, columns))
    kinds = {name: kind_of(table, name.lower(), _natural(kind)) for name, kind in columns if name not in unfit}
    return Part(tuple(files), kinds, dict(columns))


def _unfit(table: str, columns: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Answer the columns that cannot be read as what they should hold, with their Arrow types."""
    return [
        (name, kind)
        for name, kind in columns
        if not kind.startswith(_READABLE[kind_of(table, name.lower(), _natural(kind))])
    ]


def _natural(arrow: str) -> Kind:
    """Answer what a column that the audit's tables do not know holds, by its Arrow type."""
    if arrow.startswith(("int", "uint", "bool")):
        return Kind.WHOLE
    return Kind.REAL if arrow.startswith(("float", "double", "halffloat")) else Kind.TEXT


def _schema(file: Path) -> tuple[pa.Field, ...]:
    import pyarrow as pa  # noqa: PLC0415  heavy, and an extra
    import pyarrow.parquet as pq  # noqa: PLC0415  likewise

    try:
        return tuple(pq.read_schema(file))
    except (pa.ArrowException, OSError) as problem:
        raise ConfigurationError(f"{file} cannot be read as Parquet: {str(problem).splitlines()[0]}") from None


def _rows(part: Part) -> Iterator[tuple[Value, ...]]:
    """Answer the rows of some files, as their columns want them."""
    import pyarrow.parquet as pq  # noqa: PLC0415  heavy, and an extra

    for path in part.files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS, columns=list(part.kinds)):
                columns = [
                    [fitted(value, kind) for value in batch.column(name).to_pylist()]
                    for name, kind in part.kinds.items()
                ]
                yield from zip(*columns, strict=True)


def _need_arrow() -> None:
    if find_spec("pyarrow") is None:
        raise ConfigurationError("Parquet needs pyarrow: pip install 'deeplearn-checks[duckdb]'")
