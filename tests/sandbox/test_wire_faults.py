"""Every fault of the wire, on real connections: what a run in the same process makes of it, and what it is spared."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import tracemalloc
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from deeplearn_checks.diagnostics import CATALOG, console, platform
from deeplearn_checks.finding import Effects, Outcome, Severity
from deeplearn_checks.runner import run
from deeplearn_checks.sandbox.app import api
from deeplearn_checks.sandbox.faults import FAULTS, Fault
from deeplearn_checks.sandbox.listening import Background, Gate
from deeplearn_checks.sandbox.server import connect
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.sandbox.wire_faults import ERROR_PAGE, OVERSIZE
from deeplearn_checks.session import check
from deeplearn_checks.settings import load_settings
from deeplearn_checks.transport import ANSWER_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.results import RunReport

WIRE = tuple(fault for fault in FAULTS if fault.apply.__module__.endswith("fault_wire"))
MANNERS = tuple(fault for fault in WIRE if fault.name.partition("-")[0] not in {"tls", "field"})
HARMLESS = tuple(one for one in CATALOG if one.effects is Effects.NONE)
PLATFORM = tuple(one for one in HARMLESS if one.area == "platform")
DEADLINE = 20.0
GRACE = 4.0
"""Seconds that a busy machine may take to end a run whose deadline has passed."""


def asked(*faults: str, of: Sequence[Diagnostic] = PLATFORM, **flags: object) -> RunReport:
    """Run against the sandbox with these faults, as the session connects it."""
    world = start(count=14, faults=faults)
    reached = connect(world)
    patience = 1.5 if "slow" in faults else None
    given = load_settings({"deadline": DEADLINE, "timeout": patience, **flags}, variables=reached.exports)
    return asyncio.run(run(of, given, transport=reached.transport))


def roots(report: RunReport) -> list[tuple[str, Severity, Outcome]]:
    """Answer what a run names as root causes."""
    return [(root.result.cause, root.result.severity, root.result.outcome) for root in report.root_causes()]


@pytest.mark.parametrize("fault", WIRE, ids=lambda fault: fault.name)
def test_a_broken_wire_is_one_root_cause(fault: Fault) -> None:
    """It is an error, for nothing was found out; a certificate that ends soon is a failure."""
    outcome = Outcome.FAILED if fault.name == "tls-expiring" else Outcome.ERROR

    report = asked(fault.name)

    assert roots(report) == [(fault.root_cause, fault.severity, outcome)]


@pytest.mark.parametrize("fault", WIRE, ids=lambda fault: fault.name)
def test_a_run_ends_within_its_deadline_and_is_not_ready(fault: Fault) -> None:
    """What could not be found out is never ready, and is not waited for any longer than was said."""
    report = asked(fault.name, of=[platform.root, platform.health, platform.tls], fail_on="warning", deadline=2.0)

    assert (report.gate, report.seconds < 2.0 + GRACE) == ("failed", True)


@pytest.mark.parametrize("fault", MANNERS, ids=lambda fault: fault.name)
def test_what_does_not_use_the_broken_wire_is_well(fault: Fault) -> None:
    """The site and the gateway answer as ever."""
    report = asked(fault.name, of=HARMLESS)

    assert {result.id for result in report.results if result.outcome is Outcome.PASSED} >= {
        "console.page-served",
        "console.learn-served",
        "payment.gateway-keys-accepted",
    }


@pytest.mark.parametrize("name", ["connection-reset", "tls-expiring"])
def test_the_session_breaks_the_wire_of_its_sandbox(name: str) -> None:
    """`run --sandbox --fault` asks over the network, and the report says where."""
    report = check([platform.root], {"sandbox": True, "faults": [name], "deadline": DEADLINE})

    assert report.target.startswith("https://127.0.0.1:" if name == "tls-expiring" else "http://127.0.0.1:")


@pytest.mark.parametrize(
    ("faults", "causes"),
    [
        (("stage-stuck", "tls-expiring"), {"paid-but-not-won", "tls-expiring"}),
        (("console-missing", "connection-reset"), {"console-page-missing", "connection-lost"}),
        (("tls-expiring", "server-errors"), {"server-error"}),
        (("field-missing", "not-json"), {"not-the-api"}),
        (("certificate-url-unreachable", "tls-expiring"), {"certificate-url-unreachable", "tls-expiring"}),
        (("gateway-down", "rate-limited"), {"gateway-unreachable", "rate-limited"}),
    ],
)
def test_a_broken_wire_goes_with_other_faults(faults: tuple[str, ...], causes: set[str]) -> None:
    """What shows in spite of it is named beside it."""
    report = asked(*faults, of=HARMLESS)

    assert {root.result.cause for root in report.root_causes()} == causes


def test_a_missing_field_is_named() -> None:
    """The operator reads which field of which answer."""
    report = asked("field-missing")

    assert report.root_causes()[0].result.summary == "GET /health answered 200, but timestamp: Field required"


@pytest.mark.parametrize("name", ["unreachable", "connection-reset", "tls-expiring"])
def test_the_port_is_given_back_with_the_run(name: str) -> None:
    """Nothing listens any longer when the run is over."""
    report = asked(name, of=[platform.root])

    port = int(report.target.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)) as again:
        assert again.getsockname()[1] == port


@pytest.mark.parametrize("name", ["stage-stuck", "field-missing"])
def test_a_sound_wire_needs_no_network(name: str) -> None:
    """Without a fault of the wire itself a run stays in its process."""
    report = asked(name, of=[platform.root])

    assert report.target == "http://api.sandbox.localhost"


def test_a_site_that_proxies_reaches_a_secured_service() -> None:
    """What listens for the API and what answers for the site share one world."""
    report = asked("tls-expiring", of=[console.api_proxied])

    assert report.results[-1].outcome is Outcome.PASSED


@contextmanager
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """Listen as another origin; answer its URL and all that is sent to it."""
    kept: list[bytes] = []

    def keep(server: socket.socket) -> None:
        with server:
            while True:
                talk, _ = server.accept()
                with talk:
                    kept.append(talk.recv(65_536))
                    if kept[-1] == b"":
                        return
                    talk.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")

    server = socket.create_server(("127.0.0.1", 0))
    address: tuple[str, int] = server.getsockname()
    thread = threading.Thread(target=keep, args=[server])
    thread.start()
    try:
        yield f"http://127.0.0.1:{address[1]}", kept
    finally:
        socket.create_connection(address).close()
        thread.join()


@contextmanager
def gate(name: str) -> Iterator[Gate]:
    """Serve the API with this fault, and nothing else."""
    world = start(count=0, faults=[name])
    opened = Gate(world.wire)
    server = Background(api(world), opened)
    try:
        yield opened
    finally:
        server.close()


def test_no_credential_reaches_where_a_redirect_leads() -> None:
    """The other origin hears nothing of a whole run, although who follows redirects arrives there."""
    with listener() as (elsewhere, kept):
        world = start(count=14, faults=["redirects-away"])
        world.wire.elsewhere = elsewhere
        reached = connect(world)
        given = load_settings(variables=reached.exports)

        async def main() -> RunReport:
            async with httpx.AsyncClient(follow_redirects=True) as naive:
                await naive.get(f"{given.api_base_url}/health", headers={"x-admin-token": "of somebody naive"})
            return await run(HARMLESS, given, transport=reached.transport)

        report = asyncio.run(main())

    (naive, end) = kept
    assert (b"GET /health HTTP/1.1" in naive, b"of somebody naive" in naive, end) == (True, True, b"")
    assert report.root_causes()[0].result.cause == "redirected-away"


@pytest.mark.parametrize(("name", "most"), [("oversized-answer", OVERSIZE // 2), ("gzip-bomb", OVERSIZE // 2)])
def test_reading_stops_at_the_limit(name: str, most: int) -> None:
    """The server is rid of little more than is read and what the network holds, and nobody asks again."""
    with gate(name) as opened:
        given = load_settings(variables={"DEEPLEARN_API_BASE_URL": opened.url})
        report = asyncio.run(run([platform.root], given))

    assert (report.root_causes()[0].result.cause, report.requests, 0 < opened.sent < most) == (
        "answer-too-large",
        1,
        True,
    )


def test_an_oversized_answer_is_nothing_but_large() -> None:
    """Who reads it to its end has JSON: its size is all that is wrong with it."""
    with gate("oversized-answer") as opened:
        answer = httpx.get(opened.url, timeout=60)

    assert len(answer.json()[0]) == OVERSIZE


def test_a_bomb_takes_no_more_memory_than_an_answer_may() -> None:
    """What expands without end is inflated piece by piece, and no further than the limit."""
    with gate("gzip-bomb") as opened:
        given = load_settings(variables={"DEEPLEARN_API_BASE_URL": opened.url})
        tracemalloc.start()
        try:
            asyncio.run(run([platform.root], given, keep_exchanges=False))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 4 * ANSWER_LIMIT


@pytest.mark.parametrize("said", [b"\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf", b"x" * 100_000])
def test_what_is_no_request_ends_its_connection(said: bytes) -> None:
    """A broken wire stays up whatever it is told, and answers the next."""
    with gate("server-errors") as opened:
        with socket.create_connection(("127.0.0.1", int(opened.url.rpartition(":")[2]))) as talk:
            talk.sendall(said)
            talk.shutdown(socket.SHUT_WR)
        answer = httpx.post(opened.url, content=b"{}")

    assert (answer.status_code, answer.content) == (500, ERROR_PAGE)


def test_who_waits_for_a_slow_service_is_sent_away_at_its_end() -> None:
    """Silence does not keep the sandbox from ending."""
    with gate("slow") as opened:
        talk = socket.create_connection(("127.0.0.1", int(opened.url.rpartition(":")[2])))
        talk.sendall(b"GET / HTTP/1.1\r\nhost: sandbox\r\n\r\n")
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(opened.url, timeout=httpx.Timeout(60, read=0.2))

    with talk:
        assert talk.recv(1) == b""


def test_certificates_need_the_extra() -> None:
    """Without the library that makes them the operator reads what to install."""
    program = (
        "import sys; sys.modules['trustme'] = None; from deeplearn_checks.cli import main\n"
        "sys.argv = ['deeplearn-checks', 'run', '--sandbox', '--fault', 'tls-expired']; main()"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603  our own program

    assert (ended.returncode, ended.stderr) == (
        2,
        "deeplearn-checks: TLS needs trustme: pip install 'deeplearn-checks[sandbox]'\n",
    )
