"""The tables of the live database, copied page by page through Cloudflare's API into a SQLite file.

What the copy is: no moment of the live database, which goes on meanwhile. Tables are read one after the other, each by
its key; then once more in the same order, for the rows that came meanwhile and those whose `updated_at_ms` says that
they were changed since the fetch began. So what a lead refers to (its enrollments, its course, its user) is read after
the lead: a chain that is whole in the live database is whole in the copy. Not seen is the change of a row, after its
page was read, in a table without `updated_at_ms`. Rows that were deleted meanwhile show in the number of rows: their
table is copied anew. One query is under way at a time: D1 answers one after the other, and learners wait in that line.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import SERVICE_TABLES, SqliteFile
from deeplearn_checks.settings import ConfigurationError, variable
from deeplearn_checks.sources.d1_api import D1Api, Rows, Select, TooMuchError
from deeplearn_checks.sources.d1_cache import Cache
from deeplearn_checks.sources.d1_shape import Shape, shape

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    import httpx

    from deeplearn_checks.models.d1 import Cell
    from deeplearn_checks.settings import Settings

LONGEST_BREAK_MS = 24 * 3600 * 1000
"""After how long an interrupted fetch is not continued but begun anew: too much has changed where no column says so."""
_MOST_COPIES = 3
"""How often a table is copied from which rows are being deleted."""
_NOW = "SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000 AS now_ms"
_MADE = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND lower(name) IN ({})"


def live_tables(
    settings: Settings,
    folder: Path,
    told: Callable[[str], None],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> SqliteFile:
    """Copy the service's tables from the live D1 database into *folder*; only SELECTs are ever sent.

    Whatever ends it before its time, what was fetched is kept in the cache (`caching`), for a day, and the next call
    continues there; once it is complete nothing is kept. Raises ConfigurationError, one line, where a setting is
    missing or the API gives no usable answer.
    """
    held = {"d1_account": settings.d1_account, "d1_database": settings.d1_database}
    held["d1_token"] = settings.d1_token.get_secret_value()
    if missing := [variable(name) for name, value in held.items() if not value]:
        raise ConfigurationError(f"a live database is asked with {' and '.join(missing)}: set what is missing")
    target = folder / "service.sqlite"
    with Cache.opened(settings, folder) as cache:
        asyncio.run(_fetched(settings, cache, told, transport, sleep))
        cache.finish(target)
    return SqliteFile(target)


async def _fetched(
    settings: Settings,
    cache: Cache,
    told: Callable[[str], None],
    transport: httpx.AsyncBaseTransport | None,
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """Fetch everything into the cache, over one client."""
    api = D1Api(settings, transport=transport, sleep=sleep)
    try:
        await _Fetch(api, cache, told, int(settings.clock_skew_seconds * 1000)).everything()
    finally:
        await api.close()


@dataclass(slots=True)
class _Pace:
    """How many rows are asked for at once: as many as are answered in good time and size."""

    limit: int = 500
    MOST = 10_000
    GOOD_SECONDS = 3.0
    GOOD_SIZE = 2 * 1024 * 1024

    def after(self, page: Rows) -> None:
        """Ask for more after a small, quick page, for fewer after a large or slow one."""
        strain = max(page.seconds / self.GOOD_SECONDS, page.size / self.GOOD_SIZE)
        self.limit = max(1, min(self.MOST, int(self.limit * min(2.0, 1 / max(strain, 0.01)))))

    def less(self, problem: TooMuchError) -> None:
        """Ask for fewer; raises ConfigurationError where there is no fewer."""
        if self.limit == 1:
            raise ConfigurationError(f"{problem}; not even one row is answered") from None
        self.limit = max(1, self.limit // 4)


class _Fetch:
    """One fetch, from wherever the cache stands."""

    def __init__(self, api: D1Api, cache: Cache, told: Callable[[str], None], skew_ms: int) -> None:
        self._api = api
        self._cache = cache
        self._told = told
        self._skew_ms = skew_ms
        self._pace = _Pace()

    async def everything(self) -> None:
        """Copy every table, then what came or changed meanwhile."""
        since_ms = await self._begun() - self._skew_ms
        shapes = await self._shapes()
        for one in shapes:
            self._cache.table(one)
        for one in shapes:
            await self._copy(one)
        for one in shapes:
            await self._complete(one, since_ms)

    async def _begun(self) -> int:
        """Answer when the fetch began, by the database's clock: now, unless one can be continued."""
        now_ms = await self._number(_NOW, "now_ms")
        started_ms = self._cache.started_ms
        if started_ms is None or now_ms - started_ms > LONGEST_BREAK_MS:
            self._cache.begin(now_ms)
            return now_ms
        self._told("continuing the fetch that was interrupted")
        return started_ms

    async def _shapes(self) -> list[Shape]:
        """Answer the service's tables that the database has, those that refer before those that are referred to."""
        names = tuple(SERVICE_TABLES)
        found = await self._only(Select(_MADE.format(", ".join("?" * len(names))), names))
        made = {str(row.get("name")): str(row.get("sql")) for row in found.rows}
        if not made:
            raise ConfigurationError(
                "the live database holds none of the service's tables; mend DEEPLEARN_CHECKS_D1_DATABASE"
            )
        return [shape(name, made[name]) for name in sorted(made, key=lambda name: names.index(name.lower()))]

    async def _copy(self, one: Shape) -> None:
        """Read a table to its end, from where the cache stands."""
        if not self._cache.is_copied(one):
            await self._pages(one, None)
            self._cache.copied(one)

    async def _complete(self, one: Shape, since_ms: int) -> None:
        """Take what came or changed since the fetch began, and hold the numbers of rows against each other."""
        for _ in range(_MOST_COPIES):
            before = await self._number(one.count, "rows")
            await self._pages(one, None)
            if one.is_dated:
                await self._pages(one, since_ms)
            held, after = self._cache.count(one), await self._number(one.count, "rows")
            if held < before:
                raise ConfigurationError(
                    f"Cloudflare's D1 API gave {held:,} of {before:,} rows of {one.name}; try again"
                )
            if held <= after:
                return
            self._told(f"{one.name}: rows were deleted meanwhile, it is copied anew")
            self._cache.forget(one)
            await self._copy(one)
        raise ConfigurationError(f"rows of {one.name} are being deleted faster than they are read; try again later")

    async def _pages(self, one: Shape, since_ms: int | None) -> None:
        """Take page after page until there is none: a page that is not full proves nothing.

        With *since_ms* the whole table is gone through for what was changed since, and the cache's place stays.
        """
        after = () if since_ms is not None else self._cache.place(one)
        taken = 0
        while page := await self._page(one, after, since_ms):
            keys = [tuple(row[alias] for alias in one.aliases) for row in page]
            if not _go_on(one, keys, after):
                raise ConfigurationError(f"Cloudflare's D1 API repeats rows of {one.name}, or mixes them up; try again")
            after = keys[-1]
            rows = [_taken(one, row) for row in page]
            self._cache.take(one, rows, () if since_ms is not None else after)
            taken += len(page)
            self._told(f"{one.name}: {taken:,} rows{'' if since_ms is None else ' changed meanwhile'}")

    async def _page(self, one: Shape, after: Sequence[Cell], since_ms: int | None) -> list[dict[str, Cell]]:
        """Answer the rows that follow, as many as the limits allow; raises ConfigurationError."""
        while True:
            try:
                page = await self._api.rows(Select(*one.page(after, since_ms, self._pace.limit)))
            except TooMuchError as problem:
                self._pace.less(problem)
                continue
            self._pace.after(page)
            wanted = {*one.aliases, *(name for name, _ in one.columns)}
            if any(row.keys() != wanted for row in page.rows):
                raise ConfigurationError(f"Cloudflare's D1 API answered rows of {one.name} with other columns")
            return page.rows

    async def _number(self, sql: str, name: str) -> int:
        """Answer the one number that is asked for; raises ConfigurationError."""
        found = await self._only(Select(sql))
        number = found.rows[0].get(name) if found.rows else None
        if not isinstance(number, int):
            raise ConfigurationError(f"Cloudflare's D1 API answered no {name}")
        return number

    async def _only(self, select: Select) -> Rows:
        """Answer what cannot be asked in smaller pages; raises ConfigurationError."""
        try:
            return await self._api.rows(select)
        except TooMuchError as problem:
            raise ConfigurationError(f"{problem}; try again") from None


def _taken(one: Shape, row: dict[str, Cell]) -> list[Cell | bytes]:
    """Write a row as it is inserted."""
    names = [*(one.aliases if one.rowid else ()), *(name for name, _ in one.columns)]
    return [bytes(value) if isinstance(value := row[name], list) else value for name in names]


def _go_on(one: Shape, keys: list[tuple[Cell, ...]], after: Sequence[Cell]) -> bool:
    """Whether keys follow on one another, and on the last one of before: growing where they are rowids."""
    line = [tuple(after), *keys] if after else keys
    if not one.rowid:
        return len({repr(key) for key in line}) == len(line)
    numbers = [key[0] for key in line if isinstance(key[0], int)]
    return len(numbers) == len(line) and all(a < b for a, b in pairwise(numbers))
