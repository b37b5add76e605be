"""Each distinct question is asked once per run; everyone who asks it again shares the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar, cast, overload

from deeplearn_checks.finding import UnansweredError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


@overload
async def together(first: Awaitable[T], second: Awaitable[U], /) -> tuple[T, U]: ...
@overload
async def together(first: Awaitable[T], second: Awaitable[U], third: Awaitable[V], /) -> tuple[T, U, V]: ...
@overload
async def together(*questions: Awaitable[T]) -> tuple[T, ...]: ...
async def together(*questions: Awaitable[object]) -> tuple[object, ...]:
    """Ask questions at the same time; raises what the first of them raises, in the order in which they are given.

    Never what happened to fail soonest: a finding must not depend on the order in which answers come.
    """
    answers = await asyncio.gather(*questions, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return tuple(answers)


class Questions:
    """The answers of one run by question, each with the numbers of the exchanges it took."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, tuple[asyncio.Task[object], set[int]]] = {}

    async def once(self, key: Hashable, used: set[int], ask: Callable[[set[int]], Awaitable[T]]) -> T:
        """Answer the question *key*, asking it with *ask* if nobody has yet.

        *ask* gets the set in which to note exchange numbers; *used*, the caller's own, is completed from it.
        Raises UnansweredError, to each who asks, where there is no answer.
        """
        if key not in self._asked:
            noted: set[int] = set()
            self._asked[key] = (asyncio.ensure_future(self._settle(ask, noted)), noted)
        task, noted = self._asked[key]
        try:
            answer = await asyncio.shield(task)
        except UnansweredError as unanswered:
            used.add(unanswered.finding.question)
            raise
        finally:
            used |= noted
        return cast("T", answer)

    @staticmethod
    async def _settle(ask: Callable[[set[int]], Awaitable[T]], noted: set[int]) -> T:
        return await ask(noted)

    async def close(self) -> None:
        """Cancel what is still being asked."""
        tasks = [task for task, _ in self._asked.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
