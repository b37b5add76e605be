"""Starting commands, one at a time, and what each cost: wall clock and peak memory; figures against their limits."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LAUNCH = Path(__file__).with_name("launch.py")
KIBI = 1024


@dataclass(frozen=True, slots=True)
class Command:
    """What is measured: the words of a command line, where it runs, its environment, and its status if all is well."""

    name: str
    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    status: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """One run of a command: seconds on the clock, and the most memory it held, in MiB."""

    seconds: float
    mebibytes: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure against its limit."""

    name: str
    measured: float
    limit: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure is on the right side of its limit."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "DOES NOT HOLD"
        return f"{self.name:74} {self.measured:7.2f}  {'>=' if self.at_least else '<='} {self.limit:4g}  {verdict}"


class CommandError(Exception):
    """A command that is measured ended otherwise than well: its figures would mean nothing."""


def run(command: Command) -> Cost:
    """Run a command to its end; raises CommandError, with the end of its output, where it fails."""
    log = command.folder / "output.log"
    launch = (sys.executable, "-I", "-S", str(LAUNCH), str(log), *command.words)
    told = subprocess.run(launch, cwd=command.folder, env=command.environment, check=True, capture_output=True).stdout
    status, seconds, kibibytes = json.loads(told)
    if status != command.status:
        raise CommandError(f"{command.name} ended with {status}:\n{log.read_text(errors='replace')[-1500:]}")
    return Cost(seconds, kibibytes / KIBI)


def side_by_side(commands: Sequence[Command], rounds: int, *, warming: int = 1) -> dict[str, Cost]:
    """Run every command once a round, so that a busy moment hits them all; answer the medians by name.

    From the second round on the order changes, in the same way each time: who always came after a command that empties
    the processor's caches would look slow. The first rounds, `warming` of them, do not count: Python compiles modules
    when they are first imported.
    """
    costs: dict[str, list[Cost]] = {command.name: [] for command in commands}
    for number in range(warming + rounds):
        for command in Random(number).sample(commands, len(commands)) if number else commands:  # noqa: S311  no secret
            costs[command.name].append(run(command))
    return {name: _middle(measured[warming:]) for name, measured in costs.items()}


def _middle(costs: Sequence[Cost]) -> Cost:
    return Cost(median(cost.seconds for cost in costs), median(cost.mebibytes for cost in costs))
