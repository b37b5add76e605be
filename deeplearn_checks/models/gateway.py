"""Razorpay's answers. Source: Razorpay's API reference, entities of payments, refunds and downtimes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from deeplearn_checks.models.wire import Wire


def _absent(value: object) -> object:
    """Read Razorpay's null as an empty text or zero, as the field wants it."""
    return "" if value is None else value


def _notes(value: object) -> object:
    """Razorpay writes empty notes as an empty list; a note may be of any type."""
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


Text = Annotated[str, BeforeValidator(_absent)]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""A whole number as JSON can carry it everywhere (RFC 8259, section 6)."""
Second = Annotated[int, Field(ge=0, le=253_402_300_799)]
"""A time in seconds since the epoch, up to the year 9999."""
Number = Annotated[Whole, BeforeValidator(lambda value: 0 if value is None else value)]
Flag = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
Notes = Annotated[dict[str, str], BeforeValidator(_notes)]


class GatewayPayment(Wire):
    """A payment as Razorpay knows it; `amount` in the smallest unit, `created_at` in seconds."""

    id: str
    amount: Whole
    currency: str
    status: str
    order_id: Text = ""
    amount_refunded: Number = 0
    refund_status: Text = ""
    captured: Flag = False
    email: Text = ""
    contact: Text = ""
    notes: Notes = Field(default_factory=dict)
    created_at: Second


class GatewayPayments(Wire):
    """`GET /v1/payments`, newest first."""

    entity: Literal["collection"]
    items: list[GatewayPayment]


class GatewayRefund(Wire):
    """A refund as Razorpay knows it; `amount` in the smallest unit, `created_at` in seconds."""

    id: str
    payment_id: str
    amount: Whole
    currency: Text = ""
    status: Text = ""
    created_at: Second = 0


class GatewayRefunds(Wire):
    """`GET /v1/refunds`, newest first."""

    entity: Literal["collection"]
    items: list[GatewayRefund]


class GatewayDowntime(Wire):
    """A downtime that Razorpay announces; `end` null while it lasts."""

    id: str
    method: str
    status: str
    severity: Text = ""
    begin: Number = 0


class GatewayDowntimes(Wire):
    """`GET /v1/payments/downtimes`."""

    items: list[GatewayDowntime]
