"""The loop starts what is due, never twice at once, and nothing that is slow or broken holds up the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from deeplearn_checks.monitor.clock import SystemClock
from deeplearn_checks.monitor.loop import Job, Loop, Reports
from deeplearn_checks.monitor.schedule import Schedule

MINUTE_MS = 60_000
Work = Callable[[int], Awaitable[None]]


class Beats:
    """A clock that goes from wait to wait: `turns` are called one after another, and then the loop is stopped."""

    def __init__(self, *turns: Callable[[], object]) -> None:
        self.now = 0
        self.loop: Loop | None = None
        self.skipped: list[tuple[str, int]] = []
        self.broke: list[str] = []
        self._turns = [*turns]

    def now_ms(self) -> int:
        """Answer the time of this clock."""
        return self.now

    async def wait(self, woken: asyncio.Event, until_ms: int) -> None:
        """Go there, once whatever can be done without waiting is done."""
        assert self.loop is not None
        for _ in range(10):
            await asyncio.sleep(0)
        if not self._turns:
            self.loop.stop()
            return
        before = self.now
        self._turns.pop(0)()
        if self.now == before and not woken.is_set():
            self.now = until_ms

    def looping(self, *jobs: Job, places: int = 32) -> Loop:
        """Answer a loop by this clock."""
        reports = Reports(
            lambda *told: self.skipped.append(told), lambda name, why: self.broke.append(f"{name}: {why}")
        )
        self.loop = Loop(jobs, self, reports, places=places)
        return self.loop


async def until(is_so: Callable[[], bool]) -> None:
    """Let the loop turn until something is so."""
    for _ in range(10_000):
        if is_so():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to be so")


def nothing() -> None:
    """Let a turn pass."""


def noted(heard: list[int]) -> Work:
    """Answer work that notes when it was due."""

    async def work(due_ms: int) -> None:
        heard.append(due_ms)

    return work


def held(heard: list[str], name: str, gate: asyncio.Event) -> Work:
    """Answer work that begins, waits for a gate, and ends."""

    async def work(_due_ms: int) -> None:
        heard.append(f"{name} begins")
        await gate.wait()
        heard.append(f"{name} ends")

    return work


def minutely(work: Work, name: str = "job", **how: float) -> Job:
    """Answer a job of each minute."""
    return Job(name, Schedule(MINUTE_MS), work, **how)  # type: ignore[arg-type]  # patience and bounded


def test_a_job_starts_on_each_beat() -> None:
    """It hears when it was due."""
    heard: list[int] = []
    beats = Beats(nothing, nothing)

    asyncio.run(beats.looping(minutely(noted(heard))).run())

    assert heard == [0, MINUTE_MS, 2 * MINUTE_MS]


def test_a_job_that_is_still_at_work_is_not_started_again() -> None:
    """The start is skipped and said; the job goes on."""
    heard: list[str] = []
    beats = Beats(nothing, nothing)

    async def main() -> None:
        gate = asyncio.Event()
        loop = beats.looping(minutely(held(heard, "slow", gate), patience=5))
        running = asyncio.create_task(loop.run())
        await until(lambda: len(beats.skipped) == 2)
        gate.set()
        await running

    asyncio.run(main())

    assert (heard, beats.skipped) == (["slow begins", "slow ends"], [("job", 1), ("job", 1)])


def test_what_is_slept_through_is_counted_and_not_made_up_for() -> None:
    """After a suspension there is one run, and the number of starts that were missed."""
    heard: list[int] = []
    beats = Beats(nothing, lambda: setattr(beats, "now", 5 * MINUTE_MS))

    asyncio.run(beats.looping(minutely(noted(heard))).run())

    assert (heard, beats.skipped) == ([0, MINUTE_MS, 5 * MINUTE_MS], [("job", 3)])


def test_a_clock_that_is_put_back_stops_nothing() -> None:
    """The next start is the next beat of the new time."""
    heard: list[int] = []
    beats = Beats(nothing, lambda: setattr(beats, "now", 7), nothing, nothing)
    beats.now = 30 * MINUTE_MS

    asyncio.run(beats.looping(minutely(noted(heard))).run())

    assert [at // MINUTE_MS for at in heard] == [30, 31, 1, 2]


def test_a_job_that_breaks_ends_nothing_but_that_start() -> None:
    """What it raised is reported; the next beat starts it again."""
    beats = Beats(nothing)

    async def work(due_ms: int) -> None:
        raise RuntimeError(str(due_ms))

    asyncio.run(beats.looping(minutely(work)).run())

    assert beats.broke == ["job: 0", f"job: {MINUTE_MS}"]


def test_no_more_than_so_many_are_at_work_at_once() -> None:
    """The others wait for their place; those that need none do not, and who waits for one at the end never begins."""
    heard: list[str] = []
    beats = Beats()

    async def main() -> None:
        gate = asyncio.Event()
        jobs = [minutely(held(heard, name, gate), name, patience=5) for name in ("a", "b")]
        loop = beats.looping(*jobs, minutely(held(heard, "chore", gate), "chore", bounded=False, patience=5), places=1)
        running = asyncio.create_task(loop.run())
        await until(lambda: len(heard) == 2)
        for _ in range(20):
            await asyncio.sleep(0)
        gate.set()
        await running

    asyncio.run(main())

    assert sorted(heard) == ["a begins", "a ends", "chore begins", "chore ends"]


def test_the_end_waits_no_longer_than_a_job_may_take() -> None:
    """What does not end within its patience is broken off."""
    heard: list[str] = []
    beats = Beats()

    async def main() -> None:
        await beats.looping(minutely(held(heard, "stuck", asyncio.Event()), patience=0.01)).run()

    asyncio.run(main())

    assert (heard, beats.broke) == (["stuck begins"], [])


def test_other_jobs_take_over_and_one_that_stays_keeps_its_beat() -> None:
    """What is gone is not started any more, what is new is; what stays is not started twice on one beat."""
    stays, goes, comes = list[int](), list[int](), list[int]()
    kept = minutely(noted(stays), "stays")
    beats = Beats(lambda: loop.replace([kept, minutely(noted(comes), "comes")]), nothing)
    loop = beats.looping(kept, minutely(noted(goes), "goes"))

    asyncio.run(loop.run())

    assert (stays, goes, comes) == ([0, MINUTE_MS], [0], [0, MINUTE_MS])


def test_a_loop_without_jobs_waits() -> None:
    """It goes on until it is given some, or stopped."""
    beats = Beats(nothing)

    asyncio.run(beats.looping().run())

    assert beats.now == 1000


def test_a_job_may_be_hurried() -> None:
    """It starts at once, unless it is at work, is not known, or the loop ends; its beat stays."""
    heard: list[int] = []

    def hurry() -> None:
        beats.now = 10
        for name in ("job", "job", "none"):
            loop.hurry(name)

    beats = Beats(hurry, nothing)
    loop = beats.looping(minutely(noted(heard)))

    asyncio.run(loop.run())
    loop.hurry("job")

    assert heard == [0, 10, MINUTE_MS]


@pytest.mark.parametrize("is_woken", [True, False])
def test_the_clock_of_the_machine_waits_until_then_or_until_it_is_woken(*, is_woken: bool) -> None:
    """It does not wait for what is past; being woken ends the wait for what is far."""
    clock = SystemClock()

    async def main() -> int:
        woken = asyncio.Event()
        if is_woken:
            woken.set()
        until_ms = clock.now_ms() + (3_600_000 if is_woken else 5)
        await clock.wait(woken, until_ms)
        return clock.now_ms() - until_ms

    late_ms = asyncio.run(main())

    assert (late_ms < 0) is is_woken
