"""Every event of Razorpay's catalogue, built from a few entities, with single fields set by their paths.

Source: Razorpay, "Webhook events" and "Webhook payloads".
"""

from __future__ import annotations

import copy
import json
import math
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from deeplearn_checks.webhooks.entities import ENTITIES, NOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from deeplearn_checks.redaction import Json

HANDLED = frozenset({"payment.captured", "order.paid", "payment.failed", "refund.created", "refund.processed"})
"""The events that the service acts upon; every other it ignores (API page, Webhook)."""
ACCOUNT = "acc_ChecksSample01"


class EventError(ValueError):
    """An event or a path that is not there; the text is one line that names the nearest that is."""


@dataclass(frozen=True, slots=True)
class Template:
    """What one event carries, its own entity first, and how the fields of that differ from the sample."""

    contains: tuple[str, ...]
    fields: Mapping[str, Json] = field(default_factory=dict)


_DECLINED: dict[str, Json] = {
    "status": "failed",
    "captured": False,
    "fee": None,
    "tax": None,
    "error_code": "BAD_REQUEST_ERROR",
    "error_description": "Payment was unsuccessful due to a temporary issue.",
    "error_source": "bank",
    "error_step": "payment_authorization",
    "error_reason": "payment_failed",
}
_AUTHORIZED: dict[str, Json] = {"status": "authorized", "captured": False, "fee": None, "tax": None}


def _statuses(prefix: str, contains: tuple[str, ...], words: str, name: str = "status") -> dict[str, Template]:
    """Give the events whose last word, or what follows its `=`, is the status of their entity."""
    pairs = (word.partition("=") for word in words.split())
    return {f"{prefix}.{word}": Template(contains, {name: status or word}) for word, _, status in pairs}


_ACTIVATIONS = "under_review needs_clarification activated rejected"

EVENTS: Mapping[str, Template] = {
    "payment.authorized": Template(("payment",), _AUTHORIZED),
    "payment.captured": Template(("payment",)),
    "payment.failed": Template(("payment",), _DECLINED),
    **_statuses("payment.dispute", ("dispute", "payment"), "created=open won lost closed under_review action_required"),
    **_statuses("payment.downtime", ("payment.downtime",), "started updated resolved"),
    **_statuses("order", ("order", "payment"), "paid"),
    **_statuses("refund", ("refund", "payment"), "created=pending processed failed"),
    "refund.speed_changed": Template(
        ("refund", "payment"), {"speed_processed": "normal", "speed_requested": "optimum"}
    ),
    **_statuses("invoice", ("invoice", "payment", "order"), "paid partially_paid"),
    **_statuses("invoice", ("invoice",), "expired"),
    **_statuses("subscription", ("subscription", "payment"), "charged=active completed pending halted"),
    **_statuses(
        "subscription", ("subscription",), "authenticated activated=active updated=active paused resumed=active"
    ),
    **_statuses("subscription", ("subscription",), "cancelled"),
    **_statuses("settlement", ("settlement",), "processed"),
    **_statuses("payment_link", ("payment_link", "order", "payment"), "paid partially_paid"),
    **_statuses("payment_link", ("payment_link",), "cancelled expired"),
    **_statuses("qr_code", ("qr_code",), "created=active closed"),
    **_statuses("qr_code", ("qr_code", "payment"), "credited=active"),
    **_statuses("virtual_account", ("virtual_account",), "created=active closed"),
    **_statuses("virtual_account", ("virtual_account", "payment", "bank_transfer"), "credited=active"),
    **_statuses("transfer", ("transfer",), "processed failed"),
    **_statuses("account", ("account",), f"{_ACTIVATIONS} suspended instantly_activated activated_kyc_pending"),
    **_statuses("account", ("account",), "funds_hold funds_unhold international_enabled international_disabled"),
    **_statuses("product.route", ("merchant_product",), _ACTIVATIONS, "activation_status"),
    **_statuses("product.payment_gateway", ("merchant_product",), _ACTIVATIONS, "activation_status"),
    **_statuses("fund_account.validation", ("fund_account.validation",), "completed failed"),
    **_statuses("token", ("token",), "confirmed rejected paused cancelled"),
    **_statuses("payout", ("payout",), "pending rejected queued initiated=processing processed reversed failed"),
    **_statuses("payout", ("payout",), "updated=processed"),
    **_statuses("payout_link", ("payout_link",), "issued processing attempted=issued processed rejected cancelled"),
    "transaction.created": Template(("transaction",)),
}
"""What each event carries, by its name."""


def build(event: str, changes: Iterable[str] = (), *, at: int) -> bytes:
    """Answer the raw body of an event as Razorpay would send it at *at*, in seconds since the epoch.

    *changes* are `PATH=VALUE`, as `changed()` reads them. Raises EventError.
    """
    return written(changed(sample(event, at), changes))


