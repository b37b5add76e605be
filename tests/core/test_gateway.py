"""Razorpay's own client over our transport: bounded, silent, judged by us."""

from __future__ import annotations

import base64
from itertools import count
from typing import TYPE_CHECKING

import httpx
import pytest
from surroundings import GATEWAY, KEY_ID, KEY_SECRET, Script, Silence, answered, breaking, reply, unanswered

from deeplearn_checks.gateway import MOST_PAGES, PAGE, Gateway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from surroundings import Reply

    from deeplearn_checks.target import Target

    Question = Callable[[Gateway], Awaitable[object]]

REFUSED = {"error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}}


def payment(number: int) -> dict[str, object]:
    """Answer a payment as Razorpay writes it."""
    return {"id": f"pay_{number}", "amount": 100, "currency": "INR", "status": "captured", "created_at": number}


def refund(number: int) -> dict[str, object]:
    """Answer a refund as Razorpay writes it."""
    return {"id": f"rfnd_{number}", "payment_id": f"pay_{number}", "amount": 100}


def listing(*items: object) -> dict[str, object]:
    """Answer a listing as Razorpay writes it."""
    return {"entity": "collection", "count": len(items), "items": list(items)}


def of(question: Question) -> Callable[[Target], Awaitable[object]]:
    """Ask the gateway of a target."""
    return lambda target: question(Gateway(target))


def pages(make: Callable[[int], dict[str, object]], *sizes: int) -> Script:
    """Answer pages of these sizes, numbered through."""
    numbers = count()
    return Script(*(reply(200, listing(*(make(next(numbers)) for _ in range(size)))) for size in sizes))


@pytest.mark.parametrize(
    ("question", "make"), [(Gateway.payments, payment), (Gateway.refunds, refund)], ids=["payments", "refunds"]
)
@pytest.mark.parametrize("sizes", [(0,), (3,), (PAGE, 0), (PAGE, PAGE, 2)])
def test_a_listing_is_read_page_after_page(
    question: Question, make: Callable[[int], dict[str, object]], sizes: tuple[int, ...]
) -> None:
    """Until one is not full; every entry once, in order."""
    script = pages(make, *sizes)

    listed = answered(of(question), script)

    assert isinstance(listed, tuple)
    assert [item.id for item in listed] == [make(number)["id"] for number in range(sum(sizes))]
    assert [one.url.params["skip"] for one in script.asked] == [str(PAGE * page) for page in range(len(sizes))]


def test_a_listing_reaches_as_far_back_as_the_settings_say() -> None:
    """The window is the same for every page, so that nothing shifts between them."""
    script = pages(payment, PAGE, 0)

    answered(of(Gateway.payments), script, DEEPLEARN_CHECKS_GATEWAY_DAYS="3")

    windows = {
        (int(one.url.params["to"]) - int(one.url.params["from"]), one.url.params["count"]) for one in script.asked
    }
    assert windows == {(3 * 86_400, "100")}


def test_a_listing_without_end_is_given_up() -> None:
    """The operator reads which setting makes it smaller."""
    script = Script(reply(200, listing(*(payment(number) for number in range(PAGE)))))

    finding = unanswered(of(Gateway.payments), script)

    assert (finding.cause, len(script.asked)) == ("gateway-window-too-large", MOST_PAGES)


def test_the_credential_is_the_keys() -> None:
    """HTTP basic auth, to the configured origin, under the SDK's own path."""
    script = pages(payment, 0)

    answered(of(Gateway.payments), script)

    asked = script.asked[0]
    basic = base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()
    assert asked.headers["authorization"] == f"Basic {basic}"
    assert str(asked.url).startswith(f"{GATEWAY}/v1/payments?")


def test_a_payment_is_found_by_its_id() -> None:
    """As Razorpay knows it."""
    script = Script(reply(200, payment(1)))

    found = answered(lambda target: Gateway(target).payment("pay_1"), script)

    assert found is not None
    assert (found.id, script.asked[0].url.path) == ("pay_1", "/v1/payments/pay_1")


@pytest.mark.parametrize("status", [400, 404])
def test_a_payment_that_razorpay_does_not_know_is_none(status: int) -> None:
    """That is an answer."""
    script = Script(reply(status, {"error": {"code": "BAD_REQUEST_ERROR", "description": "The id does not exist"}}))

    assert answered(lambda target: Gateway(target).payment("pay_1"), script) is None


def test_the_payments_of_an_order_are_listed() -> None:
    """Whenever they were made."""
    script = Script(reply(200, listing(payment(1), payment(2))))

    listed = answered(lambda target: Gateway(target).order_payments("order_1"), script)

    assert [one.id for one in listed] == ["pay_1", "pay_2"]
    assert script.asked[0].url.path == "/v1/orders/order_1/payments"


def test_an_order_that_razorpay_does_not_know_has_no_payments() -> None:
    """That is an answer."""
    assert answered(lambda target: Gateway(target).order_payments("order_1"), Script(reply(400, {"error": {}}))) == ()


def test_downtimes_are_listed() -> None:
    """Those that Razorpay announces."""
    script = Script(reply(200, {"items": [{"id": "down_1", "method": "upi", "status": "started"}]}))

    listed = answered(lambda target: Gateway(target).downtimes(), script)

    assert [(one.id, one.method) for one in listed] == [("down_1", "upi")]


@pytest.mark.parametrize("question", [Gateway.payments, Gateway.downtimes, lambda gateway: gateway.payment("pay_1")])
@pytest.mark.parametrize(
    ("answer", "cause", "said"),
    [
        (reply(401, REFUSED), "gateway-keys-rejected", "Razorpay refuses RAZORPAY_KEY_ID with RAZORPAY_KEY_SECRET"),
        (reply(500, {"error": {}}), "gateway-unreachable", "Razorpay answered 500 to /v1/payments"),
        (reply(503, "<html>"), "gateway-unreachable", "Razorpay answered 503 to /v1/payments"),
        (reply(429), "rate-limited", "GET /v1/payments"),
        (reply(200, "<html>"), "gateway-unreachable", "Razorpay's API: GET /v1/payments"),
        (reply(200, "{"), "gateway-unreachable", "Razorpay's API: GET /v1/payments"),
        (reply(302, location="https://evil.example.com"), "gateway-unreachable", "Razorpay's API: GET /v1/payments"),
        (breaking(httpx.ConnectError("refused")), "gateway-unreachable", "Razorpay's API: GET /v1/payments"),
        (breaking(httpx.ReadTimeout("slow")), "gateway-unreachable", "Razorpay's API: GET /v1/payments"),
        (reply(200, {"entity": "x"}), "unexpected-answer", "Razorpay's API answered in another shape: "),
        (reply(200, "[]"), "unexpected-answer", "Razorpay's API answered in another shape: the answer: "),
    ],
)
def test_what_goes_wrong_is_said_of_the_gateway(question: Question, answer: Reply, cause: str, said: str) -> None:
    """Not of the service; and the keys are told apart from the network."""
    finding = unanswered(of(question), Script(answer))

    assert finding.cause == cause
    assert finding.summary.startswith(said)


def test_a_gateway_that_is_silent_ends_with_the_timeout() -> None:
    """The SDK's own request would wait for ever."""
    finding = unanswered(of(Gateway.payments), Silence(), DEEPLEARN_CHECKS_TIMEOUT="0.001")

    assert finding.cause == "gateway-unreachable"


def test_a_failure_leads_to_its_exchange() -> None:
    """So that one silent gateway is one root cause."""
    finding = unanswered(of(Gateway.payments), Script(breaking(httpx.ReadTimeout("slow"))))

    assert finding.question == 1


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """The SDK's habit of printing what went wrong stays out of the report."""
    unanswered(of(Gateway.payments), Script(reply(401, REFUSED)))
    unanswered(of(Gateway.payments), Script(breaking(httpx.ConnectError("refused"))))

    assert capfd.readouterr() == ("", "")
