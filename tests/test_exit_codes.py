"""The page of exit codes: every command has its row, and what is said of all of them holds for each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.core import TyperGroup

from deeplearn_checks.cli import COMMANDS, loaded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Command

PAGE = (Path(__file__).parents[1] / "docs/exit-codes.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([a-z ]+)` \|", PAGE, re.MULTILINE)


def commands() -> Iterator[str]:
    """Answer every command that can be typed; a group stands for itself where it does something alone."""
    for name in COMMANDS:
        one = loaded(name)
        if not isinstance(one, TyperGroup):
            yield name
            continue
        if one.invoke_without_command:
            yield name
        yield from (f"{name} {word}" for word in one.commands)


def test_every_command_has_its_row() -> None:
    """The page says of every command what it ends with, and of none that there is not."""
    assert sorted(ROWS) == sorted(commands())


@pytest.mark.parametrize("name", ROWS)
def test_bad_usage_is_two(command: Command, name: str) -> None:
    """An option that no command has is told in one line, with exit code 2."""
    ended = command(*name.split(), "--no-such-option")

    assert (ended.status, ended.output, len(ended.errors.splitlines())) == (2, "", 1)


@pytest.mark.parametrize("name", ROWS)
def test_help_is_zero(command: Command, name: str) -> None:
    """Help is no failure."""
    assert command(*name.split(), "--help").status == 0
