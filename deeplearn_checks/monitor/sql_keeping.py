"""A store over a database, as `store.Store` wants it."""

from __future__ import annotations

import threading
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from deeplearn_checks.monitor import sql_history, sql_notices
from deeplearn_checks.monitor.run_json import run_from, run_json
from deeplearn_checks.monitor.sql_tables import runs, targets
from deeplearn_checks.monitor.state import State
from deeplearn_checks.monitor.state_json import StateError, state_from, state_json
from deeplearn_checks.monitor.store import OvertakenError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from deeplearn_checks.monitor.observing import Observed
    from deeplearn_checks.monitor.sql_database import Database
    from deeplearn_checks.monitor.state import Transition
    from deeplearn_checks.monitor.store import Bucket, Incident, Told


class _Read(threading.local):
    """Which revision of each target this thread has read or kept last: what it judges by may be overtaken by others."""

    def __init__(self) -> None:
        self.revisions: dict[str, int] = {}


class SqlStore:
    """Keeps states, results, transitions and their delivery; may be used by several threads and several processes.

    A run is judged and kept in the thread that read the state. What this store takes of `untold` is nobody else's until
    it is delivered, deferred, the store closed or five minutes over.
    """

    def __init__(self, database: Database, minutes_kept_ms: int, hours_kept_ms: int) -> None:
        self.database = database
        self._kept_ms = {sql_history.MINUTE_MS: minutes_kept_ms, sql_history.HOUR_MS: hours_kept_ms}
        self._forget_ms = hours_kept_ms
        self._owner = uuid.uuid4().hex
        self._read = _Read()

    def __repr__(self) -> str:
        return f"<store {self.database.name}>"

    def state(self, target: str) -> State:
        """Answer what is known of a target, empty where nothing is. Raises StoreError."""
        with self.database.reading() as connection:
            wanted = select(targets.c.revision, targets.c.state).where(targets.c.name == target)
            row = connection.execute(wanted).first()
        try:
            known = State() if row is None else state_from(row.state)
        except StateError as problem:
            raise StoreError(f"the store {self.database.name}: {target}: {problem}") from None
        self._read.revisions[target] = 0 if row is None else row.revision
        return known

    def keep(
        self, seen: Observed, state: State, transitions: Sequence[Transition], routes: Mapping[int, Sequence[str]]
    ) -> None:
        """Keep a run, the new state and what is to be told, all in one transaction, or nothing. Raises StoreError.

        A run that is kept already is counted once. Raises OvertakenError where somebody else has kept a state of the
        target since this thread has read it: then nothing is kept.
        """
        revision = self._read.revisions.get(seen.target, 0)
        with self.database.writing() as connection:
            target = _advance(connection, seen.target, revision, state_json(state))
            if _hold(connection, target, seen):
                sql_history.count(connection, target, (seen,))
            for index, transition in enumerate(transitions):
                sql_notices.follow(connection, target, transition)
                sql_notices.queue(connection, target, transition, routes.get(index, ()))
        self._read.revisions[seen.target] = revision + 1

    def untold(self, now_ms: int) -> tuple[Told, ...]:
        """Take what is due to be delivered, oldest first, of each diagnostic and route one. Raises StoreError."""
        with self.database.reading() as connection:
            is_any = sql_notices.is_any_due(connection, self._owner, now_ms)
        if not is_any:
            return ()
        with self.database.writing() as connection:
            return sql_notices.take(connection, self._owner, now_ms)

    def delivered(self, number: int, at_ms: int) -> None:
        """Keep that one was delivered. Raises StoreError."""
        with self.database.writing() as connection:
            sql_notices.finish(connection, number, at_ms)

    def deferred(self, number: int, next_try_ms: int) -> None:
        """Keep that one was not, and when it is tried again. Raises StoreError."""
        with self.database.writing() as connection:
            sql_notices.put_off(connection, number, next_try_ms)

    def buckets(self, target: str, since_ms: int, span_ms: int, diagnostic: str | None = None) -> tuple[Bucket, ...]:
        """Answer the history of a target in minutes, hours or days (UTC), oldest first, from the one *since_ms* is in.

        *diagnostic*: of one only, `''` for the groups as a whole. Minutes and hours go back as far as they are kept.
        Raises StoreError.
        """
        with self.database.reading() as connection:
            return sql_history.history(connection, target, since_ms, span_ms, diagnostic)

    def incidents(self, since_ms: int, limit: int = 100) -> tuple[Incident, ...]:
        """Answer the incidents that are open, or ended since then, newest first. Raises StoreError."""
        with self.database.reading() as connection:
            return sql_notices.newest_incidents(connection, since_ms, limit)

    def last_runs(self, target: str = "") -> tuple[Observed, ...]:
        """Answer what was kept last of each target, or of one, by group and location. Raises StoreError."""
        wanted = (
            select(runs.c.body)
            .join(targets, targets.c.number == runs.c.target)
            .order_by(targets.c.name, runs.c.group, runs.c.location)
        )
        with self.database.reading() as connection:
            found = connection.execute(wanted.where(targets.c.name == target) if target else wanted)
            return tuple(run_from(row.body) for row in found)

    def roll_up(self, now_ms: int) -> None:
        """Leave of what is older than 2 days the hours, of what is older than 90 days the days. Raises StoreError.

        Target by target, so that nobody waits long; killed in between, the next one goes on. A diagnostic's days, and
        incidents, are kept for ever; notices and the last runs of what is not watched any more as long as hours.
        """
        with self.database.reading() as connection:
            known = connection.execute(select(targets.c.number).order_by(targets.c.number)).scalars().all()
        for target in known:
            with self.database.writing() as connection:
                connection.execute(select(targets.c.number).where(targets.c.number == target).with_for_update())
                for span_ms, kept_ms in self._kept_ms.items():
                    sql_history.drop(connection, target, span_ms, now_ms - kept_ms)
                sql_notices.forget(connection, target, now_ms - self._forget_ms)
                is_old = (runs.c.target == target) & (runs.c.started_ms < now_ms - self._forget_ms)
                connection.execute(delete(runs).where(is_old))
        self.database.shrink()

    def close(self) -> None:
        """Let go of it, and of what was taken and not delivered, which is free by itself where it cannot be reached."""
        with suppress(StoreError), self.database.writing() as connection:
            sql_notices.give_back(connection, self._owner)
        self.database.engine.dispose()


