"""Which indexes a SQLite file lacks for the rules: asked of SQLite's own planner, over empty tables of the same shape.

What a rule looks up is read off its text (`lookups`); whether the planner would use an index on that, off its plan
(https://sqlite.org/eqp.html). Only for rules that would otherwise scan a table once per row of another one.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.audit.dialect import json_text_in
from deeplearn_checks.audit.lookups import lookups, walks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.audit.lookups import Query
    from deeplearn_checks.audit.views import View

_WANTED = re.compile(r"SEARCH .*INDEX want_(\d+)")


@dataclass(frozen=True, slots=True)
class Shape:
    """A table without its rows: its columns with their declared types, and its indexes' columns in order."""

    columns: Mapping[str, str]
    indexes: tuple[tuple[str, ...], ...]


def missing_indexes(
    queries: Sequence[Query], shapes: Mapping[str, Shape], views: Sequence[View] = ()
) -> Mapping[str, frozenset[frozenset[str]]]:
    """Answer, by table, the sets of columns for which an index is to be made, so that no query is quadratic.

    `views`: what queries read by name beside the tables; they have no index.
    """
    missing: dict[str, set[frozenset[str]]] = defaultdict(set)
    made = {view.name: Shape(dict.fromkeys(view.columns, ""), ()) for view in views}
    with closing(_empty({**shapes, **made})) as database:
        slow = [query for query in queries if _is_quadratic(_plan(database, query))]
        wanted = [
            (t, columns) for t, sets in lookups(slow).items() if t in shapes for columns in sorted(sets, key=sorted)
        ]
        for number, (table, columns) in enumerate(wanted):
            with suppress(sqlite3.Error):  # a column that the file does not have: no rule that reads it will run
                database.execute(f"CREATE INDEX want_{number} ON {table} ({', '.join(sorted(columns))})")
        for query in slow:
            for _, _, detail in _plan(database, query):
                for number in map(int, _WANTED.findall(detail)):
                    missing[wanted[number][0]].add(wanted[number][1])
    return {table: frozenset(sets) for table, sets in missing.items()}


def best_orders(queries: Sequence[Query], sizes: Mapping[str, int]) -> Mapping[str, str]:
    """Answer, by table, the column in whose order its rows are best kept: the one that leads to most rows elsewhere.

    Rows that are read in the order of what they look up find it in neighbouring pages; in a random order each lookup
    costs a page, and a file ten times as large far more than ten times as much.
    """
    weights: dict[str, Counter[str]] = defaultdict(Counter)
    for table, column, other in walks(queries):
        weights[table][column] += sizes.get(other, 0)
    return {table: max(sorted(columns), key=columns.__getitem__) for table, columns in weights.items()}


def _empty(shapes: Mapping[str, Shape]) -> sqlite3.Connection:
    """Answer a database of empty tables of these shapes."""
    database = sqlite3.connect(":memory:")
    for table, shape in shapes.items():
        columns = ", ".join(f"{quoted(name)} {quoted(kind)}" for name, kind in shape.columns.items())
        database.execute(f"CREATE TABLE {table} ({columns})")
        for number, index in enumerate(shape.indexes):
            database.execute(f"CREATE INDEX {table}_{number} ON {table} ({', '.join(map(quoted, index))})")
    return database


def _plan(database: sqlite3.Connection, query: Query) -> list[tuple[int, int, str]]:
    """Answer the steps of a query's plan: number, the step that it belongs to, what is done."""
    with suppress(sqlite3.Error):  # a table or column is not there: the rule will not run
        steps = database.execute(f"EXPLAIN QUERY PLAN {json_text_in(query.sql, 'sqlite')}")
        return [(int(number), int(parent), str(detail)) for number, parent, _, detail in steps]
    return []


def _is_quadratic(plan: Sequence[tuple[int, int, str]]) -> bool:
    """Tell whether a plan scans a table, or builds an index in memory, for what stands inside of another loop."""
    within: set[int] = set()
    looped: set[int] = set()
    for number, parent, detail in plan:
        is_inner = parent in within or parent in looped
        if ("AUTOMATIC" in detail) or (is_inner and detail.startswith("SCAN") and "CONSTANT ROW" not in detail):
            return True
        if parent in within or "CORRELATED" in detail:
            within.add(number)
        if detail.startswith(("SCAN", "SEARCH")):
            looped.add(parent)
    return False


def quoted(name: str) -> str:
    """Answer a name as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'
