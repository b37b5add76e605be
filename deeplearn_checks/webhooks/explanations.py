"""Why a signature and a body do not belong together: what `deeplearn-checks webhook explain` answers.

Whatever is different is looked for among the secrets at hand, the forms of the body and the readings of the signature,
two differences at once included. Secrets are named, never shown; every comparison takes constant time.
Source: Razorpay, "Validate and test webhooks" and "Verify payment signature"; API page, section Razorpay.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, islice, product
from typing import TYPE_CHECKING

from deeplearn_checks.signatures import pieces
from deeplearn_checks.webhooks.body_forms import LARGEST_FRAMED, LARGEST_WRITTEN, SORTED, Form, forms, same_json, styles
from deeplearn_checks.webhooks.readings import keys, readings
from deeplearn_checks.webhooks.texts import MATCHES, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import SecretStr

    from deeplearn_checks.signatures import Body
    from deeplearn_checks.webhooks.body_forms import Change
    from deeplearn_checks.webhooks.readings import Key, Reading

MOST_CHANGES = 2
"""How many differences of secret and body are looked for together."""
_MOST_IDS = 8
_FEW_KEYS = 5
"""So many keys may stand in alphabetical order by chance."""
_ORDER, _PAYMENT, _SUBSCRIPTION = (
    re.compile(rb"(?<![A-Za-z0-9_])" + prefix + rb'_[A-Za-z0-9]{1,40}(?![A-Za-z0-9_])(?!"?\s*:)')
    for prefix in (b"order", b"pay", b"sub")
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Another delivery that the signature may belong to: what it is called, its raw body, its signature if known."""

    name: str
    body: bytes = field(repr=False)
    signature: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that keeps signature and body apart; `slug` names its kind."""

    slug: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why they do not match, or that they do. `secret` is the name of the one that signed, `delivery` whose body."""

    differences: tuple[Difference, ...]
    secret: str = ""
    delivery: str = ""

    @property
    def slug(self) -> str:
        """The kind of the first difference; `matches` where there is none, `unknown` where nothing fits."""
        return self.differences[0].slug

    @property
    def matches(self) -> bool:
        """Whether the signature is that of the body as it is."""
        return self.slug == MATCHES

    @property
    def sentence(self) -> str:
        """Every difference in a sentence."""
        return " ".join(one.sentence for one in self.differences)

    @property
    def remedy(self) -> str:
        """What to do about each."""
        return " ".join(one.remedy for one in self.differences if one.remedy)


def explain(
    body: Body, signature: str, secrets: Mapping[str, SecretStr], deliveries: Sequence[Delivery] = ()
) -> Explanation:
    """Say why *signature* is not that of the raw *body*; the first of *secrets*, by name, is the one that should sign.

    A body beyond `LARGEST_FRAMED` bytes is read once, in constant memory, and held against secrets and readings
    only. Raises ValueError where there is no secret, or an empty one; never for what body or signature hold.
    """
    if not secrets:
        raise ValueError("no secret is known: there is nothing to hold the signature against")
    search = _Search(keys(secrets), readings(signature), tuple(deliveries))
    begun, rest = _begun(body)
    large = len(begun) > LARGEST_FRAMED
    found = search.streamed(chain([begun], rest)) if large else search.whole(begun)
    return found or search.borrowed(signature) or _unknown(begun, signature, search, secrets)


def _begun(body: Body) -> tuple[bytes, Iterator[bytes | bytearray | memoryview]]:
    """Read a body as far as its other forms are tried; answer that much, and what is left."""
    rest, begun = pieces(body), bytearray()
    for piece in rest:
        begun += piece
        if len(begun) > LARGEST_FRAMED:
            break
    return bytes(begun), rest


