"""A rule's words mean for DuckDB what they mean for SQLite; for Spark, test_engines_alike holds them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rules_made import EXPRESSIONS, rule

from deeplearn_checks.audit.dialect import json_text_in
from deeplearn_checks.audit.engines.speaking import one_line, said_to, spoken

NUMERALS = st.text(st.sampled_from("0123456789+-. eExé\t\n_"), max_size=24)


def in_sqlite(expression: str, *values: object) -> object:
    """Answer what SQLite makes of an expression."""
    with closing(sqlite3.connect(":memory:")) as database:
        return database.execute(f"SELECT {json_text_in(expression, 'sqlite')}", values).fetchone()[0]


def in_duckdb(expression: str, *values: object) -> object:
    """Answer what DuckDB makes of it, once it is said so."""
    with duckdb.connect() as database:
        found = database.execute(f"SELECT {said_to('duckdb', expression)}", list(values)).fetchone()
    assert found
    return found[0]


@settings(deadline=None, max_examples=50)
@given(NUMERALS)
@example("12abc")
@example("")
@example("99999999999999999999")
@example("-99999999999999999999")
@example("0x10")
def test_text_is_cast_to_whole_numbers_as_sqlite_does(text: str) -> None:
    """What stands at its beginning counts; nothing breaks the query."""
    expression = "CAST(? AS INTEGER)"

    assert in_duckdb("CAST($1 AS INTEGER)", text) == in_sqlite(expression, text)


@settings(deadline=None, max_examples=50)
@given(NUMERALS)
@example("1e3")
@example(".5")
@example("abc")
def test_text_is_cast_to_real_numbers_as_sqlite_does(text: str) -> None:
    """Likewise, with a fraction and an exponent."""
    assert in_duckdb("CAST($1 AS REAL)", text) == pytest.approx(in_sqlite("CAST(? AS REAL)", text))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_words_mean_the_same(expression: str) -> None:
    """Letters are ASCII's, LIKE sees no upper case, texts and other calls stay as they are."""
    found = in_duckdb(expression)

    assert found == in_sqlite(expression)


def test_a_text_is_what_it_says_for_spark() -> None:
    """There a backslash begins something else, and what stands in double quotes is a text."""
    said = spoken(rule("SELECT \"id\", 'a\\b' AS at_ms FROM payments", "id", "at_ms"), 5, "spark")

    assert said == (
        "SELECT id, at_ms FROM (SELECT `id`, 'a\\\\b' AS at_ms FROM payments) AS found "
        "WHERE at_ms IS NULL OR at_ms >= 5"
    )


def test_an_error_is_one_line() -> None:
    """Without the picture that is drawn below it; an error that says nothing says what it is."""
    told = [one_line(ValueError("no such column\n\nLINE 1: SELECT\n")), one_line(ValueError())]

    assert told == ["no such column", "ValueError"]
