"""One method per endpoint: what is asked, once, with which credential, and what is made of the answer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from surroundings import API, TOKEN, WEBHOOK_SECRET, Script, answered, environment, reply, unanswered

from deeplearn_checks import models
from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.session import prepare
from deeplearn_checks.target import NOBODY, PROBE_EVENT, Target
from deeplearn_checks.wire import Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from surroundings import Reply

    Question = Callable[[Target], Awaitable[object]]

PAGES = {"DEEPLEARN_PAGES_BASE_URL": "https://learn.example.com"}
HEALTH = {"status": "ok", "timestamp": "1970-01-01T00:00:00Z"}
LEADS = "/api/admin/crm/leads?days=365&limit=300"
ADMIN = {"x-admin-token": TOKEN}


@pytest.mark.parametrize(
    ("question", "line", "credentials"),
    [
        (Target.root, "GET /", {}),
        (Target.health, "GET /health", {}),
        (Target.funnel, "GET /api/analytics/funnel?webinar_id=deep-rag-live-webinar&days=90", {}),
        (Target.overview_answer, "GET /api/admin/overview", ADMIN),
        (Target.overview_without_token, "GET /api/admin/overview", {}),
        (Target.overview_with_wrong_token, "GET /api/admin/overview", {"x-admin-token": NOBODY}),
        (Target.access_without_identity, f"GET /api/learn/access?user_id={NOBODY}", {}),
        (Target.access_with_claimed_identity, f"GET /api/learn/access?user_id={NOBODY}", {"x-user-id": NOBODY}),
        (Target.audit, "GET /api/admin/access/audit", ADMIN),
        (Target.leads, f"GET {LEADS}", ADMIN),
        (lambda t: t.search_leads("a+b@c.d"), f"GET {LEADS}&q=a%2Bb%40c.d", ADMIN),
        (lambda t: t.payment_status(lead_id="l/1", email="e"), "GET /api/funnel/payment/status?lead_id=l%2F1", {}),
        (lambda t: t.payment_status(email="a@b.c"), "GET /api/funnel/payment/status?email=a%40b.c", {}),
        (Target.summary, "GET /api/admin/analytics/summary?days=30", ADMIN),
        (Target.courses, "GET /api/admin/courses?limit=100", ADMIN),
        (Target.cohorts, "GET /api/admin/cohorts?limit=200", ADMIN),
        (lambda t: t.enrollments("c/1?"), "GET /api/admin/courses/c%2F1%3F/enrollments?limit=500", ADMIN),
        (lambda t: t.access("u&1"), "GET /api/learn/access?user_id=u%261", ADMIN),
        (
            lambda t: t.certificate("c", "u"),
            "GET /api/certificates/verify?course_id=c&user_id=u",
            {},
        ),
        (Target.content_runs, "GET /api/admin/content/runs?limit=50", ADMIN),
        (Target.posts, "GET /api/content/posts?limit=20", {}),
        (Target.counselor, "POST /api/chat/counselor", {}),
        (Target.alerts, "GET /api/admin/alerts?status=open&limit=200", ADMIN),
        (lambda t: t.alerts_of("resolved", 7), "GET /api/admin/alerts?status=resolved&limit=7", ADMIN),
        (lambda t: t.set_alert_status("a/1", "acknowledged"), "POST /api/admin/alerts/a%2F1/status", ADMIN),
        (lambda t: t.page("/console/"), "GET /console/", {}),
        (Target.proxied_posts, "GET /api/content/posts?limit=20", {}),
        (lambda t: t.head("https://cdn.example.com/a/b.svg?v=1"), "HEAD /a/b.svg?v=1", {}),
        (lambda t: t.head("https://cdn.example.com/a/b.svg"), "HEAD /a/b.svg", {}),
    ],
)
def test_a_method_asks_its_endpoint(question: Question, line: str, credentials: Mapping[str, str]) -> None:
    """Path, parameters and exactly the credential that is meant, and no other."""
    script = Script(reply(200, {}))

    with suppress(UnansweredError):
        answered(question, script, **PAGES)

    asked = script.asked[0]
    sent = {name: value for name, value in asked.headers.items() if name.startswith(("x-", "authorization"))}
    assert (f"{asked.method} {asked.url.raw_path.decode()}", sent) == (line, credentials)


def test_a_page_is_asked_of_the_site() -> None:
    """Not of the API."""
    script = Script(reply(200))

    answered(lambda t: t.page("/learn/"), script, **PAGES)

    assert str(script.asked[0].url) == "https://learn.example.com/learn/"


def test_the_probe_is_signed_over_its_bytes() -> None:
    """With the secret that is asked about, which need not be the configured one."""
    script = Script(reply(200))

    answered(lambda t: t.probe_webhook(SecretStr("other")), script)

    asked = script.asked[0]
    signature = hmac.new(b"other", PROBE_EVENT, hashlib.sha256).hexdigest()
    assert (asked.content, asked.headers["x-razorpay-signature"]) == (PROBE_EVENT, signature)


async def everything(target: Target) -> list[object]:
    """Ask whatever has a typed answer."""
    course = next(course for course in (await target.courses()).courses if course.learner_count)
    enrollment = (await target.enrollments(course.id)).enrollments[0]
    known = target.settings.known_lead.get_secret_value()
    lead = (await target.search_leads(known)).leads[0]
    return [
        (await target.root())[1],
        (await target.health())[1],
        (await target.funnel())[1],
        target.read(await target.overview_answer(), models.Overview),
        await target.audit(),
        await target.leads(),
        await target.payment_status(lead_id=lead.lead_id),
        await target.payment_status(email=known),
        await target.summary(),
        await target.cohorts(),
        await target.access(enrollment.user_id),
        await target.certificate(course.id, enrollment.user_id),
        await target.content_runs(),
        await target.posts(),
        await target.alerts(),
        target.read(await target.counselor(), models.Reply),
        target.read(await target.probe_webhook(target.settings.razorpay_webhook_secret), models.WebhookReceipt),
    ]


def test_a_healthy_service_answers_everything() -> None:
    """Every model reads what the service gives."""
    with environment():
        given, wire = prepare({"sandbox": True})
    variables = {
        "DEEPLEARN_API_BASE_URL": given.api_base_url,
        "ADMIN_API_TOKEN": given.admin_token.get_secret_value(),
        "RAZORPAY_WEBHOOK_SECRET": given.razorpay_webhook_secret.get_secret_value(),
        "DEEPLEARN_KNOWN_LEAD": given.known_lead.get_secret_value(),
    }
    assert wire is not None

    answers = answered(everything, wire, **variables)

    assert all(isinstance(answer, models.Wire) for answer in answers)


def test_each_question_is_asked_once() -> None:
    """Whoever asks, at one moment or later, as an answer or as a model."""
    script = Script(reply(200, HEALTH))

    async def main(target: Target) -> set[int]:
        first, second = target.view(), target.view()
        await asyncio.gather(first.health(), second.health(), second.clock_offset())
        await target.now_ms()
        return first.used | second.used

    used = answered(main, script)

    assert (len(script.asked), used) == (1, {1})


@pytest.mark.parametrize(
    ("answer", "cause", "summary"),
    [
        (reply(404, "404 Not Found"), "endpoint-missing", "GET /health answered 404"),
        (reply(404, {"error": "Lead not found."}), "unexpected-answer", "GET /health answered 404: Lead not found."),
        (reply(401, {"error": "No.", "details": "x"}), "unexpected-answer", "GET /health answered 401: No. x"),
        (reply(500, {"error": TOKEN}), "server-error", "GET /health answered 500: [secret]"),
        (reply(500, "[" * 100_000), "server-error", "GET /health answered 500"),
        (reply(503, "<html>"), "server-error", "GET /health answered 503"),
        (reply(200, "<html>"), "not-the-api", "GET /health answered 200 with a page, not with JSON"),
        (reply(200, "{"), "malformed-answer", "GET /health answered 200 with malformed JSON (JSONDecodeError)"),
        (reply(200, {"status": "ok"}), "unexpected-answer", "GET /health answered 200, but timestamp: Field required"),
        (
            reply(200, HEALTH | {"status": 1}),
            "unexpected-answer",
            "GET /health answered 200, but status: Input should be a valid string",
        ),
        (
            reply(200, "[]"),
            "unexpected-answer",
            "GET /health answered 200, but the answer: Input should be a valid dictionary or instance of Health",
        ),
    ],
)
def test_an_answer_that_is_of_no_use_says_why(answer: Reply, cause: str, summary: str) -> None:
    """The cause, the question, the status, and the service's own words or the field."""
    finding = unanswered(Target.health, Script(answer))

    assert (finding.cause, finding.summary) == (cause, summary)


