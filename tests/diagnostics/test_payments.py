"""Whether money can arrive: what the webhook may answer, which keys, and whether a known lead is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asking import PAID, Script, ask, healthy, verdict

from deeplearn_checks.diagnostics import payments

if TYPE_CHECKING:
    import httpx
    from asking import Json

    from deeplearn_checks.sandbox.world import World

WEBHOOK = "/api/funnel/payment/razorpay/webhook"
CRM = "/api/admin/crm/leads"
STATUS = "/api/funnel/payment/status"
PAGE = "<html><body>Access denied</body></html>"
SPACED = " sandbox-webhook-secret\n"


@pytest.mark.parametrize(
    ("answer", "configured", "accepted"),
    [
        ((503, {"error": "Overloaded."}), "server-error", "blocked"),
        ((503, PAGE), "server-error", "blocked"),
        ((401, PAGE), "unexpected-answer", "blocked"),
        ((404, PAGE), "endpoint-missing", "blocked"),
        ((500, {"error": "Razorpay webhook processing failed."}), "server-error", "blocked"),
        ((401, {"error": "Invalid webhook signature."}), "passed", "webhook-secret-mismatch"),
        ((200, {"ok": True, "event": "deeplearn.checks.probe"}), "passed", "unexpected-answer"),
        ((200, {"ok": True, "ignored": False, "reason": "event_not_handled"}), "passed", "webhook-ignores-events"),
        ((200, {"ok": True, "ignored": True, "reason": "paused"}), "passed", "webhook-ignores-events"),
        ((200, {"ok": True, "ignored": True, "reason": "event_not_handled"}), "passed", "passed"),
    ],
)
def test_the_answer_to_a_probe_is_judged(answer: tuple[int, Json | str], configured: str, accepted: str) -> None:
    """Only the service's own words are about its secret; a receipt that it never gave is reported."""
    world = healthy(0)
    script = Script(world, {WEBHOOK: answer})

    verdicts = [
        verdict(ask(world, one, script=script, RAZORPAY_KEY_ID="", RAZORPAY_KEY_SECRET=""))
        for one in (payments.webhook_secret_configured, payments.webhook_accepts_our_signature)
    ]

    assert verdicts == [configured, accepted]


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (None, "white space around it, and without it the event is accepted"),
        ("webhook-secret-differs", "our setting has white space around it"),
    ],
)
def test_white_space_around_the_secret_is_pointed_out(fault: str | None, text: str) -> None:
    """A secret copied with white space is a mismatch, and the finding says whether that is all."""
    world = healthy(0, *([fault] if fault else []))

    result = ask(world, payments.webhook_accepts_our_signature, RAZORPAY_WEBHOOK_SECRET=SPACED)

    assert (verdict(result), result.summary.endswith(text)) == ("webhook-secret-mismatch", True)


@pytest.mark.parametrize(
    ("previous", "text"),
    [
        ("sandbox-webhook-secret", "the service still holds the secret of before the change"),
        ("long-forgotten", "the webhook refuses an event signed with our RAZORPAY_WEBHOOK_SECRET (401)"),
    ],
)
def test_a_secret_changed_on_one_side_is_pointed_out(previous: str, text: str) -> None:
    """Where the service accepts what the secret before the last change signs, the finding says so."""
    world = healthy(0)

    result = ask(
        world,
        payments.webhook_accepts_our_signature,
        RAZORPAY_WEBHOOK_SECRET="rotated",
        RAZORPAY_WEBHOOK_SECRET_PREVIOUS=previous,
    )

    assert (verdict(result), result.summary.endswith(text)) == ("webhook-secret-mismatch", True)


@pytest.mark.parametrize(
    ("environment", "mode", "expected"),
    [
        ("production", "test", "gateway-in-test-mode"),
        ("Prod-eu", "test", "gateway-in-test-mode"),
        ("live", "test", "gateway-in-test-mode"),
        ("production", "live", "passed"),
        ("staging", "live", "passed"),
        ("staging", "test", "passed"),
        ("", "test", "passed"),
    ],
)
def test_production_needs_live_keys(environment: str, mode: str, expected: str) -> None:
    """Only an environment that is called production or live must not use test keys."""
    world = healthy(0)

    result = ask(
        world,
        payments.gateway_mode,
        RAZORPAY_KEY_ID=f"rzp_{mode}_SandboxKey01",
        DEEPLEARN_CHECKS_ENVIRONMENT=environment,
    )

    assert verdict(result) == expected


@pytest.mark.parametrize(("status", "expected"), [("started", "gateway-downtime"), ("resolved", "passed")])
def test_a_downtime_counts_while_it_lasts(status: str, expected: str) -> None:
    """A downtime that Razorpay calls resolved, or only plans, is not going on."""
    world = healthy(0, "gateway-downtime")
    for downtime in world.gateway.downtimes.values():
        downtime |= {"status": status, "severity": None}

    result = ask(world, payments.gateway_not_degraded)

    assert verdict(result) == expected


