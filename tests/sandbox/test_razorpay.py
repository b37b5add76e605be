"""The gateway of the sandbox answers as Razorpay's API does, to the official SDK too."""

import asyncio
import time
from collections.abc import Mapping

import httpx
import pytest
import razorpay
from razorpay.errors import BadRequestError

from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.razorpay import razorpay_api
from deeplearn_checks.sandbox.world import SETTINGS, World, empty_world

KEYS = (SETTINGS["RAZORPAY_KEY_ID"], SETTINGS["RAZORPAY_KEY_SECRET"])
ORIGIN = "http://gateway.sandbox.localhost"
START = 1_767_225_600


def ask(world: World, method: str, path: str, auth: tuple[str, str] = KEYS, content: bytes = b"") -> httpx.Response:
    """Ask Razorpay's API over this world."""

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(razorpay_api(world))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, auth=auth) as client:
            return await client.request(method, path, content=content)

    return asyncio.run(answer())


class InProcess:
    """The SDK's session, carried to the application."""

    def __init__(self, world: World) -> None:
        self.world = world

    def get(self, url: str, *, auth: tuple[str, str], params: Mapping[str, int], **_: object) -> httpx.Response:
        """Answer a GET of the SDK."""
        return ask(self.world, "GET", str(httpx.URL(url, params=dict(params))), auth)

    def post(self, url: str, *, auth: tuple[str, str], data: str, **_: object) -> httpx.Response:
        """Answer a POST of the SDK."""
        return ask(self.world, "POST", url, auth, data.encode())


def sdk(world: World) -> razorpay.Client:
    """Make the official client, with nothing changed but where it connects."""
    return razorpay.Client(session=InProcess(world), auth=KEYS, base_url=ORIGIN)


@pytest.fixture
def world() -> World:
    """A gateway with a paid order, an unpaid one, and a declined payment, a minute apart each."""
    made = empty_world(SETTINGS)
    gateway = made.gateway
    first, second = (entities.order(f"order_{n}", 10_000 * n, START + 60 * n, {"lead_id": f"l{n}"}) for n in (1, 2))
    captured = entities.payment("pay_1", first, START + 180, "a@example.com", "+919000000001")
    declined = entities.declined(entities.payment("pay_2", second, START + 240, "b@example.com", "+919000000002"))
    gateway.orders |= {"order_1": entities.settled(first), "order_2": entities.attempted(second)}
    gateway.payments |= {"pay_1": captured, "pay_2": declined}
    gateway.downtimes["down_1"] = entities.downtime("down_1", START)
    return made


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("/v1/payments", ["pay_2", "pay_1"]),
        (f"/v1/payments?from={START + 240}", ["pay_2"]),
        (f"/v1/payments?to={START + 180}&from={START + 180}", ["pay_1"]),
        ("/v1/payments?count=1", ["pay_2"]),
        ("/v1/payments?count=1&skip=1", ["pay_1"]),
        ("/v1/orders", ["order_2", "order_1"]),
        ("/v1/orders/order_1/payments", ["pay_1"]),
        ("/v1/payments/downtimes", ["down_1"]),
        ("/v1/payments/pay_1/refunds", []),
        ("/v1/refunds", []),
    ],
)
def test_a_collection_lists_the_newest_first(world: World, path: str, ids: list[str]) -> None:
    """A collection counts and holds what the query selects; `from` and `to` include their seconds."""
    answer = ask(world, "GET", path).json()

    assert (answer["entity"], answer["count"], [item["id"] for item in answer["items"]]) == (
        "collection",
        len(ids),
        ids,
    )


def test_a_page_has_ten_entries_unless_asked_otherwise(world: World) -> None:
    """Without a count a page has ten entries."""
    world.gateway.orders |= {str(n): entities.order(str(n), 100, START, {}) for n in range(12)}

    assert ask(world, "GET", "/v1/orders").json()["count"] == 10


@pytest.mark.parametrize(
    "path", ["/v1/payments/pay_1", "/v1/orders/order_1", "/v1/payments/downtimes/down_1", "/v1/payments/pay_2"]
)
def test_an_entity_is_found_by_its_id(world: World, path: str) -> None:
    """A known id is answered with its entity."""
    answer = ask(world, "GET", path)

    assert (answer.status_code, answer.json()["id"]) == (200, path.rpartition("/")[2])


@pytest.mark.parametrize(
    ("path", "description"),
    [
        ("/v1/payments/pay_x", "The id provided does not exist"),
        ("/v1/orders/order_x", "The id provided does not exist"),
        ("/v1/orders/order_x/payments", "The id provided does not exist"),
        ("/v1/refunds/rfnd_x", "The id provided does not exist"),
        ("/v1/payments/pay_x/refunds", "The id provided does not exist"),
        ("/v1/payments?count=101", "The count must be between 1 and 100."),
        ("/v1/payments?count=ten", "The count must be an integer."),
        ("/v1/payments?from=5", "The from must be between 946684800 and 4765046400."),
        (f"/v1/payments?from={START + 1}&to={START}", "from must be less than to"),
        ("/v1/nothing", "The requested URL was not found on the server."),
    ],
)
def test_what_is_not_there_is_a_bad_request(world: World, path: str, description: str) -> None:
    """Razorpay answers 400 to unknown ids, unknown paths and bad parameters, and describes what is wrong."""
    answer = ask(world, "GET", path)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["description"]) == (400, "BAD_REQUEST_ERROR", description)