def test_a_field_is_named_by_its_path() -> None:
    """Through lists and objects, as an operator would write it."""
    row = {"course_id": "c", "enrollment_status": "active", "cohort": {"cohort_id": "", "status": ""}, "modules": []}
    body = {"user_id": "u", "access": [row, row | {"modules": [{"module_key": "m"}]}]}

    finding = unanswered(lambda t: t.access("u"), Script(reply(200, body)))

    assert finding.summary.endswith("but access[1].modules[0].is_unlocked: Field required")


def test_a_lead_that_is_not_there_is_an_answer() -> None:
    """The service says so in its own words; any other 404 is a missing endpoint."""
    asked = answered(lambda t: t.payment_status(lead_id="l"), Script(reply(404, {"error": "Lead not found."})))

    assert asked is None


def test_an_endpoint_that_is_not_there_is_none() -> None:
    """A lead cannot be looked up where nothing looks it up."""
    finding = unanswered(lambda t: t.payment_status(lead_id="l"), Script(reply(404, "404 Not Found")))

    assert finding.cause == "endpoint-missing"


def test_a_funnel_that_is_refused_is_none() -> None:
    """Whoever asks judges the status."""
    answer, funnel = answered(Target.funnel, Script(reply(500, {"error": "D1 is not configured."})))

    assert (answer.status, funnel) == (500, None)


