"""Starting each piece of work when it is due, on one event loop: what is slow or broken holds up nothing else.

A job that is due while it is still at work is skipped, never started twice; at most so many bounded jobs are at work
at once. What a job raises ends that start of it alone. The schedule is pure (`schedule`), the clock is handed in.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deeplearn_checks.monitor.schedule import next_due

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from deeplearn_checks.monitor.clock import Clock
    from deeplearn_checks.monitor.schedule import Due, Schedule

PLACES = 32
"""How many bounded jobs are at work at once."""
_IDLE_MS = 1000
"""How long is waited where there is no job at all."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do again and again. `patience` is how many seconds it may take to end; `work` gets when it was due.

    A job that is `bounded` waits for one of the places.
    """

    name: str
    schedule: Schedule
    work: Callable[[int], Awaitable[None]]
    patience: float = 60.0
    bounded: bool = True


@dataclass(frozen=True, slots=True)
class Reports:
    """Who hears of what goes wrong: which job missed how many starts, and what a job raised."""

    skipped: Callable[[str, int], None]
    broke: Callable[[str, BaseException], None]


@dataclass(slots=True)
class _AtWork:
    """A start of a job, and whether it has its place."""

    job: Job
    task: asyncio.Task[None] | None = None
    has_begun: bool = field(default=False)


class Loop:
    """Starts jobs when they are due, until it is stopped."""

    def __init__(self, jobs: Iterable[Job], clock: Clock, reports: Reports, *, places: int = PLACES) -> None:
        self._clock = clock
        self._reports = reports
        self._places = asyncio.Semaphore(places)
        self._woken = asyncio.Event()
        self._stopping = False
        self._at_work: dict[str, _AtWork] = {}
        self._jobs: dict[str, Job] = {}
        self._last: dict[str, int] = {}
        self._next: dict[str, int] = {}
        self._seen_ms = 0
        self.replace(jobs)

    def replace(self, jobs: Iterable[Job]) -> None:
        """Go on with these jobs; what is at work ends as it began, and a job that stays keeps its beat."""
        self._jobs = {job.name: job for job in jobs}
        now_ms = self._clock.now_ms()
        self._last = {name: self._last.get(name, now_ms - 1) for name in self._jobs}
        self._next = {name: self._due(job, now_ms).due_ms for name, job in self._jobs.items()}
        self._woken.set()

    def hurry(self, name: str) -> None:
        """Start a job now, unless it is at work or the loop ends; its beat stays."""
        if name in self._jobs and name not in self._at_work and not self._stopping:
            self._start(self._jobs[name], self._clock.now_ms())

    def stop(self) -> None:
        """Start nothing more: `run()` returns when what is at work has ended."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Start what is due until `stop()`; then wait for what is at work, each as long as its patience lasts."""
        try:
            while not self._stopping:
                self._woken.clear()
                await self._clock.wait(self._woken, self._start_all_due())
        finally:
            await self._ended()

    async def settled(self) -> None:
        """Wait until nothing is at work."""
        while tasks := self._tasks():
            await asyncio.wait(tasks)

    def _start_all_due(self) -> int:
        """Start what is due, and answer when the next is."""
        now_ms = self._clock.now_ms()
        is_back, self._seen_ms = now_ms < self._seen_ms, now_ms
        for name, job in self._jobs.items():
            if is_back or self._next[name] <= now_ms:
                self._next[name] = self._start_if_due(job, now_ms)
        return min(self._next.values(), default=now_ms + _IDLE_MS)

    def _start_if_due(self, job: Job, now_ms: int) -> int:
        """Start a job that is due; answer when it is due next."""
        due = self._due(job, now_ms)
        if due.due_ms > now_ms:
            return due.due_ms
        self._last[job.name] = due.due_ms
        is_free = job.name not in self._at_work
        if due.missed or not is_free:
            self._reports.skipped(job.name, due.missed + (not is_free))
        if is_free:
            self._start(job, due.due_ms)
        return self._due(job, now_ms).due_ms

    def _due(self, job: Job, now_ms: int) -> Due:
        if self._last[job.name] > now_ms + job.schedule.every_ms:  # the clock was put back
            self._last[job.name] = now_ms - 1
        return next_due(job.schedule, now_ms, self._last[job.name])

    def _start(self, job: Job, due_ms: int) -> None:
        at_work = self._at_work[job.name] = _AtWork(job)
        at_work.task = asyncio.create_task(self._work(at_work, due_ms), name=job.name)
        at_work.task.add_done_callback(lambda task: self._done(job.name, task))

    async def _work(self, at_work: _AtWork, due_ms: int) -> None:
        if not at_work.job.bounded:
            at_work.has_begun = True
            await at_work.job.work(due_ms)
            return
        async with self._places:
            at_work.has_begun = True
            await at_work.job.work(due_ms)

    def _done(self, name: str, task: asyncio.Task[None]) -> None:
        del self._at_work[name]
        if not task.cancelled() and (problem := task.exception()):
            self._reports.broke(name, problem)

    def _tasks(self) -> set[asyncio.Task[None]]:
        return {one.task for one in self._at_work.values() if one.task is not None}

    async def _ended(self) -> None:
        """Let what has begun end within its patience; what waits for a place never begins."""
        loop = asyncio.get_running_loop()
        ends = {
            one.task: loop.time() + one.job.patience for one in self._at_work.values() if one.task and one.has_begun
        }
        for task in self._tasks() - ends.keys():
            task.cancel()
        while waiting := {task: at for task, at in ends.items() if not task.done()}:
            next_at = min(waiting.values())
            if next_at <= loop.time():
                break
            await asyncio.wait(waiting, timeout=next_at - loop.time(), return_when=asyncio.FIRST_COMPLETED)
        for task in self._tasks():
            task.cancel()
        await asyncio.gather(*self._tasks(), return_exceptions=True)
