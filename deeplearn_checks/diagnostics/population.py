"""Whom the diagnostics judge: the leads, learners and payments that the service and Razorpay show.

The synthetic learner of this suite is recognised and never judged as one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.gateway import Gateway
from deeplearn_checks.questions import together
from deeplearn_checks.redaction import SYNTHETIC_DOMAIN
from deeplearn_checks.target import LEADS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deeplearn_checks import models
    from deeplearn_checks.target import Target

CERTIFICATES_MOST = 300
"""How many certificates are verified, the newest first."""


def is_synthetic(email: str) -> bool:
    """Whether an e-mail address is that of the suite's own learner."""
    return email.strip().lower().endswith(SYNTHETIC_DOMAIN)


@dataclass(frozen=True, slots=True)
class Leads:
    """The leads within reach, newest by update first; `complete` is false where there may be more."""

    all: tuple[models.Lead, ...]
    complete: bool

    @property
    def paid(self) -> tuple[models.Lead, ...]:
        """Those who have paid, as the service sees it."""
        return tuple(lead for lead in self.all if lead.payment_status == "paid")

    @property
    def reach(self) -> str:
        """Say what was out of reach."""
        return "" if self.complete else f"only the newest {LEADS_LIMIT} leads are within reach"


async def leads(target: Target) -> Leads:
    """Answer the leads within reach."""
    rows = (await target.leads()).leads
    return Leads(tuple(lead for lead in rows if not is_synthetic(lead.email)), complete=len(rows) < LEADS_LIMIT)


@dataclass(frozen=True, slots=True)
class Enrollments:
    """The enrollments that the courses list, and how many more the courses count."""

    rows: tuple[models.Enrollment, ...]
    unlisted: int

    @property
    def reach(self) -> str:
        """Say what was out of reach."""
        return f"{self.unlisted} older enrollments are not listed" if self.unlisted else ""


async def enrollments(target: Target) -> Enrollments:
    """Answer every enrollment of every course that has learners, but for the suite's own learner."""

    async def ask(view: Target) -> Enrollments:
        courses = await view.courses()
        taken = [course.id for course in courses.courses if course.learner_count > 0]
        found = await together(*(view.enrollments(course) for course in taken))
        rows = [row for answer in found for row in answer.enrollments]
        unlisted = sum(course.learner_count for course in courses.courses) - len(rows)
        return Enrollments(tuple(row for row in rows if not is_synthetic(row.email)), max(0, unlisted))

    return await target.once("all enrollments", ask)


async def completed(target: Target) -> tuple[models.Enrollment, ...]:
    """Answer the completed enrollments, the newest first."""
    done = [row for row in (await enrollments(target)).rows if row.status == "completed"]
    return tuple(sorted(done, key=lambda row: -(row.completed_at_ms or 0)))


def payer(payment: models.GatewayPayment) -> str:
    """Answer the e-mail address of who paid, as the service reads it; empty where the payment names none."""
    return (payment.email or payment.notes.get("email", "")).strip().lower()


def named_lead(payment: models.GatewayPayment) -> str:
    """Answer the id of the lead that a payment names; empty where it names none."""
    return payment.notes.get("lead_id", "").strip()


def is_kept(payment: models.GatewayPayment) -> bool:
    """Whether a payment was captured and not refunded in full."""
    return payment.status == "captured" and payment.amount_refunded < payment.amount


def is_refunded(payment: models.GatewayPayment) -> bool:
    """Whether a payment was refunded in full."""
    return payment.amount > 0 and payment.amount_refunded >= payment.amount


@dataclass(frozen=True, slots=True)
class Money:
    """The payments that Razorpay lists, beside the leads.

    `owners` holds the leads by whatever a payment can name: its lead, its reference (payment or order), its e-mail.
    """

    payments: tuple[models.GatewayPayment, ...]
    leads: Leads
    owners: Mapping[tuple[str, str], models.Lead]

    @property
    def kept(self) -> tuple[models.GatewayPayment, ...]:
        """Captured payments that were not refunded in full."""
        return tuple(filter(is_kept, self.payments))

    def owner(self, payment: models.GatewayPayment) -> models.Lead | None:
        """Find the lead of a payment: by the lead that it names, by reference, or (naming no lead) by e-mail."""
        lead_id = named_lead(payment)
        names = [("lead", lead_id), ("reference", payment.id), ("reference", payment.order_id)]
        if not lead_id:
            names.append(("email", payer(payment)))
        return next((self.owners[name] for name in names if name in self.owners), None)


def _owners(known: Leads) -> Mapping[tuple[str, str], models.Lead]:
    """Answer the leads by id, payment reference and e-mail; of several, the one that was updated last."""
    owners: dict[tuple[str, str], models.Lead] = {}
    for lead in known.all:
        for kind, value in (("lead", lead.lead_id), ("reference", lead.payment_ref), ("email", lead.email.lower())):
            if value:
                owners.setdefault((kind, value), lead)
    return owners


async def money(target: Target) -> Money:
    """Answer what Razorpay took in the window, without the suite's own learner."""

    async def ask(view: Target) -> Money:
        payments, known, rows = await together(Gateway(view).payments(), leads(view), view.leads())
        own = {lead.lead_id for lead in rows.leads if is_synthetic(lead.email)}
        others = tuple(p for p in payments if not (is_synthetic(payer(p)) or named_lead(p) in own))
        return Money(others, known, _owners(known))

    return await target.once("money", ask)


def names(rows: Iterable[models.Lead]) -> list[str]:
    """Name leads so that a remedy can be typed: a pseudonym, then the service's own ids."""
    return [
        f"{lead.email or 'no e-mail'} lead {lead.lead_id} user {lead.user_id or '-'} course {lead.course_id or '-'}"
        f" cohort {lead.cohort_id or '-'}"
        for lead in rows
    ]
