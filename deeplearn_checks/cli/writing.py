"""Files that a command leaves: whole or not there, and their owner's alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.cli.options import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DEVICES = Path("/dev")


def save(file: Path, write: Callable[[Path], object]) -> None:
    """Let *write* fill a file beside this one (mode 0600), which then takes its place; refuse in one line what fails.

    Whatever ends the command before leaves the file as it was.
    """
    if _is_device(file):
        refuse(_unwritable(file, "it is no file"))
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        write(part)
        part.replace(file)
    except OSError as problem:
        refuse(_unwritable(file, problem.strerror or "it is no file"))
    finally:
        part.unlink(missing_ok=True)


def refuse_unwritable(files: Mapping[str, Path | None], read: Mapping[Path, str] | None = None) -> None:
    """Refuse, before anything is asked, a file that cannot be written, and one that two options name.

    *read* are the files that the command reads, each with the option that names it: none of them is written over.
    """
    taken = {file.resolve(): option for file, option in (read or {}).items()}
    for option, file in files.items():
        if file is None:
            continue
        if _is_device(file):
            refuse(f"{option}: {_unwritable(file, 'it is no file')}")
        if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
            refuse(f"{option}: {_unwritable(file)}")
        other = taken.setdefault(file.resolve(), option)
        if other != option:
            refuse(f"{other} and {option} name the same file {file}: give each its own")


def _is_device(file: Path) -> bool:
    """Whether a name is one of the system's, such as /dev/stdout, also where it leads to a file: it keeps its own."""
    place = file.absolute()
    is_other = file.exists() and not file.is_file() and not file.is_dir()
    return is_other or place.parent == _DEVICES or place.is_relative_to("/proc")


def _unwritable(file: Path, why: str = "") -> str:
    reason = f" ({why})" if why else ""
    return f"cannot write {file}{reason}; give a file in a folder that exists and may be written to"
