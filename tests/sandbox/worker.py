"""A deployment to talk to in a test: its world, and requests to its API without a network."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

import httpx

from deeplearn_checks.sandbox.app import api
from deeplearn_checks.sandbox.world import REPAIRED, SETTINGS, Behaviour, World, empty_world

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Json = dict[str, object]

ASHA = {"full_name": "Asha Rao", "email": "Asha@Example.com", "phone": "+919999999999"}
ASHA_ID = "learner_ea4e36a82998"
ADMIN = {"x_admin_token": SETTINGS["ADMIN_API_TOKEN"]}


class Answer:
    """What the API answered."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.text = response.text
        is_json = response.headers["content-type"] == "application/json"
        self.json: Json = response.json() if is_json else {}

    def __getitem__(self, path: str) -> object:
        """Answer the value at a dotted path."""
        found: object = self.json
        for part in path.split("."):
            if isinstance(found, list):
                found = found[int(part)]
            else:
                assert isinstance(found, dict)
                found = found[part]
        return found

    @property
    def refusal(self) -> tuple[int, object]:
        """The status and the error."""
        return self.status, self.json.get("error")


class Worker:
    """The API over one world; forms need no Turnstile token unless the settings say so."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(api(world)), base_url="http://worker")

    def request(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """Ask once; names of headers may be written with underscores."""
        sent = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        return Answer(asyncio.run(self._client.request(method, path, content=body, headers=sent)))

    def get(self, path: str, **headers: str) -> Answer:
        """Read; under `/api/admin` with the admin token."""
        return self.request("GET", path, {**ADMIN, **headers} if path.startswith("/api/admin") else headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        """Write; under `/api/admin` with the admin token."""
        sent = {**ADMIN, **headers} if path.startswith("/api/admin") else headers
        return self.request("POST", path, sent, json.dumps(body or {}).encode())

    def course(self, slug: str = "ai-101", price: int = 499900) -> str:
        """Create a live course without cohorts and answer its id."""
        course = {"slug": slug, "title": slug.upper(), "price_cents": price, "status": "live"}
        return str(self.post("/api/admin/courses", course)["course.id"])

    def cohort(self, course_id: str, **fields: object) -> str:
        """Create a live cohort and answer its id."""
        cohort = {"course_id": course_id, "name": "One", "status": "live", **fields}
        return str(self.post("/api/admin/cohorts", cohort)["cohort.id"])

    def module(self, course_id: str, key: str, order: int) -> None:
        """Create a module of a course."""
        self.post(f"/api/admin/courses/{course_id}/modules", {"module_key": key, "title": key, "sort_order": order})

    def lead(self, course_id: str, **fields: object) -> str:
        """Submit Asha's lead and answer its id."""
        return str(self.post("/api/lead/submit", {**ASHA, "course_id": course_id, **fields})["lead_id"])

    def deliver(self, event: str, payment: Mapping[str, object] | None = None, **payload: Json) -> Answer:
        """Deliver a correctly signed event about a payment, and about other entities by name."""
        entities = {"payment": payment, **payload} if payment is not None else payload
        body = {"event": event, "payload": {name: {"entity": entity} for name, entity in entities.items()}}
        return self.deliver_raw(json.dumps(body).encode())

    def deliver_raw(self, body: bytes, signed: bytes | None = None) -> Answer:
        """Deliver bytes with their signature, or with that of other bytes."""
        secret = self.world.variables["RAZORPAY_WEBHOOK_SECRET"].encode()
        signature = hmac.new(secret, body if signed is None else signed, hashlib.sha256).hexdigest()
        return self.request("POST", "/api/funnel/payment/razorpay/webhook", {"x-razorpay-signature": signature}, body)

    def pay(self, lead_id: str, amount: int = 499900, payment_id: str = "pay_1") -> Answer:
        """Deliver the capture of a lead's payment."""
        return self.deliver("payment.captured", payment(lead_id, amount, payment_id))

    def status(self, lead_id: str) -> object:
        """Answer the payment status of a lead."""
        return self.get(f"/api/funnel/payment/status?lead_id={lead_id}")["payment.status"]

    def alerts(self) -> list[object]:
        """Answer the event types of all alerts, newest first."""
        found = self.get("/api/admin/alerts?status=all").json["alerts"]
        assert isinstance(found, list)
        return [alert["event_type"] for alert in found]

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """Answer rows of the database."""
        return [tuple(row) for row in self.world.execute(statement)]


def payment(lead_id: str = "", amount: int = 499900, payment_id: str = "pay_1") -> Json:
    """Build the payment entity of a delivery."""
    notes = {"lead_id": lead_id} if lead_id else {}
    return {"id": payment_id, "order_id": "order_1", "amount": amount, "currency": "INR", "notes": notes}


def deployed(*, without: str = "", **variables: str) -> Worker:
    """Deploy an empty service of today with the sandbox's settings; a setting of '' is unset."""
    named = SETTINGS | {"TURNSTILE_REQUIRED": "false"} | variables
    given = {name: value for name, value in named.items() if value}
    return Worker(empty_world(given, frozenset(without.split())))


def stored(state: Path) -> Worker:
    """Deploy an empty service that keeps its state in a folder."""
    return Worker(empty_world(SETTINGS, state=state))


def behaving(behaviour: Behaviour, **variables: str) -> Worker:
    """Deploy an empty service that behaves in a given way."""
    worker = deployed(**variables)
    worker.world.behaviour = behaviour
    return worker


def repaired(**variables: str) -> Worker:
    """Deploy an empty service without the four faults of today's."""
    return behaving(REPAIRED, **variables)
