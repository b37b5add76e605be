"""What a healthy service refuses; what is no refusal in its own words is neither accepted nor refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asking import Json, Script, ask, healthy, report, verdict

from deeplearn_checks.diagnostics import refusals

if TYPE_CHECKING:
    import httpx

    from deeplearn_checks.diagnostic import Diagnostic

WEBHOOK = "/api/funnel/payment/razorpay/webhook"
CALLBACK = "/api/funnel/payment/success"
OURS = "evt_deeplearnchecks"
IGNORED: Json = {"ok": True, "ignored": True, "reason": "event_not_handled"}
UNAUTHORIZED: Json = {"error": "Unauthorized payment callback."}
FORGERIES = (
    refusals.webhook_refuses_forgery,
    refusals.webhook_refuses_missing_signature,
    refusals.webhook_refuses_altered_body,
)
ALL = (*FORGERIES, refusals.forgery_raises_alert, refusals.callback_closed)


def sent_by(request: httpx.Request) -> Diagnostic | None:
    """Answer whose delivery this is; None where it is not meant to be refused."""
    if request.headers.get("x-razorpay-event-id") != OURS:
        return None
    forgery, unsigned, altered = FORGERIES
    if "x-razorpay-signature" not in request.headers:
        return unsigned
    return altered if b"other" in request.content else forgery


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_a_healthy_service_refuses_what_it_must(one: Diagnostic) -> None:
    """And its refusals leave nothing behind but resolved alerts."""
    world = healthy(0)

    result = ask(world, one, DEEPLEARN_CHECKS_EFFECTS="alerts")

    assert verdict(result) == "passed"


@pytest.mark.parametrize("one", FORGERIES, ids=lambda one: one.id)
@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ((200, IGNORED), "webhook-accepts-forgery"),
        ((401, {"error": "Invalid webhook signature."}), "passed"),
        ((401, "<h1>Log in</h1>"), "unexpected-answer"),
        ((403, "<h1>Blocked</h1>"), "unexpected-answer"),
        ((400, {"error": "Bad request."}), "unexpected-answer"),
        ((500, {"error": "It broke."}), "server-error"),
    ],
)
def test_an_answer_to_a_forgery_is_judged_by_its_words(one: Diagnostic, answer: tuple[int, Json], cause: str) -> None:
    """Taken is wrong, refused for the signature is right, and anything else says nothing about signatures."""
    world = healthy(0)
    script = Script(world, {WEBHOOK: lambda request: answer if sent_by(request) is one else None})

    result = ask(world, one, script=script, DEEPLEARN_CHECKS_EFFECTS="alerts")

    assert verdict(result) == cause


@pytest.mark.parametrize(("secret", "sent"), [("sandbox-key-secret", 2), ("", 1), ("sandbox-webhook-secret", 1)])
def test_the_key_secret_is_tried_where_it_is_another(secret: str, sent: int) -> None:
    """Where it is not set, or is the webhook's own, there is nothing to try."""
    world = healthy(0)
    script = Script(world)
    key_id = "rzp_test_SandboxKey01" if secret else ""

    result = ask(
        world, refusals.webhook_refuses_forgery, script=script, DEEPLEARN_CHECKS_EFFECTS="alerts",
        RAZORPAY_KEY_ID=key_id, RAZORPAY_KEY_SECRET=secret,
    )  # fmt: skip

    forged = [one for one in script.asked if one.headers.get("x-razorpay-event-id") == OURS]
    assert (len(forged), result.outcome, "RAZORPAY_KEY_SECRET" in result.summary) == (sent, "passed", sent > 1)


