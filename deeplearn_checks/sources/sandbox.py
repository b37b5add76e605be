"""The tables of a sandbox: the service's own, and what its gateway and its bucket hold beside them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import CERTIFICATE_TABLES, PAYMENT_TABLES, SqliteFile
from deeplearn_checks.sources.writing import new_file

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from deeplearn_checks.sandbox.world import World

_ARTIFACT = re.compile(r"certificates/(?P<course_id>[^/]+)/(?P<user_id>.+)-(?P<issued_on>\d{4}-\d{2}-\d{2})\.json")
_VERDICTS = {True: "valid", False: "invalid", None: ""}

Cell = str | int | None
Row = dict[str, Cell]


def sandbox_tables(folder: Path) -> SqliteFile:
    """Seed a healthy sandbox, and answer its tables."""
    from deeplearn_checks.sandbox import start  # noqa: PLC0415  heavy

    return world_tables(start.start(), folder)


def world_tables(world: World, folder: Path) -> SqliteFile:
    """Write the tables of a world into *folder*: the service's, Razorpay's payments and refunds, and the artifacts.

    The world stays as it is. The certificates' verdicts are those of the service itself. Raises ConfigurationError
    where there is no room.
    """
    target = folder / "sandbox.sqlite"
    with new_file(target, "the sandbox") as database:
        world.database.backup(database)
        _write(database, "payments", map(_payment, world.gateway.payments.values()))
        _write(database, "refunds", map(_refund, world.gateway.refunds.values()))
        _write(database, "artifacts", _artifacts(world))
    return SqliteFile(target)


def _write(database: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    """Make a table as the audit knows it, and fill it."""
    columns = {**PAYMENT_TABLES, **CERTIFICATE_TABLES}[table]
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    named = ", ".join(f":{name}" for name in columns)
    database.execute(f"CREATE TABLE {table} ({declared})")
    database.executemany(f"INSERT INTO {table} VALUES ({named})", rows)  # noqa: S608  own names


def _payment(entity: Mapping[str, object]) -> Row:
    """Write a payment of Razorpay's as a row."""
    notes = entity["notes"]
    noted = notes if isinstance(notes, dict) else {}
    return {
        **_texts(entity, "id", "order_id", "currency", "status", "refund_status", "email", "contact"),
        **_texts(noted, "lead_id", "course_id", "cohort_id"),
        "amount_cents": _whole(entity["amount"]),
        "amount_refunded_cents": _whole(entity["amount_refunded"]),
        "captured": _whole(entity["captured"]),
        "created_at_ms": _whole(entity["created_at"]) * 1000,
    }


def _refund(entity: Mapping[str, object]) -> Row:
    """Write a refund of Razorpay's as a row."""
    money = {"amount_cents": _whole(entity["amount"]), "created_at_ms": _whole(entity["created_at"]) * 1000}
    return {**_texts(entity, "id", "payment_id", "currency", "status"), **money}


def _texts(entity: Mapping[str, object], *names: str) -> Row:
    return {name: str(entity.get(name) or "") for name in names}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _artifacts(world: World) -> Iterator[Row]:
    """Answer a row for each certificate in the bucket, by what its name says."""
    from deeplearn_checks.sandbox.completion import verification  # noqa: PLC0415  likewise

    for key in world.certificates.keys():  # noqa: SIM118  a bucket is no mapping
        if named := _ARTIFACT.fullmatch(key):
            said = verification(world, named["course_id"], named["user_id"])
            verdict = _VERDICTS[said["valid"] if isinstance(said["valid"], bool) else None]
            body = world.certificates.get(key) or ""
            held: Row = {"verdict": verdict, "reason": str(said.get("reason", "")), "size_bytes": len(body.encode())}
            yield {"key": key, **named.groupdict(), **held, "uploaded_at_ms": _issued_at(body)}


def _issued_at(body: str) -> int:
    """Answer when an artifact was written, as it says itself; 0 where it says nothing."""
    try:
        artifact = json.loads(body)
    except ValueError:
        return 0
    return _whole(artifact.get("issued_at_ms")) if isinstance(artifact, dict) else 0
