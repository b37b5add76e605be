"""The words of a rule, and the one in which engines differ: `json_text(column, 'field')`.

A rule is in the common subset of SQLite, DuckDB and Spark SQL. Its texts, names and comments are told apart here, so
that nothing is replaced inside of a text. What `json_text` answers is the field's value as text; NULL where the field
is absent or null, or where the column is no JSON: it never breaks a query.
Sources: https://sqlite.org/lang.html (comments, literals), https://sqlite.org/json1.html, DuckDB's and Spark's
documentation of `json_extract_string`, `get_json_object` (which takes for JSON what is none), `try_parse_json` (which
does not look at what follows) and `json_array_length` (which does).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOOK = "json_text"
_AS: Mapping[str, str] = {
    "sqlite": (
        "CASE WHEN json_valid({0}) THEN CASE json_type({0}, '$.{1}') WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
        "ELSE CAST(json_extract({0}, '$.{1}') AS TEXT) END END"
    ),
    "duckdb": "CASE WHEN json_valid({0}) THEN json_extract_string({0}, '$.{1}') END",
    "spark": (
        "CASE WHEN try_parse_json({0}) IS NOT NULL AND json_array_length('[' || {0} || ']') = 1 "
        "THEN get_json_object({0}, '$.{1}') END"
    ),
}
"""How each engine says the hook; {0} is the column, {1} the field."""

_FIELD = re.compile(r"'([A-Za-z_][A-Za-z0-9_]*)'")
_WORDS = re.compile(
    r"""(?as)
      (?P<space>\s++)
    | (?P<comment>--[^\n]*+|/\*.*?\*/)
    | (?P<text>'(?:[^']|'')*+')
    | (?P<quoted>"(?:[^"]|"")*+"|`(?:[^`]|``)*+`|\[[^\]]*+\])
    | (?P<name>[^\W\d]\w*+)
    | (?P<number>(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?+)
    | (?P<open>'|"|`|\[|/\*)
    | (?P<mark>.)
    """,
    re.VERBOSE,
)


class Part(StrEnum):
    """What a word of SQL is. `OPEN`: a text, name or comment that does not end."""

    SPACE = "space"
    COMMENT = "comment"
    TEXT = "text"
    QUOTED = "quoted"
    NAME = "name"
    NUMBER = "number"
    OPEN = "open"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of SQL, and the line on which it begins, counted from 1."""

    part: Part
    text: str
    line: int

    def says(self, *names: str) -> bool:
        """Tell whether it is one of these names or marks, in upper or lower case."""
        return self.part in {Part.NAME, Part.MARK} and self.text.lower() in names


class SqlError(Exception):
    """A text that cannot be said to every engine. The text is what is wrong, with the remedy; `line` is where."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


def words(sql: str) -> list[Word]:
    """Answer every word of a text, blanks and comments too: joined, they are the text."""
    found: list[Word] = []
    line = 1
    for match in _WORDS.finditer(sql):
        found.append(Word(Part(str(match.lastgroup)), match[0], line))
        line += match[0].count("\n")
    return found


def plain(sql: str) -> list[Word]:
    """Answer what an engine reads of a text: its words without blanks and comments."""
    return [word for word in words(sql) if word.part not in {Part.SPACE, Part.COMMENT}]


def without_comments(sql: str) -> str:
    """Answer a text with a blank for each comment; lines keep their numbers, and engines that nest comments agree."""
    return "".join(
        " " + "\n" * word.text.count("\n") if word.part is Part.COMMENT else word.text for word in words(sql)
    ).strip()


def json_text_in(sql: str, engine: str) -> str:
    """Answer a rule's text as one engine reads it: `sqlite`, `duckdb` or `spark`.

    Raises SqlError where the hook is not given a column and the name of a field.
    """
    said = words(without_comments(sql))
    pieces: list[str] = []
    place = 0
    while place < len(said):
        opened = _opening(said, place)
        if opened:
            column, field, place = _arguments(said, opened)
            pieces.append(_AS[engine].format(column, field))
        else:
            pieces.append(said[place].text)
            place += 1
    return "".join(pieces)


def _opening(said: Sequence[Word], place: int) -> int:
    """Answer where the parenthesis of a hook at *place* opens; 0 where there is no hook."""
    if not said[place].says(HOOK):
        return 0
    after = place + 1
    while after < len(said) and said[after].part is Part.SPACE:
        after += 1
    return after if after < len(said) and said[after].says("(") else 0


def _arguments(said: Sequence[Word], opened: int) -> tuple[str, str, int]:
    """Answer column and field of the hook whose parenthesis opens there, and the place after it."""
    line = said[opened].line
    arguments: list[list[str]] = [[]]
    depth = 1
    for place in range(opened + 1, len(said)):
        word = said[place]
        depth += word.says("(") - word.says(")")
        if depth == 0:
            return *_column_and_field(["".join(argument).strip() for argument in arguments], line), place + 1
        if word.says(HOOK):
            raise SqlError(f"{HOOK} stands inside of {HOOK}: take one field of a column", line)
        if depth == 1 and word.says(","):
            arguments.append([])
        else:
            arguments[-1].append(word.text)
    raise SqlError(f"the parenthesis of {HOOK} is never closed", line)


def _column_and_field(arguments: Sequence[str], line: int) -> tuple[str, str]:
    field = _FIELD.fullmatch(arguments[1]) if len(arguments) == 2 else None  # noqa: PLR2004  a column and a field
    if field is None or not arguments[0]:
        raise SqlError(f"{HOOK} takes a column and the name of a field: {HOOK}(metadata_json, 'amount_cents')", line)
    return arguments[0], field[1]
