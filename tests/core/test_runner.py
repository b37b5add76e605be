"""One run: everything is asked at once, phase by phase, under one deadline; whatever happens there is a report."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
from surroundings import API, TOKEN, Script, Silence, breaking, reply, settings

from deeplearn_checks.diagnostic import Diagnostic, diagnostic
from deeplearn_checks.finding import Effects, Finding, Severity, failed, passed
from deeplearn_checks.gateway import Gateway
from deeplearn_checks.redaction import EMPTY
from deeplearn_checks.runner import run
from deeplearn_checks.settings import Part, redactor
from deeplearn_checks.target import Target

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from deeplearn_checks.results import RunReport

    Ask = Callable[[Target], Awaitable[object]]

HEALTH = reply(200, {"status": "ok", "timestamp": "2025-06-01T00:00:00Z"})


def asking(
    id_: str, ask: Ask, *requires: Diagnostic, effects: Effects = Effects.NONE, needs: tuple[Part, ...] = ()
) -> Diagnostic:
    """Declare a critical diagnostic that passes when it has its answer, or finds what *ask* finds."""

    @diagnostic(
        id_, severity=Severity.CRITICAL, runbook="alert-workflow/3", effects=effects, requires=requires, needs=needs
    )
    async def question(target: Target) -> Finding:
        answer = await ask(target)
        return answer if isinstance(answer, Finding) else passed(target.redact("it answers"))

    return question


async def nothing(_: Target) -> None:
    """Ask nothing."""


async def bug(_: Target) -> None:
    """Fail as only a program can."""
    raise LookupError(f"no {TOKEN} here")


async def wrong(_: Target) -> Finding:
    """Find that the target is wrong."""
    return failed("database-not-bound", EMPTY)


def ran(*asked: Diagnostic, wire: httpx.AsyncBaseTransport | None = None, **variables: str) -> RunReport:
    """Run these against a service that is healthy unless *wire* says otherwise."""
    return asyncio.run(run(asked, settings(**variables), transport=wire or Script(HEALTH)))


def outcomes(report: RunReport) -> dict[str, str]:
    """Answer what became of each question: its outcome, and its cause where it has one."""
    return {one.id: f"{one.outcome} {one.cause}".rstrip() for one in report.results}


HEALTHY = asking("a.healthy", Target.health)
ALIVE = asking("a.alive", Target.clock_offset)


def test_a_run_answers_everything_that_was_asked() -> None:
    """With the prerequisites that nobody asked for by name, each with its exchanges."""
    report = ran(asking("a.second", Target.clock_offset, HEALTHY))

    assert [
        (one.id, one.outcome, one.selected, one.requires, one.exchanges, one.attempts) for one in report.results
    ] == [
        ("a.healthy", "passed", False, (), (1,), 1),
        ("a.second", "passed", True, ("a.healthy",), (1,), 1),
    ]


def test_a_report_says_what_was_run() -> None:
    """Target, environment, permission, gate and the time in UTC."""
    report = ran(HEALTHY, DEEPLEARN_CHECKS_ENVIRONMENT="staging", DEEPLEARN_CHECKS_FAIL_ON="info")

    assert (report.target, report.environment, report.effects, report.fail_on, report.interrupted) == (
        API,
        "staging",
        Effects.NONE,
        Severity.INFO,
        False,
    )
    assert report.started_at.endswith("+00:00")


@pytest.mark.parametrize(("keep", "kept"), [(True, [f"{API}/health"]), (False, [])])
def test_exchanges_are_kept_for_those_who_show_them(*, keep: bool, kept: list[str]) -> None:
    """The number of requests is known all the same."""
    report = asyncio.run(run([HEALTHY, ALIVE], settings(), transport=Script(HEALTH), keep_exchanges=keep))

    assert ([one.url for one in report.exchanges], report.requests) == (kept, 1)


def test_every_attempt_is_a_request() -> None:
    """Repetitions count, in the run and in each result that needed them."""
    report = ran(HEALTHY, wire=Script(reply(429, retry_after="0")))

    assert (report.requests, report.results[0].attempts) == (3, 3)


def test_a_failure_comes_with_meaning_and_remedy() -> None:
    """For this target; a passed finding needs none."""
    broken, fine = ran(asking("a.wrong", wrong), HEALTHY).results

    assert (bool(broken.meaning), bool(broken.remedy), fine.meaning, fine.remedy) == (True, True, "", "")


def test_a_symptom_names_its_root_cause() -> None:
    """Nothing waits for a prerequisite; it is judged afterwards."""
    first = asking("a.first", wrong)

    report = ran(asking("a.second", wrong, first), asking("a.third", nothing, first))

    assert [(one.id, one.outcome, one.blocked_by) for one in report.results] == [
        ("a.first", "failed", ()),
        ("a.second", "blocked", ("a.first",)),
        ("a.third", "passed", ()),
    ]


@pytest.mark.parametrize(
    ("problem", "cause"),
    [(httpx.ConnectError("refused"), "unreachable"), (httpx.ReadError("reset"), "connection-lost")],
)
def test_one_silent_endpoint_is_one_root_cause(problem: Exception, cause: str) -> None:
    """However many diagnostics asked it."""
    report = ran(HEALTHY, ALIVE, wire=Script(breaking(problem)), DEEPLEARN_CHECKS_ATTEMPTS="1")

    assert outcomes(report) == {"a.healthy": f"error {cause}", "a.alive": f"blocked {cause}"}


def test_a_bug_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is a finding and an entry of the log, both without secrets; the others have their answers."""
    with caplog.at_level(logging.ERROR, "deeplearn_checks"):
        report = ran(asking("a.bug", bug), HEALTHY)

    assert outcomes(report) == {"a.bug": "error bug-in-deeplearn-checks", "a.healthy": "passed"}
    assert TOKEN not in report.results[0].summary + caplog.text


