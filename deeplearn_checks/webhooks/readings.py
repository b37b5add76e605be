"""What a text that should be a signature may be, and what a secret may have been when it signed."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import SecretStr

    from deeplearn_checks.webhooks.body_forms import Change

SHORTEST = 16
"""The fewest hex digits that are taken for the beginning of a signature: 64 bits do not fit by chance."""
_WHOLE = 64
_SHORTEST_BASE64 = 11
_WHOLE_BASE64 = 43
_PREFIX = re.compile(r"(?i)(?:x-razorpay-signature|signature|(?:hmac[-_]?)?sha-?256|v[0-9])\s*[=:]\s*")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+")
_QUOTES = "\"'`"


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a text as a signature; `text` is lower-case hex or base64 without padding, perhaps cut."""

    text: str = field(repr=False)
    changes: tuple[Change, ...] = ()
    as_base64: bool = False

    def fits(self, digest: bytes) -> bool:
        """Whether this is the signature that *digest* makes, compared in constant time."""
        written = base64.b64encode(digest).decode() if self.as_base64 else digest.hex()
        return hmac.compare_digest(written[: len(self.text)], self.text)


def readings(signature: str) -> tuple[Reading, ...]:
    """Answer the ways to read a text as a signature, the plainest first; none where it cannot be one."""
    text, changes = _bared(signature)
    return tuple(
        Reading(one.text, (*changes, *one.changes), one.as_base64)
        for one in (*_as_hex(text), *_as_base64(text.rstrip("=")))
    )


def _bared(text: str) -> tuple[str, tuple[Change, ...]]:
    """Take off what stands around a signature, and say what did."""
    changes: list[Change] = []
    while True:
        if text != text.strip():
            text = text.strip()
            changes.append(("signature-spaced", "white space around it"))
        elif unquoted(text) != text:
            text = unquoted(text)
            changes.append(("signature-quoted", "quotes around it"))
        elif found := _PREFIX.match(text):
            text = text[found.end() :]
            changes.append(("signature-prefixed", f"the prefix {found[0].strip()!r}"))
        else:
            return text, tuple(dict.fromkeys(changes))


def _as_hex(text: str) -> Iterator[Reading]:
    if SHORTEST <= len(text) <= _WHOLE and _HEX.fullmatch(text):
        upper: tuple[Change, ...] = (("signature-upper-case", ""),) if text != text.lower() else ()
        cut: tuple[Change, ...] = _cut(len(text), _WHOLE)
        yield Reading(text.lower(), (*upper, *cut))


def _as_base64(text: str) -> Iterator[Reading]:
    """Read base64 of the digest, in either alphabet, or of its hex digits."""
    if not _BASE64.fullmatch(text):
        return
    text = text.replace("-", "+").replace("_", "/")
    encoded: Change = ("signature-base64", "")
    if _SHORTEST_BASE64 <= len(text) <= _WHOLE_BASE64:
        yield Reading(text, (encoded, *_cut(len(text), _WHOLE_BASE64)), as_base64=True)
    elif len(text) == len(base64.b64encode(b"0" * _WHOLE).rstrip(b"=")):
        try:
            digits = base64.b64decode(text + "==").decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            return
        for one in _as_hex(digits):
            yield Reading(one.text, (encoded, *one.changes))


def _cut(length: int, whole: int) -> tuple[Change, ...]:
    return (("signature-truncated", f"{length} of {whole} characters"),) if length < whole else ()


def unquoted(text: str) -> str:
    """Take one pair of quotes off a text."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES
    return text[1:-1] if quoted else text


@dataclass(frozen=True, slots=True)
class Key:
    """What may have signed: a known secret, by name, as it is held or as it may be held elsewhere."""

    name: str
    value: bytes = field(repr=False)
    changes: tuple[Change, ...] = ()


_SPACED = "secret-spaced"
_QUOTED = "secret-quoted"
_ADDED: tuple[tuple[Change, str], ...] = (
    ((_SPACED, "with a line break after it"), "{}\n"),
    ((_SPACED, "with a line break (CRLF) after it"), "{}\r\n"),
    ((_SPACED, "with a space after it"), "{} "),
    ((_SPACED, "with a space before it"), " {}"),
    ((_SPACED, "with a tab after it"), "{}\t"),
    ((_QUOTED, "in double quotes"), '"{}"'),
    ((_QUOTED, "in single quotes"), "'{}'"),
)


def keys(secrets: Mapping[str, SecretStr]) -> tuple[Key, ...]:
    """Answer what may have signed, with fewer changes first; the first of *secrets* is the one that should have.

    Raises ValueError for an empty secret.
    """
    found: list[Key] = []
    for number, (name, secret) in enumerate(secrets.items()):
        other: tuple[Change, ...] = (("another-secret", ""),) if number else ()
        plain = secret.get_secret_value()
        if not plain:
            raise ValueError(f"{name} is empty: an empty secret signs nothing")
        found += [Key(name, text.encode(), (*other, *changes)) for text, changes in _variants(plain)]
    unlike: dict[bytes, Key] = {}
    for key in sorted(found, key=lambda one: len(one.changes)):
        unlike.setdefault(key.value, key)
    return tuple(key for value, key in unlike.items() if value)


def _variants(secret: str) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """Give a secret as it is, without what stands around it, and with what may."""
    yield secret, ()
    bare = secret.strip()
    spaced: tuple[Change, ...] = ()
    if bare != secret:
        spaced = ((_SPACED, "without the white space around it"),)
        yield bare, spaced
    if unquoted(bare) != bare:
        yield unquoted(bare).strip(), (*spaced, (_QUOTED, "without the quotes around it"))
    for change, pattern in _ADDED:
        yield pattern.replace("{}", secret), (change,)
