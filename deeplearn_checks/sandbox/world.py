"""The whole state of one sandboxed deployment, as values that seeds and faults may change.

Routes read the world and hold no fault switches: a fault is a change of this state and nothing else.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from deeplearn_checks.sandbox.schema import SCHEMA
from deeplearn_checks.sandbox.site_pages import PAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SETTINGS = {
    "ADMIN_API_TOKEN": "sandbox-admin-token",
    "RAZORPAY_KEY_ID": "rzp_test_SandboxKey01",
    "RAZORPAY_KEY_SECRET": "sandbox-key-secret",
    "RAZORPAY_WEBHOOK_SECRET": "sandbox-webhook-secret",
    "GROQ_API_KEY": "sandbox-groq-key",
    "CERTIFICATE_SIGNING_SECRET": "sandbox-certificate-secret",
    "TURNSTILE_REQUIRED": "true",
    "TURNSTILE_SECRET_KEY": "1x0000000000000000000000000000000AA",
}
"""The settings of a seeded sandbox; the Turnstile secret is Cloudflare's published always-pass test key."""

BINDINGS = ("DEEPLEARN_DB", "DEEPLEARN_LEADS", "DEEPLEARN_CERTIFICATES")
"""The service's database and its two buckets."""


class Objects(Protocol):
    """A bucket: text objects by key."""

    def get(self, key: str) -> str | None:
        """Answer the object, or None where there is none."""

    def put(self, key: str, body: str) -> None:
        """Write the object."""

    def delete(self, key: str) -> None:
        """Remove the object if it is there."""

    def keys(self) -> list[str]:
        """List all keys, sorted."""


class MemoryObjects:
    """A bucket in memory."""

    def __init__(self) -> None:
        self._bodies: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """Answer the object, or None where there is none."""
        return self._bodies.get(key)

    def put(self, key: str, body: str) -> None:
        """Write the object."""
        self._bodies[key] = body

    def delete(self, key: str) -> None:
        """Remove the object if it is there."""
        self._bodies.pop(key, None)

    def keys(self) -> list[str]:
        """List all keys, sorted."""
        return sorted(self._bodies)


class FolderObjects:
    """A bucket in a folder: what another process changes there is seen at once.

    Certificate keys begin with `certificates/`, so the folder of a kept sandbox is the parent of that.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def _path(self, key: str) -> Path:
        path = (self._folder / key).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise ValueError(f"object key leaves the bucket: {key!r}")
        return path

    def get(self, key: str) -> str | None:
        """Answer the object, or None where there is none."""
        path = self._path(key)
        return path.read_text() if path.is_file() else None

    def put(self, key: str, body: str) -> None:
        """Write the object."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)

    def delete(self, key: str) -> None:
        """Remove the object if it is there."""
        self._path(key).unlink(missing_ok=True)

    def keys(self) -> list[str]:
        """List all keys, sorted."""
        return sorted(str(path.relative_to(self._folder)) for path in self._folder.rglob("*") if path.is_file())


@dataclass
class Gateway:
    """What Razorpay knows: entities by id, in Razorpay's own shapes (amounts in paise, times in seconds)."""

    key_id: str = ""
    key_secret: str = ""
    reachable: bool = True
    orders: dict[str, dict[str, object]] = field(default_factory=dict)
    payments: dict[str, dict[str, object]] = field(default_factory=dict)
    refunds: dict[str, dict[str, object]] = field(default_factory=dict)
    downtimes: dict[str, dict[str, object]] = field(default_factory=dict)


@dataclass
class Site:
    """The Pages site: HTML by path, and whether `/api/*` is proxied to the Worker."""

    pages: dict[str, str] = field(default_factory=PAGES.copy)
    proxies_api: bool = True


@dataclass(frozen=True)
class Behaviour:
    """Where the service does harm: the first four are today's, and a repaired sandbox has none of them.

    The others are those of deployments that went wrong, and in no sandbox that no fault has broken.
    """

    redelivery_undoes_completion: bool = True
    refund_never_shows: bool = True
    stored_stage_outlives_payment: bool = True
    caller_sets_amount: bool = True
    accepts_any_signature: bool = False
    accepts_no_signature: bool = False
    trusts_known_signatures: bool = False
    accepts_any_token: bool = False
    raises_alerts: bool = True
    activates: bool = True
    gives_place: bool = True
    records_completion: bool = True
    signs_certificates: bool = True
    verifies_anyone: bool = False
    crm_lags: bool = False
    status: str = "ok"
    multiplies_leads: bool = False


REPAIRED = Behaviour(
    redelivery_undoes_completion=False,
    refund_never_shows=False,
    stored_stage_outlives_payment=False,
    caller_sets_amount=False,
)


