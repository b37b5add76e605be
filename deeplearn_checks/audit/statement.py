"""Whether the SQL of a rule is one harmless SELECT over what its header declares: judged before it meets any data.

The words are looked at first; then SQLite prepares the statement over empty tables, and its authorizer
(https://sqlite.org/c3ref/set_authorizer.html) is asked about everything that the statement would do. Only reading
declared columns and calling a few functions is allowed; whatever else it tries is refused, and why is kept.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from deeplearn_checks.audit.dialect import HOOK, Part, SqlError, Word, json_text_in, plain, without_comments

LONGEST = 65_536
"""How many characters the text of a rule may have."""

FUNCTIONS = frozenset(
    {
        *("abs", "avg", "coalesce", "count", "ifnull", "instr", "length", "like", "lower", "ltrim", "max", "min"),
        *("nullif", "replace", "round", "row_number", "rtrim", "substr", "sum", "trim", "upper"),
    }
)
"""Functions that all engines know, and that do nothing but answer."""

_OF_THE_HOOK = frozenset({"json_valid", "json_type", "json_extract"})
_PATIENCE = 100_000
"""Steps of SQLite's machine that preparing a statement over empty tables may take: it takes a few dozen."""

_NEAR = re.compile(r'near "(.*)": syntax error|no such (?:column|function|table): (?:\w+\.)?(\w+)')

Declared = Mapping[str, frozenset[str]]
Known = Mapping[str, Collection[str]]
"""What may be read: tables and views, with their columns."""


@dataclass(slots=True)
class _Watch:
    """What SQLite's authorizer asks. `refusals`: what was refused, with the word that it is about."""

    declared: Declared
    known: Known
    named: frozenset[str]
    refusals: list[tuple[str, str]] = field(default_factory=list)

    def __call__(
        self, action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None
    ) -> int:
        """Allow or deny one thing that the statement would do."""
        refusal = self._refusal(action, (first or "").lower(), (second or "").lower())
        if refusal is None:
            return sqlite3.SQLITE_OK
        self.refusals.append(refusal)
        return sqlite3.SQLITE_DENY

    def _refusal(self, action: int, first: str, second: str) -> tuple[str, str] | None:
        if action == sqlite3.SQLITE_SELECT:
            return None
        if action == sqlite3.SQLITE_READ:
            return self._unread(first, second)
        if action == sqlite3.SQLITE_FUNCTION:
            known = second in FUNCTIONS | _OF_THE_HOOK
            return None if known else (second, f"calls {second}(); a rule may call {_listed(FUNCTIONS | {HOOK})}")
        if action == sqlite3.SQLITE_RECURSIVE:
            return "recursive", "is recursive, which has no end that can be known; join the tables instead"
        return "", "does more than read; a rule is one SELECT"

    def _unread(self, table: str, column: str) -> tuple[str, str] | None:
        """Answer why a column may not be read, if so; rows of a table may be counted without reading one."""
        if table in self.declared:
            known = not column or column in self.declared[table]
            return None if known else (column, f"reads {table}.{column}; add {column} to {table} in tables")
        if table in self.named and not column:
            return None
        known_tables = (
            f"; add it to tables: {table} ({column})" if table in self.known else "; a rule reads known tables"
        )
        return table, f"reads {table}, which tables does not declare{known_tables}"


def check_statement(sql: str, declared: Declared, first_line: int, known: Known) -> tuple[tuple[str, ...], str]:
    """Answer the columns that the one SELECT answers, in order, and its text without comments.

    `first_line` is the line of the file on which *sql* begins. Raises SqlError for all that is not one SELECT over the
    declared columns, with the line of the file.
    """
    said = plain(sql)
    try:
        _check_words(sql, said)
        text = without_comments(sql).rstrip("; \t\r\n")
        return _columns(text, said, declared, known), text
    except SqlError as problem:
        raise SqlError(str(problem), problem.line + first_line - 1) from None


