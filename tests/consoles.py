"""What a page shows of a terminal, and a terminal that types it: README and tutorial are held to what happens.

A block of the language `console` holds commands (`$ ...`) with the output of each. `…` stands for what differs from day
to day, alone on a line for any number of lines.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from types import TracebackType

    from command import Command

_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"^\$ ([^\n]*)\n((?:(?!\$ )[^\n]*\n)*)", re.MULTILINE)
_PORTS = ("8787", "8788", "8789")
"""Where pages say that a sandbox listens."""


class Shown(NamedTuple):
    """A command as a page shows it, and what it says that it prints."""

    command: str
    output: str

    def is_what(self, printed: str) -> bool:
        """Whether this is what was printed."""
        return bool(re.fullmatch(_expected(self.output), printed.strip() + "\n"))


def blocks(page: str) -> list[list[Shown]]:
    """Answer the commands of every console block, in order."""
    return [[Shown(*typed) for typed in _TYPED.findall(block)] for block in _BLOCK.findall(page)]


def _expected(output: str) -> str:
    """Answer the pattern of what is shown."""
    shown = output.strip().splitlines() or [""]
    return "".join("(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".+") + "\n" for line in shown)


class Terminal:
    """Types what pages show, in this process; a sandbox that is served is one of its own, on a port that is free."""

    def __init__(self, command: Command, port: int) -> None:
        self._command = command
        self._ports = [str(port + number) for number in range(len(_PORTS))]
        self._status = 0
        self._served: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._served:
            process.terminate()
            process.communicate()

    def type(self, shown: Shown) -> str:
        """Answer what a command prints, as if the sandbox listened where the page says."""
        name, *arguments = shlex.split(os.path.expandvars(self._moved(shown.command, _PORTS, self._ports)))
        if name == "export":
            os.environ.update((variable, value) for variable, _, value in (one.partition("=") for one in arguments))
            return ""
        if [name, *arguments] == ["echo", "$?"]:
            return f"{self._status}\n"
        assert name == "deeplearn-checks", f"nothing here runs {shown.command!r}"
        if arguments[0] == "sandbox":
            printed = self._serve(arguments, lines=len(shown.output.splitlines()))
        else:
            ended = self._command(*arguments)
            printed, self._status = ended.output + ended.errors, ended.status
        return self._moved(printed, self._ports, _PORTS)

    def _serve(self, arguments: list[str], *, lines: int) -> str:
        """Start a sandbox; answer the first lines that it prints."""
        started = [sys.executable, "-m", "deeplearn_checks", *arguments]
        process = subprocess.Popen(started, stdout=subprocess.PIPE, text=True)  # noqa: S603  ours
        self._served.append(process)
        assert process.stdout is not None
        return "".join(process.stdout.readline() for _ in range(lines))

    @staticmethod
    def _moved(text: str, before: tuple[str, ...] | list[str], after: tuple[str, ...] | list[str]) -> str:
        for one, other in zip(before, after, strict=True):
            text = text.replace(one, other)
        return text
