"""What holds of every signature."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pace import unhurried
from pydantic import SecretStr
from razorpay.errors import SignatureVerificationError
from razorpay.utility import Utility

from deeplearn_checks.signatures import sign_checkout, sign_webhook, verify_checkout, verify_webhook

BODIES = st.binary(min_size=1)
SECRETS = st.text(min_size=1).map(SecretStr)


@unhurried
@given(BODIES, SECRETS)
def test_what_is_signed_verifies(body: bytes, secret: SecretStr) -> None:
    """Whatever the body and the alphabet of the secret."""
    assert verify_webhook(body, sign_webhook(body, secret), secret)


@unhurried
@given(st.data(), BODIES, SECRETS)
def test_one_altered_byte_is_refused(data: st.DataObject, body: bytes, secret: SecretStr) -> None:
    """Wherever it stands."""
    place = data.draw(st.integers(0, len(body) - 1))
    altered = bytearray(body)
    altered[place] ^= data.draw(st.integers(1, 255))

    assert not verify_webhook(bytes(altered), sign_webhook(body, secret), secret)


@unhurried
@given(BODIES, SECRETS, st.text())
def test_no_other_text_is_the_signature(body: bytes, secret: SecretStr, signature: str) -> None:
    """Only the one that was made; nothing that claims to be one raises."""
    assert verify_webhook(body, signature, secret) is (signature == sign_webhook(body, secret))


@unhurried
@given(st.text(), SECRETS)
def test_razorpays_own_client_agrees(body: str, secret: SecretStr) -> None:
    """What we sign, its SDK verifies."""
    held = Utility().verify_webhook_signature(body, sign_webhook(body.encode(), secret), secret.get_secret_value())

    assert held is True


@unhurried
@given(st.text(), SECRETS, st.text("0123456789abcdef", min_size=64, max_size=64))
def test_razorpays_own_client_refuses_what_we_refuse(body: str, secret: SecretStr, signature: str) -> None:
    """A forgery is one to both."""
    with pytest.raises(SignatureVerificationError):
        Utility().verify_webhook_signature(body, signature, secret.get_secret_value())

    assert not verify_webhook(body.encode(), signature, secret)


@unhurried
@given(st.text(), st.text(), SECRETS)
def test_a_checkout_verifies(order: str, payment: str, secret: SecretStr) -> None:
    """Whatever the ids."""
    assert verify_checkout(order, payment, sign_checkout(order, payment, secret), secret)