@dataclass(frozen=True)
class Origins:
    """Where the three parts listen, as URLs without a trailing slash."""

    api: str = "http://api.sandbox.localhost"
    pages: str = "http://pages.sandbox.localhost"
    gateway: str = "http://gateway.sandbox.localhost"


class Manner(StrEnum):
    """How the API's origin treats who asks it; the value ends the sentence "the API ..."."""

    SOUND = "answers as it should"
    REFUSES = "refuses connections"
    STALLS = "never answers"
    FAILS = "fails with an error page"
    PAGE = "answers with a page"
    CUTS_SHORT = "cuts its answers short"
    LIMITS = "refuses for being asked too often"
    REDIRECTS = "redirects elsewhere"
    RESETS = "resets connections"
    OVERFLOWS = "answers without measure"
    INFLATES = "answers with what inflates without end"


@dataclass
class Wire:
    """The way to the API: how its origin behaves on the network, and for how many days its certificate is valid.

    `certificate_days` is None where the API speaks plain HTTP. `authority_file` is where the certificate's authority
    is to be found, once the API is served. Redirects lead to the origin `elsewhere`.
    """

    manner: Manner = Manner.SOUND
    certificate_days: float | None = None
    authority_file: str = ""
    elsewhere: str = "http://elsewhere.sandbox.localhost"

    @property
    def is_plain(self) -> bool:
        """Whether the API answers as it should over plain HTTP: then a network shows nothing of its own."""
        return self.manner is Manner.SOUND and self.certificate_days is None


@dataclass
class World:
    """One deployment of DeepLearn with its gateway and its site.

    `variables` are the Worker's settings, `model_key` is the key that the language model accepts, `missing_endpoints`
    are paths that this version does not have, `delays` the seconds that answers take by path, `omits` the field that an
    endpoint's answers lack, by path, `verified_signatures` what the webhook has verified so far. `clock_offset` is what
    the Worker's clock is ahead of the true one, in seconds. `known_settings` and `known_lead` (the address of a paid
    lead) are what operators know of the deployment: a fault changes the deployment, not these.
    """

    variables: dict[str, str]
    bindings: set[str]
    database: sqlite3.Connection
    certificates: Objects
    leads: Objects = field(default_factory=MemoryObjects)
    gateway: Gateway = field(default_factory=Gateway)
    site: Site = field(default_factory=Site)
    behaviour: Behaviour = field(default_factory=Behaviour)
    origins: Origins = field(default_factory=Origins)
    missing_endpoints: set[str] = field(default_factory=set)
    delays: dict[str, float] = field(default_factory=dict)
    verified_signatures: set[str] = field(default_factory=set)
    wire: Wire = field(default_factory=Wire)
    omits: dict[str, str] = field(default_factory=dict)
    model_key: str = "sandbox-groq-key"
    clock_offset: float = 0.0
    known_settings: dict[str, str] = field(default_factory=dict)
    known_lead: str = ""

    def now_ms(self) -> int:
        """Answer the Worker's time, in milliseconds since the epoch."""
        return int((time.time() + self.clock_offset) * 1000)

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        """Run one statement, commit it, and answer its rows."""
        with self.database:
            return self.database.execute(statement, values).fetchall()

    def insert(self, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows that all have the columns of the first, and commit them."""
        if not rows:
            return
        columns, values = ", ".join(rows[0]), ", ".join(f":{column}" for column in rows[0])
        with self.database:
            self.database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", rows)  # noqa: S608  own names


class _Database(sqlite3.Connection):
    """A connection that closes itself when its world is forgotten (from Python 3.13 on, others warn)."""

    def __del__(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # one that could not be opened
            self.close()


def open_database(path: Path | None) -> sqlite3.Connection:
    """Open the database (in memory without a path) and create the service's tables where they are missing."""
    database = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=10, factory=_Database)
    database.row_factory = sqlite3.Row
    database.executescript(SCHEMA)
    return database


def empty_world(variables: dict[str, str], without: frozenset[str] = frozenset(), state: Path | None = None) -> World:
    """Build a deployment with no rows; `without` names bindings that are missing, `state` a folder to keep it in."""
    if state is not None:
        state.mkdir(parents=True, exist_ok=True)
    world = World(
        variables=dict(variables),
        bindings=set(BINDINGS) - without,
        database=open_database(state / "d1.sqlite" if state else None),
        certificates=FolderObjects(state / "r2") if state else MemoryObjects(),
        model_key=variables.get("GROQ_API_KEY", SETTINGS["GROQ_API_KEY"]),
        known_settings=dict(variables),
    )
    world.gateway.key_id = variables.get("RAZORPAY_KEY_ID", "")
    world.gateway.key_secret = variables.get("RAZORPAY_KEY_SECRET", "")
    return world


def random_id(prefix: str) -> str:
    """Make an id the way Razorpay does: prefix and 14 letters or digits."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
    return prefix + "".join(secrets.choice(alphabet) for _ in range(14))
