"""The commands `run`, `list` and `explain`; the sandbox's own are in tests/sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import chdir
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.causes import CAUSES
from deeplearn_checks.cli import COMMANDS
from deeplearn_checks.diagnostics import CATALOG

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from command import Command

CONFIGURED = ("DEEPLEARN_", "RAZORPAY_", "ADMIN_API_TOKEN")


@pytest.fixture(autouse=True)
def _nothing_configured(tmp_path: Path) -> Iterator[None]:
    """Work in an empty folder, without the operator's own settings."""
    held = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(CONFIGURED)}
    os.environ["DEEPLEARN_CHECKS_WITHOUT"] = "browser"  # a second each
    with chdir(tmp_path):
        yield
    del os.environ["DEEPLEARN_CHECKS_WITHOUT"]
    os.environ.update(held)


def test_the_help_lists_every_command(command: Command) -> None:
    """Each with what it does, though a command loads only itself."""
    told = command("--help").output

    assert [name for name in COMMANDS if f"\n  {name} " not in told] == []


def test_a_healthy_target_is_ready(command: Command) -> None:
    """A run that finds nothing says so and exits with 0."""
    ended = command("run", "--sandbox")

    assert (ended.status, ended.output.splitlines()[-1]) == (0, "READY")


def test_a_fault_is_named_with_its_remedy(command: Command) -> None:
    """A run that finds something names the cause and the command that mends it, and exits with 1."""
    ended = command("run", "--sandbox", "--fault", "webhook-secret-unset")

    named = ("webhook-secret-not-configured", "npx wrangler secret put RAZORPAY_WEBHOOK_SECRET", "NOT READY")
    assert (ended.status, [text for text in named if text not in ended.output]) == (1, [])


def test_a_failure_below_the_gate_does_not_fail_the_run(command: Command) -> None:
    """A warning is told and exits with 0 unless `--fail-on warning` asks for more."""
    arguments = ("run", "--sandbox", "--fault", "modules-locked", "--only", "funnel.modules-unlocked")

    statuses = (command(*arguments).status, command(*arguments, "--fail-on", "warning").status)

    assert statuses == (0, 1)


def test_verbose_lists_every_result(command: Command) -> None:
    """With `--verbose` each diagnostic has its line."""
    ended = command("run", "--sandbox", "--verbose")

    assert [one.id for one in CATALOG if one.id not in ended.output] == []


def test_ids_may_be_repeated_or_separated_by_commas(command: Command) -> None:
    """`--only` takes both, and asks nothing else but prerequisites."""
    ended = command(
        "run", "--sandbox", "--format", "json", "--only", "platform.health,platform.tls", "--only", "platform.clock"
    )

    asked = {result["id"] for result in json.loads(ended.output)["results"]}
    assert asked == {"platform.root", "platform.health", "platform.tls", "platform.clock"}


def test_files_are_written_beside_what_is_printed(command: Command, tmp_path: Path) -> None:
    """The run as JSON, as the service's own script prints it, and as a page."""
    ended = command(
        "run", "--sandbox", "--only", "platform.root", "--json", "run.json", "--readiness-json", "ready.json",
        "--html-report", "run.html",
    )  # fmt: skip

    gate = json.loads((tmp_path / "run.json").read_text())["gate"]
    first = json.loads((tmp_path / "ready.json").read_text())["checks"][0]["name"]
    page = (tmp_path / "run.html").read_text().lower().startswith("<!doctype html>")
    assert (ended.status, gate, first, page) == (0, "passed", "worker_root", True)


def test_readiness_ends_as_the_services_own_script_does(command: Command) -> None:
    """The counselor is critical to the script and a warning here: its format exits as the script would."""
    arguments = ("run", "--sandbox", "--fault", "model-key-unset")

    statuses = (command(*arguments).status, command(*arguments, "--format", "readiness").status)

    assert statuses == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("run",), "--sandbox"),
        (("run", "--target", "nonsense"), "DEEPLEARN_API_BASE_URL"),
        (("run", "--sandbox", "--target", "http://x"), "--target"),
        (("run", "--fault", "slow"), "--sandbox"),
        (("run", "--sandbox", "--fault", "admin-token-uset"), "admin-token-unset"),
        (("run", "--sandbox", "--only", "platform.rot"), "platform.root"),
        (("run", "--sandbox", "--only", "zzz"), "deeplearn-checks list"),
        (("run", "--sandbox", "--format", "yaml"), "readiness"),
        (("run", "--sandbox", "--effects", "all"), "alerts"),
        (("run", "--sandbox", "--fail-on", "never"), "warning"),
        (("run", "--sandbox", "--without", "money"), "gateway"),
        (("run", "--sandbox", "--deadline", "0"), "DEEPLEARN_CHECKS_DEADLINE"),
        (("run", "--sandbox", "--json", "missing/run.json"), "missing/run.json"),
        (("run", "--sandbox", "--json", "."), "cannot write"),
        (("run", "--sandbox", "--nope"), "--nope"),
        (("explain", "webhook-secret-mismach"), "webhook-secret-mismatch"),
        (("explain", "zzz"), "zzz"),
    ],
)
def test_bad_input_is_one_line(command: Command, arguments: tuple[str, ...], named: str) -> None:
    """A mistake is refused with status 2 and one line that names the setting or the remedy."""
    ended = command(*arguments)

    assert (ended.status, ended.output, ended.errors.count("\n"), named in ended.errors) == (2, "", 1, True)


