"""The only place that knows what is secret or personal, and how it may be shown.

Everything that leaves the process (evidence, exchanges, reports, exception texts) is `Redacted`
text, and only a `Redactor` makes it. Secrets are masked by value in every form they take on the
wire (plain, URL-encoded, JSON-escaped, in HTML, base64), by the name of the field or header that holds
them, and by pattern. People keep a stable pseudonym, keyed by the operator's own secret, so that two
findings about one learner can be joined and nobody without that secret can guess a name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NewType
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

Redacted = NewType("Redacted", str)
"""Text that holds no secret and no person; made by a `Redactor` only."""

EMPTY = Redacted("")

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
"""Any value that JSON can hold."""

MASK = "[secret]"
SECRET_NAMES = frozenset(
    {
        "authorization",
        "cf-turnstile-response",
        "cookie",
        "key_secret",
        "password",
        "secret",
        "set-cookie",
        "token",
        "turnstile_token",
        "x-admin-token",
        "x-razorpay-signature",
    }
)
"""Names of headers, query parameters and JSON fields whose values are never shown."""

PERSON_NAMES = frozenset({"contact", "email", "phone", "q"})
"""Names of fields that identify one person: shown as a pseudonym."""

PRIVATE_NAMES = frozenset({"billing_address", "card", "display_name", "full_name", "notes_text", "upi", "vpa"})
"""Names of fields about a person that no diagnosis needs: masked."""

_WITHHELD_WHOLE = SECRET_NAMES | PRIVATE_NAMES
_NAMED = _WITHHELD_WHOLE | PERSON_NAMES
_AT = re.compile(r"(?:@|%40)(?=[\w-])")
_LOCAL = re.compile(r"\w[\w.+'-]*\Z")
_LONGEST_LOCAL = 64
_DOMAINS = re.compile(r"(?:(?:@|%40)[\w-]+(?:\.[\w-]+)*)+")
_PHONE = re.compile(
    r"(?<!\w)(?<!\d\.)(?<!person-)(?:(?:\+|%2[Bb])\d[\d ()-]{8,16}\d|(?:0|91)?[6-9]\d{4}[ -]?\d{5})(?!\w)"
)
_FIELD = re.compile(
    rf"""(?is)(?P<name>"(?P<field>{"|".join(sorted(_NAMED))})"\s*:\s*)"""
    r"""(?:"(?P<text>(?:[^"\\]|\\.)*)(?P<end>"|\\?$)|(?P<bare>[^\s",{}\[\]]+))"""
)
"""A field of JSON, perhaps broken off: its name, and a value that is a text or a word."""
_CREDENTIAL = re.compile(r"(?i)\b(basic|bearer)\s+[A-Za-z0-9+/=._~-]{8,}")
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
_IN_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_SYNTHETIC = re.compile(r"(?i)[a-z0-9._-]{1,64}(?:@|%40)deeplearn-checks\.invalid|(?:\+|%2b)910000000000")
SYNTHETIC_DOMAIN = "@deeplearn-checks.invalid"
"""The reserved domain of the suite's own learner, who is nobody and keeps the address: operators must recognise it."""
SYNTHETIC_PHONE = "+910000000000"
"""Its telephone number, which is nobody's either."""
TELEPHONE = "tel:"
"""How a phone number may begin that is written as a URI."""
_PSEUDONYM = re.compile(r"person-[0-9a-f]{10}")


def wire_forms(secret: str) -> frozenset[str]:
    """Every form in which *secret* may stand in a text: plain, URL-encoded, JSON-escaped, in HTML, base64."""
    plain = secret.encode()
    encoded = (quote(secret, safe=""), quote_plus(secret))
    escaped = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    return frozenset(
        {
            secret,
            secret.translate(_IN_HTML),
            *encoded,
            *(_ESCAPE.sub(lambda found: found[0].lower(), text) for text in encoded),
            *escaped,
            *(text.replace("/", "\\/") for text in escaped),
            base64.b64encode(plain).decode(),
            base64.urlsafe_b64encode(plain).decode(),
            base64.b64encode(plain).decode().rstrip("="),
            base64.urlsafe_b64encode(plain).decode().rstrip("="),
        }
    )


def _canonical(person: str) -> str:
    """Fold the spellings of one e-mail address or phone number into one."""
    text = person.strip().lower().replace("%40", "@").replace("%2b", "+")
    digits = re.sub(r"\D", "", text)
    return text if "@" in text or len(digits) < 10 else digits[-10:]  # noqa: PLR2004  a national number has ten digits


