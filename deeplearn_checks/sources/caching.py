"""Where audits keep what they fetched, so that the next one fetches only what is new.

The files hold what the tables of an audit hold: of payments also e-mail addresses and telephone numbers. So the
folder is its owner's alone, and a target on this machine, a sandbox say, leaves nothing behind unless a folder is
named. Whoever wants it gone removes the folder.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.settings import Settings

_VERSION = 1
_PATIENCE = 30.0
"""Seconds to wait for another audit that writes to the same file."""


def cache_folder(settings: Settings, origin: str, working: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Answer the folder for what *origin* answered, mode 0700: below the one named, else below the user's.

    The user's is `$XDG_CACHE_HOME/deeplearn-checks`, by default `~/.cache/deeplearn-checks` (XDG base directories);
    for an origin on this machine it is *working*. Raises ConfigurationError.
    """
    if not settings.cache and _on_this_machine(origin):
        return working
    try:
        home = environ.get("XDG_CACHE_HOME", "")
        users = Path(home) if Path(home).is_absolute() else Path.home() / ".cache"
        named = Path(settings.cache).expanduser() if settings.cache else users / "deeplearn-checks"
        folder = named / "audit"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except (OSError, RuntimeError) as problem:
        text = (
            f"DEEPLEARN_CHECKS_CACHE: {settings.cache or 'the default'} cannot be the cache ({problem}); name another"
        )
        raise ConfigurationError(text) from None
    return folder


def _on_this_machine(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    return host.startswith("127.") or host.endswith(".localhost") or host in {"localhost", "::1"}


def named_for(what: str, *parts: str) -> str:
    """Name a file for what was asked with these credentials there; the name tells neither."""
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return f"{what}-{digest}.sqlite"


def opened(file: Path, schema: str) -> sqlite3.Connection:
    """Open a cache, creating it with *schema* (mode 0600); one of another version, or a broken one, is begun anew.

    Raises ConfigurationError where it cannot be written.
    """
    try:
        try:
            return _opened(file, schema)
        except sqlite3.DatabaseError as problem:
            if isinstance(problem, sqlite3.OperationalError):
                raise
            file.unlink()
            return _opened(file, schema)
    except (OSError, sqlite3.Error) as problem:
        text = f"DEEPLEARN_CHECKS_CACHE: {file} cannot be used ({problem}); name another folder, or remove the file"
        raise ConfigurationError(text) from None


def _opened(file: Path, schema: str) -> sqlite3.Connection:
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    with ExitStack() as unless_done:
        database = sqlite3.connect(file, timeout=_PATIENCE)
        unless_done.callback(database.close)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, _VERSION}:
            raise sqlite3.DatabaseError("another version")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(f"{schema}; PRAGMA user_version = {_VERSION};")
        unless_done.pop_all()
    return database
