"""A dry run lists what a run may send that can change something; nothing is sent, and production must be meant."""

from __future__ import annotations

import json
import os
import socket
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Command

pytest_plugins = ("pytester",)

CHECKS = Path(__file__).parents[1] / "checks"
SUITE = """
from deeplearn_checks import diagnoses
from deeplearn_checks.diagnostics import journey, refusals

@diagnoses(refusals.callback_closed)
def test_callback(finding): ...

@diagnoses(journey.refund_shows)
def test_refund(finding): ...
"""
PLUGIN = ("--disable-plugin-autoload", "-p", "deeplearn_checks.pytest_plugin", "-p", "no:cacheprovider")
CONFIGURED = ("DEEPLEARN_", "RAZORPAY_", "ADMIN_API_TOKEN")
HELD = {"ADMIN_API_TOKEN": "token-1", "RAZORPAY_WEBHOOK_SECRET": "secret-1"}
PRODUCTION = ("--target", "https://api.prod.example.com", "--effects", "data")


@pytest.fixture(autouse=True)
def _configured(tmp_path: Path) -> Iterator[None]:
    """Work in an empty folder, with settings of the test's own only."""
    held = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(CONFIGURED)}
    os.environ.update(HELD)
    with chdir(tmp_path):
        yield
    for name in HELD:
        del os.environ[name]
    os.environ.update(held)


@contextmanager
def unasked() -> Iterator[str]:
    """Listen at an address that nobody may connect to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.setblocking(False)  # noqa: FBT003  the standard library's
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(("effects", "kinds"), [("none", 2), ("alerts", 7), ("data", 15)])
def test_a_dry_run_sends_nothing(command: Command, effects: str, kinds: int) -> None:
    """It lists what that level allows, and exits with 0."""
    with unasked() as url:
        ended = command("run", "--dry-run", "--target", url, "--effects", effects)

    told = f"{kinds} kinds of requests to 127.0.0.1 can change something; nothing was sent"
    assert (ended.status, ended.output.splitlines()[0], len(ended.output.splitlines())) == (0, told, kinds + 1)


def planned_by(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run two checks of the catalogue in this process."""
    pytester.makepyfile(test_planned=SUITE)
    return pytester.runpytest_inprocess(*PLUGIN, *arguments)


def test_a_run_of_checks_can_be_dry_too(pytester: pytest.Pytester) -> None:
    """`pytest checks --dry-run` lists the same, runs no check, and exits with 0."""
    with unasked() as url:
        result = pytester.runpytest_subprocess(*PLUGIN, CHECKS, "--dry-run", "--target", url, "--effects", "data")

    result.stdout.fnmatch_lines(["15 kinds of requests to 127.0.0.1 can change something; nothing was sent"])
    assert (result.ret, result.parseoutcomes().get("passed")) == (pytest.ExitCode.OK, None)


def test_only_what_is_selected_is_planned(pytester: pytest.Pytester) -> None:
    """`-k` selects for a dry run as for a real one."""
    with unasked() as url:
        result = planned_by(pytester, "--dry-run", "--target", url, "--effects", "data", "-k", "callback")

    result.stdout.fnmatch_lines(["2 kinds of requests to *", "  alerts POST /api/funnel/payment/success: *"])
    assert result.ret == pytest.ExitCode.OK


def test_collecting_plans_nothing(pytester: pytest.Pytester) -> None:
    """`--collect-only` alone stays what it is."""
    result = planned_by(pytester, "--collect-only")

    result.stdout.no_fnmatch_line("*can change something*")
    assert result.ret == pytest.ExitCode.OK


def test_a_real_run_keeps_to_its_plan(command: Command) -> None:
    """Every request of the ledger was in the dry run's list."""
    plan = command("run", "--sandbox", "--effects", "data", "--dry-run").output

    run = json.loads(command("run", "--sandbox", "--effects", "data", "--format", "json").output)

    sent = {entry["sent"] for entry in run["ledger"]}
    assert (len(sent) > 10, [text for text in sent if f": {text}; leaves " not in plan]) == (True, [])


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_production_is_refused_unless_it_is_meant(command: Command, dry: tuple[str, ...]) -> None:
    """Its host must be named, also for a plan."""
    ended = command("run", *PRODUCTION, *dry, "--i-mean-it", "api.example.com")

    assert (ended.status, ended.output, ended.errors.count("\n")) == (2, "", 1)
    assert "add: --i-mean-it api.prod.example.com" in ended.errors


def test_production_that_is_meant_is_planned(command: Command) -> None:
    """With its host named, in whatever case."""
    ended = command("run", *PRODUCTION, "--dry-run", "--i-mean-it", "API.prod.example.com")

    assert (ended.status, ended.output.startswith("15 kinds of requests to api.prod.example.com")) == (0, True)


@pytest.mark.parametrize(("given", "status"), [((), pytest.ExitCode.USAGE_ERROR), (("api.prod.example.com",), 0)])
def test_checks_of_production_are_refused_unless_they_are_meant(
    pytester: pytest.Pytester, given: tuple[str, ...], status: int
) -> None:
    """Under pytest as on the command line."""
    meant = [word for host in given for word in ("--i-mean-it", host)]

    result = planned_by(pytester, *PRODUCTION, "--dry-run", *meant)

    assert result.ret == status


def test_a_dry_run_against_nothing_is_refused(command: Command) -> None:
    """As a real one is."""
    ended = command("run", "--dry-run")

    assert (ended.status, ended.output, ended.errors.count("\n")) == (2, "", 1)
