"""The shape of an engine: what an audit asks of SQLite, DuckDB and Spark alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deeplearn_checks.audit.rule import Rule

Value = str | int | float | None
"""What a cell holds."""


class BrokenQueryError(Exception):
    """A query could not be answered (its text breaks, it took too long): a verdict on the question, not on the data.

    The text is the engine's own, in one line; it may hold values and is redacted before it is shown.
    """


class Engine(Protocol):
    """A place where the tables lie and rules run."""

    @property
    def name(self) -> str:
        """What `--engine` calls it."""

    def columns(self) -> Mapping[str, frozenset[str]]:
        """Answer the columns of each table that is there, under the names the tables have."""

    def count(self, table: str) -> int:
        """Answer how many rows a table has."""

    def prepare(self, rules: Sequence[Rule]) -> None:
        """Make these rules cheap to run (indexes, cached tables); the source itself is never written to."""

    def violations(self, rule: Rule, *, since_ms: int | None, seconds: float) -> Iterator[Sequence[Value]]:
        """Answer the rows of a rule, each in the order of `rule.columns`, streaming; `seconds` bounds the query.

        With `since_ms` only rows whose `at_ms` is not before it: a time that is unknown is not, and a rule without
        `at_ms` answers all of its rows.
        Raises BrokenQueryError, possibly while it is being read.
        """

    def close(self) -> None:
        """Let go of everything, temporary files too."""
