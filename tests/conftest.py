"""What tests of more than one folder take."""

from __future__ import annotations

import os
import socket
from contextlib import chdir
from typing import TYPE_CHECKING

import httpcore  # noqa: F401  httpx imports it late: pytester, which forgets modules, would make two of it
import pytest
from command import Command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURED = ("DEEPLEARN_", "RAZORPAY_", "ADMIN_API_TOKEN")
"""How the variables begin that configure us."""


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


@pytest.fixture
def nothing_configured(tmp_path: Path) -> Iterator[None]:
    """Work in an empty folder, without the operator's own settings; those that a test makes end with it."""

    def of_ours() -> dict[str, str]:
        return {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(CONFIGURED)}

    held = of_ours()
    with chdir(tmp_path):
        yield
    of_ours()
    os.environ.update(held)
