"""What is to be told, until it is delivered, and the incidents that it is about.

A notice belongs to the store that took it, for a while: two processes never deliver the same one, and what a killed
process had taken is free again when its lease has run out. Of one diagnostic and route the oldest comes first, and
the next when that one is delivered: nobody hears of a recovery before the failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, exists, insert, or_, select, update

from deeplearn_checks.monitor.run_json import transition_from, transition_json
from deeplearn_checks.monitor.sql_tables import incidents, notices, targets
from deeplearn_checks.monitor.state import Change
from deeplearn_checks.monitor.store import Incident, Told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from deeplearn_checks.monitor.state import Transition

LEASE_MS = 300_000
"""How long a notice belongs to the store that took it."""
AT_ONCE = 50
"""How many notices are taken at once, so that they are delivered within their lease."""


def queue(connection: Connection, target: int, transition: Transition, routes: Sequence[str]) -> None:
    """Keep that a transition is to be told, on each of its routes."""
    row = {
        "target": target,
        "diagnostic": transition.diagnostic,
        "body": transition_json(transition),
        "at_ms": transition.at_ms,
        "tries": 0,
        "next_try_ms": transition.at_ms,
        "delivered_ms": 0,
        "owner": "",
        "leased_ms": 0,
    }
    if routes:
        connection.execute(insert(notices), [row | {"route": route} for route in routes])


def take(connection: Connection, owner: str, now_ms: int) -> tuple[Told, ...]:
    """Take what is due and nobody else has taken, oldest first."""
    due = select(notices).where(_is_free(owner, now_ms)).order_by(notices.c.number).limit(AT_ONCE)
    found = connection.execute(due.with_for_update(skip_locked=True)).all()
    if found:
        taken = notices.c.number.in_([row.number for row in found])
        connection.execute(update(notices).where(taken).values(owner=owner, leased_ms=now_ms + LEASE_MS))
    return tuple(
        Told(row.number, transition_from(row.body), row.route, row.tries, row.next_try_ms, row.delivered_ms)
        for row in found
    )


def is_any_due(connection: Connection, owner: str, now_ms: int) -> bool:
    """Whether there is anything to take: most of the time there is not, and nobody has to wait for a lock then."""
    return connection.execute(select(notices.c.number).where(_is_free(owner, now_ms)).limit(1)).first() is not None


def _is_free(owner: str, now_ms: int) -> ColumnElement[bool]:
    earlier = notices.alias()
    is_first = ~exists().where(
        earlier.c.delivered_ms == 0,
        earlier.c.target == notices.c.target,
        earlier.c.diagnostic == notices.c.diagnostic,
        earlier.c.route == notices.c.route,
        earlier.c.number < notices.c.number,
    )
    is_not_taken = or_(
        notices.c.owner == owner,
        notices.c.leased_ms <= now_ms,
        notices.c.leased_ms > now_ms + LEASE_MS,  # taken by a clock that was put back since
    )
    return and_(notices.c.delivered_ms == 0, notices.c.next_try_ms <= now_ms, is_not_taken, is_first)


def finish(connection: Connection, number: int, at_ms: int) -> None:
    """Keep that a notice was delivered; the first time counts."""
    is_it = (notices.c.number == number) & (notices.c.delivered_ms == 0)
    connection.execute(update(notices).where(is_it).values(delivered_ms=at_ms, owner="", leased_ms=0))


def put_off(connection: Connection, number: int, next_try_ms: int) -> None:
    """Keep that a notice was not delivered; whoever comes first after *next_try_ms* tries again."""
    later = {"tries": notices.c.tries + 1, "next_try_ms": next_try_ms, "owner": "", "leased_ms": 0}
    connection.execute(update(notices).where(notices.c.number == number).values(later))


def give_back(connection: Connection, owner: str) -> None:
    """Let go of all that was taken."""
    connection.execute(update(notices).where(notices.c.owner == owner).values(owner="", leased_ms=0))


def forget(connection: Connection, target: int, before_ms: int) -> None:
    """Drop what was to be told so long ago that nobody wants to know any more, delivered or not."""
    connection.execute(delete(notices).where(notices.c.target == target, notices.c.at_ms < before_ms))


def follow(connection: Connection, target: int, transition: Transition) -> None:
    """Keep what a transition means for the incident of its diagnostic: begun, changed, or ended."""
    is_open = (
        (incidents.c.target == target) & (incidents.c.diagnostic == transition.diagnostic) & (incidents.c.ended_ms == 0)
    )
    if transition.change is Change.RECOVERED:
        connection.execute(update(incidents).where(is_open).values(ended_ms=transition.at_ms))
    elif transition.change in {Change.OPENED, Change.REMINDED}:
        told = {
            "cause": _clean(transition.cause),
            "severity": transition.severity.label,
            "summary": _clean(transition.summary),
        }
        changed = connection.execute(update(incidents).where(is_open).values(told))
        if not changed.rowcount:
            begun = {"target": target, "diagnostic": transition.diagnostic, "began_ms": transition.since_ms}
            connection.execute(insert(incidents).values(told | begun | {"ended_ms": 0}))


def _clean(text: str) -> str:
    """Replace what no text of PostgreSQL can hold."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def newest_incidents(connection: Connection, since_ms: int, limit: int) -> tuple[Incident, ...]:
    """Answer the incidents that are open, or ended since then, newest first."""
    found = connection.execute(
        select(targets.c.name, incidents)
        .join(targets, targets.c.number == incidents.c.target)
        .where(or_(incidents.c.ended_ms == 0, incidents.c.ended_ms >= since_ms))
        .order_by(incidents.c.began_ms.desc(), incidents.c.number.desc())
        .limit(limit)
    )
    return tuple(
        Incident(row.name, row.diagnostic, row.cause, row.severity, row.summary, row.began_ms, row.ended_ms)
        for row in found
    )
