"""Runs in which something broke are kept: so many, so large, the newest always."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from watched import NOON_MS, Box

from deeplearn_checks.bundle.archive import load
from deeplearn_checks.monitor.bundles import Bundles
from deeplearn_checks.monitor.looking import Looker

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.wire import Observed


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """Answer all that a run saw."""
    from deeplearn_checks.sandbox import server  # noqa: PLC0415  only here

    box = Box(tmp_path_factory.mktemp("box"))
    target = box.config().targets[0]
    looker = Looker(box.config(), box.clock, lambda _: server.transport(box.world))
    kept = asyncio.run(looker.look(target, target.groups[0], NOON_MS)).kept
    assert kept is not None
    return kept


def kept(folder: Path) -> list[str]:
    """Answer the names of the bundles of a folder, oldest first."""
    return sorted(file.name for file in folder.glob("*.bundle"))


def test_a_kept_run_can_be_read(tmp_path: Path, seen: Observed) -> None:
    """Its path is where it is said to be."""
    bundles = Bundles(tmp_path / "kept", 3, print)

    path = bundles.keep(seen, "box", NOON_MS)

    ids = [result.id for result in load(bundles.path("box", NOON_MS)).report.results]
    assert (path, "platform.health" in ids) == (str(tmp_path / "kept" / "2026-03-02T120000.000Z-box.bundle"), True)


@pytest.mark.parametrize(("count", "limit", "left"), [(2, 1 << 30, 2), (3, 1, 1), (5, 1 << 30, 4)])
def test_the_oldest_goes_first(tmp_path: Path, seen: Observed, count: int, limit: int, left: int) -> None:
    """Beyond the number or the size; the newest stays however large it is."""
    bundles = Bundles(tmp_path, count, print, limit)

    for minute in range(4):
        bundles.keep(seen, "box", NOON_MS + minute * 60_000)

    assert kept(tmp_path) == [f"2026-03-02T120{minute}00.000Z-box.bundle" for minute in range(4)][-left:]


def test_none_is_kept_where_none_is_wanted(tmp_path: Path, seen: Observed) -> None:
    """0 keeps none, and makes no folder."""
    path = Bundles(tmp_path / "kept", 0, print).keep(seen, "box", NOON_MS)

    assert (path, (tmp_path / "kept").exists()) == ("", False)


def test_what_cannot_be_written_is_said_and_ends_nothing(tmp_path: Path, seen: Observed) -> None:
    """The run counts all the same."""
    said: list[str] = []
    (tmp_path / "kept").touch()

    path = Bundles(tmp_path / "kept", 2, said.append).keep(seen, "box", NOON_MS)

    assert (path, said[0].startswith("box: the run is not kept: ")) == ("", True)
