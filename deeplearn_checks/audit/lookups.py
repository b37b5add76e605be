"""Which columns rules look tables up by: what an engine without their index makes cheap before it runs them."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from deeplearn_checks.audit.dialect import Part, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from deeplearn_checks.audit.dialect import Word

Column = tuple[str, str]
"""A column as a text names it: by an alias ('' where it stands bare), and its name."""

_NO_ALIAS = (
    *(
        "as",
        "cross",
        "except",
        "full",
        "group",
        "having",
        "inner",
        "intersect",
        "join",
        "left",
        "natural",
        "on",
        "order",
    ),
    *("outer", "right", "union", "using", "where"),
)


class Query(Protocol):
    """What reads tables: a rule or a view."""

    @property
    def tables(self) -> Mapping[str, frozenset[str]]:
        """The columns it reads, by table."""

    @property
    def sql(self) -> str:
        """Its SELECT."""


def lookups(queries: Iterable[Query]) -> Mapping[str, frozenset[frozenset[str]]]:
    """Answer, by table, the sets of columns that queries hold against columns of another table with `=`.

    Columns that are held against the same other table go together: `e.user_id = l.user_id AND e.course_id =
    l.course_id` looks `course_enrollments` up by both.
    """
    found: dict[str, set[frozenset[str]]] = defaultdict(set)
    for query in queries:
        for table, columns in _of(query):
            found[table].add(columns)
    return {table: frozenset(sets) for table, sets in found.items()}


def walks(queries: Iterable[Query]) -> Iterator[tuple[str, str, str]]:
    """Answer every column that a query holds against another table with `=`: its table, its name, the other table."""
    for query in queries:
        said = plain(query.sql)
        aliases = _aliases(said, query)
        for one, other in _equalities(said):
            for (alias, column), (against, _) in ((one, other), (other, one)):
                for table in aliases.get(alias, ()):
                    for other_table in aliases.get(against, ()):
                        yield table, column, other_table


def _of(query: Query) -> Iterator[tuple[str, frozenset[str]]]:
    """Answer what one query looks up."""
    said = plain(query.sql)
    aliases = _aliases(said, query)
    together: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one, other in _equalities(said):
        for (alias, column), (against, _) in ((one, other), (other, one)):
            together[alias, against].add(column)
    for column in _using(said):
        for alias in aliases:
            together[alias, ""].add(column)
    for (alias, _), columns in together.items():
        for table in aliases.get(alias, query.tables.keys() if not alias else ()):
            if known := frozenset(columns & query.tables[table]):
                yield table, known


def _aliases(said: Sequence[Word], query: Query) -> Mapping[str, set[str]]:
    """Answer the tables that each alias, or bare name of a table, may mean in a text."""
    aliases: dict[str, set[str]] = defaultdict(set)
    for place, word in enumerate(said):
        name = word.text.lower()
        if name in query.tables and place and said[place - 1].says("from", "join", ","):
            after = said[place + 1 : place + 3]
            alias = next((w for w in after if not w.says("as")), None)
            is_alias = alias is not None and alias.part is Part.NAME and not alias.says(*_NO_ALIAS)
            aliases[alias.text.lower() if alias and is_alias else name].add(name)
    return aliases


def _equalities(said: Sequence[Word]) -> Iterator[tuple[Column, Column]]:
    """Answer the pairs of columns between which a `=` stands."""
    for place, word in enumerate(said):
        if word.says("="):
            left, right = _column_before(said, place), _column_after(said, place)
            if left and right and left[0] != right[0]:
                yield left, right


def _column_before(said: Sequence[Word], place: int) -> Column | None:
    if place < 1 or said[place - 1].part is not Part.NAME:
        return None
    name = said[place - 1].text.lower()
    if place > 2 and said[place - 2].says("."):  # noqa: PLR2004  alias, point, name
        return said[place - 3].text.lower(), name
    return "", name


def _column_after(said: Sequence[Word], place: int) -> Column | None:
    words = [*said[place + 1 : place + 4]]
    if not words or words[0].part is not Part.NAME:
        return None
    if len(words) > 2 and words[1].says("."):  # noqa: PLR2004  alias, point, name
        return words[0].text.lower(), words[2].text.lower()
    return None if len(words) > 1 and words[1].says("(") else ("", words[0].text.lower())


def _using(said: Sequence[Word]) -> Iterator[str]:
    """Answer the columns that a USING names."""
    is_inside = False
    for word, after in pairwise(said):
        if word.says("using"):
            is_inside = after.says("(")
        elif is_inside and word.says(")"):
            is_inside = False
        elif is_inside and word.part is Part.NAME:
            yield word.text.lower()
