"""Starting a sandbox: by command, on three ports, and in process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from deeplearn_checks.sandbox.server import exports, serve, transport
from deeplearn_checks.sandbox.start import SandboxError, start
from deeplearn_checks.sandbox.world import SETTINGS, World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from command import Command

INTERRUPTED = """
import sys
from deeplearn_checks.cli import main

class Finder:
    def find_spec(self, name, path, target=None):
        if name == "uvicorn":
            raise {raised}("no uvicorn here")

sys.meta_path.insert(0, Finder())
sys.argv = ["deeplearn-checks", "sandbox", "--port", "1"]
main()
"""
"""A command line for which the server's library cannot be imported."""


def fetched(world: World, *urls: str) -> list[int]:
    """Ask in process; answer the statuses."""

    async def ask() -> list[int]:
        async with httpx.AsyncClient(transport=transport(world)) as client:
            return [(await client.get(url)).status_code for url in urls]

    return asyncio.run(ask())


class Visitor:
    """Asks each exported origin once, from another thread, then ends the server."""

    def __init__(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.statuses: list[int] = []
        self.seconds = 0.0
        self.number = number
        self.thread = threading.Thread(target=lambda: None)

    def __call__(self, exported: Mapping[str, str]) -> None:
        """Start the visit."""
        self.thread = threading.Thread(target=self.visit, args=[exported])
        self.thread.start()

    def visit(self, exported: Mapping[str, str]) -> None:
        """Visit, and signal this process."""
        names = ("DEEPLEARN_API_BASE_URL", "DEEPLEARN_PAGES_BASE_URL", "RAZORPAY_API_BASE_URL")
        started = time.perf_counter()
        try:
            for name in names:
                self.statuses.append(self.ask(exported[name]))
        finally:
            self.seconds = time.perf_counter() - started
            os.kill(os.getpid(), self.number)

    @staticmethod
    def ask(origin: str) -> int:
        """Answer the status of an origin; 0 where nobody listens."""
        try:
            return httpx.get(f"{origin}/health", timeout=60).status_code
        except httpx.ConnectError:
            return 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_three_origins_are_served_until_a_signal(free_port: int, number: signal.Signals) -> None:
    """The API, the site and Razorpay answer on three ports in a row, and a signal ends them."""
    visitor = Visitor(number)

    serve(start(count=0), free_port, 0, visitor)

    visitor.thread.join()
    assert visitor.statuses == [200, 404, 401]


def test_a_gateway_that_is_down_does_not_listen(free_port: int) -> None:
    """Nothing accepts connections where Razorpay would be."""
    visitor = Visitor()

    serve(start(faults=["gateway-down"]), free_port, 0, visitor)

    visitor.thread.join()
    assert visitor.statuses == [200, 404, 0]


def test_every_answer_is_late_by_the_latency(free_port: int) -> None:
    """All three origins are delayed."""
    visitor = Visitor()

    serve(start(count=0), free_port, 50, visitor)

    visitor.thread.join()
    assert visitor.seconds >= 0.15


def test_a_taken_port_is_refused(free_port: int) -> None:
    """A port that somebody else has is named."""
    with socket.create_server(("127.0.0.1", free_port + 1)), pytest.raises(SandboxError, match=str(free_port + 1)):
        serve(start(count=0), free_port, 0, lambda _exports: None)


def test_in_process_all_three_origins_answer() -> None:
    """One transport reaches the API, the site and Razorpay."""
    world = start(count=0)

    statuses = fetched(world, *(f"{origin}/health" for origin in vars(world.origins).values()))

    assert statuses == [200, 404, 401]


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://api.sandbox.localhost/", "http://api.sandbox.localhost:81/"]
)
def test_in_process_nothing_else_is_reached(url: str) -> None:
    """Any other origin refuses the connection."""
    world = start(count=0)

    with pytest.raises(httpx.ConnectError, match="nothing listens"):
        fetched(world, url)


def test_the_exports_are_what_operators_know() -> None:
    """A fault changes the service, not what the checks are configured with."""
    healthy = exports(start())

    broken = exports(start(faults=["webhook-secret-differs", "admin-token-unset"]))

    assert (broken, broken["ADMIN_API_TOKEN"]) == (healthy, SETTINGS["ADMIN_API_TOKEN"])


def test_the_known_lead_is_a_paid_one() -> None:
    """A seeded sandbox names a lead that has paid."""
    world = start()

    rows = world.execute("SELECT payment_status FROM lead_registrations WHERE email = ?", (world.known_lead,))

    assert [row["payment_status"] for row in rows] == ["paid"]