def test_the_clock_is_read_against_the_middle_of_the_request() -> None:
    """The service's clock of the epoch is behind ours by all the time since."""

    async def main(target: Target) -> tuple[float, float]:
        answer, _ = await target.health()
        return await target.clock_offset(), answer.received_at - answer.seconds / 2

    offset, middle = answered(main, Script(reply(200, HEALTH)))

    assert offset == pytest.approx(-middle)


def test_a_clock_that_tells_no_time_is_an_unexpected_answer() -> None:
    """Not a bug of ours."""
    finding = unanswered(Target.now_ms, Script(reply(200, HEALTH | {"timestamp": "noon"})))

    assert finding.summary == "GET /health: timestamp is no ISO 8601 time"


def test_evidence_is_redacted_and_short() -> None:
    """Texts by their value, ten of a list, numbers as they are; what is empty says nothing."""

    async def main(target: Target) -> object:
        texts = [f"{number} {WEBHOOK_SECRET}" for number in range(12)]
        return target.evidence(text=f"with {TOKEN}", number=3, ratio=0.5, zero=0, none="", nobody=[], many=texts)

    shown = answered(main, Script(reply(200)))

    many = (*(f"{number} [secret]" for number in range(10)), "and 2 more")
    assert shown == {"text": "with [secret]", "number": 3, "ratio": 0.5, "zero": 0, "many": many}


def test_a_view_notes_its_own_exchanges() -> None:
    """A diagnostic shows what it used, not what others did."""

    async def main(asked: Target) -> tuple[set[int], set[int]]:
        view = asked.view()
        await view.answer(Request("GET", API, "/"))
        return view.used, asked.used

    assert answered(main, Script(reply(200))) == ({1}, set())
