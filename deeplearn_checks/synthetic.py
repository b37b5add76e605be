"""The suite's own learner: one per target and environment, the same in every run, and the events that it is driven by.

Nothing here does I/O. Source: API page, Behaviour: Webhook; Razorpay, "Payloads" of payment.captured, order.paid and
refund.processed.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

from deeplearn_checks.redaction import SYNTHETIC_DOMAIN, SYNTHETIC_PHONE

FULL_NAME = "Synthetic Learner"
SOURCE = "deeplearn-checks"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_LENGTH = 14
"""Characters of a Razorpay id after its prefix."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the synthetic learner is at one target: stable, and recognised by its reserved e-mail domain."""

    email: str
    lead_id: str

    @property
    def form(self) -> dict[str, str]:
        """What it writes into a lead form."""
        return {"full_name": FULL_NAME, "email": self.email, "phone": SYNTHETIC_PHONE, "source": SOURCE}


def identity(api_base_url: str, environment: str, name: str = "synthetic") -> Identity:
    """Answer the learner of a target and an environment."""
    place = hashlib.sha256(f"{environment.lower()} {api_base_url}".encode()).hexdigest()[:8]
    place = f"{re.sub(r'[^a-z0-9-]', '-', environment.lower())[:40] or 'default'}-{place}"
    return Identity(f"{name}-{place}{SYNTHETIC_DOMAIN}", f"deeplearn-checks-{place}")


def run_id(prefix: str, started_ms: int, number: int = 0) -> str:
    """Make the id of an entity as Razorpay writes it, other in each run and at each *number* (below 36)."""
    rest, text = started_ms * len(_DIGITS) + number, ""
    while rest:
        rest, digit = divmod(rest, len(_DIGITS))
        text = _DIGITS[digit] + text
    return prefix + text.rjust(_ID_LENGTH, "0")[-_ID_LENGTH:]


@dataclass(frozen=True, slots=True)
class Purchase:
    """One payment of the synthetic learner; `amount` in the currency's smallest unit, `at` in seconds."""

    payment_id: str
    order_id: str
    email: str
    lead_id: str
    course_id: str
    cohort_id: str
    amount: int
    currency: str
    at: int

    def event(self, name: str) -> bytes:
        """Write the event of that type about this payment, as Razorpay sends it."""
        entities = {"payment": self._payment(name)}
        if name.startswith("order."):
            entities["order"] = self._order()
        if name.startswith("refund."):
            entities["refund"] = self._refund()
        payload = {kind: {"entity": entity} for kind, entity in entities.items()}
        event = {"entity": "event", "account_id": "acc_DeeplearnChecks", "event": name, "contains": sorted(entities)}
        return json.dumps({**event, "payload": payload, "created_at": self.at}, separators=(",", ":")).encode()

    @property
    def _money(self) -> dict[str, object]:
        return {"amount": self.amount, "currency": self.currency, "created_at": self.at}

    @property
    def _notes(self) -> dict[str, str]:
        notes = {"lead_id": self.lead_id, "course_id": self.course_id, "cohort_id": self.cohort_id, "source": SOURCE}
        return {name: text for name, text in notes.items() if text}

    def _payment(self, event: str) -> dict[str, object]:
        refunded = event.startswith("refund.")
        status = {"status": "refunded" if refunded else "captured", "captured": True, "method": "upi"}
        back = {"amount_refunded": self.amount if refunded else 0, "refund_status": "full" if refunded else None}
        named = {"id": self.payment_id, "entity": "payment", "order_id": self.order_id}
        person = {"email": self.email, "contact": SYNTHETIC_PHONE, "notes": self._notes}
        return {**named, **self._money, **status, **back, **person}

    def _order(self) -> dict[str, object]:
        paid = {"amount_paid": self.amount, "amount_due": 0, "status": "paid", "notes": self._notes}
        return {"id": self.order_id, "entity": "order", **self._money, **paid}

    def _refund(self) -> dict[str, object]:
        named = {"id": self.payment_id.replace("pay_", "rfnd_"), "entity": "refund", "payment_id": self.payment_id}
        return {**named, **self._money, "status": "processed", "notes": self._notes}
