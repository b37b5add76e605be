"""Measures the monitor under load: many targets, each asked the whole catalogue of effects none, every minute.

    python benchmarks/monitor.py [--targets 200] [--minutes 3] [--latency 100] [--hours 4] [--hour-targets 4]
                                 [--sandboxes 8] [--port 19100] [--profile FILE] [--json FILE] [--no-peer]

Beside it, in the same minutes, Prometheus's blackbox_exporter probes the addresses that the monitor reads, as often as
the monitor asks. The monitor is alone in its process; sandboxes, exporter and what drives it are in others, on the same
cores. Then some targets are watched for simulated hours, on a clock that jumps: what grows, grows there. Targets share
sandboxes, so several of them have one origin; each has a name, connections and a history of its own.
Ends with 1 when a limit does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import blackbox
from measuring import Figure
from monitor_process import Told
from sandboxed import SandboxError, sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = Path(__file__).parent
SECRET = ("TOKEN", "SECRET", "KEY_ID", "LEAD")
WARM_UP_PARTS = 4
"""Of so many parts of the time, the first is not looked at for growth: everything is loaded and allocated in it."""


class MonitorError(Exception):
    """The monitor that is measured ended otherwise than well: its figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was measured; `peer` is None where it is not on this machine."""

    load: Told
    day: Told | None
    peer: blackbox.Probed | None
    endpoints: int
    figures: list[Figure]


def main() -> int:
    """Measure, print the table, answer the exit status."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        measured = measure(options, Path(scratch))
    print(table(measured, options))
    if options.json:
        text = json.dumps(asdict(measured) | {"holds": all(f.holds for f in measured.figures)}, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")
    return int(not all(figure.holds for figure in measured.figures))


def measure(options: argparse.Namespace, scratch: Path) -> Measured:
    """Measure the load with the peer beside it, then the simulated hours."""
    with ExitStack() as stack:
        ports = range(options.port, options.port + 3 * options.sandboxes, 3)
        worlds = [stack.enter_context(sandbox(options.latency, port)) for port in ports]
        file, environment = configured(scratch, "load", worlds, options.targets)
        words = (str(options.minutes * 60), *(("--profile", str(options.profile)) if options.profile else ()))
        with_peer = not options.no_peer and blackbox.is_here()
        load, peer, endpoints = asyncio.run(
            side_by_side(options, scratch, worlds, process_of(file, environment, words), with_peer=with_peer)
        )
    day = simulated(options, scratch) if options.hours else None
    return Measured(load, day, peer, endpoints, [*figures_of(load), *growth_of(day)])


def configured(
    scratch: Path, name: str, worlds: Sequence[Mapping[str, str]], targets: int
) -> tuple[Path, dict[str, str]]:
    """Write the monitor's file for so many targets, spread over the sandboxes; answer it with its environment."""
    folder = scratch / name
    folder.mkdir()
    lines = ['store = "monitor.db"', "[[groups]]", 'name = "all"', 'diagnostics = ["*"]', 'every = "1m"']
    lines += ['deadline = "50s"']
    variables = dict(worlds[0])
    for number in range(targets):
        index = number % len(worlds)
        lines += ["[[targets]]", f'name = "target-{number:03}"', f'url = "{worlds[index]["DEEPLEARN_API_BASE_URL"]}"']
        lines += ["[targets.variables]"]
        for key, value in worlds[index].items():
            if not key.startswith(("DEEPLEARN_", "RAZORPAY_", "ADMIN_")) or key == "DEEPLEARN_API_BASE_URL":
                continue
            own = f"WORLD_{index}_{key}"
            variables[own] = value
            lines.append(f'{key} = "{f"env:{own}" if key.endswith(SECRET) else value}"')
    file = folder / "monitor.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file, variables


@dataclass(frozen=True, slots=True)
class Process:
    """The monitor's process: words of its command line, folder and environment."""

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


def process_of(file: Path, environment: Mapping[str, str], words: Sequence[str]) -> Process:
    """Answer how the monitor of a file is started."""
    return Process((sys.executable, str(HERE / "monitor_process.py"), str(file), *words), file.parent, environment)


async def side_by_side(
    options: argparse.Namespace,
    scratch: Path,
    worlds: Sequence[Mapping[str, str]],
    process: Process,
    *,
    with_peer: bool,
) -> tuple[Told, blackbox.Probed | None, int]:
    """Let the monitor and the exporter work at the same time; answers what each cost, how many addresses are read."""
    if not with_peer:
        return await told_by(process), None, 0
    read = [await asyncio.to_thread(endpoints, scratch, world) for world in worlds]
    with blackbox.exporter(scratch, worlds) as exporter:
        urls = [await blackbox.answered(exporter, addresses) for addresses in read]
        turns = [url for turn in zip(*urls, strict=False) for url in turn]
        a_second = options.targets * len(read[0]) / 60
        probing = blackbox.probe_for(exporter, turns, a_second, options.minutes * 60)
        load, peer = await asyncio.gather(told_by(process), probing)
    return load, peer, len(urls[0])


def endpoints(scratch: Path, environment: Mapping[str, str]) -> list[str]:
    """Find out which addresses one run reads."""
    words = [sys.executable, str(HERE / "endpoints.py")]
    told = subprocess.run(words, cwd=scratch, env=environment, check=True, capture_output=True, text=True).stdout
    addresses: list[str] = json.loads(told)
    return addresses


async def told_by(process: Process) -> Told:
    """Run the monitor's process to its end; raises MonitorError, with the end of its log, where it fails."""
    log = process.folder / "monitor.log"
    with log.open("wb") as said:
        started = await asyncio.create_subprocess_exec(
            *process.words, cwd=process.folder, env=process.environment, stdout=subprocess.PIPE, stderr=said
        )
        told, _ = await started.communicate()
    if started.returncode:
        raise MonitorError(f"the monitor ended with {started.returncode}:\n{log.read_text(errors='replace')[-1500:]}")
    return Told(**json.loads(told))


def simulated(options: argparse.Namespace, scratch: Path) -> Told:
    """Watch a few targets for simulated hours, without latency."""
    with sandbox(0, options.port) as world:
        file, environment = configured(scratch, "day", [world], options.hour_targets)
        words = (str(options.hours * 3600), "--simulated")
        return asyncio.run(told_by(process_of(file, environment, words)))


def figures_of(load: Told) -> list[Figure]:
    """Hold the load against its aims."""
    return [
        Figure("starts that were skipped", load.skipped, 0),
        Figure("runs that could not be made, answers that were failures or errors", _wrong(load), 0),
        Figure("start of a run, seconds late at p99", late(load, 0.99), 1),
    ]


def growth_of(day: Told | None) -> list[Figure]:
    """Hold the memory of the simulated hours against flat: its last part against what follows the warming up."""
    if day is None:
        return []
    part = max(1, len(day.mebibytes) // WARM_UP_PARTS)
    growth = median(day.mebibytes[-part:]) / median(day.mebibytes[part : 2 * part])
    return [
        Figure("simulated: memory of the last quarter / of the second", growth, 1.05),
        Figure("simulated: starts that were skipped", day.skipped, 0),
        Figure("simulated: runs that could not be made, failures, errors", _wrong(day), 0),
    ]


def _wrong(told: Told) -> int:
    return told.problems + told.failed + told.errors


def late(told: Told, share: float) -> float:
    """Answer how many seconds late a start was at most, for that share of all starts."""
    ordered = sorted(told.late_ms)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1000 if ordered else 0.0


def table(measured: Measured, options: argparse.Namespace) -> str:
    """Write everything down, a line each."""
    load = measured.load
    lines = [
        (
            f"{options.targets} targets each minute, {options.minutes:g} minutes, answers {options.latency:g} ms late, "
            f"{os.cpu_count()} cores"
        ),
        f"runs {load.runs}, requests {load.requests}, answers of diagnostics {load.passed + load.failed + load.errors}",
        f"starts late: p50 {late(load, 0.5):.3f} s, p99 {late(load, 0.99):.3f} s, most {late(load, 1):.3f} s",
        (
            f"memory {load.mebibytes[0]:.0f} to {load.mebibytes[-1]:.0f} MiB, most {max(load.mebibytes):.0f}; "
            f"store {load.store_mebibytes:.1f} MiB"
        ),
        "",
        f"{'':24} {'CPU s':>8} {'of one core':>12} {'a CPU second':>24}",
        (
            f"{'the monitor':24} {load.cpu_seconds:8.1f} {load.cpu_seconds / load.seconds:12.1%} "
            f"{load.requests / load.cpu_seconds:15.0f} requests"
        ),
    ]
    if peer := measured.peer:
        lines += [
            (
                f"{'blackbox_exporter':24} {peer.cpu_seconds:8.1f} {peer.cpu_seconds / load.seconds:12.1%} "
                f"{peer.probes / peer.cpu_seconds:15.0f} probes   ({peer.probes} of {measured.endpoints} addresses, "
                f"{peer.probes - peer.successes} failed)"
            )
        ]
    else:
        lines += [f"blackbox_exporter: not measured, {blackbox.COMMAND} is not on this machine, or left out"]
    if day := measured.day:
        samples = ", ".join(f"{one:.0f}" for one in day.mebibytes[:: max(1, len(day.mebibytes) // 8)])
        lines += [
            "",
            (
                f"simulated: {options.hour_targets} targets each minute for {options.hours:g} hours, "
                f"{day.runs} runs in {day.seconds:.0f} s ({1000 * day.cpu_seconds / max(1, day.runs):.0f} CPU ms each)"
            ),
            f"memory in MiB: {samples}; store {day.store_mebibytes:.1f} MiB",
        ]
    return "\n".join([*lines, "", *map(str, measured.figures)])


def _options(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the monitor under load, blackbox_exporter beside it.")
    parser.add_argument("--targets", type=int, default=200, help="targets that are watched (200)")
    parser.add_argument("--minutes", type=float, default=3, help="minutes of load on the clock of the machine (3)")
    parser.add_argument("--latency", type=float, default=100, help="delay of every answer in ms (100)")
    parser.add_argument("--hours", type=float, default=4, help="simulated hours, 0 for none (4)")
    parser.add_argument("--hour-targets", type=int, default=4, help="targets that are watched in them (4)")
    parser.add_argument("--sandboxes", type=int, default=8, help="sandboxes that the targets share (8)")
    parser.add_argument("--port", type=int, default=19100, help="first of their ports, three for each (19100)")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="write where the monitor's time goes (cProfile)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE as JSON")
    parser.add_argument("--no-peer", action="store_true", help="leave blackbox_exporter out")
    return parser.parse_args(words)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (MonitorError, SandboxError, OSError) as problem:
        sys.exit(str(problem))
