"""A sandbox that is served on this machine while the tests of a module run."""

from __future__ import annotations

import shlex
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def _free_port() -> int:
    """Answer a port that is free with the two after it."""
    while True:
        with suppress(OSError, OverflowError), ExitStack() as taken:
            port: int = taken.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            for number in (port + 1, port + 2):
                taken.enter_context(socket.create_server(("127.0.0.1", number)))
            return port


LAST = "DEEPLEARN_CHECKS_TURNSTILE_TOKEN"
"""The variable that is announced last, once all listens."""


@contextmanager
def served() -> Iterator[dict[str, str]]:
    """Serve one; answer the variables that point at it."""
    options = ("--port", str(_free_port()), "--repaired", "--seed", "3")
    command = [sys.executable, "-m", "deeplearn_checks", "sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  ours
        exports: dict[str, str] = {}
        while LAST not in exports:
            name, _, value = _line(process).removeprefix("export ").partition("=")
            exports[name] = "".join(shlex.split(value))
        try:
            yield exports
        finally:
            process.terminate()


def _line(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    assert line, "the sandbox ended before it listened"
    return line
