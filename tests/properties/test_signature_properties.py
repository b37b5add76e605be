"""What holds of every signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from pace import unhurried
from pydantic import SecretStr
from razorpay import Client
from razorpay.errors import SignatureVerificationError
from razorpay.utility import Utility

from deeplearn_checks.signatures import sign_checkout, sign_webhook, verify_checkout, verify_webhook

if TYPE_CHECKING:
    from collections.abc import Callable

BODIES = st.binary(min_size=1)
SECRETS = st.text(min_size=1).map(SecretStr)


@unhurried
@given(BODIES, SECRETS)
def test_what_is_signed_verifies(body: bytes, secret: SecretStr) -> None:
    """Whatever the body and the alphabet of the secret."""
    assert verify_webhook(body, sign_webhook(body, secret), secret)


@unhurried
@given(st.lists(st.binary()), SECRETS)
def test_pieces_sign_as_the_whole_does(pieces: list[bytes], secret: SecretStr) -> None:
    """Wherever a body is cut."""
    assert sign_webhook(iter(pieces), secret) == sign_webhook(b"".join(pieces), secret)


@unhurried
@given(st.data(), BODIES, SECRETS)
def test_one_altered_bit_is_refused(data: st.DataObject, body: bytes, secret: SecretStr) -> None:
    """Wherever it stands."""
    place = data.draw(st.integers(0, 8 * len(body) - 1))
    altered = bytearray(body)
    altered[place // 8] ^= 1 << place % 8

    assert not verify_webhook(bytes(altered), sign_webhook(body, secret), secret)


@unhurried
@given(BODIES, SECRETS, st.text())
def test_no_other_text_is_the_signature(body: bytes, secret: SecretStr, signature: str) -> None:
    """Only the one that was made; nothing that claims to be one raises."""
    assert verify_webhook(body, signature, secret) is (signature == sign_webhook(body, secret))


class Signer(NamedTuple):
    """Makes a signature of a body and a secret, rightly or not."""

    name: str
    sign: Callable[[str, SecretStr], str]


SIGNERS = st.sampled_from(
    [
        Signer("right", lambda body, secret: sign_webhook(body.encode(), secret)),
        Signer("another body", lambda body, secret: sign_webhook(body.encode() + b" ", secret)),
        Signer("another secret", lambda body, _: sign_webhook(body.encode(), SecretStr("another"))),
        Signer("upper case", lambda body, secret: sign_webhook(body.encode(), secret).upper()),
        Signer("cut", lambda body, secret: sign_webhook(body.encode(), secret)[:-1]),
        Signer("spaced", lambda body, secret: f" {sign_webhook(body.encode(), secret)}"),
        Signer("nothing", lambda _, __: ""),
    ]
)


def held(verify: Callable[[], bool]) -> bool:
    """Answer what Razorpay's client thinks of a signature; it raises where it refuses."""
    try:
        return verify()
    except SignatureVerificationError:
        return False


@unhurried
@given(
    st.text(),
    SECRETS,
    SIGNERS | st.text("0123456789abcdef", min_size=64, max_size=64).map(lambda t: Signer(t, lambda _, __: t)),
)
def test_razorpays_own_client_agrees(body: str, secret: SecretStr, signer: Signer) -> None:
    """On every body that its SDK accepts, which is text, both accept and refuse the same signatures."""
    signature = signer.sign(body, secret)

    theirs = held(lambda: Utility().verify_webhook_signature(body, signature, secret.get_secret_value()))

    assert verify_webhook(body.encode(), signature, secret) is theirs


@unhurried
@given(st.text(), st.text(), SECRETS, SIGNERS)
def test_razorpays_own_client_agrees_on_checkouts(order: str, payment: str, secret: SecretStr, signer: Signer) -> None:
    """Both accept and refuse the same signatures of a finished checkout."""
    signature = signer.sign(f"{order}|{payment}", secret)
    parameters = {"razorpay_order_id": order, "razorpay_payment_id": payment, "razorpay_signature": signature}
    client = Client(auth=("rzp_test_Key01", secret.get_secret_value()))

    theirs = held(lambda: client.utility.verify_payment_signature(parameters))

    assert verify_checkout(order, payment, signature, secret) is theirs


@unhurried
@given(st.text(), st.text(), SECRETS)
def test_a_checkout_verifies(order: str, payment: str, secret: SecretStr) -> None:
    """Whatever the ids."""
    assert verify_checkout(order, payment, sign_checkout(order, payment, secret), secret)
