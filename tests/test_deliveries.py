"""Webhook events delivered to a sandboxed service, and what they leave behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import SecretStr

from deeplearn_checks.finding import Effects
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import ConfigurationError, load_settings
from deeplearn_checks.webhooks.deliveries import Delivered, deliver, event_id, preview, signed
from deeplearn_checks.webhooks.events import build

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.world import World
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.webhooks.deliveries import Event

SECRET = SecretStr("sandbox-webhook-secret")
PENDING = (
    "SELECT l.*, c.price_cents FROM lead_registrations l JOIN courses c ON c.id = l.course_id "
    "WHERE l.payment_status = 'registered'"
)
COMPLETED = (
    "SELECT l.*, c.price_cents FROM lead_registrations l JOIN courses c ON c.id = l.course_id "
    "JOIN course_enrollments e ON e.user_id = l.user_id AND e.course_id = l.course_id "
    "WHERE e.status = 'completed' AND e.certificate_url != ''"
)
AT = 1_767_225_600


class Watched(httpx.AsyncBaseTransport):
    """Hands every request on to a world; `asked` are those that came."""

    def __init__(self, world: World) -> None:
        self.asked: list[httpx.Request] = []
        self._world = server.transport(world)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the world does."""
        self.asked.append(request)
        return await self._world.handle_async_request(request)

    @property
    def delivered(self) -> list[httpx.Request]:
        """The deliveries among the requests."""
        return [request for request in self.asked if request.method == "POST"]


def settings(world: World, effects: str = "data", **variables: str) -> Settings:
    """Read settings that point at a world."""
    given = server.exports(world) | {"DEEPLEARN_CHECKS_ATTEMPTS": "1", "DEEPLEARN_CHECKS_EFFECTS": effects} | variables
    return load_settings(variables=given)


def event(name: str, *changes: str, secret: SecretStr = SECRET) -> Event:
    """Build and sign an event."""
    return signed(build(name, changes, at=AT), secret, event_id())


def sent(given: Settings, wire: httpx.AsyncBaseTransport, *events: Event, times: int = 1) -> Delivered:
    """Deliver events."""
    return asyncio.run(deliver(given, events, times=times, transport=wire))


def captured(world: World, which: str) -> tuple[str, Event]:
    """Build the payment of the lead that a query finds, at the price of its course; answer the lead's id too."""
    row = world.execute(which)[0]
    changes = (
        f"payload.payment.entity.notes.lead_id={row['lead_id']}",
        f"payload.payment.entity.amount={row['price_cents']}",
        f"payload.payment.entity.email={row['email']}",
    )
    return str(row["lead_id"]), event("payment.captured", *changes)


def test_a_payment_is_delivered_and_its_lead_shown() -> None:
    """Paid, won, enrolled; without a certificate."""
    world = start(count=40)
    lead_id, payment = captured(world, PENDING)

    delivered = sent(settings(world), server.transport(world), payment)

    (state,) = delivered.states
    told = {name: text.split(",")[0].split(" ")[0] for name, text in state.links.items() if name != "enrollment"}
    enrolled = ": active, cohort enrolled" in state.links["enrollment"]
    assert ([one.status for one in delivered.exchanges], state.lead, told, enrolled) == (
        [200],
        lead_id,
        {"payment": "paid", "stage": "won", "certificate": "not"},
        True,
    )


def test_duplicates_are_really_sent_with_one_event_id() -> None:
    """As Razorpay's retries are; another event has another."""
    world = start(count=0)
    wire = Watched(world)

    sent(settings(world), wire, event("payment.authorized"), event("payment.authorized"), times=3)

    ids = [request.headers["x-razorpay-event-id"] for request in wire.delivered]
    assert ([ids.count(one) for one in ids], len(set(ids))) == ([3] * 6, 2)


def test_events_are_delivered_in_their_order() -> None:
    """One after another."""
    world = start(count=0)
    wire = Watched(world)
    events = [event("subscription.charged"), event("payment.authorized"), event("invoice.expired")]

    sent(settings(world), wire, *events)

    assert [request.content for request in wire.delivered] == [one.body for one in events]


