"""Judging a run by what is known and keeping both, also where another runner of the same target is faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from deeplearn_checks.monitor.state import State, Transition
from deeplearn_checks.monitor.store import OvertakenError

if TYPE_CHECKING:
    from deeplearn_checks.monitor.observing import Observed
    from deeplearn_checks.monitor.store import Store

Judged = tuple[State, Sequence[Transition], Mapping[int, Sequence[str]]]
"""The new state, what is to be told, and the routes of each by its index."""

TRIES = 30
"""How often a run is judged again before it is given up: each time another one has been kept."""


def judge_and_keep(store: Store, seen: Observed, judge: Callable[[State], Judged], tries: int = TRIES) -> Judged:
    """Keep a run and what *judge* makes of the state; judged again whenever another runner has kept its own meanwhile.

    What *judge* reads of the store itself (the newest runs of other locations) is as new as the state or newer.
    Raises StoreError, OvertakenError after *tries* in vain.
    """
    for left in reversed(range(tries)):
        judged = judge(store.state(seen.target))
        try:
            store.keep(seen, *judged)
        except OvertakenError:
            if not left:
                raise
            continue
        return judged
    raise ValueError("a run is judged once at least")
