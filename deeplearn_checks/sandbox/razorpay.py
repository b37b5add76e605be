"""Razorpay's API as far as the service and the checks use it, over what the world's gateway knows.

Shapes and refusals follow https://razorpay.com/docs/api/; the official SDK works against it with another `base_url`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.razorpay_entities import Entity, number
from deeplearn_checks.sandbox.world import random_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from deeplearn_checks.sandbox.world import Gateway, World

MAX_COUNT = 100
DEFAULT_COUNT = 10
SMALLEST_AMOUNT = 100
LARGEST_AMOUNT = 50_000_000_00
EARLIEST, LATEST = 946_684_800, 4_765_046_400


@dataclass(frozen=True, slots=True)
class Call:
    """What a caller asked for, parsed: the id in the path, the query, the body, the time in seconds."""

    id: str
    query: Mapping[str, str]
    body: Mapping[str, object]
    now: int


class RefusedError(Exception):
    """Razorpay's 400: the description, and the field that is wrong (empty when it is none)."""

    def __init__(self, description: str, field: str = "") -> None:
        super().__init__(description)
        self.description = description
        self.field = field


def _error(description: str, field: str = "") -> Entity:
    error: Entity = {"code": "BAD_REQUEST_ERROR", "description": description, "source": "business"}
    error |= {"step": "payment_initiation", "reason": "input_validation_failed", "metadata": {}}
    return {"error": error | ({"field": field} if field else {})}


def _named(of: Mapping[str, Entity], entity_id: str) -> Entity:
    if entity_id not in of:
        raise RefusedError("The id provided does not exist", "id")
    return of[entity_id]


def _bounded(query: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,12}", text):
        raise RefusedError(f"The {name} must be an integer.", name)
    if not lowest <= int(text) <= highest:
        raise RefusedError(f"The {name} must be between {lowest} and {highest}.", name)
    return int(text)


def _collection(items: list[Entity]) -> Entity:
    return {"entity": "collection", "count": len(items), "items": items}


def _page(of: Mapping[str, Entity], query: Mapping[str, str]) -> Entity:
    """Answer the newest first; `from` and `to` are inclusive seconds."""
    begin, end = _bounded(query, "from", EARLIEST, EARLIEST, LATEST), _bounded(query, "to", LATEST, EARLIEST, LATEST)
    count, skip = _bounded(query, "count", DEFAULT_COUNT, 1, MAX_COUNT), _bounded(query, "skip", 0, 0, LATEST)
    if begin > end:
        raise RefusedError("from must be less than to", "from")
    found = [entity for entity in of.values() if begin <= number(entity, "created_at") <= end]
    found.sort(key=lambda entity: number(entity, "created_at"), reverse=True)
    return _collection(found[skip : skip + count])


def _of_payment(gateway: Gateway, payment_id: str) -> dict[str, Entity]:
    _named(gateway.payments, payment_id)
    return {name: entity for name, entity in gateway.refunds.items() if entity["payment_id"] == payment_id}


def _of_order(gateway: Gateway, call: Call) -> Entity:
    _named(gateway.orders, call.id)
    return _collection([entity for entity in gateway.payments.values() if entity["order_id"] == call.id])


def _amount(body: Mapping[str, object], default: int | None = None) -> int:
    amount = body.get("amount", default)
    if amount is None:
        raise RefusedError("The amount field is required.", "amount")
    if isinstance(amount, bool) or not re.fullmatch(r"-?\d{1,12}", str(amount)):
        raise RefusedError("The amount must be an integer.", "amount")
    if int(str(amount)) < SMALLEST_AMOUNT:
        raise RefusedError("Order amount less than minimum amount allowed", "amount")
    if int(str(amount)) > LARGEST_AMOUNT:
        raise RefusedError("Amount exceeds maximum amount allowed.", "amount")
    return int(str(amount))


def _notes(body: Mapping[str, object]) -> dict[str, str]:
    notes = body.get("notes") or {}
    if not isinstance(notes, dict):
        raise RefusedError("notes must be an array", "notes")
    return {str(name): str(value) for name, value in notes.items()}


def _create_order(gateway: Gateway, call: Call) -> Entity:
    currency, receipt = call.body.get("currency"), str(call.body.get("receipt") or "")
    if not isinstance(currency, str) or not re.fullmatch(r"[A-Z]{3}", currency):
        raise RefusedError("Currency is not supported", "currency")
    if len(receipt) > 40:  # noqa: PLR2004  the limit and the message are one sentence of Razorpay's
        raise RefusedError("The receipt may not be greater than 40 characters.", "receipt")
    entity = entities.order(random_id("order_"), _amount(call.body), call.now, _notes(call.body), receipt)
    entity["currency"] = currency
    gateway.orders[str(entity["id"])] = entity
    return entity


