"""What tests of more than one folder take."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import chdir
from typing import TYPE_CHECKING

import httpcore  # noqa: F401  httpx imports it late: pytester, which forgets modules, would make two of it
import pytest
from command import Command
from own_checks import team_folder
from postgres import REQUIRED, Server, binaries, running

from deeplearn_checks.monitor.sql_store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deeplearn_checks.monitor.sql_keeping import SqlStore

CONFIGURED = ("DEEPLEARN_", "RAZORPAY_", "ADMIN_API_TOKEN")
"""How the variables begin that configure us."""


def pytest_configure() -> None:
    """Hear Ctrl-C even where a shell has started the tests in the background, deaf to it: tests press it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """Hold every test to leave the signals of the process as it found them: the next test would be ended by its own."""
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    after = [signal.getsignal(number) for number in numbers]
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
    assert after == before


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


@pytest.fixture
def team(tmp_path: Path, nothing_configured: None) -> Iterator[Path]:  # noqa: ARG001  without the operator's settings
    """Work in the folder of a team that has checks of its own."""
    with team_folder(tmp_path) as folder:
        yield folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Run a PostgreSQL as long as tests do."""
    if binaries() is None and not os.environ.get(REQUIRED):
        pytest.skip("no PostgreSQL server to keep a store in")
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Answer where a store may be kept that is empty: a file, and a schema of a server."""
    if request.param == "sqlite":
        return str(tmp_path / "monitor.db")
    server: Server = request.getfixturevalue("postgresql")
    return server.fresh()


@pytest.fixture
def another(where: str) -> Iterator[Callable[[], SqlStore]]:
    """Answer who opens the same store again, as another process would; all are closed in the end."""
    opened: list[SqlStore] = []

    def open_again() -> SqlStore:
        opened.append(open_store(where))
        return opened[-1]

    yield open_again
    for one in opened:
        one.close()


@pytest.fixture
def store(another: Callable[[], SqlStore]) -> SqlStore:
    """Answer a store that is empty."""
    return another()
