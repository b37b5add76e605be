"""Waiting for what another thread or process does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 120
"""How many seconds are waited before it is a failure."""


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; give up after a while."""
    waiting = threading.Event()
    for _ in range(PATIENCE * 50):
        if is_so():
            return
        waiting.wait(0.02)
    raise AssertionError("it never came to be so")