def test_a_bug_outside_of_any_question_is_loud() -> None:
    """A declaration that makes no sense is no finding about the target: the run fails with it."""
    senseless = replace(HEALTHY, needs=None)  # type: ignore[arg-type]  # the bug

    with pytest.raises(ExceptionGroup, match="unhandled errors"):
        ran(senseless)


def test_effects_come_in_phases() -> None:
    """What only reads has its answers before anything is provoked, and that before anything is written."""
    order: list[str] = []

    def noting(level: Effects) -> Diagnostic:
        async def ask(_: Target) -> None:
            order.append(f"{level.label} begins")
            await asyncio.sleep(0)
            order.append(f"{level.label} ends")

        return asking(f"a.{level.label}", ask, effects=level)

    ran(*(noting(level) for level in reversed(Effects)), DEEPLEARN_CHECKS_EFFECTS="data")

    assert order == [f"{level} {moment}" for level in ("none", "alerts", "data") for moment in ("begins", "ends")]


def test_a_phase_is_asked_at_once() -> None:
    """Each waits for another that is asked with it: one after the other would never end."""
    events = [asyncio.Event() for _ in range(3)]

    def waiting(number: int) -> Diagnostic:
        async def ask(_: Target) -> None:
            events[number].set()
            await events[(number + 1) % 3].wait()

        return asking(f"a.{number}", ask)

    report = ran(*(waiting(number) for number in range(3)))

    assert report.counts()["passed"] == 3


@pytest.mark.parametrize(
    ("effects", "needs", "variables", "cause", "summary"),
    [
        (Effects.DATA, (), {}, "effects-not-permitted", "needs --effects data"),
        (Effects.ALERTS, (), {}, "effects-not-permitted", "needs --effects alerts"),
        (Effects.DATA, (), {"DEEPLEARN_CHECKS_EFFECTS": "alerts"}, "effects-not-permitted", "needs --effects data"),
        (Effects.DATA, (), {"DEEPLEARN_CHECKS_EFFECTS": "data"}, "", "it answers"),
        (Effects.NONE, (Part.COUNSELOR,), {}, "", "it answers"),
        (
            Effects.NONE,
            (Part.COUNSELOR,),
            {"DEEPLEARN_CHECKS_WITHOUT": "counselor"},
            "left-out",
            "left out with --without counselor",
        ),
        (
            Effects.DATA,
            (Part.ADMIN, Part.PAGES),
            {"DEEPLEARN_CHECKS_WITHOUT": "pages"},
            "left-out",
            "left out with --without pages",
        ),
        (
            Effects.NONE,
            (Part.ADMIN, Part.PAGES),
            {},
            "not-configured",
            "set DEEPLEARN_PAGES_BASE_URL (or leave it out on purpose: --without pages)",
        ),
        (
            Effects.NONE,
            (Part.GATEWAY, Part.PAGES),
            {"RAZORPAY_KEY_ID": "", "RAZORPAY_KEY_SECRET": ""},
            "not-configured",
            (
                "set RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET and DEEPLEARN_PAGES_BASE_URL "
                "(or leave it out on purpose: --without gateway,pages)"
            ),
        ),
    ],
)
def test_a_question_that_is_not_asked_says_why(
    effects: Effects, needs: tuple[Part, ...], variables: dict[str, str], cause: str, summary: str
) -> None:
    """Not permitted, left out, or not configured: and which setting would let it be asked."""
    asked = asking("a.question", nothing, effects=effects, needs=needs)

    result = asyncio.run(run([asked], settings(**variables), transport=Script(HEALTH))).results[0]

    assert (result.cause, result.summary) == (cause, summary)


