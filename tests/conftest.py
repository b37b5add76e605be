"""What tests of more than one folder take."""

from __future__ import annotations

import socket

import httpcore  # noqa: F401  httpx imports it late: pytester, which forgets modules, would make two of it
import pytest
from command import Command


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Answer the command line, to be run in this process."""
    return Command(capsys)


@pytest.fixture
def free_port() -> int:
    """A port that is free with the two after it."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
        try:
            for number in range(port, port + 3):
                socket.create_server(("127.0.0.1", number)).close()
        except (OSError, OverflowError):
            continue
        return port
