"""A monitor over sandboxed targets: what breaks is told once, what recovers is told once, whatever happens between."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest
from watched import CHAT, FILE, MINUTE_MS, NOON_MS, Box, Chat

from deeplearn_checks.monitor.monitoring import Counts
from deeplearn_checks.monitor.store import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.incident.notifying import Notice
    from deeplearn_checks.monitor.notices import Text
    from deeplearn_checks.monitor.sql_keeping import SqlStore
    from deeplearn_checks.monitor.store import Told

BROKEN = "[critical] box: payment.webhook-secret-configured is broken"
WELL = "[critical] box: payment.webhook-secret-configured has recovered"
PING = '[ping]\nurl = "env:PING"\n'


class Switch(httpx.AsyncBaseTransport):
    """A dead man's switch: `told` are the paths that were asked, with the first line of each body."""

    def __init__(self, *, status: int = 200) -> None:
        self.told: list[tuple[str, str]] = []
        self._status = status

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Take a ping."""
        body = (await request.aread()).decode()
        self.told.append((request.url.path.removeprefix("/uuid-of-mine"), body.splitlines()[0]))
        return httpx.Response(self._status)


class Full:
    """A store whose disk is full while `is_full`; else the one behind it."""

    def __init__(self, store: SqlStore) -> None:
        self.is_full = True
        self._store = store

    def keep(self, *told: object) -> None:
        """Keep nothing while the disk is full."""
        self._hold()
        self._store.keep(*told)  # type: ignore[arg-type]  # as given

    def untold(self, now_ms: int) -> tuple[Told, ...]:
        """Take nothing while the disk is full."""
        self._hold()
        return self._store.untold(now_ms)

    def _hold(self) -> None:
        if self.is_full:
            raise StoreError("the store monitor.db cannot be written: no space left")

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def test_what_breaks_and_recovers_is_told_once_each(tmp_path: Path) -> None:
    """One notice when it is sure to be broken, one when it is sure to be well again."""
    box = Box(tmp_path)
    box.clock.at = {2: box.breaks, 6: box.mends}

    asyncio.run(box.monitor().watch())

    assert (box.chat.titles, {url for url, _ in box.chat.heard}) == ([BROKEN, WELL], {CHAT})


def test_each_change_is_one_line_of_the_log(tmp_path: Path) -> None:
    """Nothing else is logged while all goes well."""
    box = Box(tmp_path)
    box.clock.at = {2: box.breaks, 6: box.mends}

    asyncio.run(box.monitor().watch())

    changes = [line.partition(" (")[0] for line in box.logged]
    assert changes == [
        "box payment.webhook-secret-configured opened",
        "box payment.webhook-secret-configured recovered",
    ]


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    """Between any two runs the monitor may end and begin: the same is told, once."""
    box = Box(tmp_path)
    box.clock.at = {2: box.breaks, 6: box.mends}

    for minute in range(1, 11):
        box.clock.end_ms = NOON_MS + minute * MINUTE_MS
        with closing(box.store()) as store:
            asyncio.run(box.monitor(store).watch())

    assert box.chat.titles == [BROKEN, WELL]


def test_a_notice_that_is_refused_is_tried_again(tmp_path: Path) -> None:
    """It arrives when the service takes it, and the runs have gone on meanwhile."""
    box = Box(tmp_path)
    box.chat.down = "the service answered 500"
    box.clock.at = {1: box.breaks, 6: lambda: setattr(box.chat, "down", "")}
    monitor = box.monitor()

    asyncio.run(monitor.watch())

    refusals = [line for line in box.logged if "not told" in line]
    assert (box.chat.titles, monitor.counts.runs, len(refusals) > 1) == ([BROKEN], 10, True)


def test_a_full_disk_is_said_once_and_monitoring_goes_on(tmp_path: Path) -> None:
    """What could not be kept is not pretended: it counts from when the store can be written again."""
    box = Box(tmp_path)
    store = Full(box.store())
    monitor = box.monitor(store)  # type: ignore[arg-type]  # a store by its methods
    box.breaks()
    seen: list[str] = []

    def mend() -> None:
        seen.append(monitor.well())
        store.is_full = False

    box.clock.at = {5: mend}

    asyncio.run(monitor.watch())

    assert (seen, monitor.well(), box.chat.titles, [line for line in box.logged if "store" in line]) == (
        ["the store monitor.db cannot be written: no space left"],
        "",
        [BROKEN],
        [
            "the store monitor.db cannot be written: no space left; nothing is kept or told until that is mended",
            "the store can be written again",
        ],
    )


def test_the_dead_mans_switch_hears_start_and_success(tmp_path: Path) -> None:
    """A success says that the monitor could look and keep what it saw, whatever it saw."""
    box = Box(tmp_path, PING, minutes=3)
    box.pinged = switch = Switch()
    box.breaks()

    asyncio.run(box.monitor().watch())

    assert [path for path, _ in switch.told] == ["/start", "", "", ""]


def test_the_dead_mans_switch_hears_of_a_store_that_is_full(tmp_path: Path) -> None:
    """A monitor that can keep nothing is as good as dead."""
    box = Box(tmp_path, PING, minutes=2)
    box.pinged = switch = Switch()

    asyncio.run(box.monitor(Full(box.store())).watch())  # type: ignore[arg-type]  # a store by its methods

    assert switch.told[-1] == ("/fail", "the store monitor.db cannot be written: no space left")


def test_the_dead_mans_switch_may_hear_of_targets_too(tmp_path: Path) -> None:
    """Where `fail_when_down` says so, something critical that is down is a failure."""
    box = Box(tmp_path, f"{PING}fail_when_down = true\n", minutes=3)
    box.pinged = switch = Switch()
    box.breaks()

    asyncio.run(box.monitor().watch())

    assert switch.told[-1] == ("/fail", "1 critical diagnostics are down")


def test_a_bug_in_a_run_is_loud_and_ends_nothing(tmp_path: Path) -> None:
    """It is said of the monitor, not of the target; the next run is made."""

    class Bug(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(500, request=request)

        async def aclose(self) -> None:
            raise RuntimeError("a bug of ours")

    box = Box(tmp_path, PING, minutes=4)
    box.pinged, box.wire = switch, _ = Switch(), Bug()
    monitor = box.monitor()

    asyncio.run(monitor.watch())

    told = (box.chat.titles, monitor.counts.runs, "Traceback" in box.logged[0], switch.told[-1][0])
    assert told == (["[critical] box: monitor.run:platform is broken"], 4, True, "/fail")


def test_once_runs_all_and_answers_the_gate(tmp_path: Path) -> None:
    """Every group is run now, and what is due is told; one gate that is not passed is enough."""
    box = Box(tmp_path, file=FILE.replace("fails_after = 2", "fails_after = 1"))
    well = asyncio.run(box.monitor().once())
    box.clock.now += MINUTE_MS
    box.breaks()

    broken = asyncio.run(box.monitor().once())

    assert (well, broken, box.chat.titles) == (True, False, [BROKEN])


def test_another_configuration_counts_from_the_next_run_on(tmp_path: Path) -> None:
    """What is asked, who is told and who is pinged follow the file; the beat and the state stay."""
    box = Box(tmp_path, PING)
    box.pinged = switch = Switch()
    monitor = box.monitor()

    def reload() -> None:
        box.write(FILE.replace('"monitor.db"', '"other.db"').replace('"1m"', '"2m"'))
        monitor.reload(box.config())

    box.clock.at = {2: box.breaks, 4: reload}

    asyncio.run(monitor.watch())

    assert (box.chat.titles, monitor.counts.runs, len(switch.told), box.logged[-1]) == (
        [BROKEN],
        7,
        5,
        "the store is another one now: it is used after a restart",
    )


def test_a_start_that_is_slept_through_is_counted(tmp_path: Path) -> None:
    """The machine slept: one run is due, not all that were missed."""
    box = Box(tmp_path)
    monitor = box.monitor()

    def sleep() -> None:
        box.clock.now += 3 * MINUTE_MS

    box.clock.at = {2: sleep}

    asyncio.run(monitor.watch())

    assert (monitor.counts, box.logged) == (
        Counts(runs=7, skipped=3),
        ["box/platform: 3 starts were skipped: the run before took too long, or the machine slept"],
    )


def test_what_breaks_in_the_monitors_own_work_is_logged(tmp_path: Path) -> None:
    """A bug in a chore ends nothing but that start of it."""
    box = Box(tmp_path, minutes=3)

    class Broken(Chat):
        def __call__(self, url: str, text: Text) -> Notice:
            raise RuntimeError(f"a bug in sending {text.title} to {url}")

    box.chat = Broken()
    box.breaks()
    monitor = box.monitor()

    asyncio.run(monitor.watch())

    assert (monitor.counts.runs, box.logged[-1]) == (
        3,
        f"(monitor) deliver: RuntimeError: a bug in sending {BROKEN} to [secret]",
    )


@pytest.mark.parametrize("kept", [0, 1])
def test_a_run_in_which_something_breaks_is_kept(tmp_path: Path, kept: int) -> None:
    """Its bundle is in the folder of the configuration, and the store knows where; 0 keeps none."""
    box = Box(tmp_path, f'[bundles]\nfolder = "{tmp_path}/kept"\nkept = {kept}\n', minutes=2)
    box.breaks()

    asyncio.run(box.monitor().watch())

    assert len([*tmp_path.glob("kept/*.bundle")]) == kept
