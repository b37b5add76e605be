"""Whom a walk is for: what the operator gave, and the lead that the service has for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.diagnostics.payments import is_wanted, status_reference
from deeplearn_checks.diagnostics.population import named_lead, payer
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks import models

_LONGEST = 254
"""Characters of the longest e-mail address."""
_OF_THE_GATEWAY = frozenset({"", "razorpay"})
"""The providers whose payments Razorpay knows."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A person as an operator names one: by e-mail address, phone number or lead id."""

    text: str

    @property
    def reference(self) -> Mapping[str, str]:
        """How the payment status is asked for, in the whole table; empty for a phone number, by which it cannot be."""
        return status_reference(self.text)

    @property
    def kind(self) -> str:
        """What the operator gave."""
        return {"email": "e-mail address", "lead_id": "lead id"}.get(next(iter(self.reference), ""), "phone number")

    def rows(self, listed: Sequence[models.Lead]) -> tuple[models.Lead, ...]:
        """Answer the leads that are this person's, the one that was created last first."""
        own = [lead for lead in listed if is_wanted(self.text, lead)]
        return tuple(sorted(own, key=lambda lead: -lead.created_at_ms))


def sought(who: str) -> Sought:
    """Read what an operator gives; raises ConfigurationError, which does not repeat it."""
    text = who.strip().lower() if "@" in who else who.strip()
    reference = status_reference(text)
    if not text or len(text) > _LONGEST or not text.isprintable() or (reference and " " in text):
        raise ConfigurationError("name one person by e-mail address, phone number or lead id")
    return Sought(text)


@dataclass(frozen=True, slots=True)
class Lead:
    """One lead as the service has it: its row in the CRM, what the payment status tells, or both."""

    row: models.Lead | None
    told: models.PaymentStatus | None

    @property
    def lead_id(self) -> str:
        """Its id."""
        return self.row.lead_id if self.row else self.told.lead_id if self.told else ""

    @property
    def email(self) -> str:
        """Its e-mail address, lower case; empty where only the payment status is known."""
        return self.row.email.strip().lower() if self.row else ""

    @property
    def status(self) -> str:
        """Its payment status; the payment status endpoint is asked last and so is believed first."""
        return self.told.payment.status if self.told else self.row.payment_status if self.row else ""

    @property
    def reference(self) -> str:
        """The order or payment that it names."""
        return self.told.payment.payment_ref if self.told else self.row.payment_ref if self.row else ""

    @property
    def provider(self) -> str:
        """Who took the payment."""
        return self.told.payment.payment_provider if self.told else self.row.payment_provider if self.row else ""

    @property
    def paid_at_ms(self) -> int:
        """When it was paid, in milliseconds since the epoch; 0 where it was not."""
        return self.told.payment.paid_at_ms if self.told else self.row.paid_at_ms if self.row else 0

    @property
    def is_paid(self) -> bool:
        """Whether the service counts it as paid."""
        return self.status == "paid"

    @property
    def by_hand(self) -> bool:
        """Whether it was paid (or ordered) past Razorpay."""
        return self.provider not in _OF_THE_GATEWAY

    @property
    def source(self) -> str:
        """Where the service says that it comes from; an activation writes what activated it."""
        return self.row.source if self.row else ""

    @property
    def user_id(self) -> str:
        """The platform user that it became; empty where there is none."""
        place = self.told.enrollment if self.told else None
        return (self.row.user_id if self.row else "") or (place.user_id if place else "")

    @property
    def course_id(self) -> str:
        """The course that it is for."""
        place = self.told.enrollment if self.told else None
        return (self.row.course_id if self.row else "") or (place.course_id if place else "")

    @property
    def cohort_id(self) -> str:
        """The cohort that it is for; empty where it is for none."""
        place = self.told.enrollment if self.told else None
        return (self.row.cohort_id if self.row else "") or (place.cohort_id if place else "")

    @property
    def ids(self) -> Mapping[str, str]:
        """What the placeholders of remedies stand for."""
        return {"COURSE_ID": self.course_id, "USER_ID": self.user_id, "COHORT_ID": self.cohort_id}


def is_of(payment: models.GatewayPayment, lead: Lead, email: str) -> bool:
    """Whether a payment is a lead's: it names the lead, or the lead it; or it names nobody and is of this *email*."""
    if lead.reference and lead.reference in {payment.id, payment.order_id}:
        return True
    if named_lead(payment):
        return named_lead(payment) == lead.lead_id
    return bool(email) and payer(payment) == email
