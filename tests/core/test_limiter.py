"""So many at once and no more; the urgent first, then in order."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from deeplearn_checks.limiter import Limiter


async def turns(limiter: Limiter, arrivals: str) -> str:
    """Let callers arrive at one moment, capitals being urgent, and answer the order in which they get a place."""
    order: list[str] = []

    async def come(name: str) -> None:
        async with limiter.place(urgent=name.isupper()):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(*map(come, arrivals))
    return "".join(order)


@pytest.mark.parametrize(("places", "order"), [(1, "BDace"), (2, "BDace"), (9, "BDace")])
def test_the_urgent_go_first_and_then_who_came_first(places: int, order: str) -> None:
    """Of all that arrive at one moment the urgent are chosen first, however many places there are."""
    assert asyncio.run(turns(Limiter(places), "aBcDe")) == order


def test_no_more_than_the_places_are_held() -> None:
    """The bound holds at every moment, and is reached."""
    held: list[int] = []

    async def come(limiter: Limiter, inside: set[int], number: int) -> None:
        async with limiter.place(urgent=False):
            inside.add(number)
            held.append(len(inside))
            await asyncio.sleep(0)
            inside.remove(number)

    async def main() -> None:
        limiter, inside = Limiter(3), set[int]()
        await asyncio.gather(*(come(limiter, inside, number) for number in range(20)))

    asyncio.run(main())

    assert max(held) == 3


def test_a_place_is_given_back_when_the_block_breaks() -> None:
    """An exception does not use up a place."""

    async def main() -> str:
        limiter = Limiter(1)
        with suppress(LookupError):
            async with limiter.place(urgent=False):
                raise LookupError
        return await turns(limiter, "ab")

    assert asyncio.run(main()) == "ab"


@pytest.mark.parametrize("moments", range(1, 12))
def test_who_is_cancelled_takes_no_place(moments: int) -> None:
    """Cancelled while waiting, while a place is being given, or inside: the next always gets in."""

    async def main() -> str:
        limiter = Limiter(1)
        waiting = asyncio.ensure_future(turns(limiter, "x"))
        for _ in range(moments):
            await asyncio.sleep(0)
        waiting.cancel()
        return await turns(limiter, "ab")

    assert asyncio.run(main()) == "ab"
