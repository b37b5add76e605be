"""Why a signature does not match: each reason is named, by itself and together with another."""

from __future__ import annotations

import base64
import json
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from deeplearn_checks.signatures import sign_checkout, sign_webhook
from deeplearn_checks.webhooks.body_forms import LARGEST_FRAMED, LARGEST_WRITTEN, forms, same_json, styles
from deeplearn_checks.webhooks.explanations import Delivery, explain
from deeplearn_checks.webhooks.texts import SLUGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deeplearn_checks.webhooks.explanations import Explanation

SECRET = SecretStr("webhook-secret-1")
KEY_SECRET = SecretStr("key-secret-1")
SECRETS = {"RAZORPAY_WEBHOOK_SECRET": SECRET, "RAZORPAY_KEY_SECRET": KEY_SECRET}
EVENT = {
    "event": "payment.captured",
    "payload": {
        "payment": {"entity": {"id": "pay_One", "order_id": "order_One", "notes": {"name": "Zoë", "url": "a/b"}}},
        "amount": 1.0,
    },
}
BODY = json.dumps(EVENT, separators=(",", ":"), ensure_ascii=False).encode()
SIGNATURE = sign_webhook(BODY, SECRET)
NOBODY = SecretStr("somebody-else")


def slugs(explanation: Explanation) -> list[str]:
    """Answer the kinds of all differences."""
    return [one.slug for one in explanation.differences]


def test_what_matches_is_told_so() -> None:
    """Nothing is different, and the secret is named."""
    explanation = explain(BODY, SIGNATURE, SECRETS)

    assert (explanation.matches, explanation.slug, explanation.secret) == (True, "matches", "RAZORPAY_WEBHOOK_SECRET")


@pytest.mark.parametrize(
    ("signer", "expected"),
    [
        (KEY_SECRET, ["another-secret"]),
        (SecretStr("webhook-secret-1\n"), ["secret-spaced"]),
        (SecretStr("webhook-secret-1\r\n"), ["secret-spaced"]),
        (SecretStr(" webhook-secret-1"), ["secret-spaced"]),
        (SecretStr('"webhook-secret-1"'), ["secret-quoted"]),
        (SecretStr("'key-secret-1'"), ["another-secret", "secret-quoted"]),
        (NOBODY, ["unknown"]),
    ],
)
def test_the_secret_that_signed_is_found(signer: SecretStr, expected: list[str]) -> None:
    """Another that is known, or one with white space or quotes around it."""
    assert slugs(explain(BODY, sign_webhook(BODY, signer), SECRETS)) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (" webhook-secret-1\n", ["secret-spaced"]),
        ('"webhook-secret-1"', ["secret-quoted"]),
        ("'webhook-secret-1'\n", ["secret-spaced", "secret-quoted"]),
    ],
)
def test_white_space_and_quotes_in_our_own_secret_are_found(held: str, expected: list[str]) -> None:
    """The mistake may be on our side."""
    assert slugs(explain(BODY, SIGNATURE, {"RAZORPAY_WEBHOOK_SECRET": SecretStr(held)})) == expected


def test_the_secret_is_told_by_name_never_by_value() -> None:
    """Whatever is different."""
    explanation = explain(BODY, sign_webhook(BODY, SecretStr('"key-secret-1"')), SECRETS)

    told = repr(explanation) + explanation.sentence + explanation.remedy
    assert ("RAZORPAY_KEY_SECRET" in told, "key-secret-1" in told) == (True, False)


def base64_of(signature: str) -> str:
    """Answer a signature in base64."""
    return base64.b64encode(bytes.fromhex(signature)).decode()