def test_every_accepted_forgery_is_shown() -> None:
    """As evidence; and the ledger tells that an ignored event left no alert."""
    found = report(healthy(0, "webhook-accepts-anything"), FORGERIES[0], DEEPLEARN_CHECKS_EFFECTS="alerts")

    result = next(one for one in found.results if one.id == FORGERIES[0].id)
    assert result.evidence["answers"] == (
        "200 to an event signed with a secret that is nobody's",
        "200 to an event signed with RAZORPAY_KEY_SECRET",
    )
    assert {one.left for one in found.ledger if one.effects.label == "alerts"} == {
        "nothing: the event was accepted, and ignored"
    }


@pytest.mark.parametrize(
    ("answer", "cause", "left"),
    [
        ((401, UNAUTHORIZED), "passed", "refused: nothing was written"),
        ((200, {"ok": True}), "payment-callback-open", "unknown: it was let in"),
        ((404, {"error": "Lead not found."}), "payment-callback-open", "nothing: it names a lead that does not exist"),
        ((404, "404 Not Found"), "endpoint-missing", "refused: nothing was written"),
        ((401, "<h1>Log in</h1>"), "unexpected-answer", "refused: nothing was written"),
        ((403, {"error": "Forbidden."}), "unexpected-answer", "refused: nothing was written"),
        ((500, {"error": "It broke."}), "server-error", "unknown: the service failed over it"),
        ((503, {"error": "It is away."}), "server-error", "unknown: the service failed over it"),
    ],
)
def test_a_callback_that_looks_for_the_lead_is_open(answer: tuple[int, Json], cause: str, left: str) -> None:
    """Only 401 in the service's own words is a refusal."""
    world = healthy(0)

    found = report(
        world, refusals.callback_closed, script=Script(world, {CALLBACK: answer}), DEEPLEARN_CHECKS_EFFECTS="alerts"
    )

    entry = next(one for one in found.ledger if one.request.endswith(CALLBACK))
    assert (verdict(found.results[-1]), entry.left, entry.status) == (cause, left, answer[0])


def test_a_callback_is_for_a_lead_that_does_not_exist() -> None:
    """Were it let in, no lead would be paid by it."""
    world = healthy(14, "demo-payments-open")
    before = [tuple(row) for row in world.execute("SELECT * FROM lead_registrations ORDER BY lead_id")]

    result = ask(world, refusals.callback_closed, DEEPLEARN_CHECKS_EFFECTS="alerts")

    after = [tuple(row) for row in world.execute("SELECT * FROM lead_registrations ORDER BY lead_id")]
    assert (verdict(result), after) == ("payment-callback-open", before)


@pytest.mark.parametrize(
    ("faults", "open_before", "age_ms", "cause", "told"),
    [
        ((), 0, 0, "passed", "(raised)"),
        ((), 1, 60_000, "passed", "(open before, and refreshed)"),
        (("alerts-lost",), 0, 0, "forgery-raises-no-alert", "no alert tells of it"),
        (("alerts-lost",), 1, 60_000, "forgery-raises-no-alert", "no alert tells of it"),
        (("alerts-lost",), 199, 60_000, "forgery-raises-no-alert", "no alert tells of it"),
        (("alerts-lost",), 200, 60_000, "cannot-tell", "the newest 200 open alerts"),
    ],
)
def test_a_forgery_shows_among_the_open_alerts(
    faults: tuple[str, ...], open_before: int, age_ms: int, cause: str, told: str
) -> None:
    """New or refreshed; an older one does not tell of it, and a full list may hide it."""
    world = healthy(0, *faults)
    at_ms = world.now_ms() - age_ms
    row = {"source": "payment_webhook", "severity": "critical", "event_type": "webhook_signature_invalid"}
    row |= {"dedupe_key": "razorpay_webhook_signature_invalid", "status": "open"}
    times = {"created_at_ms": at_ms, "updated_at_ms": at_ms}
    world.insert("ops_alerts", [{"id": str(number), **row, **times} for number in range(open_before)])

    result = ask(world, refusals.forgery_raises_alert, DEEPLEARN_CHECKS_EFFECTS="alerts")

    assert (verdict(result), told in result.summary) == (cause, True)
