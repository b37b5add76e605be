"""The commands `lead` and `certificate`."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.sandbox.start import start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Command

pytestmark = pytest.mark.usefixtures("nothing_configured")
CERTIFICATES = "SELECT * FROM course_enrollments WHERE status = 'completed' ORDER BY completed_at_ms, id"


@pytest.fixture
def altered() -> tuple[str, str]:
    """Name the certificate that the fault `certificate-altered` alters in the sandbox of a command."""
    row = start().execute(CERTIFICATES)[1]
    return row["course_id"], row["user_id"]


class Terminal(io.StringIO):
    """A standard input that somebody sits at."""

    def isatty(self) -> bool:
        """Answer as a terminal does."""
        return True


@contextmanager
def typing(text: str) -> Iterator[None]:
    """Let somebody at a terminal type this."""
    before, sys.stdin = sys.stdin, Terminal(text)
    try:
        yield
    finally:
        sys.stdin = before


def test_the_sandboxes_known_lead_is_walked_where_nobody_is_named(command: Command) -> None:
    """Without an argument the known lead is taken; a whole chain exits with 0."""
    ended = command("lead", "--sandbox")

    assert (ended.status, ended.output.splitlines()[-1]) == (0, "NOTHING IS BROKEN")


@pytest.mark.parametrize("fault", ["enrollment-lost", "gateway-down"])
def test_a_chain_that_is_broken_or_unknown_exits_with_1(command: Command, fault: str) -> None:
    """Could not find out is never ok."""
    ended = command("lead", "--sandbox", "--fault", fault)

    assert ended.status == 1


def test_a_lead_can_be_had_as_json(command: Command) -> None:
    """With `--json` the chain is read by machines, without the argument in it."""
    who = start().known_lead

    ended = command("lead", who, "--sandbox", "--json")

    assert (json.loads(ended.output)["state"], who in ended.output) == ("ok", False)


def test_a_certificate_is_walked(command: Command, altered: tuple[str, str]) -> None:
    """As text and as JSON."""
    whole = command("certificate", *altered, "--sandbox")
    broken = command("certificate", *altered, "--sandbox", "--fault", "certificate-altered", "--json")

    assert (whole.status, broken.status, json.loads(broken.output)["broken"]) == (0, 1, "genuine")


def test_a_reissue_is_confirmed_by_an_option(command: Command, altered: tuple[str, str]) -> None:
    """With `--yes` nobody is asked; what is changed is announced on standard error."""
    ended = command(
        "certificate", *altered, "--sandbox", "--fault", "certificate-altered", "--reissue", "--yes", "--json"
    )

    assert (ended.status, json.loads(ended.output)["after"]["state"]) == (0, "ok")
    assert "changes the certificate URL" in ended.errors


@pytest.mark.parametrize(("typed", "status", "shown"), [("y\n", 0, "AFTER"), ("n\n", 1, "it was not confirmed")])
def test_a_reissue_is_confirmed_at_a_terminal(
    command: Command, altered: tuple[str, str], typed: str, status: int, shown: str
) -> None:
    """Somebody at a terminal is asked, and no is no."""
    with typing(typed):
        ended = command("certificate", *altered, "--sandbox", "--fault", "certificate-altered", "--reissue")

    assert (ended.status, shown in ended.output) == (status, True)


def test_a_reissue_that_is_refused_asks_nobody(command: Command, altered: tuple[str, str]) -> None:
    """Where nothing is broken there is nothing to confirm, and the chain's own exit code stands."""
    ended = command("certificate", *altered, "--sandbox", "--reissue", "--yes")

    assert (ended.status, "not reissued: nothing is broken" in ended.output, ended.errors) == (0, True, "")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("lead",), "--sandbox"),
        (("lead", "Asha Rao", "--sandbox"), "lead id"),
        (("lead", "--target", "http://127.0.0.1:1"), "lead id"),
        (("lead", "--sandbox", "--without", "money"), "gateway"),
        (("lead", "--fault", "slow"), "--sandbox"),
        (("certificate", "c", "u"), "--sandbox"),
        (("certificate", "c", " ", "--sandbox"), "user id"),
        (("certificate", "c"), "USER_ID"),
        (("certificate", "c", "u", "--sandbox", "--yes"), "--reissue"),
        (("certificate", "c", "u", "--sandbox", "--reissue"), "--yes"),
        (("certificate", "c", "u", "--target", "https://api.prod.example.com", "--reissue", "--yes"), "--i-mean-it"),
    ],
)
def test_bad_input_is_one_line(command: Command, arguments: tuple[str, ...], named: str) -> None:
    """A mistake is refused with status 2 and one line that names the setting or the remedy."""
    ended = command(*arguments)

    assert (ended.status, ended.output, ended.errors.count("\n"), named in ended.errors) == (2, "", 1, True)


def test_a_name_in_the_argument_is_not_repeated(command: Command) -> None:
    """What is refused may be a person's name."""
    ended = command("lead", "Asha Rao", "--sandbox")

    assert "Asha" not in ended.errors


@pytest.mark.parametrize("arguments", [("lead", "a@example.com"), ("certificate", "c", "u")])
def test_a_walk_that_is_interrupted_ends_with_130(arguments: tuple[str, ...]) -> None:
    """Ctrl-C ends a walk at once."""
    with subprocess.Popen(  # noqa: S603  our own script
        [sys.executable, "-c", INTERRUPTED, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        running.stdout.readline()  # type: ignore[union-attr]  # it is a pipe
        running.send_signal(signal.SIGINT)
        output = running.stdout.read()  # type: ignore[union-attr]

    assert (running.returncode, "Traceback" in output) == (130, False)


INTERRUPTED = """
import socket, sys, threading
from deeplearn_checks.cli import main

listener = socket.create_server(("127.0.0.1", 0))

def accept():
    held = [listener.accept()]
    print("asked", flush=True)
    threading.Event().wait()

threading.Thread(target=accept, daemon=True).start()
sys.argv += ["--target", f"http://127.0.0.1:{listener.getsockname()[1]}"]
main()
"""
"""A command line whose target takes the first connection and never answers."""
