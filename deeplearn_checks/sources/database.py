"""A SQLite file as a source: it is read where it lies, and never written to.

Source: sqlite.org/fileformat2.html (the header), sqlite.org/wal.html (what lies beside a file).
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import SqliteFile
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SQLITE_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_WAL = 2
"""What the header's byte 18 says of a file whose changes are written ahead."""
_WRITTEN_AHEAD, _ROLLED_BACK, _SHARED = "-wal", "-journal", "-shm"


def database_tables(file: Path, folder: Path, told: Callable[[str], None]) -> SqliteFile:
    """Answer the tables of a SQLite file, which stays as it is.

    Changes that lie beside it (a write-ahead log, the journal of a transaction that was cut off) are taken into a copy
    in *folder*: reading them in place would write. Raises ConfigurationError, one line, for a file that is damaged or
    cannot be read.
    """
    try:
        header = _header(file)
        if header[18] == _WAL or _beside(file, _ROLLED_BACK):
            told(f"{file.name}: copied with what is written beside it")
            file = _copied(file, folder / "service.sqlite")
        _check(file)
    except OSError as problem:
        raise ConfigurationError(f"{file} cannot be read: {problem.strerror}") from None
    except sqlite3.Error as problem:
        raise ConfigurationError(f"{file} is damaged or encrypted, SQLite says: {problem}; export it again") from None
    return SqliteFile(file)


def _header(file: Path) -> bytes:
    """Read the header, and hold the number of pages that it states against the length; raises ConfigurationError."""
    with file.open("rb") as raw:
        header = raw.read(_HEADER)
    size = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big") if header[24:28] == header[92:96] else 0
    whole = pages * (65_536 if size == 1 else size)
    if len(header) < _HEADER or file.stat().st_size < whole:
        raise ConfigurationError(f"{file} is cut short: its header states {whole:,} bytes; copy it again, whole")
    return header


def _beside(file: Path, ending: str) -> Path | None:
    """Answer the file of that ending beside a database, where there is one that holds anything."""
    other = file.with_name(file.name + ending)
    return other if other.exists() and other.stat().st_size else None


def _copied(file: Path, target: Path) -> Path:
    """Copy a database with what lies beside it, and make one plain file of that.

    A log that somebody has open (its index lies there too) is copied by SQLite itself, which keeps writers out.
    """
    if _beside(file, _SHARED):
        with closing(_read_only(file)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    else:
        for ending in ("", _WRITTEN_AHEAD, _ROLLED_BACK):
            if other := _beside(file, ending):
                shutil.copyfile(other, target.with_name(target.name + ending))
    with closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")
    return target


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _check(file: Path) -> None:
    """Look at every page, but not at the order of indexes; raises sqlite3.Error, or ConfigurationError for damage."""
    with closing(_read_only(file)) as database:
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        tables = database.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()
    if verdict != "ok":
        raise ConfigurationError(f"{file} is damaged; export it again, or mend it with `sqlite3 FILE .recover`")
    if tables == (0,):
        raise ConfigurationError(f"{file} holds no tables; give a copy of the service's database")
