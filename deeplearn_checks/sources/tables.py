"""The service's tables, from whatever the operator has: chosen by the SOURCE of `audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import TABLES, JdbcDatabase, ParquetFolder, SqliteFile, Tables
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.database import SQLITE_MAGIC, database_tables
from deeplearn_checks.sources.dump import GZIP_MAGIC, load_dump

if TYPE_CHECKING:
    from collections.abc import Callable

    from deeplearn_checks.settings import Settings

LIVE = "d1"
"""The SOURCE that is the live database."""
SANDBOX = "sandbox"
"""The SOURCE that is a seeded sandbox."""
JDBC = "jdbc:"
_BEFORE_ROWS = 32
"""No row of a dump begins within so many bytes: a table is made first."""
KINDS = "a SQLite file, an SQL dump (.sql, .sql.gz), a folder of Parquet files, a jdbc: address, d1 or sandbox"


def service_tables(source: str, settings: Settings, folder: Path, told: Callable[[str], None]) -> Tables:
    """Answer the tables that *source* stands for; *folder* is a temporary one that outlives what is answered.

    A file is known by its first bytes, whatever its name; one that is called `d1` or `sandbox` is given as `./d1`.
    *told* gets a short text now and then. Raises ConfigurationError, one line, for a source that cannot be used.
    """
    if source == LIVE:
        from deeplearn_checks.sources.d1 import live_tables  # noqa: PLC0415  loads httpx, which no file needs

        return live_tables(settings, folder, told)
    if source == SANDBOX:
        from deeplearn_checks.sources.sandbox import sandbox_tables  # noqa: PLC0415  heavy

        return sandbox_tables(folder)
    if source.startswith(JDBC):
        return JdbcDatabase(source)
    path = Path(source)
    return _folder(path) if path.is_dir() else _file(path, folder, told)


def _folder(path: Path) -> ParquetFolder:
    """Answer a folder that holds at least one table; raises ConfigurationError for any other."""
    held = [name for name in TABLES if (path / f"{name}.parquet").is_file() or any((path / name).glob("*.parquet"))]
    if not held:
        raise ConfigurationError(
            f"{path} holds no Parquet file named after a table, such as lead_registrations.parquet"
        )
    return ParquetFolder(path)


def _file(path: Path, folder: Path, told: Callable[[str], None]) -> SqliteFile:
    """Read a file by what it begins with; raises ConfigurationError."""
    try:
        with path.open("rb") as raw:
            head = raw.read(4096)
    except FileNotFoundError:
        raise ConfigurationError(f"there is no {path}: give {KINDS}") from None
    except OSError as problem:
        raise ConfigurationError(f"{path} cannot be read: {problem.strerror}") from None
    if not head:
        raise ConfigurationError(f"{path} is empty: give {KINDS}")
    if head.startswith(SQLITE_MAGIC):
        return database_tables(path, folder, told)
    if not (head.startswith(GZIP_MAGIC) or _is_text(head)):
        raise ConfigurationError(f"{path} is neither a SQLite file nor an SQL dump, or it is encrypted: give {KINDS}")
    target = folder / "service.sqlite"
    load_dump(path, target, told)
    return SqliteFile(target)


def _is_text(head: bytes) -> bool:
    """Whether bytes can begin a text in UTF-8, perhaps cut within a character; a row may hold a null character."""
    try:
        head[:-3].decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return b"\0" not in head[:_BEFORE_ROWS]