def build_all(events: Sequence[str], changes: Sequence[str] = (), *, at: int) -> list[bytes]:
    """Build several events; a change is made in each that has its path. Raises EventError where none has."""
    samples = [sample(event, at) for event in events]
    for change in changes:
        having = [place for place, event in enumerate(samples) if _takes(event, change)]
        for place in having or range(1):
            samples[place] = changed(samples[place], [change])
    return [written(event) for event in samples]


def _takes(event: dict[str, Json], change: str) -> bool:
    try:
        changed(event, [change])
    except EventError:
        return False
    return True


def sample(event: str, at: int) -> dict[str, Json]:
    """Answer the sample of an event at a time in seconds since the epoch; raises EventError for an unknown one."""
    if event not in EVENTS:
        raise EventError(f"Razorpay has no event {event!r}{_nearest(event, EVENTS)}")
    template = EVENTS[event]
    own = template.contains[0]
    payload: dict[str, Json] = {
        name: {"entity": ENTITIES[name] | (dict(template.fields) if name == own else {})} for name in template.contains
    }
    whole: dict[str, Json] = {
        "entity": "event",
        "account_id": ACCOUNT,
        "event": event,
        "contains": list(template.contains),
        "payload": payload,
        "created_at": NOW,
    }
    return {name: _dated(value, at) for name, value in whole.items()}


def written(event: Mapping[str, Json]) -> bytes:
    """Write an event as Razorpay does: compact, unescaped, its keys in their order."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")


def changed(event: dict[str, Json], changes: Iterable[str]) -> dict[str, Json]:
    """Answer the event with fields set: `payload.payment.entity.amount=499900`.

    A value is JSON where it can be read as such, else text. A path must be there already, or lie under `notes`.
    Raises EventError.
    """
    result = copy.deepcopy(event)
    for change in changes:
        path, equals, text = change.partition("=")
        if not (equals and path):
            raise EventError(f"{change!r} sets nothing: write PATH=VALUE, such as payload.payment.entity.amount=499900")
        if not _set(result, path, value(text)):
            raise EventError(f"{path!r} is no path of {event.get('event')}{_nearest_path(path, result)}")
    return result


def value(text: str) -> Json:
    """Read the value of a change: JSON where it is some, else the text itself."""
    try:
        read: Json = json.loads(text, parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError):
        return text
    return read


def _finite(text: str) -> float | str:
    """Read a number; what no JSON number can hold stays text."""
    number = float(text)
    return number if math.isfinite(number) else text


def _set(place: Json, path: str, new: Json) -> bool:
    """Set one field; a name may hold points, as `payment.downtime` does. Whether the path was there."""
    if isinstance(place, list):
        step, _, rest = path.partition(".")
        if not step.isdecimal() or int(step) >= len(place):
            return False
        if rest:
            return _set(place[int(step)], rest, new)
        place[int(step)] = new
        return True
    if not isinstance(place, dict):
        return False
    if path in place:
        place[path] = new
        return True
    return any(
        _noted(below, path.removeprefix("notes."), new) if name == "notes" else _set(below, path[len(name) + 1 :], new)
        for name, below in place.items()
        if path.startswith(f"{name}.")
    )


def _noted(notes: Json, name: str, new: Json) -> bool:
    """Set a note, whatever its name; Razorpay's notes are flat."""
    if not isinstance(notes, dict) or not name:
        return False
    notes[name] = new
    return True


def paths(event: Json, above: str = "") -> Iterator[str]:
    """Give the path of every field that can be set."""
    steps = event.items() if isinstance(event, dict) else enumerate(event) if isinstance(event, list) else ()
    for name, below in steps:
        path = f"{above}.{name}" if above else str(name)
        yield path
        yield from paths(below, path)


def _nearest_path(path: str, event: Json) -> str:
    """Suggest the path whose end is spelled most alike, the shortest of these."""
    steps = path.count(".") + 1
    ends: dict[str, str] = {}
    for known in sorted(paths(event), key=len):
        ends.setdefault(".".join(known.split(".")[-steps:]), known)
    found = get_close_matches(path, ends, n=1, cutoff=0.0)
    return f" (the nearest is {ends[found[0]]})" if found else ""


def _nearest(word: str, known: Iterable[str]) -> str:
    found = get_close_matches(word, list(known), n=1, cutoff=0.0)
    return f" (the nearest is {found[0]})" if found else ""


def _dated(part: Json, at: int) -> Json:
    """Answer a sample with its times filled in."""
    if isinstance(part, dict):
        return {name: _dated(below, at) for name, below in part.items()}
    if isinstance(part, list):
        return [_dated(below, at) for below in part]
    return at if part == NOW else part
