"""Tables that are given as such: in a SQLite file, or as Parquet."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import TABLES, ParquetFolder, SqliteFile
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.writing import copy, create, new_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deeplearn_checks.audit.tables import Tables

_MAGIC = b"SQLite format 3\x00"


def own_tables(given: Path, wanted: Iterable[str], folder: Path, name: str) -> Tables | None:
    """Answer the *wanted* tables and no other that a SQLite file or a folder of Parquet has; None where it is neither.

    *folder* is temporary; *name* tells these tables from others there. Raises ConfigurationError where a SQLite file
    has none of them or cannot be read.
    """
    if given.is_dir():
        return _parquet(given, wanted, folder / name)
    try:
        with given.open("rb") as file:
            is_sqlite = file.read(len(_MAGIC)) == _MAGIC
    except OSError as problem:
        raise ConfigurationError(f"{given} cannot be read: {problem.strerror}") from None
    return _sqlite(given, wanted, folder / f"{name}.sqlite") if is_sqlite else None


def _parquet(given: Path, wanted: Iterable[str], folder: Path) -> ParquetFolder | None:
    """Link to the tables that are wanted: the others of the same folder are another source's."""
    there = [file for table in wanted for file in (given / f"{table}.parquet", given / table) if _is_parquet(file)]
    if not there:
        return None
    folder.mkdir()
    for file in there:
        (folder / file.name).symlink_to(file.resolve())
    return ParquetFolder(folder)


def _is_parquet(file: Path) -> bool:
    return file.is_file() if file.suffix else any(file.glob("**/*.parquet"))


def _sqlite(given: Path, wanted: Iterable[str], file: Path) -> SqliteFile:
    """Copy the tables that are wanted, with those of our columns that they have."""
    try:
        found = columns_of(given, wanted)
        if not found:
            raise ConfigurationError(f"{given} has none of the tables {', '.join(wanted)}; give a file that has")
        with new_file(file, str(given)) as database:
            for table, names in found.items():
                create(database, table, {name: TABLES[table][name] for name in names})
            database.execute("ATTACH ? AS other", (read_only(given),))
            copy(database, found)
    except sqlite3.Error as problem:
        raise ConfigurationError(f"{given} cannot be read: {problem}") from None
    return SqliteFile(file)


def read_only(file: Path) -> str:
    """Answer the address under which SQLite opens a file for reading alone."""
    return f"{file.resolve().as_uri()}?mode=ro"


def columns_of(file: Path, wanted: Iterable[str]) -> dict[str, list[str]]:
    """Answer which of our columns the wanted tables of a SQLite file have; raises sqlite3.Error."""
    with closing(sqlite3.connect(read_only(file), uri=True)) as database:
        found = {
            table: {row[0].lower() for row in database.execute("SELECT name FROM pragma_table_info(?)", (table,))}
            for table in wanted
        }
    return {table: [name for name in TABLES[table] if name in names] for table, names in found.items() if names}