@pytest.mark.parametrize(
    ("garble", "expected"),
    [
        (str.upper, ["signature-upper-case"]),
        (base64_of, ["signature-base64"]),
        (lambda s: base64_of(s).rstrip("=").replace("+", "-").replace("/", "_"), ["signature-base64"]),
        (lambda s: base64.b64encode(s.encode()).decode(), ["signature-base64"]),
        (lambda s: base64_of(s)[:30], ["signature-base64", "signature-truncated"]),
        (lambda s: s[:-1], ["signature-truncated"]),
        (lambda s: s[:16], ["signature-truncated"]),
        (lambda s: f" {s}\n", ["signature-spaced"]),
        (lambda s: f'"{s}"', ["signature-quoted"]),
        (lambda s: f"sha256={s}", ["signature-prefixed"]),
        (lambda s: f"X-Razorpay-Signature: {s.upper()}", ["signature-prefixed", "signature-upper-case"]),
        (lambda _: "", ["signature-missing"]),
        (lambda s: s[:10], ["not-a-signature"]),
        (lambda s: s + "00", ["not-a-signature"]),
        (lambda _: "z" * 64, ["not-a-signature"]),
        (lambda _: "Invalid; signature", ["not-a-signature"]),
        (lambda _: base64.b64encode(b"z" * 64).decode(), ["not-a-signature"]),
        (lambda _: base64.b64encode(b"\xff" * 64).decode(), ["not-a-signature"]),
        (lambda _: "é" * 64, ["not-a-signature"]),
    ],
)
def test_what_became_of_the_signature_is_found(garble: Callable[[str], str], expected: list[str]) -> None:
    """Another writing, a part of it, something around it, or none at all."""
    assert slugs(explain(BODY, garble(SIGNATURE), SECRETS)) == expected


@pytest.mark.parametrize(
    ("mutate", "expected"),
    [
        (lambda b: json.dumps(json.loads(b)).encode(), "compact, unescaped"),
        (lambda b: json.dumps(json.loads(b), indent=2, ensure_ascii=False).encode(), "compact"),
        (lambda b: json.dumps(json.loads(b), separators=(",", ":")).encode(), "unescaped"),
        (lambda b: b.replace(b"/", b"\\/"), "slashes as they are"),
        (lambda b: b + b"\n", "without the line break"),
        (lambda b: b"\xef\xbb\xbf" + b, "without the byte order mark"),
        (lambda b: b" " + b, "without the white space"),
        (lambda b: b"\xef\xbb\xbf" + b + b"\r\n", "line break at its end"),
    ],
)
def test_what_became_of_the_body_is_found(mutate: Callable[[bytes], bytes], expected: str) -> None:
    """The body that is held was changed since it was signed: how it was signed is told."""
    explanation = explain(mutate(BODY), SIGNATURE, SECRETS)

    assert expected in explanation.sentence


@pytest.mark.parametrize(
    ("mutate", "slug", "expected"),
    [
        (lambda b: json.dumps(json.loads(b), ensure_ascii=False).encode(), "body-reserialised", ": spaced."),
        (lambda b: json.dumps(json.loads(b), sort_keys=True).encode(), "body-reserialised", "sorted by key"),
        (lambda b: b.replace(b"1.0", b"1"), "body-reserialised", ": 1.0 written as 1."),
        (lambda b: b + b"\r\n", "body-newline", "(CRLF)"),
        (lambda b: b"\xef\xbb\xbf" + b, "body-byte-order-mark", "with a byte order mark"),
        (lambda _: b"", "body-empty", "empty"),
    ],
)
def test_a_signer_that_changed_the_body_is_found(mutate: Callable[[bytes], bytes], slug: str, expected: str) -> None:
    """The body that is held is the right one, and another was signed."""
    explanation = explain(BODY, sign_webhook(mutate(BODY), SECRET), SECRETS)

    assert (explanation.slug, expected in explanation.sentence) == (slug, True)


@pytest.mark.parametrize(
    ("body", "signed", "words"),
    [
        (b"a\r\nb", b"a\nb", "LF in place of CRLF"),
        (b"a\nb", b"a\r\nb", "CRLF in place of LF"),
    ],
)
def test_changed_line_ends_are_found(body: bytes, signed: bytes, words: str) -> None:
    """Of a body that is no JSON too."""
    explanation = explain(body, sign_webhook(signed, SECRET), SECRETS)

    assert (explanation.slug, words in explanation.sentence) == ("body-line-endings", True)


