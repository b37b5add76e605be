"""What a page shows of a terminal is what happens: every command of it, one after the other, in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from consoles import Terminal, blocks

if TYPE_CHECKING:
    from command import Command

DOCS = Path(__file__).parents[1] / "docs"
TYPED = ("tutorial.md", "exit-codes.md")
"""The pages that can be typed from top to bottom by whoever has nothing yet."""


@pytest.mark.usefixtures("nothing_configured")
@pytest.mark.parametrize("page", TYPED)
def test_every_command_of_a_page_prints_what_it_shows(command: Command, free_port: int, page: str) -> None:
    """Whoever types the page from top to bottom, in an empty folder, sees what it says."""
    typed = [shown for block in blocks((DOCS / page).read_text(encoding="utf-8")) for shown in block]
    with Terminal(command, free_port) as terminal:
        printed = [(shown, terminal.type(shown)) for shown in typed]

    assert [(shown.command, said) for shown, said in printed if not shown.is_what(said)] == []


@pytest.mark.parametrize("page", TYPED)
def test_a_page_shows_no_command_outside_of_what_is_typed(page: str) -> None:
    """A command that a reader is told to type stands in a console block, where the test above types it."""
    text = (DOCS / page).read_text(encoding="utf-8")

    told = sum(line.startswith("$ ") for line in text.splitlines())

    assert told == sum(len(block) for block in blocks(text))
