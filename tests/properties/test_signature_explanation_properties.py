"""Whatever the body: each change that is made to it, to its secret or to its signature is named."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pace
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from deeplearn_checks.signatures import sign_checkout, sign_webhook
from deeplearn_checks.webhooks.explanations import Delivery, explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from deeplearn_checks.redaction import Json

SECRET = SecretStr("webhook-secret-1")
KEY_SECRET = SecretStr("key-secret-1")
SECRETS = {"RAZORPAY_WEBHOOK_SECRET": SECRET, "RAZORPAY_KEY_SECRET": KEY_SECRET}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
EVENTS = st.dictionaries(st.text(), VALUES, max_size=5).map(lambda event: event | {"z": "é/", "a": [1, 2]})
"""Any JSON, in which there is something for each change to change."""
unhurried = settings(pace.unhurried, max_examples=40)


def razorpays(event: Json) -> bytes:
    """Write an event as Razorpay does: compact and unescaped."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def spaced(body: bytes) -> bytes:
    """Write a body again as Python does by default, without escapes."""
    return json.dumps(json.loads(body), ensure_ascii=False).encode()


def escaped(body: bytes) -> bytes:
    """Write a body again with ASCII alone."""
    return json.dumps(json.loads(body), separators=(",", ":")).encode()


def indented(body: bytes) -> bytes:
    """Write a body again over several lines."""
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False).encode()


def in_order(body: bytes) -> bytes:
    """Write a body again with its keys sorted."""
    return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()


MUTATIONS: tuple[tuple[Callable[[bytes], bytes], str, str, str], ...] = (
    (spaced, "body-reserialised", "compact", "spaced"),
    (indented, "body-reserialised", "compact", "indented by 2"),
    (escaped, "body-reserialised", "unescaped", "ASCII-escaped"),
    (lambda body: body.replace(b"/", b"\\/"), "body-reserialised", "slashes as they are", "slashes escaped"),
    (lambda body: body + b"\n", "body-newline", "without the line break", "with a line break (LF)"),
    (lambda body: body + b"\r\n", "body-newline", "without the line break", "with a line break (CRLF)"),
    (lambda body: b"\xef\xbb\xbf" + body, "body-byte-order-mark", "without the byte", "with a byte order mark"),
)
"""What becomes of bodies: the slug, how the original differs from what came of it, and that from the original."""
NAMES = ["spaced", "indented", "escaped", "slashes", "newline", "crlf", "byte order mark"]


@pytest.mark.parametrize(("mutate", "slug", "original", "_"), MUTATIONS, ids=NAMES)
@unhurried
@given(event=EVENTS)
def test_a_change_of_the_body_we_hold_is_named(
    mutate: Callable[[bytes], bytes], slug: str, original: str, _: str, event: Json
) -> None:
    """How the signed body differs from what came of it."""
    body = razorpays(event)

    explanation = explain(mutate(body), sign_webhook(body, SECRET), SECRETS)

    assert (explanation.slug, original in explanation.sentence) == (slug, True)


@pytest.mark.parametrize(("mutate", "slug", "_", "mutated"), MUTATIONS, ids=NAMES)
@pytest.mark.parametrize("secret", [SECRET, KEY_SECRET], ids=["expected", "another"])
@unhurried
@given(event=EVENTS)
def test_a_change_before_signing_is_named(
    mutate: Callable[[bytes], bytes], slug: str, _: str, mutated: str, secret: SecretStr, event: Json
) -> None:
    """With the expected secret, and with another besides."""
    body = razorpays(event)

    explanation = explain(body, sign_webhook(mutate(body), secret), SECRETS)

    slugs = [one.slug for one in explanation.differences]
    expected = [slug] if secret is SECRET else ["another-secret", slug]
    assert (slugs, mutated in explanation.sentence) == (expected, True)