@pytest.mark.parametrize(
    ("body", "signature", "expected"),
    [
        (json.dumps(EVENT).encode(), sign_webhook(BODY, KEY_SECRET), ["another-secret", "body-reserialised"]),
        (BODY + b"\n", base64_of(SIGNATURE), ["body-newline", "signature-base64"]),
        (BODY, sign_webhook(BODY, KEY_SECRET).upper(), ["another-secret", "signature-upper-case"]),
        (json.dumps(EVENT).encode(), sign_webhook(BODY + b"\n", SECRET), ["body-reserialised", "body-newline"]),
    ],
)
def test_two_differences_at_once_are_both_named(body: bytes, signature: str, expected: list[str]) -> None:
    """The secret first, then the body, then the signature."""
    assert slugs(explain(body, signature, SECRETS)) == expected


@pytest.mark.parametrize("secret", [KEY_SECRET, SECRET], ids=["key secret", "webhook secret"])
def test_the_signature_of_a_checkout_is_found(secret: SecretStr) -> None:
    """Order and payment of the body, signed with the key secret or mistakenly another."""
    explanation = explain(BODY, sign_checkout("order_One", "pay_One", secret), SECRETS)

    assert (slugs(explanation), "order_One and pay_One" in explanation.sentence) == (["checkout-signature"], True)


def test_the_signature_of_a_subscription_checkout_is_found() -> None:
    """Which signs payment and subscription."""
    body = b'{"razorpay_payment_id": "pay_One", "razorpay_subscription_id": "sub_One"}'

    assert slugs(explain(body, sign_webhook(b"pay_One|sub_One", KEY_SECRET), SECRETS)) == ["checkout-signature"]


def test_another_delivery_is_found() -> None:
    """Of several, the one whose body was signed."""
    others = [Delivery("first.json", b"1"), Delivery("second.json", b"2")]

    explanation = explain(BODY, sign_webhook(b"2", KEY_SECRET), SECRETS, others)

    assert (slugs(explanation), explanation.delivery) == (["another-secret", "another-delivery"], "second.json")


def test_a_delivery_with_this_very_signature_is_found_whatever_signed_it() -> None:
    """Where no secret fits, a header that belongs to another delivery is still known."""
    signature = sign_webhook(b"2", NOBODY)
    others = [Delivery("first.json", b"1"), Delivery("second.json", b"2", signature)]

    explanation = explain(BODY, signature, SECRETS, others)

    assert (explanation.slug, explanation.delivery, explanation.secret) == ("another-delivery", "second.json", "")


def test_the_order_of_keys_is_found_beside_the_original() -> None:
    """Sorting loses the order of the keys: only the delivery as it came tells."""
    body = json.dumps(json.loads(BODY), sort_keys=True).encode()

    alone = explain(body, sign_webhook(BODY, SECRET), SECRETS)
    beside = explain(body, sign_webhook(BODY, SECRET), SECRETS, [Delivery("raw.json", BODY)])

    assert (alone.slug, beside.slug, beside.delivery) == ("unknown", "body-reserialised", "raw.json")


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (json.dumps(EVENT).encode(), "the body is spaced"),
        (
            json.dumps(EVENT | {"a": 1}, sort_keys=True, separators=(",", ":")).encode(),
            "the keys of the body are sorted",
        ),
        (BODY, "(known: RAZORPAY_WEBHOOK_SECRET, RAZORPAY_KEY_SECRET)"),
        (b"x" * (LARGEST_WRITTEN + 1), "not every form is tried"),
    ],
)
def test_what_fits_nothing_is_unknown_and_told_what_it_looks_like(body: bytes, hint: str) -> None:
    """What was tried, and what of the body hints at a serialiser."""
    explanation = explain(body, sign_webhook(BODY, NOBODY), SECRETS)

    assert (explanation.slug, hint in explanation.sentence) == ("unknown", True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"not json",
        b"[" * 50_000,
        b"[" * 900 + b"]" * 900,
        b'{"a":' * 99 + b"1" + b"}" * 99,
        b"9" * 5000,
        b"[1e400,-1e400,NaN]",
        b'"\\ud800"',
        b"[1.5,1e30]",
    ],
)
def test_no_body_is_stumbled_over(body: bytes) -> None:
    """Whatever it holds: no text, no JSON, bottomless nesting, numbers without end."""
    assert explain(body, sign_webhook(BODY, NOBODY), SECRETS).slug == "unknown"