def _advance(connection: Connection, name: str, revision: int, state: str) -> int:
    """Keep the next state of a target and answer its number; whoever else keeps one waits. Raises OvertakenError."""
    first = sql_history.upsert(connection.dialect.name, targets).on_conflict_do_nothing()
    is_ours = (targets.c.name == name) & (targets.c.revision == revision)
    statement = (
        update(targets).where(is_ours).values(revision=revision + 1, state=state).returning(targets.c.number)
        if revision
        else first.values(name=name, revision=1, state=state).returning(targets.c.number)
    )
    number: int | None = connection.execute(statement).scalar()
    if number is None:
        raise OvertakenError(f"another runner has kept a newer state of {name}; read it anew and judge again")
    return number


def _hold(connection: Connection, target: int, seen: Observed) -> bool:
    """Keep the newest run of a location; answer whether it was not kept already."""
    key = {"target": target, "group": seen.group, "location": seen.location}
    is_it = (runs.c.target == target) & (runs.c.group == seen.group) & (runs.c.location == seen.location)
    known = connection.execute(select(runs.c.started_ms).where(is_it)).scalar()
    if known == seen.started_ms:
        return False
    told = {"started_ms": seen.started_ms, "body": run_json(seen)}
    if known is None:
        connection.execute(insert(runs).values(key | told))
    else:
        connection.execute(update(runs).where(is_it).values(told))
    return True
