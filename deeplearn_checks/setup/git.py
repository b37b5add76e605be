"""Whether git would take a file along, asked of git itself."""

from __future__ import annotations

import shutil
import subprocess
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


GIT_NAME = "git"


class Kept(Enum):
    """What git does with a file: nothing (there is no work tree, or no git), ignore it, take it along, track it."""

    UNKNOWN = 0
    IGNORED = 1
    UNIGNORED = 2
    TRACKED = 3


def kept(file: Path) -> Kept:
    """Ask git about a file, which need not be there."""
    program = shutil.which(GIT_NAME)
    if program is None:
        return Kept.UNKNOWN
    if _status(program, file, "ls-files", "--error-unmatch") == 0:
        return Kept.TRACKED
    return {0: Kept.IGNORED, 1: Kept.UNIGNORED}.get(_status(program, file, "check-ignore", "--quiet"), Kept.UNKNOWN)


def _status(program: str, file: Path, *command: str) -> int:
    asked = [program, "-C", str(file.parent.absolute()), *command, "--", file.name]
    return subprocess.run(asked, capture_output=True, check=False).returncode  # noqa: S603  git, found above


def ignore(file: Path) -> None:
    """Name a file in the `.gitignore` beside it."""
    listing = file.with_name(".gitignore")
    before = listing.read_text(encoding="utf-8") if listing.exists() else ""
    gap = "\n" if before and not before.endswith("\n") else ""
    listing.write_text(f"{before}{gap}{file.name}\n", encoding="utf-8")