def test_a_lone_surrogate_is_written_as_its_escape() -> None:
    """As JavaScript does, for UTF-8 has none."""
    assert explain(b'["\\ud800"]', sign_webhook(b'[ "\\ud800" ]'.replace(b" ", b""), SECRET), SECRETS).matches


@pytest.mark.parametrize(
    ("secret", "signature_of", "expected"),
    [(SECRET, str, "matches"), (KEY_SECRET, str.upper, "another-secret"), (NOBODY, str, "unknown")],
)
def test_a_body_beyond_memory_is_explained_piece_by_piece(
    secret: SecretStr, signature_of: Callable[[str], str], expected: str
) -> None:
    """Secrets and readings are tried in constant memory; of the body no other forms are made."""
    piece, count = bytes(1 << 20), 40

    def pieces() -> Iterator[bytes]:
        return (piece for _ in range(count))

    signature = signature_of(sign_webhook(pieces(), secret))
    tracemalloc.start()

    explanation = explain(pieces(), signature, SECRETS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (explanation.slug, peak < 3 * LARGEST_FRAMED) == (expected, True)


def test_a_large_body_is_not_parsed() -> None:
    """Its ends are looked at, no more."""
    body = b"[" + b"1," * LARGEST_WRITTEN + b"1]"

    assert {change[0] for form in forms(body) for change in form.changes} == {
        "body-newline",
        "body-byte-order-mark",
        "body-empty",
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'{"a": 1, "b": [2]}', b'{"b":[2],"a":1}', True),
        (b'{"a": 1}', b'{"a": true}', False),
        (b"no json", b"no json", False),
        (b" " * LARGEST_WRITTEN + b"1", b"1", False),
        (b"[" * 101 + b"]" * 101, b"[" * 101 + b"]" * 101, False),
    ],
)
def test_two_bodies_may_hold_the_same(one: bytes, other: bytes, *, same: bool) -> None:
    """However they are written; what cannot be read holds nothing."""
    assert same_json(one, other) is same


def test_no_form_is_the_body_itself_and_none_comes_twice() -> None:
    """Each is tried once."""
    bodies = [form.body for form in forms(BODY)]

    assert (BODY in bodies, len(bodies) - len(set(bodies))) == (False, 0)


def test_a_body_beyond_the_limit_has_no_forms() -> None:
    """Copies of it would fill the memory."""
    assert list(forms(bytes(LARGEST_FRAMED + 1))) == []


def test_a_style_is_told_whatever_stands_around_it() -> None:
    """A byte order mark and line ends are no part of how JSON is written."""
    body = b"\xef\xbb\xbf" + json.dumps(EVENT, indent=4).replace("\n", "\r\n").encode() + b"\r\n"

    assert {one.layout for one in styles(body)} == {"indented by 4"}


@pytest.mark.parametrize(
    ("secrets", "message"),
    [({}, "no secret is known"), ({"A": SECRET, "B": SecretStr("")}, "B is empty: an empty secret signs nothing")],
)
def test_without_a_secret_nothing_is_explained(secrets: dict[str, SecretStr], message: str) -> None:
    """An empty one is refused by name."""
    with pytest.raises(ValueError, match=message):
        explain(BODY, SIGNATURE, secrets)


def test_a_secret_of_white_space_is_one_like_any_other() -> None:
    """Nothing is left of it without, which signs nothing."""
    secrets = {"RAZORPAY_WEBHOOK_SECRET": SecretStr("  ")}

    assert explain(BODY, sign_webhook(BODY, secrets["RAZORPAY_WEBHOOK_SECRET"]), secrets).matches


def test_every_kind_has_its_line_in_the_page_for_operators() -> None:
    """What can be answered is documented."""
    page = (Path(__file__).parents[2] / "docs/webhooks.md").read_text(encoding="utf-8")

    assert [slug for slug in SLUGS if f"`{slug}`" not in page] == []