@pytest.mark.parametrize(
    ("one", "needed"),
    [
        (event("payment.captured"), Effects.DATA),
        (event("refund.processed"), Effects.DATA),
        (event("payment.authorized"), Effects.ALERTS),
        (signed(b"no json", SECRET, "1"), Effects.ALERTS),
        (signed(b"[]", SECRET, "1"), Effects.ALERTS),
        (signed(b"[" * 100_000, SECRET, "1"), Effects.ALERTS),
    ],
)
def test_what_an_event_may_do_is_known_before(one: Event, needed: Effects) -> None:
    """A handled one writes; any other may be refused, which raises an alert."""
    assert one.effects is needed


@pytest.mark.parametrize(("name", "effects"), [("payment.captured", "alerts"), ("payment.authorized", "none")])
def test_nothing_is_sent_without_permission(name: str, effects: str) -> None:
    """Not even what would be allowed among it."""
    world = start(count=0)
    wire = Watched(world)

    with pytest.raises(ConfigurationError, match=f"delivering {name} needs --effects"):
        sent(settings(world, effects), wire, event(name))

    assert wire.asked == []


def test_a_preview_masks_the_signature_and_people() -> None:
    """The request as it would be, sent to nobody."""
    one = event("payment.captured", "payload.payment.entity.email=asha@example.com")

    shown = preview(settings(start(count=0), "none"), one)

    headers = dict(shown.request_headers)
    assert (shown.method, headers["x-razorpay-signature"], "asha" in shown.request_body) == ("POST", "[secret]", False)


def test_people_stay_pseudonyms() -> None:
    """In every answer and state."""
    world = start(count=0)
    one = event("payment.failed", "payload.payment.entity.email=Asha@Example.com")

    delivered = sent(settings(world), server.transport(world), one)

    assert ("asha" in repr(delivered).lower(), delivered.states[0].person.startswith("person-")) == (False, True)


def test_an_unknown_lead_is_told_so() -> None:
    """Neither paid nor in the CRM nor enrolled."""
    world = start(count=0)

    (state,) = sent(settings(world), server.transport(world), event("payment.authorized")).states

    assert state.links == {
        "payment": "no such lead",
        "stage": "not among the leads that the CRM shows",
        "enrollment": "none",
    }


def test_of_a_lead_that_only_has_an_id_no_learner_is_guessed() -> None:
    """Nobody knows who that would be."""
    world = start(count=0)
    changes = ("payload.payment.entity.email=", "payload.payment.entity.notes.lead_id=nobody")

    (state,) = sent(settings(world), server.transport(world), event("payment.authorized", *changes)).states

    assert list(state.links) == ["payment", "stage"]


def test_an_event_without_a_lead_has_no_state() -> None:
    """There is nobody to ask for."""
    world = start(count=0)

    delivered = sent(settings(world), server.transport(world), event("settlement.processed"))

    assert (len(delivered.exchanges), delivered.states) == (1, ())


def test_without_the_admin_token_only_the_payment_is_asked_for() -> None:
    """The other links say what is missing."""
    world = start(count=0)

    (state,) = sent(
        settings(world, ADMIN_API_TOKEN=""), server.transport(world), event("payment.authorized")
    ).states  # fmt: skip

    assert state.links == {"payment": "no such lead", "stage": "not asked: set ADMIN_API_TOKEN"}


def test_a_target_that_is_not_there_is_told_of_in_the_exchange() -> None:
    """Nothing raises; each link that could not be asked says so."""

    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there", request=request)

    delivered = sent(settings(start(count=0)), httpx.MockTransport(unreachable), event("payment.captured"))

    (one,) = delivered.exchanges
    asked = [text for text in delivered.states[0].links.values() if not text.startswith("unknown: ")]
    assert (one.status, "no connection" in one.problem, asked) == (0, True, [])


def test_a_completed_learner_has_a_certificate() -> None:
    """Of a payment that is delivered again to a repaired service, the certificate stays valid."""
    world = start(count=40)
    _, payment = captured(world, COMPLETED)

    (state,) = sent(settings(world), server.transport(world), payment).states

    assert state.links["certificate"] == "valid"
