"""The sandbox answers what the running service was recorded to answer."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from player import Player, load

from deeplearn_checks.sandbox.server import transport
from deeplearn_checks.sandbox.world import World, empty_world

if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.json"))
CATALOGUE = Path(__file__).parent / "transcripts" / "14-catalogue.json"


class InProcess:
    """The database of a world in this process."""

    def __init__(self, world: World) -> None:
        self._world = world

    def sql(self, statement: str) -> None:
        """Run and commit one statement."""
        self._world.execute(statement)


class InFolder:
    """The database of a server in another process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "d1.sqlite"

    def sql(self, statement: str) -> None:
        """Run and commit one statement."""
        with closing(sqlite3.connect(self._path)) as database, database:
            database.execute(statement)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_sandbox_answers_as_recorded(path: Path) -> None:
    """Every recorded step gets the recorded answer: status, type, names in their order, texts."""
    transcript = load(path)
    variables, without = transcript["vars"], transcript.get("without", [])
    assert isinstance(variables, dict)
    assert isinstance(without, list)
    world = empty_world(variables, frozenset(without))

    async def play() -> list[str]:
        async with httpx.AsyncClient(transport=transport(world), base_url=world.origins.api) as client:
            return await Player(client, InProcess(world), variables).differences(transcript["steps"])

    found = asyncio.run(play())

    assert found == []


@contextmanager
def served(*options: str) -> Iterator[subprocess.Popen[str]]:
    """Start the real command, wait until it announces that it listens, and end it if the caller has not."""
    command = [sys.executable, "-m", "deeplearn_checks", "sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  our own command
        assert process.stdout
        for line in process.stdout:
            if "DEEPLEARN_CHECKS_TURNSTILE_TOKEN" in line:
                break
        try:
            yield process
        finally:
            process.kill()


def test_the_served_sandbox_answers_as_recorded_and_ends_on_sigterm(tmp_path: Path, free_port: int) -> None:
    """Over the wire the answers are the same, rows of another process are seen, and SIGTERM ends it with 0."""
    transcript, port = load(CATALOGUE), free_port
    variables = transcript["vars"]
    assert isinstance(variables, dict)
    options = [option for name, value in variables.items() for option in ("--var", f"{name}={value}")]

    async def play() -> list[str]:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            return await Player(client, InFolder(tmp_path), variables).differences(transcript["steps"])

    with served("--empty", "--port", str(port), "--state", str(tmp_path), *options) as process:
        found = asyncio.run(play())
        os.kill(process.pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=60)

    assert (found, process.returncode, errors) == ([], 0, "")
