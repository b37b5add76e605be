"""Razorpay's signatures, held against what its own documents and service have signed."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from deeplearn_checks.signatures import sign_checkout, sign_webhook, verify_checkout, verify_webhook

SECRET = SecretStr("webhook-secret-1")
BODY = b'{"event":"payment.captured"}'


def test_a_webhook_is_signed_over_its_bytes() -> None:
    """HMAC-SHA256 in hex, as RFC 4231 has it in its second test case."""
    signed = sign_webhook(b"what do ya want for nothing?", SecretStr("Jefe"))

    assert signed == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_a_checkout_is_signed_over_both_ids() -> None:
    """The order comes first, with a bar between."""
    assert sign_checkout("order_1", "pay_1", SECRET) == sign_webhook(b"order_1|pay_1", SECRET)


@pytest.mark.parametrize(
    ("body", "secret", "holds"),
    [
        (BODY, SECRET, True),
        (BODY + b" ", SECRET, False),
        (BODY, SecretStr("webhook-secret-1 "), False),
        (BODY, SecretStr("key-secret"), False),
    ],
)
def test_a_webhook_holds_for_its_bytes_and_its_secret(body: bytes, secret: SecretStr, *, holds: bool) -> None:
    """White space in either is enough to refuse."""
    assert verify_webhook(body, sign_webhook(BODY, SECRET), secret) is holds


@pytest.mark.parametrize(("payment", "holds"), [("pay_1", True), ("pay_2", False)])
def test_a_checkout_holds_for_its_payment(payment: str, *, holds: bool) -> None:
    """Nobody can pay one order with another's signature."""
    assert verify_checkout("order_1", payment, sign_checkout("order_1", "pay_1", SECRET), SECRET) is holds


@pytest.mark.parametrize("signature", ["", "é", "00" * 32])
def test_any_text_may_claim_to_be_a_signature(signature: str) -> None:
    """A header may hold anything; it is refused, not stumbled over."""
    assert not verify_webhook(BODY, signature, SECRET)


def test_an_empty_secret_signs_nothing() -> None:
    """Anybody could sign with it."""
    with pytest.raises(ValueError, match="an empty secret signs nothing"):
        sign_webhook(BODY, SecretStr(""))