@pytest.mark.parametrize(
    ("body", "description"),
    [
        (b'{"amount": 100, "currency": "rupees"}', "Currency is not supported"),
        (b'{"currency": "INR"}', "The amount field is required."),
        (b'{"amount": true, "currency": "INR"}', "The amount must be an integer."),
        (b'{"amount": 1.5, "currency": "INR"}', "The amount must be an integer."),
        (b'{"amount": 99, "currency": "INR"}', "Order amount less than minimum amount allowed"),
        (b'{"amount": 999999999999, "currency": "INR"}', "Amount exceeds maximum amount allowed."),
        (b'{"amount": 100, "currency": "INR", "notes": "x"}', "notes must be an array"),
        (
            b'{"amount": 100, "currency": "INR", "receipt": "%s"}' % (b"r" * 41),
            "The receipt may not be greater than 40 characters.",
        ),
        (b"not json", "The request body is not valid JSON."),
        (b"[]", "The request body is not a JSON object."),
    ],
)
def test_an_order_that_cannot_be_made_says_why(world: World, body: bytes, description: str) -> None:
    """A bad order is refused with a description, and none is made."""
    answer = ask(world, "POST", "/v1/orders", content=body)

    assert (answer.status_code, answer.json()["error"]["description"], len(world.gateway.orders)) == (
        400,
        description,
        2,
    )


@pytest.mark.parametrize("auth", [("rzp_test_SandboxKey01", "wrong"), ("rzp_live_other", KEYS[1]), ("", "")])
def test_a_wrong_key_is_unauthorized(world: World, auth: tuple[str, str]) -> None:
    """Other keys are answered 401, even on an unknown path."""
    answer = ask(world, "GET", "/v1/nothing", auth)

    error = {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}
    assert (answer.status_code, answer.json()) == (401, {"error": error})


def test_a_gateway_without_keys_lets_nobody_in() -> None:
    """Empty credentials are no credentials."""
    assert ask(empty_world({}), "GET", "/v1/payments", ("", "")).status_code == 401


def test_credentials_that_are_no_base64_are_unauthorized(world: World) -> None:
    """A malformed header is answered like a wrong key."""

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(razorpay_api(world))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await client.get("/v1/payments", headers={"authorization": "Basic ?"})

    assert asyncio.run(answer()).status_code == 401


def test_a_gateway_that_is_down_is_a_connection_error(world: World) -> None:
    """Who asks a gateway that is down gets no answer but a connection error."""
    world.gateway.reachable = False

    with pytest.raises(httpx.ConnectError, match="not reachable"):
        ask(world, "GET", "/v1/payments")


def test_the_sdk_creates_an_order_and_finds_it(world: World) -> None:
    """An order made by the SDK is there afterwards, unpaid, with its notes, and made now."""
    client = sdk(world)
    wanted = {"amount": 499_900, "currency": "INR", "receipt": "lead_1", "notes": {"lead_id": "1"}}

    made = client.order.create(wanted)

    found = client.order.fetch(made["id"])
    assert found == made == found | wanted | {"status": "created", "amount_due": 499_900, "attempts": 0}
    assert abs(found["created_at"] - time.time()) < 60


def test_the_sdk_reads_every_listing(world: World) -> None:
    """The SDK's own methods find payments, an order's payments, refunds and downtimes."""
    client = sdk(world)

    listings = [
        client.payment.all({"count": 100, "from": START}),
        client.order.all({"count": 1}),
        client.order.payments("order_1"),
        client.payment.fetch_multiple_refund("pay_1"),
        client.refund.all({"count": 5}),
        client.payment.fetchDownTime(),
    ]

    assert [listing["count"] for listing in listings] == [2, 1, 1, 0, 0, 1]


def test_the_sdk_raises_what_it_raises_for_razorpay(world: World) -> None:
    """An unknown id is the SDK's own error with Razorpay's words."""
    with pytest.raises(BadRequestError, match="The id provided does not exist"):
        sdk(world).payment.fetch("pay_x")


def test_refunds_add_up_to_the_payment(world: World) -> None:
    """A part of a payment goes back first, then (without an amount) all that is left; both refunds are listed."""
    client = sdk(world)

    part = client.payment.refund("pay_1", {"amount": 4_000})
    partial = client.payment.fetch("pay_1")
    rest = client.refund.create({"payment_id": "pay_1"})
    whole = client.payment.fetch("pay_1")

    states = [(p["status"], p["refund_status"], p["amount_refunded"]) for p in (partial, whole)]
    assert states == [("captured", "partial", 4_000), ("refunded", "full", 10_000)]
    assert [client.refund.fetch(refund["id"])["amount"] for refund in (part, rest)] == [4_000, 6_000]


@pytest.mark.parametrize(
    ("payment_id", "amount", "description"),
    [
        ("pay_2", 100, "The payment status should be captured for action to be taken"),
        ("pay_1", 10_001, "The refund amount provided is greater than amount captured"),
        ("pay_x", 100, "The id provided does not exist"),
    ],
)
def test_a_refund_that_cannot_be_made_says_why(world: World, payment_id: str, amount: int, description: str) -> None:
    """Only captured money that is not back yet can go back."""
    with pytest.raises(BadRequestError, match=description):
        sdk(world).payment.refund(payment_id, {"amount": amount})


def test_a_payment_goes_back_once(world: World) -> None:
    """A payment that was refunded whole is not refunded again."""
    client = sdk(world)
    client.payment.refund("pay_1", {})

    with pytest.raises(BadRequestError, match="fully refunded already"):
        client.payment.refund("pay_1", {})


def test_an_entity_without_a_number_is_named() -> None:
    """Asking an entity for a number that it has not names the entity and the field."""
    with pytest.raises(TypeError, match="amount of order_1 is no whole number: '1'"):
        entities.number({"id": "order_1", "amount": "1"}, "amount")
