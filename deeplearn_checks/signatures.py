"""Razorpay's signatures: HMAC-SHA256 in hex over the bytes that were sent, compared in constant time.

Bytes go in as they came and are never decoded, parsed or encoded again: a body that was, has another signature.
Source: Razorpay, "Validate and test webhooks" and "Verify payment signature"; API page, section Razorpay.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pydantic import SecretStr

CHUNK = 1 << 16
"""How many bytes of a file are held at a time."""


class Readable(Protocol):
    """A binary file, as far as it is read here."""

    def read(self, size: int, /) -> bytes:
        """Answer at most *size* bytes, none at the end."""
        ...


Body = bytes | bytearray | memoryview | Readable | Iterable[bytes]
"""A raw body: whole, or a binary file or the pieces of one, of which only one piece is held at a time."""


def sign_webhook(body: Body, secret: SecretStr) -> str:
    """Answer the value of `X-Razorpay-Signature` for a raw webhook body; raises ValueError for an empty secret."""
    key = secret.get_secret_value().encode()
    if not key:
        raise ValueError("an empty secret signs nothing")
    if isinstance(body, bytes):
        return hmac.new(key, body, sha256).hexdigest()
    return fed(key, body).hexdigest()


def verify_webhook(body: Body, signature: str, secret: SecretStr) -> bool:
    """Whether *signature* is that of the raw body; raises ValueError for an empty secret."""
    return signature.isascii() and hmac.compare_digest(signature, sign_webhook(body, secret))


def sign_checkout(order_id: str, payment_id: str, key_secret: SecretStr) -> str:
    """Answer the `razorpay_signature` of a finished checkout; raises ValueError for an empty secret."""
    return sign_webhook(f"{order_id}|{payment_id}".encode(), key_secret)


def verify_checkout(order_id: str, payment_id: str, signature: str, key_secret: SecretStr) -> bool:
    """Whether *signature* is that of the finished checkout; raises ValueError for an empty secret."""
    return verify_webhook(f"{order_id}|{payment_id}".encode(), signature, key_secret)


def verify_certificate(certificate: Mapping[str, str], secret: SecretStr) -> bool:
    """Whether a certificate's `signature` is that of what it names; raises ValueError for an empty secret.

    Signed is the compact JSON of certificate_id, course_id, user_id, issued_on (API page, "Certificates").
    """
    names = {name: certificate[name] for name in ("certificate_id", "course_id", "user_id", "issued_on")}
    body = json.dumps(names, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")
    return verify_webhook(body, certificate["signature"], secret)


def certificate_id(course_id: str, user_id: str, issued_on: str) -> str:
    """Answer the id of a certificate: letters, digits, `_` and `-`, 80 at most (API page, "Certificates")."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"{course_id}-{user_id}-{issued_on}")[:80]


def fed(key: bytes, body: Body) -> hmac.HMAC:
    """Answer the HMAC of a body that is read piece by piece."""
    code = hmac.new(key, digestmod=sha256)
    for piece in pieces(body):
        code.update(piece)
    return code


def pieces(body: Body) -> Iterator[bytes | bytearray | memoryview]:
    """Give a body piece by piece; of a file no more than `CHUNK` bytes at once, however long its lines are."""
    if isinstance(body, bytes | bytearray | memoryview):
        whole = memoryview(body).cast("B")
        yield from (whole[start : start + CHUNK] for start in range(0, len(whole), CHUNK))
    elif isinstance(body, Iterable) and not hasattr(body, "read"):
        yield from body
    else:
        yield from iter(partial(body.read, CHUNK), b"")