def test_listing_names_every_diagnostic(command: Command) -> None:
    """`list` has a line for each."""
    ended = command("list")

    assert [line.split()[0] for line in ended.output.splitlines()] == [one.id for one in CATALOG]


def test_listing_as_json(command: Command) -> None:
    """`list --json` gives id, severity, effects, runbook step and title."""
    rows = json.loads(command("list", "--json").output)

    keys = {"id", "severity", "effects", "runbook", "title"}
    assert ([row["id"] for row in rows], [row for row in rows if row.keys() != keys]) == (
        [one.id for one in CATALOG],
        [],
    )


@pytest.mark.parametrize("one", CATALOG, ids=lambda one: one.id)
def test_every_diagnostic_is_explained(command: Command, one: object) -> None:
    """`explain ID` gives the rule and the runbook step."""
    id_, title, runbook = (getattr(one, name) for name in ("id", "title", "runbook"))

    ended = command("explain", id_)

    assert (ended.status, [text for text in (title, runbook) if text not in ended.output]) == (0, [])


@pytest.mark.parametrize("slug", CAUSES)
def test_every_cause_is_explained(command: Command, slug: str) -> None:
    """`explain CAUSE` gives meaning and runbook step, and a remedy without braces to fill in."""
    ended = command("explain", slug)

    said = [text for text in (CAUSES[slug].meaning, CAUSES[slug].runbook) if text not in ended.output]
    assert (ended.status, said, "{api}" in ended.output) == (0, [], False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_ends_with_130(number: signal.Signals) -> None:
    """Ctrl-C, or a pipeline that is cancelled, ends a run at once, with what there is."""
    with subprocess.Popen(  # noqa: S603  our own script
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:  # fmt: skip
        running.stdout.readline()  # type: ignore[union-attr]  # it is a pipe
        running.send_signal(number)
        output = running.stdout.read()  # type: ignore[union-attr]

    assert (running.returncode, "the run was interrupted" in output) == (130, True)


INTERRUPTED = """
import socket, sys, threading
from deeplearn_checks.cli import main

listener = socket.create_server(("127.0.0.1", 0))

def accept():
    held = [listener.accept()]
    print("asked", flush=True)
    threading.Event().wait()

threading.Thread(target=accept, daemon=True).start()
sys.argv = ["deeplearn-checks", "run", "--target", f"http://127.0.0.1:{listener.getsockname()[1]}"]
main()
"""
"""A command line whose target takes the first connection and never answers."""


@pytest.mark.parametrize("wanted", [("--html-report", "run.html"), ("--format", "html")])
def test_a_page_needs_its_extra(wanted: tuple[str, str]) -> None:
    """Without Jinja2 a page is refused before anything is asked, with the command that installs it."""
    command = [sys.executable, "-c", WITHOUT_JINJA2, "run", "--sandbox", *wanted]

    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own script

    assert (ended.returncode, ended.stdout, "[report]" in ended.stderr) == (2, "", True)


WITHOUT_JINJA2 = "import sys; sys.modules['jinja2'] = None; from deeplearn_checks.cli import main; main()"
"""A command line for which Jinja2 is not installed."""


LISTED = """
import os, sys
os.dup2(os.open(sys.argv.pop(1), int(sys.argv.pop(1))), 1)
from deeplearn_checks.cli import main
main()
"""


def test_a_full_disk_behind_standard_output_is_one_line() -> None:
    """What was printed so far is not taken for all of it: the exit code says so, and so does a line."""
    command = [sys.executable, "-c", LISTED, "/dev/full", str(os.O_WRONLY), "list"]

    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own command

    said = "deeplearn-checks: standard output took not all of it (No space left on device); give it room\n"
    assert (ended.returncode, ended.stderr) == (2, said)


def test_what_fails_otherwise_is_not_hidden() -> None:
    """A failure of the operating system that is not for want of room is shown as it came."""
    command = [sys.executable, "-c", LISTED, "/dev/null", str(os.O_RDONLY), "list"]

    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own command

    assert (ended.returncode == 0, "Bad file descriptor" in ended.stderr) == (False, True)
