"""What a long command is doing, on standard error: a moving line at a terminal, else a plain line now and then."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import TextIO

    Tell = Callable[[str], None]

SECOND = 1.0
"""How often a plain line is written at most, in seconds; what takes less is not spoken of."""

STILL = 15
"""After how many seconds the same is said again, so that nobody takes slow for stuck."""


def progress(stream: TextIO | None = None) -> AbstractContextManager[Tell]:
    """Answer what is told of each step; at a terminal where rich is installed nothing of it stays."""
    written = sys.stderr if stream is None else stream
    can_move = written.isatty() and os.environ.get("TERM") != "dumb" and find_spec("rich") is not None
    return moving(written) if can_move else plain(written)


@contextmanager
def moving(stream: TextIO) -> Iterator[Tell]:
    """Show the latest step in a line that moves, with the time that all has taken."""
    from rich.console import Console  # noqa: PLC0415  heavy, and only for a terminal
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415  likewise

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda said: shown.update(task, description=said)


@contextmanager
def plain(stream: TextIO) -> Iterator[Tell]:
    """Write the latest step, at most one line a second, and again when nothing new was said for a while."""
    over, said = threading.Event(), list[str]()
    writer = threading.Thread(target=write, args=(stream, said, over.wait), daemon=True)
    writer.start()
    try:
        yield said.append
    finally:
        over.set()
        writer.join()


def write(stream: TextIO, said: Sequence[str], pause: Callable[[float], bool]) -> None:
    """Write what was said last until *pause*, which waits for so many seconds, answers that it is over."""
    before, quiet = 0, 0
    while not pause(SECOND):
        quiet += 1
        if said and (len(said) != before or quiet >= STILL):
            before, quiet = len(said), 0
            stream.write(f"deeplearn-checks: {said[-1]}\n")
            stream.flush()