@pytest.mark.parametrize(
    "silent", [HEALTHY, asking("a.gateway", lambda target: Gateway(target).payments())], ids=["service", "gateway"]
)
def test_the_deadline_ends_a_run(silent: Diagnostic) -> None:
    """A hang is one root cause, never a stuck run; what has its answer keeps it."""
    other = asking("a.other", Target.posts)

    report = ran(asking("a.quick", nothing), silent, other, wire=Silence(), DEEPLEARN_CHECKS_DEADLINE="0.1")

    assert outcomes(report) == {
        "a.quick": "passed",
        silent.id: "error timed-out",
        "a.other": "blocked timed-out",
    }
    assert report.results[1].summary == "no answer within the run's deadline of 0.1 s"
    assert report.results[1].seconds == 0.1


def test_an_interrupted_run_reports_what_there_is() -> None:
    """And is not ready."""

    async def main() -> RunReport:
        stop = asyncio.Event()

        async def interrupt(_: Target) -> None:
            stop.set()

        asked = [asking("a.quick", interrupt), HEALTHY, ALIVE]
        return await run(asked, settings(), transport=Silence(), stop=stop)

    report = asyncio.run(main())

    assert outcomes(report) == {
        "a.quick": "passed",
        "a.healthy": "error interrupted",
        "a.alive": "blocked interrupted",
    }
    assert (report.interrupted, report.gate) == (True, "failed")


def test_a_run_may_be_interrupted_before_it_began() -> None:
    """Nothing was asked, and nothing is left behind."""

    async def main() -> RunReport:
        stop = asyncio.Event()
        stop.set()
        return await run([HEALTHY], settings(), transport=Silence(), stop=stop)

    assert outcomes(asyncio.run(main())) == {"a.healthy": "error interrupted"}


@pytest.mark.parametrize(
    "body",
    [b'{"email": "\\ud800"}', b"[" * 600 + b"]" * 600, b"\xff\xfe", b"\x00" * 100_000, b'{"status": "\\ud800"}'],
    ids=["surrogate", "deep", "binary", "zeros", "surrogate read"],
)
def test_nothing_that_a_service_answers_breaks_a_run(body: bytes) -> None:
    """There is a finding, its exchange can be shown, and a file can hold both."""
    report = ran(HEALTHY, wire=Script(reply(200, body, content_type="application/json")))

    assert report.results[0].cause in {"unexpected-answer", "malformed-answer"}
    assert "".join((report.results[0].summary, *(one.response_body for one in report.exchanges))).encode()


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({}, {}, True),
        ({}, {"ADMIN_API_TOKEN": "another"}, False),
        (
            {"DEEPLEARN_CHECKS_PSEUDONYM_KEY": "k"},
            {"DEEPLEARN_CHECKS_PSEUDONYM_KEY": "k", "ADMIN_API_TOKEN": "t"},
            True,
        ),
    ],
)
def test_pseudonyms_last_as_long_as_their_key(first: dict[str, str], second: dict[str, str], *, same: bool) -> None:
    """From run to run: the admin token keys them, unless there is a key of their own."""
    persons = {redactor(settings(**variables)).person("asha@example.com") for variables in (first, second)}

    assert (len(persons) == 1) is same
