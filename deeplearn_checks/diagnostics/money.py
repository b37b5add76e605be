"""Do Razorpay and the service tell the same about money? (runbook: Act, order/payment references).

Razorpay's payments of the last `--gateway-days` days are held against the leads within reach. A payment younger
than DEEPLEARN_CHECKS_SETTLING_SECONDS may still be on its way and is not judged.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.amounts import amount
from deeplearn_checks.causes.cause import ACT, PAYMENT_ACTIVATION
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import access, payments, platform, population
from deeplearn_checks.finding import Finding, Severity, failed, passed
from deeplearn_checks.gateway import Gateway
from deeplearn_checks.questions import together
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks import models
    from deeplearn_checks.target import Target

_MONEY = (platform.database, access.admin_token_accepted, payments.gateway_keys_accepted)
_NEEDS = (Part.ADMIN, Part.GATEWAY)
TOOK_MONEY = frozenset({"captured", "authorized", "refunded"})
"""The states of a payment that has moved money, or reserved it."""


@diagnostic("payment.references-exist", severity=Severity.CRITICAL, runbook=ACT, requires=_MONEY, needs=_NEEDS)
async def references_exist(target: Target) -> Finding:
    """Every paid lead was paid by a payment that Razorpay knows.

    Leads paid within the gateway window are looked up; one that is not among the listed payments is asked for by
    its id before being reported. Leads paid by hand have no payment at Razorpay and are counted apart.
    """
    known = await population.money(target)
    since = Gateway(target).window_starts * 1000
    unnamed = [lead for lead in known.leads.paid if not lead.payment_ref]
    by_hand = [lead for lead in known.leads.paid if lead.payment_ref and lead.payment_provider not in {"", "razorpay"}]
    recent = [
        lead for lead in known.leads.paid if lead.payment_ref and lead not in by_hand and lead.paid_at_ms >= since
    ]
    payers = {lead.lead_id for one in known.payments if one.status in TOOK_MONEY and (lead := known.owner(one))}
    real = await together(*(_is_real(target, lead, payers) for lead in recent))
    broken = [lead for lead, exists in zip(recent, real, strict=True) if not exists]
    older = len(known.leads.paid) - len(unnamed) - len(by_hand) - len(recent)
    evidence = target.evidence(
        judged=len(recent) + len(unnamed),
        paid_by_hand=len(by_hand),
        paid_before_the_window=older,
        hit=[
            f"{name} payment {lead.payment_ref or '-'}"
            for lead in (*broken, *unnamed)
            for name in population.names([lead])
        ],
        reach=known.leads.reach,
    )
    if broken:
        text = f"{len(broken)} of {len(recent)} leads were paid by a payment that Razorpay does not know"
        return failed("paid-without-payment", target.redact(text), evidence)
    if unnamed:
        text = f"{len(unnamed)} paid leads name no payment"
        return failed("payment-reference-missing", target.redact(text), evidence)
    text = f"all {len(recent)} leads paid in the last {target.settings.gateway_days} days were paid by a known payment"
    return passed(target.redact(f"{text}; {older} paid earlier were not looked up"), evidence)


async def _is_real(target: Target, lead: models.Lead, payers: set[str]) -> bool:
    """Whether Razorpay knows a payment that took money for this lead: among the listed ones, or by its id."""
    if lead.lead_id in payers:
        return True
    gateway, reference = Gateway(target), lead.payment_ref
    if reference.startswith("order_"):
        return any(payment.status in TOOK_MONEY for payment in await gateway.order_payments(reference))
    payment = await gateway.payment(reference) if reference.startswith("pay_") else None
    return payment is not None and payment.status in TOOK_MONEY


def _described(payments: Sequence[models.GatewayPayment]) -> list[str]:
    """Name payments so that an operator can look them up."""
    return [
        f"{one.id} {amount(one.amount, one.currency)} {one.email or one.contact or 'no e-mail'}"
        f" lead {one.notes.get('lead_id') or '-'} order {one.order_id or '-'}"
        for one in payments
    ]


def _sums(payments: Sequence[models.GatewayPayment]) -> str:
    """Add up amounts by currency."""
    sums: dict[str, int] = defaultdict(int)
    for one in payments:
        sums[one.currency] += one.amount
    return ", ".join(amount(value, currency) for currency, value in sorted(sums.items()))


@diagnostic(
    "payment.captured-is-paid", severity=Severity.CRITICAL, runbook=PAYMENT_ACTIVATION, requires=_MONEY, needs=_NEEDS
)
async def captured_is_paid(target: Target) -> Finding:
    """Every payment that Razorpay captured has made its lead paid.

    Also names money without an owner: the service answers such an event with 200 and raises nothing.
    """
    known = await not_activated(target)
    judged, broken = known.judged, [payment for payment, _ in known.hits]
    hit = [f"{text}: {state}" for text, (_, state) in zip(_described(broken), known.hits, strict=True)]
    evidence = target.evidence(judged=judged, hit=hit, too_young_to_judge=known.young, at_stake=_sums(broken))
    if broken:
        text = f"{len(broken)} of {judged} captured payments ({_sums(broken)}) have not made a lead paid"
        return failed("captured-but-not-paid", target.redact(text), evidence)
    return passed(target.redact(f"all {judged} captured payments have made their lead paid"), evidence)


@dataclass(frozen=True, slots=True)
class NotActivated:
    """The captured payments that have made nobody paid, each with its lead's state; how many were judged or young."""

    hits: tuple[tuple[models.GatewayPayment, str], ...]
    judged: int
    young: int
    known: population.Money


