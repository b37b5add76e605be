"""Razorpay's signatures: HMAC-SHA256 in hex over the bytes that were sent, compared in constant time.

Source: Razorpay, "Validate and test webhooks" and "Verify payment signature"; API page, section Razorpay.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr


def sign_webhook(body: bytes, secret: SecretStr) -> str:
    """Answer the value of `X-Razorpay-Signature` for a raw webhook body; raises ValueError for an empty secret."""
    return _hmac_hex(body, secret)


def verify_webhook(body: bytes, signature: str, secret: SecretStr) -> bool:
    """Whether *signature* is that of the raw body; raises ValueError for an empty secret."""
    return _same(signature, sign_webhook(body, secret))


def sign_checkout(order_id: str, payment_id: str, key_secret: SecretStr) -> str:
    """Answer the `razorpay_signature` of a finished checkout; raises ValueError for an empty secret."""
    return _hmac_hex(f"{order_id}|{payment_id}".encode(), key_secret)


def verify_checkout(order_id: str, payment_id: str, signature: str, key_secret: SecretStr) -> bool:
    """Whether *signature* is that of the finished checkout; raises ValueError for an empty secret."""
    return _same(signature, sign_checkout(order_id, payment_id, key_secret))


def _hmac_hex(message: bytes, secret: SecretStr) -> str:
    key = secret.get_secret_value().encode()
    if not key:
        raise ValueError("an empty secret signs nothing")
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    """Compare in constant time; bytes, because a header may hold more than ASCII."""
    return hmac.compare_digest(given.encode(), expected.encode())
