"""One run of a group: bounded, its own connections, and whatever breaks in it a value."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from watched import FILE, NOON_MS, Box

from deeplearn_checks.finding import Outcome
from deeplearn_checks.monitor.looking import Looked, Looker, Trust, over_the_network, patience
from deeplearn_checks.sandbox import server
from deeplearn_checks.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.monitor.looking import Wires


def looked(box: Box, wires: Wires, number: int = 0) -> Looked:
    """Make one run."""
    target = box.config().targets[0]
    return asyncio.run(Looker(box.config(), box.clock, wires).look(target, target.groups[number], NOON_MS - 5))


def settings(url: str, **variables: str) -> Settings:
    """Read the settings of a target."""
    return load_settings(variables={"DEEPLEARN_API_BASE_URL": url} | variables)


def test_a_run_is_kept_with_when_it_was_due_and_when_it_was(tmp_path: Path) -> None:
    """And with all that it saw, for a bundle."""
    box = Box(tmp_path)

    run = looked(box, lambda _: server.transport(box.world))

    outcomes = {one.outcome for one in run.seen.observations}
    assert (run.seen.due_ms, run.seen.started_ms, outcomes, run.kept is not None, run.trouble) == (
        NOON_MS - 5,
        NOON_MS,
        {Outcome.PASSED},
        True,
        None,
    )


def test_a_run_of_several_bugs_names_the_first(tmp_path: Path) -> None:
    """The line is for people, the whole for the log; no secret is in either."""
    box = Box(tmp_path)
    token = box.variables["ADMIN_API_TOKEN"]

    def broken(_: object) -> httpx.AsyncBaseTransport:
        raise ExceptionGroup("several", [ValueError(f"a bug with {token}\nand more"), KeyError("x")])

    run = looked(box, broken)

    told = (run.seen.problem, run.report, "Traceback" in str(run.trouble), token in str(run.trouble))
    assert told == ("the run broke: ValueError: a bug with [secret]", None, True, False)


def test_a_run_that_hangs_is_given_up(tmp_path: Path) -> None:
    """It is a bug of ours, and it holds up nothing for longer than it may take."""

    class Stuck(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(500, request=request)

        async def aclose(self) -> None:
            await asyncio.Event().wait()

    box = Box(tmp_path)
    target = box.config().targets[0]
    looker = Looker(box.config(), box.clock, lambda _: Stuck(), slack=-49.9)

    run = asyncio.run(looker.look(target, target.groups[0], NOON_MS))

    assert run.seen.problem == "the run did not end within its deadline"


def test_a_run_may_be_called_off(tmp_path: Path) -> None:
    """Who waits for it no longer ends it."""
    box = Box(tmp_path)
    asked = asyncio.Event()

    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.set()
            await asyncio.Event().wait()
            return httpx.Response(500, request=request)

    async def main() -> int:
        target = box.config().targets[0]
        looking = asyncio.create_task(
            Looker(box.config(), box.clock, lambda _: Silent()).look(target, target.groups[0], NOON_MS)
        )
        await asked.wait()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        for _ in range(50):
            await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    left = asyncio.run(main())

    assert left == 1


def test_a_target_is_reached_over_the_network(tmp_path: Path) -> None:
    """Where nothing stands in between; nothing listens there, and that is the target's fault, not the monitor's."""
    box = Box(tmp_path, file=FILE.replace("http://api.sandbox.test", "http://127.0.0.1:9"))

    run = looked(box, over_the_network)

    causes = {one.diagnostic: one.cause for one in run.seen.observations if not one.blocked_by}
    assert (causes["platform.root"], run.seen.problem) == ("unreachable", None)


def test_a_run_may_take_its_deadline_and_what_settles_it(tmp_path: Path) -> None:
    """What it has sent is answered or given up, what it raised is resolved."""
    group = Box(tmp_path).config().targets[0].groups[0]

    seconds = patience(group.settings)

    assert seconds == group.settings.deadline + 2 * group.settings.timeout + 5


def test_targets_that_trust_the_same_share_it() -> None:
    """It holds no credential, and costs 20 ms and a megabyte."""
    trust = Trust()

    first, second = (trust.of(settings(f"https://{name}.example.com")) for name in ("one", "two"))

    assert first is second


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://127.0.0.1:9"])
def test_on_this_machine_trust_is_the_targets_own(url: str) -> None:
    """It depends on whether any of its addresses speaks TLS."""
    trust = Trust()

    first, second = (trust.of(settings(url)) for _ in range(2))

    assert first is not second
