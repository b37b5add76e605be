"""Files that a command leaves: whole or not there, and their owner's alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deeplearn_checks.cli.options import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def save(file: Path, write: Callable[[Path], object]) -> None:
    """Let *write* fill a file beside this one (mode 0600), which then takes its place; refuse in one line what fails.

    Whatever ends the command before leaves the file as it was.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        write(part)
        part.replace(file)
    except OSError as problem:
        refuse(_unwritable(file, problem.strerror or "it is no file"))
    finally:
        part.unlink(missing_ok=True)


def refuse_unwritable(files: Mapping[str, Path | None]) -> None:
    """Refuse, before anything is asked, a file that cannot be written, and one that two options name."""
    taken: dict[Path, str] = {}
    for option, file in files.items():
        if file is None:
            continue
        if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
            refuse(f"{option}: {_unwritable(file)}")
        other = taken.setdefault(file.resolve(), option)
        if other != option:
            refuse(f"{other} and {option} name the same file {file}: give each its own")


def _unwritable(file: Path, why: str = "") -> str:
    reason = f" ({why})" if why else ""
    return f"cannot write {file}{reason}; give a file in a folder that exists and may be written to"
