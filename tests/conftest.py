"""What tests of more than one folder take."""

from __future__ import annotations

import pytest
from command import Command


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Answer the command line, to be run in this process."""
    return Command(capsys)
