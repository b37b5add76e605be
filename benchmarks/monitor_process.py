"""Run in a process of its own: the monitor of one file for a while, and what it cost this process alone.

    python benchmarks/monitor_process.py FILE SECONDS              on the clock of the machine
    python benchmarks/monitor_process.py FILE SECONDS --simulated  on a clock that jumps to what is due next

Prints one JSON object. A start is seen where a run asks for its wires, the seam that `Surroundings` hands in; how late
it is follows from the group's own beat. The store is an SQLite file, as the monitor has it by default.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import sys
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.monitor.clock import SystemClock
from deeplearn_checks.monitor.config import read_config
from deeplearn_checks.monitor.monitoring import Monitor, Surroundings
from deeplearn_checks.monitor.sql_store import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks.monitor.clock import Clock
    from deeplearn_checks.monitor.config import Config, TargetConfig
    from deeplearn_checks.monitor.store import Store

MEBI = 1 << 20
SAMPLES = 60
"""How often memory is looked at, over the whole time."""


@dataclass(slots=True)
class Told:
    """What is printed. `late_ms`: of each start; `mebibytes`: resident memory, from time to time."""

    runs: int = 0
    skipped: int = 0
    problems: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    requests: int = 0
    passed: int = 0
    failed: int = 0
    errors: int = 0
    store_mebibytes: float = 0.0
    late_ms: list[int] = field(default_factory=list)
    mebibytes: list[float] = field(default_factory=list)


class JumpingClock:
    """A clock on which the time passes at once, as soon as nothing is under way."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self.monitor: Monitor | None = None

    def now_ms(self) -> int:
        """Answer the time in milliseconds since 1970 UTC."""
        return self._now_ms

    async def wait(self, woken: asyncio.Event, until_ms: int) -> None:
        """Let what is under way end, then let it be that time."""
        if self.monitor is not None:
            await self.monitor.settled()
        if not woken.is_set():
            self._now_ms = max(self._now_ms, until_ms)


class _Watch:
    """A monitor that is watched itself, for so many seconds of its own clock."""

    def __init__(self, config: Config, store: Store, clock: Clock, seconds: float) -> None:
        self.told = Told()
        self._clock = clock
        self._begin_ms = clock.now_ms()
        self._span_ms = round(seconds * 1000)
        self.monitor = Monitor(config, store, Surroundings(_said, clock, self._started))

    def _started(self, target: TargetConfig) -> None:
        """Note when a run starts, and let it reach its target over the network."""
        schedule, now_ms = target.groups[0].schedule, self._clock.now_ms()
        self.told.late_ms.append((now_ms - schedule.offset_ms) % schedule.every_ms)
        self._look()

    def _look(self) -> None:
        """Note the memory where it is time, and stop where all of it is over."""
        passed_ms = self._clock.now_ms() - self._begin_ms
        if passed_ms >= len(self.told.mebibytes) * self._span_ms / SAMPLES:
            self.told.mebibytes.append(resident())
        if passed_ms >= self._span_ms:
            self.monitor.stop()

    async def watch(self) -> Told:
        """Watch to the end, and answer what it cost."""
        began, cpu = time.perf_counter(), time.process_time()
        watching = asyncio.create_task(self.monitor.watch())
        while not watching.done():
            self._look()
            await asyncio.wait({watching}, timeout=1)
        watching.result()
        self.told.seconds, self.told.cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
        counts = self.monitor.counts
        self.told.runs, self.told.skipped, self.told.problems = counts.runs, counts.skipped, counts.problems
        return self.told


def resident() -> float:
    """Answer how much memory this process has now, in MiB; its peak where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * os.sysconf("SC_PAGESIZE") / MEBI


def _said(text: str) -> None:
    print(text, file=sys.stderr)


def _add_up(told: Told, store: Store, config: Config, since_ms: int) -> None:
    """Add what the store holds: answers by outcome, and the requests of the newest runs, times the runs there were."""
    for target in config.targets:
        for bucket in store.buckets(target.name, since_ms, 60_000):
            if bucket.diagnostic:
                told.passed += bucket.passed
                told.failed += bucket.failed
                told.errors += bucket.errors
    newest = store.last_runs()
    told.requests = round(told.runs * sum(run.requests for run in newest) / max(1, len(newest)))


def watched(file: Path, seconds: float, *, simulated: bool) -> Told:
    """Watch as a file says, for so many seconds."""
    config = read_config(file, os.environ)
    database = Path(config.store.get_secret_value())
    clock = JumpingClock(time.time_ns() // 1_000_000) if simulated else SystemClock()
    with closing(open_store(str(database))) as store:
        since_ms = clock.now_ms()
        watch = _Watch(config, store, clock, seconds)
        if isinstance(clock, JumpingClock):
            clock.monitor = watch.monitor
        told = asyncio.run(watch.watch())
        _add_up(told, store, config, since_ms)
    told.store_mebibytes = database.stat().st_size / MEBI
    return told


def main(words: Sequence[str] | None = None) -> None:
    """Print what it cost."""
    parser = argparse.ArgumentParser(description="The monitor of one file, for a while.")
    parser.add_argument("file", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--simulated", action="store_true")
    parser.add_argument("--profile", type=Path)
    options = parser.parse_args(words)
    gc.enable()
    if options.profile:
        import cProfile  # noqa: PLC0415  not part of what is measured

        with cProfile.Profile() as profile:
            told = watched(options.file, options.seconds, simulated=options.simulated)
        profile.dump_stats(options.profile)
    else:
        told = watched(options.file, options.seconds, simulated=options.simulated)
    print(json.dumps(asdict(told)))


if __name__ == "__main__":
    main()
