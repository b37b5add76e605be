"""What came, when it came and what never came: a replay meets what the recorded run met."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
from surroundings import API, Script, Silence, breaking, reply, settings, streamed
from taped import content, replayed, taped, timeless

from deeplearn_checks.bundle.contents import Failure
from deeplearn_checks.diagnostic import Diagnostic, diagnostic
from deeplearn_checks.finding import Effects, Finding, Severity, passed
from deeplearn_checks.questions import together
from deeplearn_checks.redaction import EMPTY
from deeplearn_checks.wire import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from deeplearn_checks.target import Target


def asking(ask: Callable[[Target], Awaitable[Finding]], id_: str = "a.question") -> Diagnostic:
    """Declare a diagnostic without prerequisites."""
    return diagnostic(id_, severity=Severity.CRITICAL, runbook="alert-workflow/3")(ask)


@asking
async def leads(target: Target) -> Finding:
    """The leads can be read."""
    return passed(target.redact(f"{len((await target.leads()).leads)} leads"))


@asking
async def page(target: Target) -> Finding:
    """The site answers."""
    answer = await target.page("/")
    return passed(target.redact(f"{answer.size} bytes, {answer.header('x-note')}"), target.evidence(size=answer.size))


TEXTS = (
    *("lead_id", "full_name", "email", "phone", "webinar_id", "source", "course_id", "course_slug", "cohort_id"),
    *("user_id", "payment_status", "payment_ref", "payment_provider"),
)
"""The fields of a lead that are texts."""


async def broken_off() -> AsyncIterator[bytes]:
    """Give a part of an answer, then lose the connection."""
    yield b'{"leads": [{"full_name": "Asha Rao", "ema'
    raise httpx.ReadError("reset by asha@example.com")


def lead(**fields: object) -> dict[str, object]:
    """Answer a list of one lead whose row differs from a good one in some fields."""
    good: dict[str, object] = dict.fromkeys(TEXTS, "")
    times = dict.fromkeys(("paid_at_ms", "created_at_ms", "updated_at_ms"), 1)
    return {"leads": [good | times | {"crm": {"stage": "won"}} | fields]}


@pytest.mark.parametrize(
    "said",
    [
        reply(200, lead()),
        reply(200, lead(email=7, full_name="Asha Rao")),
        reply(200, lead(phone=9_876_543_210)),
        reply(200, lead(phone=98.5)),
        reply(200, lead(email=None)),
        reply(200, b'{"leads": [{"lead_id": "\\ud800"}]}', content_type="application/json"),
        reply(200, b'{"leads": [NaN]}', content_type="application/json"),
        reply(200, b'{"leads": [1e999]}', content_type="application/json"),
        reply(200, b"[" * 100_000, content_type="application/json"),
        reply(200, b'{"full_name": "Asha Rao", "leads"', content_type="application/json"),
        reply(200, b'{"full_name": "Asha \xff Rao"}', content_type="application/json"),
        reply(200, "\ufeff{}", content_type="application/json"),
        reply(200, "<html>asha@example.com</html>", content_type="text/html"),
        reply(503, {"error": "no asha@example.com", "details": "+91 98765 43210"}),
        reply(404, "404 Not Found"),
        reply(429, "", retry_after="0"),
        reply(302, "", location="https://elsewhere.example.com/?q=asha@example.com"),
        streamed(broken_off()),
        breaking(httpx.ConnectError("no route to asha@example.com")),
        breaking(httpx.ReadTimeout("")),
    ],
)
def test_whatever_came_is_judged_the_same(said: Callable[[httpx.Request], httpx.Response]) -> None:
    """A wrong type, a broken document, a refusal, no answer: the replay meets what the run met."""
    given = settings(DEEPLEARN_CHECKS_ATTEMPTS="1", DEEPLEARN_PAGES_BASE_URL=API)
    report, bundle = taped([leads, page], given, Script(said))

    again = replayed(bundle, [leads, page])

    assert (timeless(again), "Asha" in content(bundle)) == (timeless(report), False)


def test_attempts_are_those_recorded() -> None:
    """A question that was answered at the third attempt cost three requests, and does again."""
    script = Script(reply(503), reply(503, retry_after="0"), reply(200, lead()))
    report, bundle = taped([leads], settings(), script)

    again = replayed(bundle, [leads])

    assert (again.requests, again.results[0].attempts) == (report.requests, report.results[0].attempts) == (3, 3)


def test_polls_are_answered_in_turn() -> None:
    """The same request again gets the answer that it got then, and no other waits for the time between."""

    async def poll(target: Target) -> Finding:
        said = []
        for _ in range(3):
            answer = await target.transport.ask(Request("GET", API, "/poll"))
            said.append(answer.body.decode())
        return passed(target.redact(" ".join(said)))

    asked = asking(poll)
    _, bundle = taped([asked], settings(), Script(reply(200, "one"), reply(200, "two"), reply(200, "three")))

    again = replayed(bundle, [asked])

    assert again.results[0].summary == "one two three"


class Late(httpx.AsyncBaseTransport):
    """Answers each path only when the one after it was answered."""

    def __init__(self, *paths: str) -> None:
        self._events = {path: asyncio.Event() for path in (*paths, "last")}
        self._after = dict(zip(paths, [*paths[1:], "last"], strict=True))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for the next path, then answer."""
        path = request.url.path
        self._events["last"].set()
        await self._events[self._after[path]].wait()
        self._events[path].set()
        return httpx.Response(200, text=path)