def identified_by(text: str) -> str:
    """Say by what a text names somebody: `email`, `phone` or `lead_id`, also where it is a pseudonym.

    A phone number may be written as a `tel:` URI (RFC 3966); its pseudonym must be, to be told from an address.
    """
    if "@" in text or _PSEUDONYM.fullmatch(text):
        return "email"
    is_number = sum(map(str.isdigit, text)) >= 10 and not set(text) - set("+ ()-.0123456789")  # noqa: PLR2004  as above
    return "phone" if is_number or text.startswith(TELEPHONE) else "lead_id"


def _writable(text: str) -> str:
    """Replace lone surrogates, which JSON can hold and no report can be written with."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Redactor:
    """Makes text safe to show. `secrets` are masked wherever they stand; `key` keys the pseudonyms."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    key: bytes = field(default=b"deeplearn-checks", repr=False)
    _values: re.Pattern[str] | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        held = {text for secret in self.secrets if secret.strip() for text in (secret, secret.strip())}
        forms = {form for secret in held for form in wire_forms(secret)}
        if forms:
            longest_first = [MASK, *sorted(forms, key=len, reverse=True)]
            object.__setattr__(self, "_values", re.compile("|".join(map(re.escape, longest_first))))

    def __call__(self, text: str) -> Redacted:
        """Mask secrets and replace e-mail addresses and phone numbers in free text, until there are none left."""
        text = _writable(text)
        while (safer := self._safer(text)) != text:
            text = safer
        return Redacted(text)

    def _safer(self, text: str) -> str:
        if self._values is not None:
            text = self._values.sub(MASK, text)
        text = _USERINFO.sub(f"{MASK}@", text)
        if "@" in text or "%40" in text:
            text = self._addressed(text)
        text = _PHONE.sub(lambda found: self.person(found[0]), text)
        return _CREDENTIAL.sub(rf"\1 {MASK}", text)

    def _addressed(self, text: str) -> str:
        """Replace e-mail addresses and payment addresses such as `name@bank`.

        What stands before each at sign is looked at, not each letter for what comes after it: long texts have many.
        """
        told: list[str] = []
        done = 0
        for at in _AT.finditer(text):
            begins = max(done, at.start() - _LONGEST_LOCAL)
            local = _LOCAL.search(text, begins, at.start())
            if local and (domains := _DOMAINS.match(text, at.start())):
                told += text[done : local.start()], self.person(text[local.start() : domains.end()])
                done = domains.end()
        return "".join((*told, text[done:]))

    def person(self, identity: str) -> Redacted:
        """Answer the stable pseudonym of an e-mail address or phone number; an empty one stays empty."""
        identity = _writable(identity.strip())
        if not identity or _PSEUDONYM.fullmatch(identity) or _SYNTHETIC.fullmatch(identity):
            return Redacted(identity)
        digest = hmac.new(self.key, _canonical(identity).encode(), hashlib.sha256).hexdigest()
        return Redacted(f"person-{digest[:10]}")

    def named(self, name: str, value: str) -> Redacted:
        """Redact a value by the name of its header, parameter or field, and then as text."""
        folded = name.lower()
        if folded in SECRET_NAMES and value:
            return Redacted(MASK)
        if folded in PERSON_NAMES:
            return self.person(value)
        if folded in PRIVATE_NAMES and value:
            return Redacted("[personal]")
        return self(value)

    def pairs(self, items: Iterable[tuple[str, str]]) -> tuple[tuple[str, Redacted], ...]:
        """Redact headers or query parameters, each by its name."""
        return tuple((name, self.named(name, value)) for name, value in items)

    def fields(self, text: str) -> Redacted:
        """Redact a text that was meant to be JSON and is none: what looks like a field, by its name; all, as text."""

        def field(found: re.Match[str]) -> str:
            if found["bare"]:
                return f"{found['name']}{self.named(found['field'], found['bare'])}"
            return f'{found["name"]}"{self.named(found["field"], found["text"])}{found["end"]}'

        return self(_FIELD.sub(field, text))

    def json(self, value: Json, name: str = "") -> Json:
        """Redact a JSON value by the names of its fields; structure stays, and numbers that hold no secret."""
        if isinstance(value, str):
            return self.named(name, value)
        if isinstance(value, list):
            return [self.json(item, name) for item in value]
        if isinstance(value, dict):
            whole = name if name.lower() in _WITHHELD_WHOLE else ""
            return {str(self(key)): self.json(item, whole or key) for key, item in value.items()}
        if isinstance(value, int | float) and not isinstance(value, bool):
            withheld = name.lower() in _NAMED or (self._values is not None and self._values.search(str(value)))
            return self.named(name, str(value)) if withheld else value
        return value