def test_without_paid_leads_none_is_known() -> None:
    """Where no lead is configured and none has paid, there is nothing to judge."""
    world = healthy(0)

    result = ask(world, payments.known_lead)

    assert (verdict(result), "nothing to judge" in result.summary) == ("passed", True)


def known(world: World) -> dict[str, str]:
    """Answer the newest paid lead."""
    return {name: str(world.execute(PAID)[0][name]) for name in ("lead_id", "email", "phone")}


@pytest.mark.parametrize("by", ["", "{email}", " {EMAIL} ", "{phone}", "91 {national}", "{lead_id}"])
def test_a_known_lead_is_found_by_any_of_its_names(by: str) -> None:
    """E-mail in any case, phone in any spelling, lead id, and the newest paid lead where none is named."""
    world = healthy(14)
    lead = known(world)
    national = f"{lead['phone'][-10:-5]} {lead['phone'][-5:]}"
    wanted = by.format(EMAIL=lead["email"].upper(), national=national, **lead)

    result = ask(world, payments.known_lead, DEEPLEARN_KNOWN_LEAD=wanted)

    assert result.summary == "the known lead is found (CRM: paid, payment status: paid)"


def test_a_short_number_is_found_as_it_is() -> None:
    """A phone number of fewer than ten digits is that of the lead that gave exactly it."""
    world = healthy(14)
    world.execute("UPDATE lead_registrations SET phone = '12345' WHERE lead_id = ?", (known(world)["lead_id"],))

    result = ask(world, payments.known_lead, DEEPLEARN_KNOWN_LEAD="12345")

    assert result.summary == "the known lead is found (CRM: paid, payment status: paid)"


def test_the_newest_paid_lead_may_have_no_address() -> None:
    """A paid lead without an e-mail address is known by its id."""
    world = healthy(14)
    world.execute("UPDATE lead_registrations SET email = '' WHERE lead_id = ?", (known(world)["lead_id"],))

    result = ask(world, payments.known_lead, DEEPLEARN_KNOWN_LEAD="")

    assert result.summary == "the known lead is found (CRM: paid, payment status: paid)"


@pytest.mark.parametrize("by", ["email", "lead_id"])
def test_a_lead_older_than_the_reach_of_the_crm_is_not_missing(by: str) -> None:
    """What the CRM does not show, the payment status finds in the whole table."""
    world = healthy(14)
    lead = known(world)
    world.execute("UPDATE lead_registrations SET created_at_ms = 1 WHERE lead_id = ?", (lead["lead_id"],))

    result = ask(world, payments.known_lead, DEEPLEARN_KNOWN_LEAD=lead[by])

    assert result.summary == "the known lead is found (CRM: out of the CRM's reach, payment status: paid)"


@pytest.mark.parametrize("wanted", ["nobody@example.com", "+919876543210", "5f7c2a", "12345"])
def test_a_lead_that_nobody_has_is_missing(wanted: str) -> None:
    """A lead that neither the CRM nor the payment status has is missing, however it is named."""
    world = healthy(14)

    result = ask(world, payments.known_lead, DEEPLEARN_KNOWN_LEAD=wanted)

    assert verdict(result) == "known-lead-missing"


def test_another_lead_is_not_taken_for_the_known_one() -> None:
    """The CRM searches for a part of the address: who merely contains it is somebody else."""
    world = healthy(14)
    world.execute("UPDATE lead_registrations SET email = 'natasha@example.com' WHERE payment_status = 'paid'")

    result = ask(world, payments.known_lead, DEEPLEARN_KNOWN_LEAD="asha@example.com")

    assert verdict(result) == "known-lead-missing"


def test_an_old_lead_cannot_be_found_by_phone() -> None:
    """Where the CRM shows only a part, a phone number that it does not show proves nothing."""
    world = healthy(310)

    result = ask(world, payments.known_lead, DEEPLEARN_KNOWN_LEAD="+91 98765 43210")

    assert verdict(result) == "cannot-tell"


def test_a_search_that_does_not_find_is_reported() -> None:
    """A lead that the CRM lists and its search does not find cannot be found by operators."""
    world = healthy(14)

    def blind(request: httpx.Request) -> tuple[int, Json | str] | None:
        return (200, {"leads": []}) if request.url.params.get("q") else None

    result = ask(world, payments.known_lead, script=Script(world, {CRM: blind}))

    assert verdict(result) == "lead-answers-differ"


@pytest.mark.parametrize(
    "answer",
    [
        (404, {"error": "Registration not found."}),
        (
            200,
            {
                "lead_id": "l",
                "payment": {
                    "status": "registered",
                    "payment_ref": "",
                    "payment_provider": "",
                    "paid_at_ms": 0,
                    "amount_cents": 0,
                    "currency": "INR",
                },
            },
        ),
    ],
)
def test_two_answers_about_one_lead_must_agree(answer: tuple[int, Json]) -> None:
    """A lead that is paid for sales, and unknown or unpaid for the payment page, is reported."""
    world = healthy(14)

    result = ask(world, payments.known_lead, script=Script(world, {STATUS: answer}))

    assert verdict(result) == "lead-answers-differ"