def test_answers_come_in_the_order_in_which_they_came() -> None:
    """A diagnostic that looks which of two is first sees the same one."""

    async def race(target: Target) -> Finding:
        order: list[str] = []

        async def one(path: str) -> None:
            order.append((await target.transport.ask(Request("GET", API, path))).body.decode())

        await asyncio.gather(one("/a"), one("/b"), one("/c"))
        return passed(target.redact(" ".join(order)))

    asked = asking(race)
    report, bundle = taped([asked], settings(), Late("/a", "/b", "/c"))

    again = replayed(bundle, [asked])

    assert again.results[0].summary == report.results[0].summary == "/c /b /a"


def test_a_question_that_nobody_waits_for_any_more_stops_nothing() -> None:
    """Who asked it may have been cancelled meanwhile."""

    async def impatient(target: Target) -> Finding:
        waiting = asyncio.ensure_future(target.transport.ask(Request("GET", API, "/a")))
        await asyncio.sleep(0)
        waiting.cancel()
        answer = await target.transport.ask(Request("GET", API, "/b"))
        return passed(target.redact(answer.body.decode()))

    asked = asking(impatient)

    async def both(target: Target) -> Finding:
        await together(*(target.transport.ask(Request("GET", API, path)) for path in ("/a", "/b")))
        return passed(EMPTY)

    _, bundle = taped([asking(both)], settings(), Script(reply(200, "text")))

    again = replayed(bundle, [asked])

    assert again.results[0].summary == "text"


def test_what_the_bundle_does_not_hold_is_said_once() -> None:
    """Another version of the diagnostics asks something else: could not find out, one root cause for all who asked."""

    async def other(target: Target) -> Finding:
        await target.summary()
        return passed(EMPTY)

    newer = [asking(other, "a.newer"), asking(other, "a.newest")]
    _, bundle = taped([leads], settings(), Script(reply(200, lead())))

    again = replayed(bundle, newer)

    assert [(root.result.cause, root.blocks) for root in again.root_causes()] == [("not-recorded", ("a.newest",))]
    assert again.results[0].summary == "the bundle holds no answer to GET /api/admin/analytics/summary (any more)"


def test_a_question_is_not_answered_oftener_than_it_was() -> None:
    """A poll that goes on longer than the recorded one cannot know what would have come."""

    async def poll(target: Target) -> Finding:
        for _ in range(2):
            await target.transport.ask(Request("GET", API, "/poll"))
        return passed(EMPTY)

    async def once(target: Target) -> Finding:
        await target.transport.ask(Request("GET", API, "/poll"))
        return passed(EMPTY)

    _, bundle = taped([asking(once)], settings(), Script(reply(200, "one")))

    again = replayed(bundle, [asking(poll)])

    assert again.results[0].cause == "not-recorded"


