"""The links of the Payment Failure Playbook that are money: order, gateway, webhook, paid.

Judged as the diagnostics of money judge the population (`diagnostics.money`), for one lead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.amounts import amount
from deeplearn_checks.causes.cause import ACT, PAYMENT_ACTIVATION, WEBHOOK_PATH
from deeplearn_checks.diagnostics import money
from deeplearn_checks.diagnostics.population import is_kept, is_refunded
from deeplearn_checks.finding import Outcome, Skip
from deeplearn_checks.playbooks.chain import (
    State,
    Step,
    because,
    broken,
    cannot_tell,
    found,
    moment,
    not_due,
    ok,
    standing,
    unanswered,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks import models
    from deeplearn_checks.finding import Finding
    from deeplearn_checks.playbooks.asked import Asked
    from deeplearn_checks.playbooks.chain import Verdict
    from deeplearn_checks.playbooks.person import Lead
    from deeplearn_checks.target import Target

ORDER = Step("order", "order created", ACT)
GATEWAY = Step("gateway", "Razorpay's view", ACT)
WEBHOOK = Step("webhook", "webhook delivered", WEBHOOK_PATH)
PAID = Step("paid", "paid", PAYMENT_ACTIVATION)

_BY_WEBHOOK, _BY_CHECKOUT = "razorpay-webhook", "razorpay-verify"
"""What the source of a lead begins with that was activated by a webhook delivery, or by the checkout's own answer."""

_UNPAID = {"refunded": "the money went back, and the service says refunded", "failed": "the payment failed"}


@dataclass(frozen=True, slots=True)
class Purse:
    """What Razorpay knows of one lead's money, newest first; of its namesakes for the same course too.

    `listing` and `named` are the two questions that say so: the payments of the window, and those that the lead names.
    """

    payments: tuple[models.GatewayPayment, ...]
    listing: Asked[tuple[models.GatewayPayment, ...]]
    named: Asked[tuple[models.GatewayPayment, ...]]

    @property
    def took(self) -> tuple[models.GatewayPayment, ...]:
        """Those that moved money or reserved it."""
        return tuple(one for one in self.payments if one.status in money.TOOK_MONEY)

    @property
    def kept(self) -> tuple[models.GatewayPayment, ...]:
        """Those that were captured and not refunded in full."""
        return tuple(filter(is_kept, self.payments))

    @property
    def silent(self) -> Asked[tuple[models.GatewayPayment, ...]] | None:
        """The question without an answer that more might hang on; None where there is none."""
        silent = (one for one in (self.named, self.listing) if not one)
        return next((one for one in silent if one.reason.cause != Skip.DOES_NOT_APPLY), None)


@dataclass(frozen=True, slots=True)
class Price:
    """What the lead's place costs, as the service lists it now."""

    courses: Asked[models.Courses]
    cohorts: Asked[models.Cohorts]

    def due(self, lead: Lead) -> set[int]:
        """Answer the amounts that are right; none where that cannot be told."""
        if not (self.courses and self.cohorts):
            return set()
        return money.due(lead.course_id, lead.cohort_id, self.courses.answer, self.cohorts.answer) or set()


@dataclass(frozen=True, slots=True)
class Payments:
    """Everything that the links of money are judged by. `told` are the questions that the lead itself was found by."""

    target: Target
    lead: Lead
    told: tuple[Asked[object], ...]
    purse: Purse
    price: Price
    probe: Asked[Finding]


def described(payments: tuple[models.GatewayPayment, ...]) -> list[str]:
    """Name payments so that an operator can look them up, without the person."""
    return [
        f"{one.id} {amount(one.amount, one.currency)} {one.status} order {one.order_id or '-'}"
        f" {moment(one.created_at * 1000)}"
        for one in payments
    ]


def order(seen: Payments) -> Verdict:
    """Judge whether there is an order, or a payment, that money can come by."""
    lead, reference = seen.lead, seen.lead.reference
    if lead.by_hand and lead.provider == "demo" and not lead.is_paid:
        text = f"{reference} is a demo order: nobody can pay it; the Worker had no Razorpay keys when it was created"
        return broken("gateway-not-configured", text, *seen.told, reference=reference)
    if lead.by_hand:
        text = f"paid past Razorpay (provider {lead.provider}): there is no order"
        return not_due(text, *seen.told, provider=lead.provider, reference=reference)
    if not reference:
        if lead.is_paid:
            return broken("payment-reference-missing", "paid, and the lead names no payment", *seen.told)
        return not_due("no order was created yet", *seen.told)
    if reference.startswith("order_"):
        return ok(f"{reference} was created", *seen.told, reference=reference)
    orders = sorted({one.order_id for one in seen.purse.payments if one.id == reference and one.order_id})
    text = f"{orders[0]} was created" if orders else f"the lead names the payment {reference}, made for an order"
    return ok(text, *seen.told, seen.purse.named, reference=reference)


