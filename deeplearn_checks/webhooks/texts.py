"""The sentences of `webhook explain`: what each difference means, and what to do about it."""

from __future__ import annotations

MATCHES = "matches"

_RAW = "Verify the raw bytes of the request, before any parser: in a Worker await request.arrayBuffer()."
_BARE = "Pass on X-Razorpay-Signature as it came."
_SAME = (
    "Set the webhook's own secret on both sides, in Razorpay's dashboard (Settings, Webhooks) and with npx wrangler "
    "secret put RAZORPAY_WEBHOOK_SECRET; what was first sent before a change stays signed with the old one until "
    "Razorpay gives up, after 24 hours."
)
_ELSEWHERE = (
    "Set RAZORPAY_WEBHOOK_SECRET_PREVIOUS to the secret before the last change, compare the secret in Razorpay's "
    "dashboard, and take body and signature from one and the same request."
)
_SET = "Set it again without: printf %s VALUE | npx wrangler secret put {secret} (echo adds a line break)."

_TEXTS: dict[str, tuple[str, str]] = {
    MATCHES: ("The signature is that of the body, made with {secret}.", ""),
    "another-secret": (
        "The signature was made with {secret}, another secret than the one expected.",
        _SAME,
    ),
    "secret-spaced": ("The signature was made with {secret} {words}.", _SET),
    "secret-quoted": ("The signature was made with {secret} {words}.", _SET),
    "body-reserialised": ("The signed body was written otherwise than this one: {words}.", _RAW),
    "body-newline": ("The signed body was this one {words}.", f"{_RAW} Write files of it without an editor."),
    "body-spaced": ("The signed body was this one {words}.", _RAW),
    "body-byte-order-mark": ("The signed body was this one {words}.", f"{_RAW} Save it as UTF-8 without a mark."),
    "body-line-endings": ("The signed body was this one {words}.", f"{_RAW} Transfer files of it as binary."),
    "body-empty": ("The signed body was empty.", "Read the body once: a parser before the verification used it up."),
    "signature-base64": ("The signature is in base64; Razorpay's is in hex.", "Answer the digest in hex: hexdigest()."),
    "signature-upper-case": (
        "The signature is in upper case; Razorpay's is in lower case.",
        "Write hex in lower case.",
    ),
    "signature-truncated": ("The signature is cut off: {words}.", "Store and pass on all 64 characters of it."),
    "signature-spaced": ("The signature has {words}.", _BARE),
    "signature-quoted": ("The signature has {words}.", _BARE),
    "signature-prefixed": ("The signature has {words}; Razorpay's has none.", _BARE),
    "checkout-signature": (
        "This is the signature of a finished checkout ({words}), made with {secret}, not of a webhook.",
        "Send it to POST /api/funnel/payment/verify; of a webhook take the header X-Razorpay-Signature.",
    ),
    "another-delivery": (
        "The signature belongs to another delivery: {words}.",
        "Keep each body with its own header; tell deliveries apart by X-Razorpay-Event-Id.",
    ),
    "signature-missing": (
        "There is no signature.",
        "Pass on the header X-Razorpay-Signature; a proxy on the way may have dropped it.",
    ),
    "not-a-signature": (
        "The text ({words} characters) is no signature: that is 64 hex digits.",
        "Take the value of the header X-Razorpay-Signature, not of another.",
    ),
    "unknown": (
        "Nothing fits: no known secret made this signature of any form of the body that is tried (known: {words}).",
        _ELSEWHERE,
    ),
}
"""By kind of difference: the sentence, and the remedy."""

SLUGS = frozenset(_TEXTS)
"""Every kind of difference."""


def text(slug: str, words: str, secret: str) -> tuple[str, str]:
    """Answer sentence and remedy of a difference; *secret* is the name of the one that signed."""
    sentence, remedy = _TEXTS[slug]
    return (_filled(sentence, words, secret), _filled(remedy, words, secret))


def _filled(pattern: str, words: str, secret: str) -> str:
    return pattern.replace("{words}", words).replace("{secret}", secret)