async def forever(target: Target) -> Finding:
    """Ask, and wait for ever."""
    await target.health()
    await asyncio.Event().wait()
    return passed(EMPTY)


async def interrupting(target: Target) -> Finding:
    """Ask what is never answered."""
    await target.leads()
    return passed(EMPTY)


HEALTHY = reply(200, {"status": "ok", "timestamp": "2026-03-02T10:00:00.000Z"})


def test_a_run_that_ran_out_of_time_does_so_again() -> None:
    """At once, and with what had been asked by then."""
    asked = [asking(forever, "a.forever"), leads]
    wire = Script(HEALTHY)
    given = settings(DEEPLEARN_CHECKS_DEADLINE="0.2")
    report, bundle = taped(asked, given, wire)

    again = replayed(bundle, asked)

    assert timeless(again) == timeless(report)
    assert again.results[0].summary == "no answer within the run's deadline of 0.2 s"


def test_an_interrupted_run_is_kept_and_replayed() -> None:
    """With what there is."""
    stop = asyncio.Event()

    async def stopping(_: Target) -> Finding:
        stop.set()
        await asyncio.Event().wait()
        return passed(EMPTY)

    asked = [asking(stopping, "a.stopping"), asking(interrupting, "a.interrupting")]
    report, bundle = taped(asked, settings(), Silence(), stop)

    again = replayed(bundle, asked)

    assert (again.interrupted, timeless(again)) == (True, timeless(report))


def test_what_was_never_answered_is_not_recorded() -> None:
    """A run that ended first left the request without an answer."""
    stop = asyncio.Event()

    async def stopping(target: Target) -> Finding:
        asyncio.get_running_loop().call_later(0.05, stop.set)
        await target.leads()
        return passed(EMPTY)

    _, bundle = taped([asking(stopping, "a.stopping")], settings(), Silence(), stop)

    again = replayed(bundle, [asking(interrupting, "b.other")])

    assert again.results[0].cause == "not-recorded"


def test_a_run_with_effects_on_production_can_be_replayed() -> None:
    """Nobody is written to: the host need not be named again."""
    host = "prod.example.com"
    given = settings(
        DEEPLEARN_API_BASE_URL=f"https://{host}",
        DEEPLEARN_CHECKS_EFFECTS="data",
        **{"--i-mean-it": host},
    )
    _, bundle = taped([leads], given, Script(reply(200, lead())))

    again = replayed(bundle, [leads])

    assert (again.effects, again.results[0].summary) == (Effects.DATA, "1 leads")


def test_two_secrets_are_told_apart() -> None:
    """The same event under two signatures is two questions, whichever is asked first."""
    refused = reply(401, {"error": "Invalid webhook signature."})
    accepted = reply(200, {"ok": True, "ignored": True, "reason": "event_not_handled"})

    async def backwards(target: Target) -> Finding:
        second = await target.probe_webhook(target.settings.razorpay_key_secret)
        first = await target.probe_webhook(target.settings.razorpay_webhook_secret)
        return passed(target.redact(f"{first.status} {second.status}"))

    async def forwards(target: Target) -> Finding:
        await target.probe_webhook(target.settings.razorpay_webhook_secret)
        await target.probe_webhook(target.settings.razorpay_key_secret)
        return passed(EMPTY)

    _, bundle = taped([asking(forwards)], settings(), Script(refused, accepted))

    again = replayed(bundle, [asking(backwards)])

    assert again.results[0].summary == "401 200"


def test_all_that_a_failure_said_is_said_again() -> None:
    """Numbers, texts and lists of its evidence."""
    evidence: dict[str, int | float | str | tuple[str, ...]] = {"attempts": 2, "where": "there", "seen": ("a", "b")}
    _, bundle = taped([leads], settings(DEEPLEARN_CHECKS_ATTEMPTS="1"), Script(breaking(httpx.ConnectError("no"))))
    (one,) = bundle.exchanges
    failure = Failure(cause="unreachable", summary="nobody there", evidence=evidence)

    again = replayed(replace(bundle, exchanges=(one.model_copy(update={"failure": failure}),)), [leads])

    assert (again.results[0].summary, again.results[0].evidence) == ("nobody there", evidence)
