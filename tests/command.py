"""Running the command line in this process."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, NamedTuple

from deeplearn_checks.cli import main

if TYPE_CHECKING:
    import pytest


class Ended(NamedTuple):
    """How a command ended: its status and what it printed."""

    status: int
    output: str
    errors: str


class Command:
    """The command line, as `deeplearn-checks` starts it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ended:
        """Run it; answer how it ended."""
        before, sys.argv = sys.argv, ["deeplearn-checks", *arguments]
        try:
            main()
        except SystemExit as ending:
            printed = self._capsys.readouterr()
            return Ended(int(ending.code or 0), printed.out, printed.err)
        finally:
            sys.argv = before
            gc.unfreeze()  # the command line's process is over then; this one goes on
        raise AssertionError("the command line did not exit")
