"""The public forms and orders: what each answer of theirs means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from asking import Json, Script, ask, healthy, report, verdict
from meddling import answering, driven

from deeplearn_checks.diagnostics import forms, journey

if TYPE_CHECKING:
    import httpx

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.sandbox.world import World

FORM = "/api/lead/submit"
ORDER = "/api/funnel/payment/create-order"
TAKEN: Json = {"ok": True, "lead_id": "lead-1"}
DEMO: Json = {"mode": "demo", "lead_id": "l", "order": {"id": "order_demo1", "amount_cents": 1, "currency": "INR"}}
DEAR: Json = {"mode": "razorpay", "lead_id": "l", "order": {"id": "order_1", "amount_cents": 499900, "currency": "INR"}}
CHEAP: Json = {"mode": "razorpay", "lead_id": "l", "order": {"id": "order_2", "amount_cents": 100, "currency": "INR"}}


def form_answers(answer: tuple[int, Json | str], *, with_token: bool) -> Script:
    """Script the answer to a form that brings a token, or to one that brings none."""

    def scripted(request: httpx.Request) -> tuple[int, Json | str] | None:
        return answer if ("turnstile_token" in json.loads(request.content)) is with_token else None

    return Script(healthy(0), {FORM: scripted})


@pytest.mark.parametrize("one", [forms.capture_works, forms.form_is_protected, forms.order_can_be_created])
def test_a_healthy_form_passes(one: Diagnostic) -> None:
    """So does an order that is not for the caller to price."""
    world = healthy(0)

    results = [driven(world, one), driven(healthy(0), forms.order_amount_is_ours)]

    assert [verdict(result) for result in results] == ["passed", "passed"]


@pytest.mark.parametrize(
    ("answer", "cause", "said"),
    [
        ((200, TAKEN), "passed", "took lead lead-1"),
        (
            (500, {"error": "Failed.", "details": "R2 bucket DEEPLEARN_LEADS is not configured."}),
            "lead-storage-not-bound",
            "answered 500: Failed. R2 bucket",
        ),
        ((403, {"error": "Turnstile verification failed."}), "turnstile-token-rejected", "answered 403: Turnstile"),
        ((500, {"error": "Failed."}), "server-error", "Failed."),
        ((502, "<h1>Bad gateway</h1>"), "server-error", "502"),
        ((400, {"error": "Invalid email format."}), "unexpected-answer", "Invalid email format."),
        ((200, {"ok": True}), "unexpected-answer", "lead_id"),
    ],
)
def test_an_answer_to_the_lead_form_is_read(answer: tuple[int, Json | str], cause: str, said: str) -> None:
    """A refused token says something about the token, and nothing about the form."""
    script = form_answers(answer, with_token=True)

    result = ask(healthy(0), forms.capture_works, script=script, DEEPLEARN_CHECKS_EFFECTS="data")

    assert (verdict(result), said in result.summary) == (cause, True), result.summary


def test_a_lead_that_is_there_is_not_submitted_again() -> None:
    """Every submission would add a row."""
    world = healthy(0)
    driven(world, forms.capture_works)

    result = driven(world, forms.capture_works)

    assert (result.outcome, result.cause) == ("skipped", "does-not-apply")


@pytest.mark.parametrize(
    ("name", "value"), [("DEEPLEARN_CHECKS_WITHOUT", "turnstile"), ("DEEPLEARN_CHECKS_TURNSTILE_TOKEN", "")]
)
def test_a_form_that_is_left_out_is_not_submitted(name: str, value: str) -> None:
    """Nor by the journey, which then begins with a payment."""
    world = healthy(0)
    script = Script(world)

    found = ask(world, journey.lead_captured, script=script, **{"DEEPLEARN_CHECKS_EFFECTS": "data", name: value})

    submitted = [one for one in script.asked if one.url.path == FORM]
    assert (submitted, "by a signed payment" in found.summary) == ([], True)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ((400, {"error": "Turnstile token is required."}), "passed"),
        ((200, TAKEN), "lead-form-unprotected"),
        ((200, {"ok": True}), "unexpected-answer"),
        ((500, {"error": "Turnstile is away."}), "server-error"),
        ((400, {"error": "Invalid email format."}), "unexpected-answer"),
        ((403, "<h1>Blocked</h1>"), "unexpected-answer"),
    ],
)
def test_only_a_refusal_for_the_token_protects(answer: tuple[int, Json | str], cause: str) -> None:
    """Another refusal says nothing about robots."""
    script = form_answers(answer, with_token=False)

    result = ask(healthy(0), forms.form_is_protected, script=script, DEEPLEARN_CHECKS_EFFECTS="data")

    assert verdict(result) == cause


def test_a_lead_of_nobodys_is_told() -> None:
    """Where an unprotected form takes one, the ledger names the row that it left."""
    found = report(healthy(0, "turnstile-off"), forms.form_is_protected, DEEPLEARN_CHECKS_EFFECTS="data")

    left = [entry.left for entry in found.ledger if entry.request == f"POST {FORM}"]
    assert len(left) == 1
    assert left[0].startswith("lead row ")
    assert left[0].endswith("@deeplearn-checks.invalid")


@pytest.mark.parametrize(
    ("answer", "cause", "said"),
    [
        ((503, {"error": "Razorpay is not configured."}), "gateway-not-configured", "503: Razorpay is not configured."),
        ((200, DEMO), "gateway-not-configured", "in mode demo"),
        ((502, {"error": "Unable to create order.", "details": "Authentication failed"}), "order-not-created", "502"),
        ((404, {"error": "Registration not found."}), "order-not-created", "404: Registration not found."),
        ((502, "<h1>Bad gateway</h1>"), "server-error", "502"),
        ((200, {"mode": "razorpay"}), "unexpected-answer", "order"),
        ((200, DEAR), "passed", "order_1"),
    ],
)
def test_an_answer_to_an_order_is_read(answer: tuple[int, Json | str], cause: str, said: str) -> None:
    """Orders are Razorpay's, or nobody can pay."""
    result = driven(healthy(0), forms.order_can_be_created, {ORDER: answering(*answer)})

    assert (verdict(result), said in result.summary) == (cause, True), result.summary


@pytest.mark.parametrize(
    ("answer", "cause", "said"),
    [
        ((200, CHEAP), "caller-sets-amount", "order_2 was created for one rupee"),
        ((200, DEAR), "passed", "one rupee was asked for, and the order is for 499900"),
        ((400, {"error": "Amount is not for you to say."}), "passed", "refused: Amount is not for you to say."),
        ((502, {"error": "Unable to create order."}), "server-error", "502"),
        ((403, "<h1>Blocked</h1>"), "unexpected-answer", "403"),
    ],
)
def test_an_order_for_one_rupee_is_not_given(answer: tuple[int, Json | str], cause: str, said: str) -> None:
    """Refused or at the course's price: both are right."""

    def cheap(_: World, request: httpx.Request) -> tuple[int, Json | str]:
        return answer if "amount_cents" in json.loads(request.content) else (200, DEAR)

    result = driven(healthy(0), forms.order_amount_is_ours, {ORDER: cheap})

    assert (verdict(result), said in result.summary) == (cause, True), result.summary
