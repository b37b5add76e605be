"""One request as the Worker's routes see it, and the ways in which they refuse it.

Text is trimmed and cut, a value of another type is empty, a number is clamped: the API page's rules stand here once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.sandbox.world import World

Json = dict[str, object]

DAY_MS = 86_400_000
LONGEST_NAME = 160
"""Characters kept of an id, a name or an address."""

LARGEST = 2**53 - 1
"""The largest whole number that the Worker's JavaScript counts with."""


class RefusedError(Exception):
    """An answer other than 200: its status and its `error`."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.body: Json = {"error": error}


class ProcessingError(Exception):
    """What the Worker throws while it processes: answered 500 with the route's own `error` and this as `details`."""


class Alert(NamedTuple):
    """What the Worker tells its operators, apart from the details."""

    source: str
    severity: str
    event_type: str
    message: str
    dedupe_key: str


def clean(value: object, longest: int = LONGEST_NAME) -> str:
    """Answer a text trimmed and cut to `longest` characters; empty for a value of another type."""
    if not isinstance(value, str):
        return ""
    return value.encode(errors="replace").decode().strip()[:longest]


def whole(value: object) -> int | None:
    """Answer a JSON number or a numeral as a whole number, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return None if not math.isfinite(number) or abs(number) > LARGEST else int(number)


def percent(part: int, total: int) -> float:
    """Answer the share in percent, two decimals; 0 of nothing."""
    share = round(100 * part / total, 2) if total else 0
    return int(share) if share == int(share) else share


def parse_json(body: bytes | str) -> object:
    """Parse a body; raises ProcessingError in the words of the Worker's JavaScript engine."""
    try:
        parsed: object = json.loads(body, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ProcessingError(_in_javascript(error)) from None
    except (ValueError, RecursionError):
        raise ProcessingError("Unexpected token in JSON at position 0 (line 1 column 1)") from None
    return parsed


def _in_javascript(error: json.JSONDecodeError) -> str:
    place = f"in JSON at position {error.pos} (line {error.lineno} column {error.colno})"
    if "property name" in error.msg:
        return f"Expected property name or '}}' {place}"
    return f"Unexpected token {place}" if error.doc[error.pos :].strip() else "Unexpected end of JSON input"


def _no_constant(name: str) -> object:
    raise ValueError(name)


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a JSON object; anything else has none."""

    values: Mapping[str, object]

    @classmethod
    def of(cls, value: object) -> Fields:
        """Take the fields of a parsed value."""
        return cls(value if isinstance(value, dict) else {})

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, longest: int = LONGEST_NAME) -> str:
        """Answer a text field, trimmed and cut."""
        return clean(self.values.get(name), longest)

    def email(self, name: str = "email") -> str:
        """Answer an address the way the service stores it: in lower case."""
        return self.text(name).lower()

    def count(self, name: str, default: int = 0) -> int:
        """Answer a whole number that is not negative, or the default."""
        number = whole(self.values.get(name))
        return default if number is None or number < 0 else number

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Answer a text that is one of `allowed`, or the default."""
        text = self.text(name)
        return text if text in allowed else default

    def within(self, name: str) -> Fields:
        """Answer the fields of a nested object."""
        return Fields.of(self.values.get(name))


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the world it meets, the parameters of its path and its query, its headers and its raw body."""

    world: World
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def fields(self) -> Fields:
        """Answer the fields of the body; raises ProcessingError when it is not JSON."""
        return Fields.of(parse_json(self.body))

    def text(self, name: str) -> str:
        """Answer a parameter of the query, trimmed and cut."""
        return clean(self.query.get(name))

    def number(self, name: str, default: int, highest: int) -> int:
        """Answer a parameter clamped to 1 and `highest`; an invalid number is the default."""
        number = whole(self.query.get(name))
        return default if number is None else min(max(number, 1), highest)

    def variable(self, name: str) -> str:
        """Answer a setting of the service; one of nothing but white space is not set."""
        value = self.world.variables.get(name, "")
        return value if value.strip() else ""

    def allows(self, name: str, *, default: bool = False) -> bool:
        """Answer a setting that is `true` or `false`."""
        value = self.variable(name).strip().lower()
        return value == "true" if value else default


def is_signed(secret: str, message: bytes, signature: str) -> bool:
    """Whether the signature is the message's HMAC-SHA256 in hex."""
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def is_admin(call: Call) -> bool:
    """Whether the caller holds the admin token, or nobody needs one."""
    token = call.variable("ADMIN_API_TOKEN")
    if not token:
        return call.allows("ALLOW_OPEN_ADMIN")
    given = call.headers.get("x-admin-token", "")
    believed = bool(given) and call.world.behaviour.accepts_any_token
    return believed or hmac.compare_digest(given.encode(), token.encode())


def require_admin(call: Call) -> None:
    """Refuse a caller without the admin token: 401, or 503 where the service has none."""
    if is_admin(call):
        return
    if not call.variable("ADMIN_API_TOKEN"):
        raise RefusedError(503, "ADMIN_API_TOKEN is not configured.")
    raise RefusedError(401, "Unauthorized admin request.")