@unhurried
@given(event=EVENTS)
def test_sorting_is_named(event: Json) -> None:
    """Before signing from the body alone; after it beside the body as it came."""
    body = razorpays(event)

    before = explain(body, sign_webhook(in_order(body), SECRET), SECRETS)
    after = explain(in_order(body), sign_webhook(body, SECRET), SECRETS, [Delivery("raw.json", body)])

    assert ("sorted by key" in before.sentence, before.slug, after.slug, after.delivery) == (
        True,
        "body-reserialised",
        "body-reserialised",
        "raw.json",
    )


@unhurried
@given(event=EVENTS)
def test_changed_line_ends_are_named(event: Json) -> None:
    """Of a body over several lines."""
    body = indented(razorpays(event))

    explanation = explain(body.replace(b"\n", b"\r\n"), sign_webhook(body, SECRET), SECRETS)

    assert explanation.slug == "body-line-endings"


@unhurried
@given(
    st.binary(),
    st.sampled_from(
        [
            ("signature-upper-case", str.upper),
            ("signature-base64", lambda text: base64.b64encode(bytes.fromhex(text)).decode()),
            ("signature-spaced", "\t{}\n".format),
            ("signature-quoted", '"{}"'.format),
            ("signature-prefixed", "sha256={}".format),
            ("signature-truncated", lambda text: text[:-1]),
            ("signature-truncated", lambda text: text[:16]),
        ]
    ),
    st.sampled_from([SECRET, KEY_SECRET]),
)
def test_a_change_of_the_signature_is_named(
    body: bytes, change: tuple[str, Callable[[str], str]], secret: SecretStr
) -> None:
    """Of any body, JSON or not, with any secret that is known."""
    slug, garble = change
    signature = sign_webhook(body, secret)
    assume(garble(signature) != signature)

    explanation = explain(body, garble(signature), SECRETS)

    assert [one.slug for one in explanation.differences] == [slug] if secret is SECRET else ["another-secret", slug]


@unhurried
@given(EVENTS, st.sampled_from(['"{}"', "'{}'", " {}", "{} ", "{}\n", "{}\r\n"]), st.sampled_from([SECRET, KEY_SECRET]))
def test_what_stands_around_a_secret_is_named(event: Json, pattern: str, secret: SecretStr) -> None:
    """Where it signed, and where it is held."""
    body, around = razorpays(event), SecretStr(pattern.replace("{}", secret.get_secret_value()))

    there = explain(body, sign_webhook(body, around), {"HELD": secret})
    here = explain(body, sign_webhook(body, secret), {"HELD": around})

    slug = "secret-quoted" if pattern[0] in "\"'" else "secret-spaced"
    assert (there.slug, here.slug) == (slug, slug)


@unhurried
@given(
    EVENTS,
    st.from_regex(r"order_[A-Za-z0-9]{14}", fullmatch=True),
    st.from_regex(r"pay_[A-Za-z0-9]{14}", fullmatch=True),
)
def test_the_signature_of_the_checkout_is_named(event: dict[str, Json], order: str, payment: str) -> None:
    """Wherever in the body its ids stand."""
    body = razorpays({"payload": {"payment": {"entity": {"id": payment, "order_id": order}}}, "beside": event})

    assert explain(body, sign_checkout(order, payment, KEY_SECRET), SECRETS).slug == "checkout-signature"


@unhurried
@given(st.lists(st.binary(min_size=1), min_size=2, max_size=6, unique=True), st.data())
def test_the_delivery_that_was_signed_is_named(bodies: list[bytes], data: st.DataObject) -> None:
    """Among any number."""
    first, *others = bodies
    number = data.draw(st.integers(0, len(others) - 1))
    deliveries = [Delivery(str(place), body) for place, body in enumerate(others)]

    explanation = explain(first, sign_webhook(others[number], SECRET), SECRETS, deliveries)

    assert (explanation.slug in {"another-delivery", "body-reserialised"}, explanation.delivery) == (True, str(number))


@unhurried
@given(st.binary(), st.text())
def test_anything_at_all_is_answered(body: bytes, signature: str) -> None:
    """No body and no text that claims to be a signature raises."""
    assert explain(body, signature, SECRETS).matches is (signature == sign_webhook(body, SECRET))