def gateway(seen: Payments, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge what Razorpay knows of the lead's money; no answer is never no money."""
    purse, lead = seen.purse, seen.lead
    asked = (purse.named, purse.listing)
    facts = {"payments": described(purse.payments)}
    if not purse.took:
        return _no_money(seen, judged)
    if lead.is_paid and len(purse.kept) > 1:
        charged = ", ".join(amount(one.amount, one.currency) for one in purse.kept)
        return broken("paid-twice", f"charged {len(purse.kept)} times for one course: {charged}", *asked, **facts)
    due, currency = seen.price.due(lead), seen.target.settings.currency
    wrong = [one for one in purse.kept if money.is_other(one, due, currency)]
    if wrong:
        expected = " or ".join(amount(value, currency) for value in sorted(due))
        text = f"{amount(wrong[0].amount, wrong[0].currency)} was captured, expected {expected}"
        return broken("amount-mismatch", text, *asked, seen.price.courses, seen.price.cohorts, **facts)
    one = next(iter(purse.kept or purse.took))
    back = f", of which {amount(one.amount_refunded, one.currency)} went back" if one.amount_refunded else ""
    unjudged = "; what is due is not known, so that the amount was not judged" if purse.kept and not due else ""
    text = f"{one.id} is {one.status}: {amount(one.amount, one.currency)}{back}{unjudged}"
    return ok(text, *asked, seen.price.courses, seen.price.cohorts, **facts)


def _no_money(seen: Payments, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge a lead for which Razorpay shows no money."""
    purse, lead = seen.purse, seen.lead
    if lead.by_hand:
        return not_due("nothing to look up: not paid through Razorpay", purse.listing)
    if purse.silent is not None:
        return unanswered(purse.silent)
    asked = (purse.named, purse.listing)
    if not standing(judged, ORDER):
        return because(ORDER)
    if lead.is_paid:
        text = f"the lead is paid by {lead.reference}, and Razorpay knows no such payment that took money"
        return broken("paid-without-payment", text, *asked, reference=lead.reference)
    if purse.payments:
        one = purse.payments[0]
        return not_due(f"{one.id} {one.status}: no money was taken", *asked, payments=described(purse.payments))
    return not_due("no payment was made", *asked)


def webhook(seen: Payments, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge whether the service heard of the money: taken there and paid here is delivered."""
    lead, source = seen.lead, seen.lead.source
    if source.startswith(_BY_WEBHOOK) and lead.status in {"paid", "refunded"}:
        return ok(f"a delivery activated the lead ({source.partition(':')[2] or source})", *seen.told, source=source)
    if source == _BY_CHECKOUT and lead.is_paid:
        return ok("the checkout's own answer activated the lead; whether a delivery came cannot be seen", *seen.told)
    if lead.by_hand:
        return not_due("no delivery was needed: not paid through Razorpay", *seen.told)
    if lead.status == "registered":
        return _undelivered(seen, judged)
    if seen.purse.took or lead.status == "failed":
        return ok(f"the service heard of it: the lead is {lead.status}", *seen.told, seen.purse.named)
    return because(GATEWAY)


def _undelivered(seen: Payments, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge a lead that the service has not heard of: because there was nothing to hear, or because it did not."""
    purse, probe = seen.purse, seen.probe
    settled = seen.target.started_ms / 1000 - seen.target.settings.settling_seconds
    late = tuple(one for one in purse.kept if one.created_at <= settled)
    refused = probe.answer if probe and probe.answer.outcome is Outcome.FAILED else None
    if refused is not None:
        text = f"{late[0].id} was captured and not delivered" if late else "no delivery can be verified"
        return found(refused, text, probe, purse.named)
    facts = {"payments": described(late), "signed_probe": probe.answer.summary if probe else ""}
    if late:
        text = f"{late[0].id} was captured at {moment(late[0].created_at * 1000)}, and the lead is still registered"
        return broken("captured-but-not-paid", text, purse.named, purse.listing, probe, **facts)
    if purse.kept:
        text = f"{purse.kept[0].id} was captured moments ago: its delivery may still be on its way"
        return cannot_tell("cannot-tell", f"{text}; walk again", purse.named, purse.listing)
    if judged[GATEWAY.slug].state is State.UNKNOWN:
        return because(GATEWAY)
    return not_due("nothing was captured: nothing to deliver", purse.named, purse.listing, probe, **facts)


def paid(seen: Payments, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge the payment status of the service by what Razorpay says."""
    lead, purse = seen.lead, seen.purse
    row, told = lead.row, lead.told
    if row and told and row.payment_status != told.payment.status:
        text = f"the CRM says {row.payment_status}, the payment status {told.payment.status}"
        return broken("lead-answers-differ", text, *seen.told)
    if lead.is_paid:
        back = [one for one in purse.payments if is_refunded(one)]
        if back and not purse.kept:
            text = f"{back[0].id} was refunded in full, and the lead is still paid"
            return broken("refunded-but-paid", text, *seen.told, purse.named, payments=described(tuple(back)))
        since = moment(lead.paid_at_ms)
        return ok(f"paid{since and f' since {since}'}", *seen.told, provider=lead.provider, reference=lead.reference)
    if lead.status == "registered" and not standing(judged, WEBHOOK):
        return because(WEBHOOK, "the service says registered")
    if lead.status == "failed" and purse.kept:
        text = f"{purse.kept[0].id} was captured, and the lead is {lead.status}"
        return broken("captured-but-not-paid", text, *seen.told, purse.named, payments=described(purse.kept))
    text = _UNPAID.get(lead.status, f"not paid: the service says {lead.status}")
    return not_due(text, *seen.told)