def _create_refund(gateway: Gateway, call: Call) -> Entity:
    payment = _named(gateway.payments, call.id or str(call.body.get("payment_id", "")))
    if payment["status"] == "refunded":
        raise RefusedError("The payment has been fully refunded already")
    if not payment["captured"]:
        raise RefusedError("The payment status should be captured for action to be taken")
    left = number(payment, "amount") - number(payment, "amount_refunded")
    amount = _amount(call.body, left)
    if amount > left:
        raise RefusedError("The refund amount provided is greater than amount captured", "amount")
    entity = entities.refund(random_id("rfnd_"), payment, amount, call.now, _notes(call.body))
    gateway.payments[str(payment["id"])] = entities.refunded(payment, amount)
    gateway.refunds[str(entity["id"])] = entity
    return entity


HANDLERS: dict[tuple[str, str], Callable[[Gateway, Call], Entity]] = {
    ("POST", "/v1/orders"): _create_order,
    ("GET", "/v1/orders"): lambda gateway, call: _page(gateway.orders, call.query),
    ("GET", "/v1/orders/{id}"): lambda gateway, call: _named(gateway.orders, call.id),
    ("GET", "/v1/orders/{id}/payments"): _of_order,
    ("GET", "/v1/payments"): lambda gateway, call: _page(gateway.payments, call.query),
    ("GET", "/v1/payments/downtimes"): lambda gateway, _call: _collection(list(gateway.downtimes.values())),
    ("GET", "/v1/payments/downtimes/{id}"): lambda gateway, call: _named(gateway.downtimes, call.id),
    ("GET", "/v1/payments/{id}"): lambda gateway, call: _named(gateway.payments, call.id),
    ("GET", "/v1/payments/{id}/refunds"): lambda gateway, call: _page(_of_payment(gateway, call.id), call.query),
    ("POST", "/v1/payments/{id}/refund"): _create_refund,
    ("POST", "/v1/refunds"): _create_refund,
    ("GET", "/v1/refunds"): lambda gateway, call: _page(gateway.refunds, call.query),
    ("GET", "/v1/refunds/{id}"): lambda gateway, call: _named(gateway.refunds, call.id),
}
"""Every endpoint, by method and path; the order decides between `/payments/downtimes` and `/payments/{id}`."""


def _authenticated(gateway: Gateway, header: str) -> bool:
    scheme, _, encoded = header.partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    expected = f"{gateway.key_id}:{gateway.key_secret}".encode()
    return scheme.lower() == "basic" and bool(gateway.key_id) and secrets.compare_digest(given, expected)


def _parsed(body: bytes) -> Mapping[str, object]:
    try:
        parsed: object = json.loads(body or b"{}")
    except ValueError:
        raise RefusedError("The request body is not valid JSON.") from None
    if not isinstance(parsed, dict):
        raise RefusedError("The request body is not a JSON object.")
    return parsed


def _answer(body: Entity, status: int) -> Response:
    return JSONResponse(body, status, headers={"date": formatdate(usegmt=True)})


def razorpay_api(world: World) -> Starlette:
    """Build Razorpay's API over the world's gateway.

    A gateway that is not reachable gives no answer at all: every request raises `httpx.ConnectError`, which is
    what a client in process sees; a server on a real port must close the connection without an answer.
    """

    async def guarded(request: Request, handler: Callable[[Gateway, Call], Entity]) -> Response:
        if not world.gateway.reachable:
            raise httpx.ConnectError("Razorpay is not reachable: the sandbox's gateway is down.")
        if not _authenticated(world.gateway, request.headers.get("authorization", "")):
            return _answer({"error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}}, 401)
        try:
            body, entity_id = _parsed(await request.body()), str(request.path_params.get("id", ""))
            return _answer(handler(world.gateway, Call(entity_id, request.query_params, body, int(time.time()))), 200)
        except RefusedError as error:
            return _answer(_error(error.description, error.field), 400)

    def route(method: str, path: str, handler: Callable[[Gateway, Call], Entity]) -> Route:
        async def endpoint(request: Request) -> Response:
            return await guarded(request, handler)

        return Route(path, endpoint, methods=[method])

    async def unknown(request: Request, _exception: Exception) -> Response:
        return await guarded(request, _unknown)

    routes = [route(method, path, handler) for (method, path), handler in HANDLERS.items()]
    return Starlette(routes=routes, exception_handlers={404: unknown, 405: unknown})


def _unknown(_gateway: Gateway, _call: Call) -> Entity:
    raise RefusedError("The requested URL was not found on the server.")
