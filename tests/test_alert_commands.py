"""The commands `alerts`, `triage` and `runbook`."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from listening import SECRET, listening
from taped import HARMLESS, taped

from deeplearn_checks.bundle.archive import save
from deeplearn_checks.incident.coverage import COVERAGE
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from command import Command

pytestmark = pytest.mark.usefixtures("nothing_configured")
FORGED = "payment_verify/invalid_checkout_signature"
OPEN = ("--sandbox", "--fault", "critical-alert-open")
DEAD = ("--target", "http://127.0.0.1:9")


class Terminal(io.StringIO):
    """Somebody at a terminal who types what is given."""

    def isatty(self) -> bool:
        """Say that there is somebody."""
        return True


@contextmanager
def typing(words: str) -> Iterator[None]:
    """Let somebody sit at the terminal."""
    before, sys.stdin = sys.stdin, Terminal(words)
    try:
        yield
    finally:
        sys.stdin = before


@contextmanager
def nobody() -> Iterator[None]:
    """Let nobody sit there."""
    before, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = before


def test_open_alerts_are_listed(command: Command) -> None:
    """A list is no verdict: the exit code is 0."""
    ended = command("alerts", "list", *OPEN)

    assert (ended.status, f"CRITICAL {FORGED}: 1 alert" in ended.output) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("alerts", "list", *OPEN),
        ("alerts", "acknowledge", FORGED, "--yes", *OPEN),
        ("alerts", "resolve", FORGED, "--yes", *OPEN),
        ("triage", *OPEN),
        ("runbook",),
    ],
)
@pytest.mark.parametrize("asked", [("--json",), ("--format", "json")])
def test_json_can_be_read_by_programs(command: Command, arguments: tuple[str, ...], asked: tuple[str, ...]) -> None:
    """`--json` and `--format json` are one."""
    ended = command(*arguments, *asked)

    assert (ended.status, bool(json.loads(ended.output))) == (0, True)


@pytest.mark.parametrize("arguments", [("alerts", "list", *OPEN), ("triage", *OPEN), ("runbook",)])
def test_markdown_is_for_chats_and_tickets(command: Command, arguments: tuple[str, ...]) -> None:
    """The list, triage and the table are given as Markdown."""
    ended = command(*arguments, "--format", "markdown")

    assert (ended.status, ended.output[0] in "#|") == (0, True)


def test_a_group_is_acknowledged(command: Command) -> None:
    """With `--yes` nothing is asked."""
    ended = command("alerts", "acknowledge", FORGED, "--yes", *OPEN)

    assert (ended.status, ended.output.splitlines()[-1]) == (0, "1 of 1 settled")


def test_what_cannot_be_acknowledged_fails(command: Command) -> None:
    """An id that is not listed is told, and the exit code is 1."""
    ended = command("alerts", "acknowledge", "nobody", "--yes", *OPEN)

    assert (ended.status, ended.output.splitlines()[0].startswith("refused nobody: ")) == (1, True)


def test_an_alert_that_recovered_is_resolved(command: Command) -> None:
    """The last line is the proof."""
    ended = command("alerts", "resolve", FORGED, "--yes", *OPEN)

    assert (ended.status, ended.output.splitlines()[-1]) == (0, "no critical alert is open")


def test_an_alert_whose_reason_stands_is_left(command: Command) -> None:
    """What does not pass is named, and the exit code is 1."""
    ended = command("alerts", "resolve", FORGED, "--yes", *OPEN, "--fault", "webhook-lost")

    assert (ended.status, "not passed: payment.captured-is-paid" in ended.output) == (1, True)


def test_force_resolves_it_with_a_reason(command: Command) -> None:
    """Then it is resolved, and said to be forced."""
    ended = command(
        "alerts", "resolve", FORGED, "--yes", *OPEN, "--fault", "webhook-lost", "--force", "--why", "paid back"
    )

    assert (ended.status, "resolved, forced" in ended.output) == (0, True)


@pytest.mark.parametrize("half", [("--force",), ("--why", "because"), ("--force", "--why", "  ")])
def test_force_and_its_reason_go_together(command: Command, half: tuple[str, ...]) -> None:
    """One without the other is bad usage."""
    ended = command("alerts", "resolve", FORGED, "--yes", *OPEN, *half)

    assert (ended.status, "--why" in ended.errors) == (2, True)


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_without_a_terminal_and_without_yes_it_is_refused(command: Command, action: str) -> None:
    """In one line, before anything is asked of the target."""
    with nobody():
        ended = command("alerts", action, FORGED, *OPEN)

    assert (ended.status, ended.output, len(ended.errors.splitlines()), "--yes" in ended.errors) == (2, "", 1, True)


def test_at_a_terminal_it_asks_first(command: Command) -> None:
    """What is to be changed, and where, is said; `y` goes on."""
    with typing("y\n"):
        ended = command("alerts", "resolve", FORGED, *OPEN)

    assert (ended.status, f"1 {FORGED} at api.sandbox.localhost to be resolved: go on?" in ended.errors) == (0, True)


def test_whoever_says_no_changes_nothing(command: Command) -> None:
    """Anything but yes sends nothing."""
    with typing("n\n"):
        ended = command("alerts", "acknowledge", FORGED, *OPEN)

    assert (ended.status, ended.output.strip(), ended.errors.endswith("deeplearn-checks: nothing was sent\n")) == (
        2,
        "",
        True,
    )


def test_where_nothing_is_to_be_changed_nothing_is_asked(command: Command) -> None:
    """A group of which nothing is open needs no answer."""
    with typing(""):
        ended = command("alerts", "acknowledge", FORGED, "--sandbox")

    assert (ended.status, ended.output.splitlines()[-1]) == (0, "1 of 1 settled")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("alerts", "list"), "no target"),
        (("alerts", "list", "--sandbox", "--format", "yaml"), "markdown"),
        (("alerts", "list", "--sandbox", "--limit", "201"), "--limit"),
        (("alerts", "acknowledge", "--sandbox"), "ID|SOURCE/EVENT_TYPE"),
        (("alerts", "acknowledge", "a/b", "--yes", "--sandbox"), "'a/b'"),
        (("alerts", "resolve", f"{FORGED}s", "--yes", "--sandbox"), FORGED),
        (("alerts", "list", *DEAD), "ADMIN_API_TOKEN"),
        (("triage", "--sandbox", "--format", "github"), "markdown"),
        (("triage", "--sandbox", "--notify", "nonsense"), "address 1"),
        (("triage", "--sandbox", "--bundle", "x"), "--bundle asks nobody"),
        (("triage", "--bundle", "missing.bundle"), "missing.bundle cannot be read"),
        (("runbook", "--last", "missing.json"), "missing.json cannot be read"),
        (("runbook", "--last", "wrong.json"), "wrong.json is no run"),
    ],
)
def test_bad_input_is_one_line(command: Command, tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    """What cannot be used is named in one line, and the exit code is 2."""
    (tmp_path / "wrong.json").write_text("[]")

    ended = command(*arguments)

    assert (ended.status, named in ended.errors, len(ended.errors.splitlines())) == (2, True, 1)


@pytest.mark.parametrize("words", ["alerts list", f"alerts resolve {FORGED} --yes", "triage"])
def test_a_target_that_does_not_answer_is_one_line(command: Command, words: str) -> None:
    """Unreachable is told, and the exit code is 1."""
    os.environ["ADMIN_API_TOKEN"] = "token-1"

    ended = command(*words.split(), *DEAD)

    assert (ended.status, len(ended.errors.splitlines()), "no connection" in ended.errors) == (1, 1, True)


def test_alerts_alone_lists(command: Command) -> None:
    """What an operator types first; a word that is no command is one line."""
    alone, unknown = command("alerts", *OPEN), command("alerts", "close", "--sandbox")

    assert (alone.status, f"CRITICAL {FORGED}: 1 alert" in alone.output, unknown.status) == (0, True, 2)


def test_alerts_of_a_recorded_run_are_triaged(command: Command) -> None:
    """Offline: nobody is asked, and the words are those of the day of the run."""
    command("run", *OPEN, "--without", "browser", "--record", "run.bundle")

    ended = command("triage", "--bundle", "run.bundle")

    assert (ended.status, f"RECOVERED CRITICAL {FORGED}" in ended.output) == (0, True)


def test_a_recorded_run_that_read_no_alerts_cannot_be_triaged(command: Command) -> None:
    """One line says what is missing."""
    command("run", "--sandbox", "--only", "platform.root", "--record", "run.bundle")

    ended = command("triage", "--bundle", "run.bundle")

    assert (ended.status, ended.errors.count("\n"), "the bundle holds no answer" in ended.errors) == (1, 1, True)


def test_what_is_forced_is_on_record_without_an_incident(command: Command) -> None:
    """The reason is kept in a journal beside every incident, which `incident status` shows."""
    command("alerts", "resolve", FORGED, "--yes", *OPEN, "--fault", "webhook-lost", "--force", "--why", "paid back")

    told = command("incident", "status", "alerts").output

    assert ("paid back" in told, command("incident", "status").output.split()[:2]) == (True, ["0", "incidents"])


def test_triage_of_what_recovered_is_well(command: Command) -> None:
    """Nothing is wrong but that nobody has closed it."""
    ended = command("triage", *OPEN)

    assert (ended.status, f"RECOVERED CRITICAL {FORGED}" in ended.output) == (0, True)


def test_triage_of_what_is_wrong_fails(command: Command) -> None:
    """A cause behind an alert is exit code 1."""
    ended = command("triage", *OPEN, "--fault", "webhook-lost")

    assert (ended.status, "captured-but-not-paid" in ended.output) == (1, True)


def test_triage_of_a_full_list_is_not_well(command: Command, tmp_path: Path) -> None:
    """Where as many alerts are open as the service lists, others may be beyond them: exit code 1."""
    world, file = start(count=0), tmp_path / "full.bundle"
    row = {"source": "counselor_chat", "event_type": "counselor_request_failed", "severity": "warning"}
    at = {"created_at_ms": world.now_ms(), "updated_at_ms": world.now_ms()}
    world.insert("ops_alerts", [{"id": f"alert-{number}", **row, **at} for number in range(200)])
    asked = [one for one in HARMLESS if one.id.startswith(("counselor.", "alerts."))]
    settings = load_settings(variables=server.exports(world))
    save(taped(asked, settings, server.transport(world))[1], file)

    ended = command("triage", "--bundle", str(file))

    assert (ended.status, "200 open alerts of 1 kind: 1 recovered" in ended.output) == (1, True)


def test_triage_sends_its_summary(command: Command) -> None:
    """With `--notify` the text goes to each address."""
    with listening() as listener:
        ended = command("triage", *OPEN, "--notify", listener.url)

    titles = [one["title"] for one in listener.heard]
    assert (ended.status, titles) == (0, ["deeplearn-checks triage: 1 open alert of 1 kind: 1 recovered"])


def test_a_notice_that_is_not_delivered_fails(command: Command) -> None:
    """It is told on standard error, without its address; the output stays."""
    with listening(500) as listener:
        ended = command("triage", *OPEN, "--notify", listener.url)

    told = ("RECOVERED" in ended.output, "json://... was not notified" in ended.errors, SECRET in ended.errors)
    assert (ended.status, told) == (1, (True, True, False))


def test_the_runbook_shows_the_last_results(command: Command) -> None:
    """Each line with the result of a run that was written before."""
    command("run", "--sandbox", "--fault", "content-run-failed", "--json", "run.json")

    ended = command("runbook", "--last", "run.json", "--json")

    rows = {row["text"]: row["last_result"] for row in json.loads(ended.output)}
    assert (rows["Content generation job failures"], rows["ADMIN_API_TOKEN"], rows["Act"]) == ("failed", "passed", "")


def test_the_runbook_without_a_run_has_no_results(command: Command) -> None:
    """Every line is printed."""
    ended = command("runbook")

    assert (ended.status, [one.text for one in COVERAGE if one.text not in ended.output]) == (0, [])


def test_reading_alerts_loads_no_notifier() -> None:
    """Apprise and the gateway's client stay where they are while nobody needs them."""
    program = (
        "import sys; from deeplearn_checks.cli import main\n"
        "try: main()\nexcept SystemExit: print(*{'apprise', 'razorpay', 'pytest', 'jinja2'} & set(sys.modules))"
    )
    arguments = [sys.executable, "-c", program, "runbook", "--json"]

    ended = subprocess.run(arguments, capture_output=True, text=True, check=True)  # noqa: S603  ourselves

    assert ended.stdout.splitlines()[-1] == ""
