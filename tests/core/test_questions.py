"""What is asked twice is asked once, and everyone shares the answer or its lack."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.finding import UnansweredError, error
from deeplearn_checks.questions import Questions
from deeplearn_checks.redaction import Redacted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LOST = UnansweredError(error("timed-out", Redacted("no answer"), question=9))


class Counting:
    """Answers with its own count, after a turn of the loop; raises *problem* instead where there is one."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.count = 0
        self._problem = problem

    async def __call__(self, noted: set[int]) -> int:
        """Answer, and note two exchanges."""
        self.count += 1
        noted |= {3, 4}
        await asyncio.sleep(0)
        if self._problem:
            raise self._problem
        return self.count


def with_questions(main: Callable[[Questions], Awaitable[object]]) -> object:
    """Run *main* with the questions of a run."""

    async def whole() -> object:
        questions = Questions()
        try:
            return await main(questions)
        finally:
            await questions.close()

    return asyncio.run(whole())


def test_a_question_is_asked_once() -> None:
    """At one moment or later, each who asks has the same answer."""
    ask = Counting()

    async def main(questions: Questions) -> object:
        both = await asyncio.gather(*(questions.once("key", set(), ask) for _ in range(2)))
        return [*both, await questions.once("key", set(), ask)]

    assert with_questions(main) == [1, 1, 1]


def test_another_question_is_asked_apart() -> None:
    """Only the same key is the same question."""
    ask = Counting()

    async def main(questions: Questions) -> object:
        return [await questions.once(key, set(), ask) for key in ("a", "b")]

    assert with_questions(main) == [1, 2]


@pytest.mark.parametrize(("problem", "noted"), [(None, {3, 4}), (LOST, {3, 4, 9})])
def test_everyone_notes_the_exchanges_of_the_answer(problem: Exception | None, noted: set[int]) -> None:
    """Whoever shares an answer shows its exchanges, those of one that never came too."""

    async def main(questions: Questions) -> object:
        ask = Counting(problem)
        used: list[set[int]] = [{1}, {2}]
        for one in used:
            with suppress(UnansweredError):
                await questions.once("key", one, ask)
        return used

    assert with_questions(main) == [{1} | noted, {2} | noted]


def test_a_failure_is_shared() -> None:
    """A question without an answer is not asked again, and fails for each."""
    ask = Counting(LOST)

    async def main(questions: Questions) -> object:
        return await asyncio.gather(*(questions.once("key", set(), ask) for _ in range(3)), return_exceptions=True)

    assert (with_questions(main), ask.count) == ([LOST, LOST, LOST], 1)


def test_who_stops_waiting_does_not_stop_the_others() -> None:
    """A cancelled diagnostic takes no answer from anybody."""

    async def main(questions: Questions) -> object:
        ask = Counting()
        impatient = asyncio.ensure_future(questions.once("key", set(), ask))
        patient = asyncio.ensure_future(questions.once("key", set(), ask))
        await asyncio.sleep(0)
        impatient.cancel()
        return await patient

    assert with_questions(main) == 1


def test_closing_ends_what_is_still_asked() -> None:
    """Nothing of a run outlives it."""

    async def forever(_: set[int]) -> None:
        await asyncio.Event().wait()

    async def main(questions: Questions) -> object:
        waiting = asyncio.ensure_future(questions.once("key", set(), forever))
        await asyncio.sleep(0)
        await questions.close()
        await asyncio.gather(waiting, return_exceptions=True)
        return waiting.cancelled()

    assert with_questions(main) is True