def _check_words(sql: str, said: Sequence[Word]) -> None:
    """Refuse what an engine could read otherwise than SQLite does, or as more than one SELECT."""
    if len(sql) > LONGEST:
        raise SqlError(f"has {len(sql)} characters; a rule has at most {LONGEST}", 1)
    if not said or not said[0].says("select", "with"):
        raise SqlError("a rule is one SELECT (or WITH ... SELECT) below its header", said[0].line if said else 1)
    body = said[: -_trailing(said) or None]
    depth = 0
    for word, after in zip(body, [*body[1:], None], strict=True):
        problem = _misread(word, after)
        depth += word.says("(") - word.says(")")
        if problem or depth < 0:
            raise SqlError(problem or "closes a parenthesis that is not open; take it out", word.line)


def _trailing(said: Sequence[Word]) -> int:
    """Answer how many semicolons end a text."""
    return next((number for number, word in enumerate(reversed(said)) if not word.says(";")), 0)


def _misread(word: Word, after: Word | None) -> str:
    """Answer why a word cannot stand in a rule; empty where it can."""
    text = word.text
    if word.part is Part.TEXT:
        return "a text holds \\, which engines read differently; leave it out" if "\\" in text else ""
    if word.says("limit", "natural", "recursive"):
        return f"says {text}, with which engines answer differently or without end; say it in WHERE or ON"
    if word.says(*_OF_THE_HOOK) and after is not None and after.says("("):
        return f"calls {text}, which is SQLite's; write {HOOK}(column, 'field')"
    return _marked(word)


def _marked(word: Word) -> str:
    """Answer why a mark cannot stand in a rule; empty where it can."""
    if word.part is Part.OPEN:
        return f"{word.text} is opened and never closed"
    if word.part is Part.QUOTED:
        return f"{word.text} is quoted, which engines read differently; write names bare and texts in 'single quotes'"
    if word.says(";"):
        return "holds a second statement; a rule is one SELECT"
    is_odd = word.says(*"?:@$#{}") or not word.text.isascii() or not word.text.isprintable()
    return f"{word.text!r} has no place in a rule outside of a text" if is_odd else ""


def _columns(text: str, said: Sequence[Word], declared: Declared, known: Known) -> tuple[str, ...]:
    """Prepare the statement over empty tables and answer what it is called that it answers."""
    watch = _Watch(declared, known, _named(said, known))
    with closing(sqlite3.connect(":memory:")) as database:
        for table, columns in known.items():
            database.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        database.set_authorizer(watch)
        database.set_progress_handler(lambda: True, _PATIENCE)
        try:
            cursor = database.execute(f"SELECT * FROM (\n{json_text_in(text, 'sqlite')}\n) LIMIT 0")  # noqa: S608  that is what is judged
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as problem:
            raise _refused(str(problem), watch, said) from None
        columns_answered = tuple(str(column[0]) for column in cursor.description)
    twice = [name for name, count in Counter(name.partition(":")[0] for name in columns_answered).items() if count > 1]
    if twice:
        raise SqlError(f"answers {twice[0]} twice; leave one of them out", said[0].line)
    return columns_answered


def _refused(problem: str, watch: _Watch, said: Sequence[Word]) -> SqlError:
    """Answer the one line that says why SQLite did not prepare a statement."""
    if watch.refusals:
        word, refusal = watch.refusals[0]
        return SqlError(refusal, _line_of(word, said))
    near = _NEAR.match(problem)
    word = (near[1] or near[2]).lower() if near else ""
    return SqlError(f"is no SELECT over the known tables: {problem}; mend it there", _line_of(word, said))


def _line_of(text: str, said: Sequence[Word]) -> int:
    """Answer the first line that holds a word; the line on which the statement begins where none does."""
    return next((word.line for word in said if word.text.lower() == text), said[0].line)


def _named(said: Sequence[Word], known: Known) -> frozenset[str]:
    """Answer the names that a WITH gives to its parts. Raises SqlError where one is the name of a table."""
    names: set[str] = set()
    for place, word in enumerate(said[:-2]):
        if word.says("with", ",") and said[place + 1].part is Part.NAME:
            after = place + 2
            if said[after].says("("):
                after = next((n for n in range(after, len(said)) if said[n].says(")")), after) + 1
            if [other.text.lower() for other in said[after : after + 2]] == ["as", "("]:
                names.add(said[place + 1].text.lower())
    for name in sorted(names & known.keys()):
        raise SqlError(f"WITH names a part {name}, as a table is called; call it otherwise", _line_of(name, said))
    return frozenset(names)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
