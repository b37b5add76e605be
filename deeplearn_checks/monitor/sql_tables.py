"""The tables of a store, as they are now, for SQLite and PostgreSQL alike.

All that one runner writes of a target hangs on the target's row, which it writes first: whoever else keeps something
of that target waits for it. Buckets of one target and span lie beside each other, so that a run dirties a few pages,
a history is read in one sweep, and the oldest go in another.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

from deeplearn_checks.monitor.durations import SLOTS

METADATA = MetaData()
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # only an INTEGER numbers its rows there


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _ms(name: str) -> Column[int]:
    """Milliseconds since 1970 UTC; 0 for never."""
    return Column(name, BigInteger, nullable=False)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _target(*, is_key: bool = False) -> Column[int]:
    return Column("target", _NUMBER, ForeignKey("monitor_targets.number"), nullable=False, primary_key=is_key)


versions = Table(
    "monitor_versions", METADATA, Column("version", Integer, primary_key=True, autoincrement=False), _text("since")
)
"""Which versions of these tables the store has had."""

targets = Table(
    "monitor_targets",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("revision", BigInteger, nullable=False),
    _text("state"),
)
"""What is known of each target; `revision` counts how often it was kept."""

series = Table(
    "monitor_series",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    _target(),
    _text("group"),
    _text("diagnostic"),
    UniqueConstraint("target", "group", "diagnostic"),
)
"""Whose history there is; diagnostic '' is the group as a whole."""

OUTCOMES = ("passed", "failed", "errors", "blocked", "skipped")
TOOK = tuple(f"took_{slot}" for slot in range(SLOTS))
SUMS = (*OUTCOMES, "seconds", *TOOK)
"""The columns of a bucket that add up; of `slowest` the larger counts."""

buckets = Table(
    "monitor_buckets",
    METADATA,
    _target(is_key=True),
    Column("span_ms", BigInteger, primary_key=True),
    Column("from_ms", BigInteger, primary_key=True),
    Column("series", _NUMBER, ForeignKey("monitor_series.number"), primary_key=True),
    *(_count(name) for name in OUTCOMES),
    Column("seconds", Float, nullable=False),
    Column("slowest", Float, nullable=False),
    *(_count(name) for name in TOOK),
    sqlite_with_rowid=False,
)
"""What happened within each minute, hour and day (UTC)."""

runs = Table(
    "monitor_runs",
    METADATA,
    _target(is_key=True),
    Column("group", Text, primary_key=True),
    Column("location", Text, primary_key=True),
    _ms("started_ms"),
    _text("body"),
)
"""The newest run of each group and location."""

notices = Table(
    "monitor_notices",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    _target(),
    _text("diagnostic"),
    _text("route"),
    _text("body"),
    _ms("at_ms"),
    _count("tries"),
    _ms("next_try_ms"),
    _ms("delivered_ms"),
    _text("owner"),
    _ms("leased_ms"),
    sqlite_autoincrement=True,
)
"""What is to be told, to whom; `owner` delivers it until `leased_ms`."""
Index(
    "monitor_notices_untold",
    notices.c.target,
    notices.c.diagnostic,
    notices.c.route,
    notices.c.number,
    sqlite_where=notices.c.delivered_ms == 0,
    postgresql_where=notices.c.delivered_ms == 0,
)

incidents = Table(
    "monitor_incidents",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    _target(),
    _text("diagnostic"),
    _text("cause"),
    _text("severity"),
    _text("summary"),
    _ms("began_ms"),
    _ms("ended_ms"),
)
"""From what was told as opened to what was told as recovered."""
Index("monitor_incidents_open", incidents.c.target, incidents.c.diagnostic, incidents.c.ended_ms)
Index("monitor_incidents_newest", incidents.c.began_ms)
