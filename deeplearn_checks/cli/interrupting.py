"""Ctrl-C while a library is at work: heard at once where Python runs, and never lost where it does not."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt; answer what raises it again where one has come.

    A database that calls back into Python takes what is raised there for its own failure: whoever works on step by step
    asks before each step.
    """
    came = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = True
        raise KeyboardInterrupt

    def ask() -> None:
        if came:
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)  # the latter from pipelines and schedulers
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield ask
        ask()
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
