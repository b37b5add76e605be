"""The dead man's switch is told by the protocol of healthchecks.io, and nothing of its address is ever shown."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from deeplearn_checks.monitor.pinging import Ping, address

URL = "https://hc.invalid/ping-key-of-mine/slug?create=1"


@pytest.mark.parametrize(
    ("signal", "url"),
    [
        ("", URL),
        ("start", "https://hc.invalid/ping-key-of-mine/slug/start?create=1"),
        ("fail", "https://hc.invalid/ping-key-of-mine/slug/fail?create=1"),
    ],
)
def test_a_signal_stands_behind_the_path(signal: str, url: str) -> None:
    """A success has none; what the address asks for stays."""
    asked = address(URL, signal)

    assert asked == url


def pinged(*answers: int | Exception) -> tuple[list[bool], list[str], list[bytes]]:
    """Send a success for each answer; say whether it was taken, what was logged, and what was sent."""
    logged: list[str] = []
    bodies: list[bytes] = []
    waiting = [*answers]

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        now = waiting.pop(0)
        if isinstance(now, Exception):
            raise now
        return httpx.Response(now)

    async def main() -> list[bool]:
        ping = Ping(URL, logged.append, httpx.MockTransport(answer))
        taken = [await ping.send("", "7 runs") for _ in answers]
        await ping.close()
        return taken

    return asyncio.run(main()), logged, bodies


def test_a_ping_carries_its_summary() -> None:
    """The body is kept there, and read when something is wrong."""
    told = pinged(200)

    assert told == ([True], [], [b"7 runs"])


def test_what_is_not_reached_is_said_once_until_it_is() -> None:
    """Neither the address nor its key is shown; the next failure after a success is news again."""
    taken, logged, _ = pinged(500, httpx.ConnectError(f"no way to {URL}"), 200, httpx.ReadTimeout(f"{URL}: silence"))

    shown = [line for line in logged if "ping-key-of-mine" in line]
    assert (taken, [line.split(": ")[1] for line in logged], shown) == (
        [False, False, True, False],
        ["it answered 500", "ReadTimeout"],
        [],
    )
