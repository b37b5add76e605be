"""Whether something failed for want of room: that is a matter of the folder written to, not of what was read."""

from __future__ import annotations

import errno
import sqlite3
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

_SYSTEM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SQLITE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE})
"""Result codes (https://sqlite.org/rescode.html)."""


def is_full(problem: BaseException) -> bool:
    """Whether a failure of the system or of SQLite is for want of room; SQLite calls some of them an I/O error."""
    if isinstance(problem, OSError):
        return problem.errno in _SYSTEM
    return getattr(problem, "sqlite_errorcode", None) in _SQLITE  # what SQLite did not say itself has no code


def no_room(folder: Path, problem: BaseException) -> ConfigurationError:
    """Answer the error that says so, with the remedy."""
    return ConfigurationError(f"{folder} has no room for the tables ({problem}); name a roomier folder in TMPDIR")
