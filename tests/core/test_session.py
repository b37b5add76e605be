"""The doors of a run: what may be given together, and how a run is waited for, stopped and asked what broke."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from surroundings import API, environment

from deeplearn_checks.diagnostic import Diagnostic, diagnostic
from deeplearn_checks.finding import Finding, Severity, passed
from deeplearn_checks.redaction import EMPTY
from deeplearn_checks.session import BackgroundRun, check, prepare, start
from deeplearn_checks.settings import ConfigurationError, Part, Settings
from deeplearn_checks.target import Target

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import httpx

TARGET: Mapping[str, object] = {"target": API}


def asking(ask: Callable[[Target], Awaitable[object]], id_: str = "a.question") -> Diagnostic:
    """Declare a diagnostic that passes when it has its answer."""

    @diagnostic(id_, severity=Severity.CRITICAL, runbook="alert-workflow/3")
    async def question(target: Target) -> Finding:
        await ask(target)
        return passed(EMPTY)

    return question


async def nothing(_: Target) -> None:
    """Ask nothing."""


async def forever(_: Target) -> None:
    """Wait for an answer that never comes."""
    await asyncio.Event().wait()


async def interrupted(_: Target) -> None:
    """Press Ctrl-C, and wait for ever."""
    signal.raise_signal(signal.SIGINT)
    await asyncio.Event().wait()


def prepared(options: Mapping[str, object], **variables: str) -> tuple[Settings, httpx.AsyncBaseTransport | None]:
    """Prepare a run with these *variables* and no others."""
    with environment(**variables):
        return prepare(options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, r"^no target: "),
        ({"sandbox": False, "faults": []}, r"^no target: "),
        ({"faults": ["slow"]}, r"^--fault breaks a sandbox: give --sandbox with it$"),
        ({"target": API, "sandbox": True}, r"^--target and --sandbox exclude each other: give one$"),
        ({"sandbox": True, "faults": ["no-such"]}, r"^--fault no-such: "),
        ({"target": API, "deadline": 0}, r"^DEEPLEARN_CHECKS_DEADLINE: "),
    ],
)
def test_options_that_cannot_be_used_are_refused(options: Mapping[str, object], said: str) -> None:
    """In one line that names them, before anything is asked."""
    with pytest.raises(ConfigurationError, match=said):
        prepared(options)


def test_options_overrule_the_environment() -> None:
    """An option that is not given leaves what the environment says."""
    options = {"target": API, "concurrency": 4, "timeout": None, "without": "gateway"}

    given, wire = prepared(options, DEEPLEARN_API_BASE_URL="https://other", DEEPLEARN_CHECKS_TIMEOUT="3")

    assert (given.api_base_url, given.concurrency, given.timeout, given.without) == (
        API,
        4,
        3,
        frozenset({Part.GATEWAY}),
    )
    assert wire is None


def test_a_sandbox_is_the_target_whatever_the_environment_says() -> None:
    """Nobody's production is asked by mistake."""
    given, wire = prepared({"sandbox": True, "faults": None}, DEEPLEARN_API_BASE_URL=API, ADMIN_API_TOKEN="theirs")

    assert (given.on_loopback, given.admin_token.get_secret_value(), wire is None) == (
        True,
        "sandbox-admin-token",
        False,
    )


def test_a_sandbox_needs_its_extra() -> None:
    """Without it the operator reads what to install."""
    program = (
        "import sys; sys.modules['starlette'] = None; from deeplearn_checks.session import prepare\n"
        "try: prepare({'sandbox': True})\nexcept Exception as problem: print(type(problem).__name__, problem)"
    )

    ended = subprocess.run(  # noqa: S603  our own interpreter on our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ended.stdout == "ConfigurationError the sandbox needs its extra: pip install 'deeplearn-checks[sandbox]'\n"


@pytest.mark.parametrize(("faults", "cause"), [([], ""), (["database-unbound"], "server-error")])
def test_a_check_is_waited_for(faults: list[str], cause: str) -> None:
    """It answers with the report of a run against the sandbox as it is asked for."""
    with environment(DEEPLEARN_CHECKS_ATTEMPTS="1"):
        report = check([asking(Target.courses)], {"sandbox": True, "faults": faults}, keep_exchanges=False)

    assert (report.results[0].cause, report.exchanges) == (cause, ())


def test_an_interrupt_ends_a_check_with_what_there_is() -> None:
    """Ctrl-C is no traceback."""
    with environment():
        report = check([asking(interrupted)], TARGET)

    assert (report.interrupted, report.results[0].cause) == (True, "interrupted")


def begun(ask: Callable[[Target], Awaitable[object]]) -> BackgroundRun:
    """Begin a run in the background."""
    with environment():
        return start([asking(ask)], TARGET)


def test_a_run_in_the_background_can_be_waited_for() -> None:
    """As often as one likes."""
    running = begun(nothing)

    assert running.report().gate == running.report().gate == "passed"


def test_what_nothing_can_change_is_told_before_the_end() -> None:
    """A result that passed is there while others are still asked; of one that is not, only the end tells."""
    answering = asyncio.Event()
    first, second = asking(nothing, "a.first"), asking(lambda _: answering.wait(), "a.second")
    with environment():
        running = start([first, second], TARGET)

    early = running.settled("a.first")
    running.stop()

    assert early == running.report().results[0]
    assert running.settled("a.second") is None


def test_a_run_in_the_background_can_be_stopped() -> None:
    """It then answers with what there is."""
    running = begun(forever)

    running.stop()

    assert running.report().interrupted


def test_a_finished_run_is_not_disturbed() -> None:
    """Stopping it comes too late, which is no error."""
    running = begun(nothing)
    report = running.report()

    running.stop()

    assert not report.interrupted


def test_what_breaks_in_the_background_is_heard_of() -> None:
    """Whoever waits is told, instead of waiting for ever."""
    with environment():
        running = start([None], TARGET)  # type: ignore[list-item]  # the mistake that is heard of

    assert running.settled("a.question") is None
    with pytest.raises(AttributeError):
        running.report()


def test_a_background_run_is_refused_at_once() -> None:
    """Not when its report is wanted."""
    with environment(), pytest.raises(ConfigurationError):
        start([asking(nothing)], {})