async def not_activated(target: Target) -> NotActivated:
    """Answer the captured payments, old enough to be judged, that have made nobody paid."""
    known = await population.money(target)
    settled = target.started_ms / 1000 - target.settings.settling_seconds
    judged = [payment for payment in known.kept if payment.created_at <= settled]
    states = await together(*(_state(target, payment, known) for payment in judged))
    hits = [(one, state) for one, state in zip(judged, states, strict=True) if state not in {"paid", "refunded"}]
    return NotActivated(tuple(hits), len(judged), len(known.kept) - len(judged), known)


async def _state(target: Target, payment: models.GatewayPayment, known: population.Money) -> str:
    """Answer the payment status of a payment's lead, or why there is none."""
    owner = known.owner(payment)
    if owner is not None:
        return owner.payment_status
    lead_id, email = population.named_lead(payment), population.payer(payment)
    if not lead_id and not email:
        return "nobody's: the payment names neither lead nor e-mail"
    status = await target.payment_status(lead_id=lead_id, email=email)
    return status.payment.status if status else "the service does not know its lead"


@diagnostic("payment.amounts-agree", severity=Severity.CRITICAL, runbook=ACT, requires=_MONEY, needs=_NEEDS)
async def amounts_agree(target: Target) -> Finding:
    """Every captured amount is the price of the course or the fee of the cohort.

    The service compares the amount with nothing: an order for one rupee enrolls. A payment whose course or cohort is
    not listed is not judged: its fee is not known.
    """
    known, courses, cohorts = await together(population.money(target), target.courses(), target.cohorts())
    owned = [(payment, known.owner(payment)) for payment in known.kept]
    judged = [
        (payment, expected)
        for payment, lead in owned
        if lead is not None and (expected := due(lead.course_id, lead.cohort_id, courses, cohorts)) is not None
    ]
    currency = target.settings.currency
    broken = [(payment, expected) for payment, expected in judged if is_other(payment, expected, currency)]
    hit = [
        f"{text}, expected {' or '.join(amount(value, currency) for value in sorted(expected))}"
        for (_, expected), text in zip(broken, _described([payment for payment, _ in broken]), strict=True)
    ]
    evidence = target.evidence(judged=len(judged), hit=hit, lead_or_course_out_of_reach=len(owned) - len(judged))
    if broken:
        text = f"{len(broken)} of {len(judged)} captured amounts are neither the price nor the fee"
        return failed("amount-mismatch", target.redact(text), evidence)
    return passed(target.redact(f"all {len(judged)} captured amounts are as they should be"), evidence)


def due(course_id: str, cohort_id: str, courses: models.Courses, cohorts: models.Cohorts) -> set[int] | None:
    """Answer what a place costs: the course's price or the cohort's fee; None where one of the two is not listed."""
    prices = {course.id: course.price_cents for course in courses.courses}
    fees = {cohort.id: cohort.fee_cents for cohort in cohorts.cohorts}
    if course_id not in prices or (cohort_id and cohort_id not in fees):
        return None
    return {prices[course_id], fees.get(cohort_id, 0)} - {0}


def is_other(payment: models.GatewayPayment, expected: set[int], currency: str) -> bool:
    """Whether a payment is of none of the amounts that are due; a place that costs nothing is not judged."""
    return bool(expected) and (payment.amount not in expected or payment.currency != currency)


@diagnostic("payment.refunds-show", severity=Severity.WARNING, runbook=ACT, requires=_MONEY, needs=_NEEDS)
async def refunds_show(target: Target) -> Finding:
    """Whoever was refunded in full is no longer paid.

    The service ignores refund events for leads that are paid, so a refund has to be followed by hand.
    """
    known, refunds = await together(population.money(target), Gateway(target).refunds())
    listed = {payment.id for payment in known.payments}
    ids = sorted({refund.payment_id for refund in refunds} - listed)
    earlier = [one for one in await together(*map(Gateway(target).payment, ids)) if one is not None]
    refunded = [one for one in (*known.payments, *earlier) if population.is_refunded(one)]
    still_paying = {lead.lead_id for payment in known.kept if (lead := known.owner(payment))}
    broken = [
        payment
        for payment in refunded
        if (lead := known.owner(payment)) and lead.payment_status == "paid" and lead.lead_id not in still_paying
    ]
    evidence = target.evidence(judged=len(refunded), hit=_described(broken), at_stake=_sums(broken))
    if broken:
        text = f"{len(broken)} of {len(refunded)} refunded payments ({_sums(broken)}) still count as paid"
        return failed("refunded-but-paid", target.redact(text), evidence)
    return passed(target.redact(f"judged {len(refunded)} refunded payments, none still counts as paid"), evidence)


@diagnostic("payment.not-paid-twice", severity=Severity.WARNING, runbook=ACT, requires=_MONEY, needs=_NEEDS)
async def not_paid_twice(target: Target) -> Finding:
    """Nobody was charged twice for one course."""
    known = await population.money(target)
    charged: dict[tuple[str, str], list[models.GatewayPayment]] = defaultdict(list)
    for payment in known.kept:
        lead = known.owner(payment)
        if lead is not None:
            charged[(lead.email.lower() or lead.lead_id, lead.course_id)].append(payment)
    twice = [payment for payments in charged.values() if len(payments) > 1 for payment in payments]
    evidence = target.evidence(judged=len(charged), hit=_described(twice), charged=_sums(twice))
    if twice:
        people = sum(len(payments) > 1 for payments in charged.values())
        return failed("paid-twice", target.redact(f"{people} of {len(charged)} learners were charged twice"), evidence)
    return passed(target.redact(f"judged {len(charged)} paying learners, each was charged once"), evidence)