@dataclass(frozen=True, slots=True)
class _Search:
    """What may have signed, and how the signature may be read."""

    keys: tuple[Key, ...]
    readings: tuple[Reading, ...]
    deliveries: tuple[Delivery, ...]

    def whole(self, body: bytes) -> Explanation | None:
        """Look among everything; None where nothing fits."""
        if not self.readings:
            return None
        return self._among([Form((), body)]) or self._others(body) or self._checkout(body) or self._among(forms(body))

    def _among(self, bodies: Iterable[Form]) -> Explanation | None:
        for form in bodies:
            for key in self.keys:
                if form.changes and len(key.changes) + len(form.changes) > MOST_CHANGES:
                    break  # the keys that follow differ as much or more
                reading = self._fitting(hmac.digest(key.value, form.body, "sha256"))
                if reading:
                    return _explained(key, form.changes, reading)
        return None

    def _fitting(self, digest: bytes) -> Reading | None:
        return next((reading for reading in self.readings if reading.fits(digest)), None)

    def _others(self, body: bytes) -> Explanation | None:
        """Look whether the signature is that of another delivery, and whether that holds the same."""
        for other in self.deliveries:
            slug = "body-reserialised" if same_json(body, other.body) else "another-delivery"
            change = (slug, f"as {other.name} has it") if slug == "body-reserialised" else (slug, other.name)
            found = self._among([Form((change,), other.body)])
            if found:
                return Explanation(found.differences, found.secret, other.name)
        return None

    def _checkout(self, body: bytes) -> Explanation | None:
        """Look whether the ids in the body were signed: by the key secret, which is no mistake of a checkout."""
        found = self._among(_checkouts(body))
        if found is None:
            return None
        return Explanation(tuple(one for one in found.differences if one.slug != "another-secret"), found.secret)

    def streamed(self, body: Iterable[bytes | bytearray | memoryview]) -> Explanation | None:
        """Look among secrets and readings only, reading the body once."""
        codes = [hmac.new(key.value, digestmod=sha256) for key in self.keys]
        for piece in body:
            for code in codes:
                code.update(piece)
        for key, code in zip(self.keys, codes, strict=True):
            reading = self._fitting(code.digest())
            if reading:
                return _explained(key, (), reading)
        return None

    def borrowed(self, signature: str) -> Explanation | None:
        """Look whether another delivery came with this very signature, whatever signed it."""
        for other in self.deliveries:
            if other.signature and hmac.compare_digest(other.signature.strip().encode(), signature.strip().encode()):
                return Explanation((_difference("another-delivery", other.name, ""),), "", other.name)
        return None


def _explained(key: Key, changes: tuple[Change, ...], reading: Reading) -> Explanation:
    """Put into words what had to be different for the signature to fit."""
    every = (*key.changes, *changes, *reading.changes) or ((MATCHES, ""),)
    return Explanation(tuple(_difference(slug, words, key.name) for slug, words in every), key.name)


def _difference(slug: str, words: str, secret: str) -> Difference:
    sentence, remedy = text(slug, words, secret)
    return Difference(slug, sentence, remedy)


def _checkouts(body: bytes) -> Iterator[Form]:
    """Give what checkouts sign of the ids in a body: order and payment; payment and subscription."""
    orders, payments, subscriptions = (_ids(body, kind) for kind in (_ORDER, _PAYMENT, _SUBSCRIPTION))
    for pair in chain(product(orders, payments), product(payments, subscriptions)):
        yield Form((("checkout-signature", " and ".join(one.decode() for one in pair)),), b"|".join(pair))


def _ids(body: bytes, kind: re.Pattern[bytes]) -> tuple[bytes, ...]:
    found = dict.fromkeys(match[0] for match in islice(kind.finditer(body), _MOST_IDS**2))
    return tuple(islice(found, _MOST_IDS))


def _unknown(body: bytes, signature: str, search: _Search, secrets: Mapping[str, SecretStr]) -> Explanation:
    """Say that nothing fits, what was tried, and what the body looks like."""
    if not signature.strip():
        return Explanation((_difference("signature-missing", "", ""),))
    if not search.readings:
        return Explanation((_difference("not-a-signature", str(len(signature.strip())), ""),))
    words = ", ".join(secrets)
    return Explanation((_difference("unknown", f"{words}{_looks(body)}", ""),))


def _looks(body: bytes) -> str:
    """Say what of a body hints at how it was changed, though nothing fits."""
    if len(body) > LARGEST_WRITTEN:
        return f"; of a body beyond {LARGEST_WRITTEN >> 10} KiB not every form is tried"
    own = styles(body)
    if own and all(one.layout != "compact" for one in own):
        return f"; the body is {own[0].layout}, as Razorpay sends none: it was probably parsed and written again"
    if any(one.order == SORTED for one in own) and body.count(b'":') > _FEW_KEYS:
        return "; the keys of the body are sorted, as Razorpay sends none: it was probably parsed and written again"
    return ""
