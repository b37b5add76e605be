"""Who is hit by what alerts tell of: counted exactly, by pseudonym, with the money, and with what was out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from alarms import CONTENT, DAY_MS, FORGED, HOUR_MS, LOST_LEAD, Wire, deployment, raised, settings_of, undisturbed

from deeplearn_checks.incident.triage import triage
from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.world import random_id

if TYPE_CHECKING:
    from deeplearn_checks.alerting import Affected
    from deeplearn_checks.sandbox.world import World

ORDERS = "payment_gateway/create_order_failed"
COPIES = "crm_webhook/lead_forward_failed"
FORM_LEADS = "SELECT * FROM lead_registrations WHERE payment_status = 'registered' ORDER BY created_at_ms DESC"


def hit(world: World, kind: str, *, age_ms: int = HOUR_MS, wire: Wire | None = None, **variables: str) -> Affected:
    """Answer who is hit by an alert of a kind, raised so long ago."""
    raised(world, kind, age_ms=age_ms)
    (one,) = triage(settings_of(world, **variables), wire or Wire(world, undisturbed)).groups
    return one.affected


def captured(world: World, currency: str, **fields: object) -> int:
    """Capture 4,999.00 of a currency an hour ago for whomever *fields* name; answer when, in milliseconds."""
    order = entities.order(random_id("order_"), 499_900, 0, {})
    at = world.now_ms() // 1000 - 3600
    payment = entities.payment(random_id("pay_"), order, at, "", "")
    payment |= {"order_id": None, "email": None, "contact": None, "notes": [], "currency": currency} | fields
    world.gateway.payments[str(payment["id"])] = payment
    return at * 1000


def test_nobody_is_hit_where_all_is_well() -> None:
    """In a healthy deployment an old alert hits nobody."""
    world = deployment()

    found = hit(world, FORGED)

    assert (found.leads, found.learners, found.people, dict(found.money), found.since_ms, found.complete) == (
        0,
        0,
        (),
        {},
        0,
        True,
    )


def test_whoever_paid_for_nothing_is_counted_once_with_the_money() -> None:
    """By lead, else by whatever names them; money by currency; since the first such payment."""
    world = deployment()
    lead = world.execute(FORM_LEADS)[0]
    since = captured(world, "INR", notes={"lead_id": lead["lead_id"]})
    captured(world, "INR", notes={"lead_id": lead["lead_id"]})
    captured(world, "USD", email="gone@example.com")
    captured(world, "INR")

    found = hit(world, FORGED)

    assert (found.leads, len(found.people), dict(found.money), abs(found.since_ms - since) <= 1000) == (
        2,
        2,
        {"INR": 3 * 499_900, "USD": 499_900},
        True,
    )


def test_money_that_names_nobody_is_said() -> None:
    """It counts nobody, and is not forgotten."""
    world = deployment()
    captured(world, "INR")

    found = hit(world, FORGED)

    assert (found.leads, found.since_ms > 0, "1 of them name nobody" in found.evidence) == (0, True, True)


def test_people_are_pseudonyms_and_those_without_an_address_are_leads() -> None:
    """A lead that the service does not know is named by its id."""
    world = deployment()
    captured(world, "INR", notes={"lead_id": "gone-lead"})
    captured(world, "INR", email="gone@example.com")

    found = hit(world, FORGED)

    assert [name.partition("-")[0] for name in found.people] == ["lead gone", "person"]


def test_whoever_paid_and_has_no_place_is_hit() -> None:
    """Paid without a user, and paid without an enrollment: leads and learners are counted apart."""
    world = deployment("enrollment-lost")
    paid = world.execute("SELECT * FROM lead_registrations WHERE payment_status = 'paid' ORDER BY paid_at_ms")[0]
    world.execute("UPDATE lead_registrations SET user_id = '' WHERE lead_id = ?", (paid["lead_id"],))

    found = hit(world, FORGED)

    assert (found.leads, found.learners, dict(found.money)) == (2, 1, {})


def test_where_orders_fail_those_who_wait_are_counted() -> None:
    """The leads since the first alert that have not paid."""
    world = deployment()
    first = world.execute(FORM_LEADS)[0]["created_at_ms"]
    expected = sum(row["created_at_ms"] >= first for row in world.execute(FORM_LEADS))

    found = hit(world, ORDERS, age_ms=world.now_ms() - first + 1)

    assert (found.leads, found.since_ms) == (expected, first)


def test_without_the_gateway_its_payments_are_out_of_reach() -> None:
    """The setting that is missing is named."""
    world = deployment()

    found = hit(world, FORGED, RAZORPAY_KEY_ID="", RAZORPAY_KEY_SECRET="")

    assert (found.complete, found.reach) == (False, "Razorpay's payments: RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET")


def test_a_gateway_that_is_left_out_is_out_of_reach_too() -> None:
    """Left out on purpose, it is not counted, and that is said."""
    world = deployment()

    found = hit(world, FORGED, DEEPLEARN_CHECKS_WITHOUT="gateway")

    assert (found.complete, found.reach) == (False, "Razorpay's payments: left out")


def test_an_alert_from_before_the_window_says_so() -> None:
    """Payments older than the window were not looked at."""
    world = deployment()

    found = hit(world, FORGED, age_ms=30 * DAY_MS)

    assert (found.complete, found.reach) == (False, "payments of more than 7 days ago: --gateway-days")


def test_lost_leads_are_counted_and_have_no_names() -> None:
    """As many as registration events left no row."""
    world = deployment("lead-rows-lost")

    found = hit(world, LOST_LEAD)

    assert (found.leads > 0, found.people, found.complete) == (True, (), False)


def test_lost_leads_that_were_not_counted_are_none() -> None:
    """Where the count was not answered, none is made up."""
    world = deployment()

    def disturb(request: httpx.Request, _wire: Wire) -> httpx.Response | None:
        return httpx.Response(500, json={"error": "x"}) if request.url.path == "/api/analytics/funnel" else None

    found = hit(world, LOST_LEAD, wire=Wire(world, disturb))

    assert (found.leads, "answered 500" in found.evidence) == (0, True)


def test_leads_whose_copies_failed_are_those_of_the_time() -> None:
    """Between the first of the alerts and the last."""
    world = deployment()
    lead = world.execute("SELECT * FROM lead_registrations ORDER BY created_at_ms DESC")[0]

    found = hit(world, COPIES, age_ms=world.now_ms() - lead["created_at_ms"])

    assert (found.leads >= 1, found.complete) == (True, True)


def test_where_nothing_is_kept_of_whom_it_hit_that_is_said() -> None:
    """A content job hits readers whom nobody knows."""
    world = deployment()

    found = hit(world, CONTENT)

    assert (found.leads, found.complete, found.reach) == (
        0,
        False,
        "who was hit: the service keeps no record of it",
    )


def test_what_is_not_answered_is_not_counted() -> None:
    """Leads that cannot be read make the count incomplete."""
    world = deployment()

    def disturb(request: httpx.Request, _wire: Wire) -> httpx.Response | None:
        return httpx.Response(500, json={"error": "x"}) if request.url.path == "/api/admin/crm/leads" else None

    found = hit(world, COPIES, wire=Wire(world, disturb))

    assert (found.complete, found.reach.startswith("could not be counted: GET /api/admin/crm/leads")) == (False, True)
