"""A rule's text as DuckDB and Spark read it, so that they answer what SQLite answers.

Rules are written in SQLite's words. Where the same words mean something else, they are rewritten: `json_text` (by the
dialect); a CAST of text to a number, which in SQLite stops at the first strange character (0 where that is the first)
and elsewhere breaks the query; the names of types; `lower` and `upper`, which know ASCII letters only in SQLite; LIKE,
which is blind to upper case there.
Sources: SQLite, "CAST expressions" and "Built-In Scalar SQL Functions"; DuckDB and Spark SQL of the same names.
"""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

from deeplearn_checks.audit.dialect import Part, json_text_in, without_comments, words
from deeplearn_checks.audit.fitting import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from deeplearn_checks.audit.dialect import Word
    from deeplearn_checks.audit.rule import Rule

_DIGITS = "regexp_extract(CAST({0} AS STRING), '^[ \t\n\v\f\r]*([+-]?[0-9]+)', 1)"
_NUMERAL = (
    "regexp_extract(CAST({0} AS STRING), '^[ \t\n\v\f\r]*([+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?)', 1)"
)
_WHOLE = (
    f"coalesce(try_cast({_DIGITS} AS BIGINT), CASE WHEN {_DIGITS} = '' THEN 0 "
    f"WHEN {_DIGITS} LIKE '-%' THEN -{MOST} - 1 WHEN {_DIGITS} > '' THEN {MOST} END)"
)
"""What stands at the beginning, kept within 64 bits; Spark and DuckDB know no cast that does so."""
_REAL = f"coalesce(try_cast({_NUMERAL} AS DOUBLE), CASE WHEN {_NUMERAL} >= '' THEN 0.0 END)"
_CASTS: Mapping[str, str] = {
    "integer": _WHOLE,
    "int": _WHOLE,
    "bigint": _WHOLE,
    "real": _REAL,
    "double": _REAL,
    "text": "CAST({0} AS STRING)",
}
_LETTERS: Mapping[str, Callable[[str], str]] = {
    "lower": f"translate({{}}, '{ascii_uppercase}', '{ascii_lowercase}')".format,
    "upper": f"translate({{}}, '{ascii_lowercase}', '{ascii_uppercase}')".format,
}
"""How other letters than ASCII's are left as they are; what is all ASCII need not go the slow way."""


def spoken(rule: Rule, since_ms: int | None, engine: str) -> str:
    """Answer the query of a rule for `duckdb` or `spark`: its columns in their order, from a time on.

    A row without a time is answered too: it is not known to be before it.
    """
    columns = ", ".join(rule.columns)
    found = f"SELECT {columns} FROM ({said_to(engine, rule.sql)}) AS found"  # noqa: S608  a judged rule
    if since_ms is None or "at_ms" not in rule.columns:
        return found
    return f"{found} WHERE at_ms IS NULL OR at_ms >= {since_ms:d}"


def said_to(engine: str, sql: str) -> str:
    """Answer the text of a rule or a view for `duckdb` or `spark`."""
    said = json_text_in(alike(sql), engine)
    return _literal(said) if engine == "spark" else said


def alike(sql: str) -> str:
    """Answer a text whose casts and letters mean for DuckDB and Spark what they mean for SQLite."""
    return "".join(_said(iter(words(without_comments(sql)))))


def _literal(sql: str) -> str:
    """Answer a text in which a backslash is one, and names stand in Spark's quotes."""
    return "".join(
        word.text.replace("\\", "\\\\")
        if word.part is Part.TEXT
        else word.text.replace('"', "`")
        if word.part is Part.QUOTED
        else word.text
        for word in words(sql)
    )


def _said(rest: Iterator[Word]) -> Iterator[str]:
    """Answer the words up to the end, or up to the bracket that closes the one which was opened before them."""
    name, space = "", ""
    for word in rest:
        if word.says(")"):
            break
        if word.says("("):
            yield _call(name, space, list(_said(rest)))
            name, space = "", ""
        elif word.part is Part.SPACE:
            space += word.text
        else:
            yield name + space
            name, space = "ILIKE" if word.says("like") else word.text, ""
    yield name + space


def _call(name: str, space: str, inner: Sequence[str]) -> str:
    """Answer a call, or what only stands in brackets after a word."""
    function, said = name.lower(), "".join(inner)
    if function in _LETTERS:
        is_ascii = f"bit_length({said}) = 8 * length({said})"
        return f"(CASE WHEN {is_ascii} THEN {name}({said}) ELSE {_LETTERS[function](said)} END)"
    value, _, kind = said.rstrip().rpartition(" ")
    if function == "cast" and kind.lower() in _CASTS:
        return f"({_CASTS[kind.lower()]})".replace("{0}", value.rstrip()[: -len(" AS")])
    return f"{name}{space}({said})"


def one_line(problem: BaseException) -> str:
    """Answer what an engine says about a query, without the picture of the place that some draw below."""
    return next(iter(str(problem).strip().splitlines()), type(problem).__name__)
