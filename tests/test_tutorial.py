"""What the tutorial shows is what happens: every command of it, one after the other, in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from consoles import Terminal, blocks

if TYPE_CHECKING:
    from command import Command

TUTORIAL = (Path(__file__).parents[1] / "docs/tutorial.md").read_text(encoding="utf-8")
SHOWN = [shown for block in blocks(TUTORIAL) for shown in block]


@pytest.mark.usefixtures("nothing_configured")
def test_every_command_of_the_tutorial_prints_what_it_shows(command: Command, free_port: int) -> None:
    """Whoever types the tutorial from top to bottom, in an empty folder, sees what it says."""
    with Terminal(command, free_port) as terminal:
        printed = [(shown, terminal.type(shown)) for shown in SHOWN]

    assert [(shown.command, said) for shown, said in printed if not shown.is_what(said)] == []


def test_the_tutorial_shows_no_command_outside_of_what_is_typed() -> None:
    """A command that a reader is told to type stands in a console block, where the test above types it."""
    told = sum(line.startswith("$ ") for line in TUTORIAL.splitlines())

    assert told == len(SHOWN)
