"""The faults between Razorpay and the service: what the gateway knows and the service does not, or otherwise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.fault_rows import active_learner, several
from deeplearn_checks.sandbox.world import random_id

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.world import World

HOUR = 3600
ONE_RUPEE = 100


def gateway_keys_rejected(world: World) -> None:
    """Let Razorpay have other keys than everybody holds, as after a rotation on the dashboard."""
    world.gateway.key_secret = "rotated-key-secret"  # noqa: S105  of the sandbox


def gateway_test_mode(world: World) -> None:
    """Change nothing: a sandbox's keys are test keys, which is the fault of a production deployment.

    Raises LookupError where the sandbox was given live keys.
    """
    if not world.gateway.key_id.startswith("rzp_test_"):
        raise LookupError(f"the sandbox's key is no test key: {world.gateway.key_id!r}, give none or an rzp_test_ one")


def gateway_down(world: World) -> None:
    """Let nobody reach Razorpay."""
    world.gateway.reachable = False


def gateway_downtime(world: World) -> None:
    """Let Razorpay announce that UPI payments fail, since an hour."""
    downtime = entities.downtime(random_id("down_"), world.now_ms() // 1000 - HOUR)
    world.gateway.downtimes[str(downtime["id"])] = downtime


def webhook_lost(world: World) -> None:
    """Capture the payment of a pending lead an hour ago without the service having heard of it."""
    pending = """
    SELECT * FROM lead_registrations WHERE payment_status = 'registered' AND payment_ref LIKE 'order_%'
    ORDER BY created_at_ms DESC
    """
    lead = several(world, pending, 1, "leads with an unpaid order")[0]
    order, at = world.gateway.orders[lead["payment_ref"]], world.now_ms() // 1000 - HOUR
    payment = entities.payment(random_id("pay_"), order, at, lead["email"], lead["phone"])
    world.gateway.payments[str(payment["id"])] = payment
    world.gateway.orders[lead["payment_ref"]] = entities.settled(order)


def refund_ignored(world: World) -> None:
    """Refund the payment of a lead that stays paid."""
    payment = world.gateway.payments[active_learner(world)["payment_ref"]]
    amount, at = entities.number(payment, "amount"), world.now_ms() // 1000 - HOUR // 2
    refund = entities.refund(random_id("rfnd_"), payment, amount, at)
    world.gateway.refunds[str(refund["id"])] = refund
    world.gateway.payments[str(payment["id"])] = entities.refunded(payment, amount)


def payment_unknown(world: World) -> None:
    """Let a lead be paid by a payment that Razorpay never saw; its order goes with it."""
    lead, unknown = active_learner(world), random_id("pay_")
    order_id = json.loads(lead["metadata_json"])["razorpay_order_id"]
    world.gateway.orders.pop(order_id)
    for payment in [one for one in world.gateway.payments.values() if one["order_id"] == order_id]:
        world.gateway.payments.pop(str(payment["id"]))
    world.execute(
        "UPDATE lead_registrations SET payment_ref = ?,"
        " metadata_json = json_set(metadata_json, '$.razorpay_payment_id', ?) WHERE lead_id = ?",
        (unknown, unknown, lead["lead_id"]),
    )


def amount_differs(world: World) -> None:
    """Let a learner have paid one rupee, by the order, the payment, and the service's own record."""
    lead = active_learner(world)
    payment = world.gateway.payments[lead["payment_ref"]]
    order = world.gateway.orders[str(payment["order_id"])]
    order |= {"amount": ONE_RUPEE, "amount_paid": ONE_RUPEE}
    payment |= {"amount": ONE_RUPEE, "fee": 2, "tax": 0}
    world.execute(
        "UPDATE lead_registrations SET metadata_json = json_set(metadata_json, '$.amount_cents', ?) WHERE lead_id = ?",
        (ONE_RUPEE, lead["lead_id"]),
    )


def known_lead_lost(world: World) -> None:
    """Restore a state from before the known lead came: nothing of it is there, here or at Razorpay."""
    lead = several(world, "SELECT * FROM lead_registrations WHERE email = ?", 1, "known leads", world.known_lead)[0]
    for table, column in (
        ("lead_registrations", "email"),
        ("lead_events", "lead_id"),
        ("course_enrollments", "user_id"),
        ("cohort_enrollments", "user_id"),
        ("platform_users", "email"),
    ):
        world.execute(f"DELETE FROM {table} WHERE {column} = ?", (lead[column],))  # noqa: S608  own names
    payment = world.gateway.payments.pop(lead["payment_ref"])
    world.gateway.orders.pop(str(payment["order_id"]))


def paid_twice(world: World) -> None:
    """Capture a second payment of the same lead, on an order of its own, half an hour after the first."""
    lead = active_learner(world)
    first = world.gateway.payments[lead["payment_ref"]]
    at = entities.number(first, "created_at") + HOUR // 2
    order = world.gateway.orders[str(first["order_id"])] | {"id": random_id("order_"), "created_at": at - 60}
    payment = first | {"id": random_id("pay_"), "order_id": order["id"], "created_at": at}
    world.gateway.orders[str(order["id"])] = order
    world.gateway.payments[str(payment["id"])] = payment