def test_an_empty_population_has_no_known_lead() -> None:
    """Without a paid lead none is exported."""
    exported = exports(start(count=0))

    assert "DEEPLEARN_KNOWN_LEAD" not in exported


TODAYS = (
    "redelivery_undoes_completion",
    "refund_never_shows",
    "stored_stage_outlives_payment",
    "caller_sets_amount",
)


@pytest.mark.parametrize("repaired", [True, False])
def test_a_sandbox_is_repaired_unless_asked_otherwise(repaired: bool) -> None:  # noqa: FBT001  what varies
    """The four faults of today are in or out together."""
    behaviour = vars(start(count=0, repaired=repaired).behaviour)

    assert {behaviour[name] for name in TODAYS} == {not repaired}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "Missing command"),
        (("nope",), "nope"),
        (("sandbox",), "--port"),
        (("sandbox", "--port", "x"), "--port"),
        (("sandbox", "--port", "65534"), "65533"),
        (("sandbox", "--port", "1", "--empty", "--seed", "3"), "--seed"),
        (("sandbox", "--port", "1", "--var", "NAME"), "--var NAME=VALUE"),
        (("sandbox", "--port", "1", "--var", "=x"), "--var NAME=VALUE"),
        (("sandbox", "--port", "1", "--without", "DB"), "DEEPLEARN_DB"),
        (("sandbox", "--port", "1", "--fault", "admin-token-uset"), "admin-token-unset"),
        (("sandbox", "--port", "1", "--empty", "--fault", "stage-stuck"), "--seed"),
    ],
)
def test_bad_input_is_one_line(command: Command, arguments: tuple[str, ...], named: str) -> None:
    """A mistake is refused with status 2 and one line that names the remedy."""
    status, output, errors = command(*arguments)

    assert (status, output, errors.count("\n"), named in errors) == (2, "", 1, True)


def test_a_folder_that_is_seeded_already_is_refused(command: Command, tmp_path: Path) -> None:
    """A population is written once: its gateway was never in the folder."""
    start(count=0, state=tmp_path).database.close()

    status, _, errors = command("sandbox", "--port", "1", "--state", str(tmp_path), "--repaired")

    assert (status, "--state" in errors) == (2, True)


@pytest.mark.parametrize(
    ("raised", "status", "named"),
    [("ImportError", 2, "[sandbox]"), ("KeyboardInterrupt", 130, ""), ("EOFError", 130, "")],
)
def test_a_missing_extra_and_an_interrupt_end_without_a_traceback(raised: str, status: int, named: str) -> None:
    """Without its extra the command names it; interrupted it ends with 130."""
    script = INTERRUPTED.format(raised=raised)

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)  # noqa: S603  our own script

    assert (ended.returncode, named in ended.stderr, "Traceback" in ended.stderr) == (status, True, False)


def test_a_served_sandbox_prints_its_exports(command: Command, free_port: int) -> None:
    """The lines that point the checks at the sandbox can be evaluated by a shell."""
    ender = threading.Thread(target=_end_when_up, args=[free_port])
    ender.start()

    status, output, _ = command("sandbox", "--port", str(free_port), "--empty", "--var", "ADMIN_API_TOKEN=a b")

    ender.join()
    assert (status, output.splitlines()[:3]) == (
        0,
        [
            f"export DEEPLEARN_API_BASE_URL=http://127.0.0.1:{free_port}",
            f"export DEEPLEARN_PAGES_BASE_URL=http://127.0.0.1:{free_port + 1}",
            "export ADMIN_API_TOKEN='a b'",
        ],
    )


def _end_when_up(port: int) -> None:
    retrying = httpx.HTTPTransport(retries=8)
    with httpx.Client(transport=retrying, timeout=60) as client:
        client.get(f"http://127.0.0.1:{port}/health")
    os.kill(os.getpid(), signal.SIGTERM)


def test_faults_are_listed_in_text(command: Command) -> None:
    """Every fault is a line with its root cause."""
    _, output, _ = command("sandbox", "--list-faults")

    assert output.splitlines()[0].split()[:3] == ["admin-token-unset", "admin-token-not-configured", "critical"]


def test_faults_are_listed_in_json(command: Command) -> None:
    """Machines get the same as objects."""
    _, output, _ = command("sandbox", "--list-faults", "--json")

    assert json.loads(output)[0] == {
        "name": "admin-token-unset",
        "root_cause": "admin-token-not-configured",
        "severity": "critical",
        "effects": "none",
        "environment": "",
        "title": "Deploy without an admin token.",
    }
