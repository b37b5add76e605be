"""The monitor: its runs, what is made of them, what is told, and whether it is well itself."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deeplearn_checks.finding import Severity
from deeplearn_checks.monitor import delivering, notices
from deeplearn_checks.monitor.bookkeeping import Books
from deeplearn_checks.monitor.bundles import Bundles
from deeplearn_checks.monitor.clock import SystemClock
from deeplearn_checks.monitor.incidents import Incidents
from deeplearn_checks.monitor.looking import Looker, over_the_network, patience
from deeplearn_checks.monitor.loop import PLACES, Job, Loop, Reports
from deeplearn_checks.monitor.pinging import Ping
from deeplearn_checks.monitor.schedule import Schedule
from deeplearn_checks.monitor.state import Health
from deeplearn_checks.monitor.store import StoreError
from deeplearn_checks.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from deeplearn_checks.monitor.clock import Clock
    from deeplearn_checks.monitor.config import Config, GroupConfig, TargetConfig
    from deeplearn_checks.monitor.delivering import Send
    from deeplearn_checks.monitor.keeping import Judged
    from deeplearn_checks.monitor.looking import Looked, Wires
    from deeplearn_checks.monitor.state import State
    from deeplearn_checks.monitor.store import Store

Answer = TypeVar("Answer")
DELIVER_EVERY_MS = 5000
ROLL_UP_EVERY_MS = 3_600_000
_LAST_SECONDS = 30.0
"""How long the end of the monitor waits for notices."""
_OWN = "(monitor) "
"""How the names of the monitor's own jobs begin; those of runs are `target/group`."""
_DELIVER = f"{_OWN}deliver"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a monitor reaches the world by: all of it may be handed in. `log` gets a line at a time, redacted."""

    log: Callable[[str], None]
    clock: Clock = field(default_factory=SystemClock)
    wires: Wires = over_the_network
    send: Send = delivering.send
    ping_transport: httpx.AsyncBaseTransport | None = None
    places: int = PLACES


@dataclass(slots=True)
class Counts:
    """What has happened since the start: runs that were made, starts that were skipped, runs that broke.

    `latest_ms` is the longest that a start was late, in milliseconds.
    """

    runs: int = 0
    skipped: int = 0
    problems: int = 0
    latest_ms: int = 0


class Monitor:
    """Watches what a configuration says, and keeps it in a store."""

    def __init__(self, config: Config, store: Store, around: Surroundings) -> None:
        self.counts = Counts()
        self._store = store
        self._around = around
        self._trouble = ""
        self._is_watching = False
        self._down: dict[str, frozenset[str]] = {}
        self._looked: dict[str, bool] = {}
        self._thread = ThreadPoolExecutor(1, "store")
        self._delivery = delivering.Delivery(store, around.clock, self.log, around.send)
        self._ping: Ping | None = None
        self._pinged_url = ""
        self._retired: list[Ping] = []
        self._configure(config)
        self._loop = Loop(
            self._jobs(), around.clock, Reports(self._has_skipped, self._has_broken), places=around.places
        )

    def _configure(self, config: Config) -> None:
        self.config = config
        self._redact = Redactor(config.secrets())
        bundles = Bundles(Path(config.bundles), config.bundles_kept, self.log)
        self._books = Books(self._store, config, bundles)
        self._looker = Looker(config, self._around.clock, self._around.wires)
        incidents = Incidents(config, self._known, bundles, self.log, self._around.wires)
        self._routes = delivering.Routes(config, incidents)
        self._point_ping(config.ping.get_secret_value())

    def _known(self, target: str) -> State:
        """Answer what is known of a target, never in the middle of a judgement."""
        return self._thread.submit(self._store.state, target).result()

    def _point_ping(self, url: str) -> None:
        if url == self._pinged_url:
            return
        self._retired += [self._ping] if self._ping else []
        self._ping = Ping(url, self.log, self._around.ping_transport) if url else None
        self._pinged_url = url

    def log(self, text: str) -> None:
        """Say something on the log, redacted."""
        self._around.log(self._redact(text))

    def well(self) -> str:
        """Say what keeps the monitor from working, empty where nothing does."""
        return self._trouble

    async def watch(self) -> None:
        """Make every run when it is due, until `stop()`; then end what is under way, and tell what is due."""
        self._is_watching = True
        starting = asyncio.create_task(self._signal("start", "started"))
        try:
            await self._loop.run()
            await self._deliver_last()
        finally:
            await starting
            await self._close()

    async def once(self) -> bool:
        """Run every group now, and tell what is due; answers whether every gate is passed."""
        places = asyncio.Semaphore(self._around.places)
        await self._signal("start", "started")
        try:
            gates = await asyncio.gather(*(self._run_once(*one, places) for one in self._groups()))
            await self._deliver_last()
            await self._pinged(0)
        finally:
            await self._close()
        return all(gates)

    def stop(self) -> None:
        """Start nothing more; `watch()` then ends."""
        self._loop.stop()

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        await self._loop.settled()

    def reload(self, config: Config) -> None:
        """Go on with another configuration; what is under way ends by the old one. The store stays."""
        if config.store != self.config.store:
            self.log("the store is another one now: it is used after a restart")
        self._configure(config)
        self._looked, self._down = {}, {}
        self._loop.replace(self._jobs())

    def _groups(self) -> list[tuple[TargetConfig, GroupConfig]]:
        return [(target, group) for target in self.config.targets for group in target.groups]

    def _jobs(self) -> list[Job]:
        jobs = [self._job(target, group) for target, group in self._groups()]
        jobs.append(Job(_DELIVER, Schedule(DELIVER_EVERY_MS), self._deliver_due, bounded=False))
        jobs.append(Job(f"{_OWN}roll up", Schedule(ROLL_UP_EVERY_MS), self._rolled_up, bounded=False))
        if self._ping is not None:
            jobs.append(Job(f"{_OWN}ping", Schedule(self.config.ping_every_ms), self._pinged, bounded=False))
        return jobs

    def _job(self, target: TargetConfig, group: GroupConfig) -> Job:
        async def work(due_ms: int) -> None:
            await self._run(target, group, due_ms)

        return Job(f"{target.name}/{group.name}", group.schedule, work, patience(group.settings))

    async def _run_once(self, target: TargetConfig, group: GroupConfig, places: asyncio.Semaphore) -> bool:
        async with places:
            looked = await self._run(target, group, self._around.clock.now_ms())
        return looked.report is not None and looked.report.gate == "passed"

    async def _run(self, target: TargetConfig, group: GroupConfig, due_ms: int) -> Looked:
        """Make one run and keep what it says."""
        late_ms = self._around.clock.now_ms() - due_ms
        self.counts.latest_ms = max(self.counts.latest_ms, late_ms)
        books = self._books
        looked = await self._looker.look(target, group, due_ms)
        self.counts.runs += 1
        self._looked[f"{target.name}/{group.name}"] = looked.seen.problem is None
        if looked.trouble is not None:
            self.counts.problems += 1
            self.log(f"{target.name}/{group.name}: {looked.seen.problem}\n{looked.trouble}")
        judged = await self._stored(lambda: books.enter(looked, group, self._around.clock.now_ms()))
        self._has_judged(target.name, judged)
        return looked

    def _has_judged(self, target: str, judged: Judged | None) -> None:
        """Say what has changed, and have it told; nothing where it could not be kept."""
        if judged is None:
            return
        if self._trouble:
            self.log("the store can be written again")
        self._trouble = ""
        state, transitions, _ = judged
        self._down[target] = _down(state)
        for transition in transitions:
            self.log(notices.summary(transition))
        if transitions and self._is_watching:
            self._loop.hurry(_DELIVER)

    async def _stored(self, work: Callable[[], Answer]) -> Answer | None:
        """Let the thread of the store do something; answer None where it cannot, which is said once."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except StoreError as problem:
            self._has_trouble(problem)
            return None

    def _has_trouble(self, problem: StoreError) -> None:
        if not self._trouble:
            self.log(f"{problem}; nothing is kept or told until that is mended")
        self._trouble = self._redact(str(problem))

    async def _deliver_due(self, _due_ms: int) -> None:
        try:
            await self._delivery.deliver(self._routes)
        except StoreError as problem:
            self._has_trouble(problem)

    async def _deliver_last(self) -> None:
        """Deliver what is due before the end, for so long; what is left stays in the store."""
        delivering_it = asyncio.wait_for(self._deliver_due(0), _LAST_SECONDS)
        (problem,) = await asyncio.gather(delivering_it, return_exceptions=True)
        if problem is not None:
            self._has_broken(_DELIVER, problem)

    async def _rolled_up(self, _due_ms: int) -> None:
        await self._stored(lambda: self._store.roll_up(self._around.clock.now_ms()))

    async def _pinged(self, _due_ms: int) -> None:
        """Say that the monitor lives, could look and could keep what it saw; or that it could not."""
        reasons = [self._trouble] if self._trouble else []
        reasons += [f"{name}: could not look" for name, can in sorted(self._looked.items()) if not can]
        down = sum(map(len, self._down.values()))
        if self.config.ping_fails_when_down and down:
            reasons.append(f"{down} critical diagnostics are down")
        told = f"{self.counts.runs} runs, {self.counts.skipped} skipped; {down} critical diagnostics are down"
        await self._signal("fail" if reasons else "", "\n".join([*reasons, told]))

    async def _signal(self, signal: str, text: str) -> None:
        if self._ping is not None:
            await self._ping.send(signal, self._redact(text))

    def _has_skipped(self, name: str, starts: int) -> None:
        if not name.startswith(_OWN):
            self.counts.skipped += starts
            self.log(f"{name}: {starts} starts were skipped: the run before took too long, or the machine slept")

    def _has_broken(self, name: str, problem: BaseException) -> None:
        self.counts.problems += 1
        self.log(f"{name}: {type(problem).__name__}: {problem}")

    async def _close(self) -> None:
        await asyncio.to_thread(self._delivery.close)
        await asyncio.to_thread(self._thread.shutdown)
        for ping in filter(None, [*self._retired, self._ping]):
            await ping.close()


def _down(state: State) -> frozenset[str]:
    """Answer what is critical and down."""
    return frozenset(
        id_ for id_, one in state.standings.items() if one.health is Health.DOWN and one.severity is Severity.CRITICAL
    )
