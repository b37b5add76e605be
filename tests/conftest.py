"""What tests of more than one folder take."""

from __future__ import annotations

import httpcore  # noqa: F401  httpx imports it late: pytester, which forgets modules, would make two of it
import pytest
from command import Command


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Answer the command line, to be run in this process."""
    return Command(capsys)
