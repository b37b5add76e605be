"""Razorpay's signatures, held against what its own documents and service have signed."""

from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from deeplearn_checks.signatures import CHUNK, sign_checkout, sign_webhook, verify_checkout, verify_webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deeplearn_checks.signatures import Body

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


MEBI = 1 << 20
LARGE = 100 * MEBI


def large() -> Iterator[bytes]:
    """Give a body of 100 MiB, piece by piece."""
    piece = bytes(MEBI // 4)
    return (piece for _ in range(LARGE // len(piece)))


class OneLongLine(io.RawIOBase):
    """A file of 100 MiB without a line break, which is nowhere whole; `most` is the most that was asked for at once."""

    def __init__(self) -> None:
        self.most = 0
        self._left = LARGE

    def read(self, size: int = -1, /) -> bytes:
        """Answer the next zeros."""
        self.most = max(self.most, size)
        given = min(size, self._left)
        self._left -= given
        return bytes(given)


@pytest.mark.parametrize(
    "body",
    [bytearray(BODY), memoryview(BODY), io.BytesIO(BODY), [BODY[:7], BODY[7:]], iter([BODY, b""])],
    ids=["bytearray", "memoryview", "file", "pieces", "iterator"],
)
def test_a_body_may_come_in_any_shape(body: Body) -> None:
    """Whole, as a file or in pieces: the same bytes have the same signature."""
    assert verify_webhook(body, sign_webhook(BODY, SECRET), SECRET)


@pytest.mark.parametrize("body", [large, OneLongLine], ids=["pieces", "file"])
def test_a_body_beyond_memory_is_verified_piece_by_piece(body: Callable[[], Body]) -> None:
    """A body of 100 MiB takes less than one MiB, and its signature is the one that the whole would have."""
    signature = "40057d9ec4ed573f03f7f165cdef04b876c386c9a372521172e3a60bbd503bfb"
    tracemalloc.start()

    holds = verify_webhook(body(), signature, SECRET)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (holds, peak < MEBI) == (True, True)


def test_of_a_file_only_a_piece_is_asked_for() -> None:
    """However long its lines are."""
    file = OneLongLine()

    sign_webhook(file, SECRET)

    assert file.most == CHUNK
