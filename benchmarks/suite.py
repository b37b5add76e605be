"""Measures "speed and economy": a whole run against a sandbox, side by side with bare pytest and with the peers.

    python benchmarks/suite.py [--rounds 5] [--latency 100] [--chain N] [--port 18950] [--json FILE] [--no-peers]

Medians; everything of one latency is measured in one go, in turns. Ends with 1 when a limit does not hold.
The peers are installed into build/benchmarks, once, where Node.js, npm and a package index can be had.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import httpx
from measuring import Command, CommandError, Cost, side_by_side
from peers import installed, prepared
from sandboxed import SandboxError, sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[1]
BARE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

CHECKS = "pytest checks/"
RUN = "deeplearn-checks run"
PLAIN = "bare pytest, plugin autoload off"
WITH_ALLURE = "bare pytest with allure-pytest"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run asks: its requests, the questions that it repeats, its longest chain of dependent requests."""

    requests: int
    repeated: list[str]
    chain: int


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


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was measured: costs by latency and command, the figures made of them, peers that are absent."""

    asked: Asked
    request_seconds: float
    costs: dict[str, dict[str, Cost]]
    figures: list[Figure]
    absent: dict[str, str]


def main() -> int:
    """Measure, print the table, answer the exit status."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        measured = measure(options, Path(scratch))
    print(table(measured))
    if options.json:
        text = json.dumps(asdict(measured) | {"holds": all(f.holds for f in measured.figures)}, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")
    return int(not all(figure.holds for figure in measured.figures))


def measure(options: argparse.Namespace, scratch: Path) -> Measured:
    """Measure with latency and peers first, then without latency."""
    late, absent = f"{options.latency:g} ms", dict[str, str]()
    with sandbox(options.latency, options.port) as environment:
        asked = ask(scratch, environment, options.chain)
        url = f"{environment['DEEPLEARN_API_BASE_URL']}/health"
        request = one_request(url)
        commands = ours(scratch, environment)
        if not options.no_peers:
            peers, absent = prepared(ROOT / "build/benchmarks", url, asked.requests, environment)
            commands += peers
        costs = {late: side_by_side(commands, options.rounds)}
    with sandbox(0, options.port) as environment:
        costs["0 ms"] = side_by_side(ours(scratch, environment), options.rounds)
    figures = [*_late(costs[late], asked.chain * request), *_at_once(costs["0 ms"])]
    repeated = Figure("questions asked more than once in a run", len(asked.repeated), 0)
    return Measured(asked, request, costs, [repeated, *figures], absent)


def ask(scratch: Path, environment: Mapping[str, str], chain: int | None) -> Asked:
    """Find out what a run asks; *chain*, where given, overrules the length of its longest chain."""
    words = [sys.executable, str(ROOT / "benchmarks/questions.py")]
    told = subprocess.run(words, cwd=scratch, env=environment, check=True, capture_output=True, text=True).stdout
    asked = Asked(**json.loads(told))
    return Asked(asked.requests, asked.repeated, chain or asked.chain)


def one_request(url: str, times: int = 15) -> float:
    """Answer how many seconds one request takes at this latency, in the middle of *times*, on a warm connection."""
    seconds = []
    with httpx.Client() as client:
        client.get(url)
        for _ in range(times):
            began = time.perf_counter()
            client.get(url)
            seconds.append(time.perf_counter() - began)
    return median(seconds)


def ours(scratch: Path, environment: Mapping[str, str]) -> list[Command]:
    """Answer the two ways to run, and pytest on one empty test: as a user has them installed and types them.

    Bare pytest stands beside them twice: with allure-pytest, as it starts by itself in the same virtual environment,
    and without any plugin.
    """
    folder = Path(tempfile.mkdtemp(dir=scratch))
    (folder / "test_empty.py").write_text("def test_empty():\n    pass\n", encoding="utf-8")
    programs = installed(ROOT / "build/benchmarks/installed")
    pytest, run = str(programs / "pytest"), str(programs / "deeplearn-checks")
    return [
        Command(CHECKS, (pytest, str(ROOT / "checks"), "-p", "no:cacheprovider"), folder, environment),
        Command(RUN, (run, "run"), folder, environment),
        Command(WITH_ALLURE, (pytest, "test_empty.py"), folder, environment),
        Command(PLAIN, (pytest, "test_empty.py"), folder, dict(environment) | BARE),
    ]


def _late(costs: Mapping[str, Cost], chain_seconds: float) -> list[Figure]:
    """Hold the runs against their longest chain, and the peers against the runs."""
    seconds = {name: cost.seconds for name, cost in costs.items()}
    peers = [name for name in seconds if name not in {CHECKS, RUN, PLAIN, WITH_ALLURE}]
    return [
        Figure(
            f"{CHECKS} / (longest chain + {WITH_ALLURE})", seconds[CHECKS] / (chain_seconds + seconds[WITH_ALLURE]), 1.4
        ),
        Figure(f"{RUN} / (longest chain + {PLAIN})", seconds[RUN] / (chain_seconds + seconds[PLAIN]), 1.4),
        *(
            Figure(f"{peer} / {own}", seconds[peer] / seconds[own], 5, at_least=True)
            for peer in peers
            for own in (CHECKS, RUN)
        ),
    ]


def _at_once(costs: Mapping[str, Cost]) -> list[Figure]:
    """Hold a run without latency against bare pytest: in time and in memory."""
    whole, plain = costs[RUN], costs[PLAIN]
    return [
        Figure(f"0 ms: {RUN} / {PLAIN}", whole.seconds / plain.seconds, 2.5),
        Figure(f"0 ms: peak memory of {RUN} / {PLAIN}", whole.mebibytes / plain.mebibytes, 1.5),
    ]


def table(measured: Measured) -> str:
    """Write everything down, a line each."""
    asked = measured.asked
    lines = [
        f"{asked.requests} requests, longest chain {asked.chain}, one request {measured.request_seconds * 1000:.0f} ms"
    ]
    lines += [f"asked more than once: {question}" for question in asked.repeated]
    for latency, costs in measured.costs.items():
        lines += ["", f"{'at ' + latency:42} {'median s':>9} {'peak MiB':>9}"]
        lines += [f"{name:42} {cost.seconds:9.3f} {cost.mebibytes:9.0f}" for name, cost in costs.items()]
    lines += ["", *map(str, measured.figures)]
    lines += [f"{name}: not measured, {reason}" for name, reason in measured.absent.items()]
    return "\n".join(lines)


def _options(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure speed and economy of a run, peers side by side.")
    parser.add_argument("--rounds", type=int, default=5, help="times that everything is run, in turns (5)")
    parser.add_argument("--latency", type=float, default=100, help="delay of every answer in ms (100)")
    parser.add_argument("--chain", type=int, help="length of the longest chain of dependent requests (measured)")
    parser.add_argument("--port", type=int, default=18950, help="first of the sandbox's three ports (18950)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE as JSON")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    return parser.parse_args(words)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CommandError, SandboxError) as problem:
        sys.exit(str(problem))
