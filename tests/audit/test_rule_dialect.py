"""One rule text for all engines: only the hook differs, and only where it is meant."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplearn_checks.audit.dialect import SqlError, json_text_in, plain, without_comments, words

PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["json_text", "(", ")", ",", "'a'", "'it''s'", '"x"', "/* (' */", "-- ')\n", " ", "l", ".", "=", "'", "1.5"]
        ),
        st.text(max_size=3),
    )
).map("".join)


@given(PIECES)
def test_words_are_the_whole_text(text: str) -> None:
    """Nothing is lost and nothing is added, whatever stands there."""
    said = "".join(word.text for word in words(text))

    assert said == text


@given(PIECES)
def test_lines_keep_their_numbers_without_comments(text: str) -> None:
    """What is said about a line is about the file's."""
    kept = without_comments(f"a {text} 'b'")

    assert kept.count("\n") == f"a {text} 'b'".count("\n") or "'" in text or "--" in text or "*" in text


@given(st.text(alphabet="abc'-/*( ).,", max_size=20))
def test_a_text_is_never_taken_for_sql(inside: str) -> None:
    """What stands in quotes is left as it is, hooks and comments too."""
    sql = "SELECT '" + inside.replace("'", "''") + "json_text(a, ''b'') -- x'"

    assert json_text_in(sql, "spark") == sql


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (
            "sqlite",
            (
                "CASE WHEN json_valid(l.m) THEN CASE json_type(l.m, '$.f') WHEN 'true' THEN 'true' "
                "WHEN 'false' THEN 'false' ELSE CAST(json_extract(l.m, '$.f') AS TEXT) END END"
            ),
        ),
        ("duckdb", "CASE WHEN json_valid(l.m) THEN json_extract_string(l.m, '$.f') END"),
        (
            "spark",
            (
                "CASE WHEN try_parse_json(l.m) IS NOT NULL AND json_array_length('[' || l.m || ']') = 1 "
                "THEN get_json_object(l.m, '$.f') END"
            ),
        ),
    ],
)
def test_each_engine_says_the_hook_in_its_way(engine: str, said: str) -> None:
    """The hook is known in upper case, with blanks, and with a comment inside."""
    sql = json_text_in("SELECT JSON_TEXT ( l.m /* , */ , 'f' ) AS x", engine)

    assert sql == f"SELECT {said} AS x"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "json_text(coalesce(a, ('{}')), 'f')",
            "CASE WHEN json_valid(coalesce(a, ('{}'))) THEN json_extract_string(coalesce(a, ('{}')), '$.f') END",
        ),
        ("json_text", "json_text"),
        ("json_text AS x", "json_text AS x"),
        ("my_json_text(a)", "my_json_text(a)"),
    ],
)
def test_only_a_call_is_the_hook(sql: str, said: str) -> None:
    """Its column may be any expression; its name alone is a name."""
    assert json_text_in(sql, "duckdb") == said


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("json_text(a)", "takes a column and the name of a field"),
        ("json_text(a, 'f', 'g')", "takes a column and the name of a field"),
        ("json_text(, 'f')", "takes a column and the name of a field"),
        ("json_text(a, f)", "takes a column and the name of a field"),
        ("json_text(a, 'f.g')", "takes a column and the name of a field"),
        ("json_text(json_text(a, 'f'), 'g')", "stands inside of json_text"),
        ("json_text(a, 'f'", "is never closed"),
    ],
)
def test_a_hook_that_cannot_be_said_is_refused(sql: str, said: str) -> None:
    """It takes one column and one field; the line is named."""
    with pytest.raises(SqlError, match=said) as refused:
        json_text_in(f"SELECT 1,\n{sql}", "sqlite")

    assert refused.value.line == 2


@given(st.one_of(st.text(), st.none(), st.integers(-(2**63), 2**63 - 1), st.binary(), st.floats(allow_nan=False)))
def test_what_is_no_json_has_no_field(held: str | float | bytes | None) -> None:
    """The hook answers NULL instead of breaking the query."""
    sql = json_text_in("SELECT json_text(held, 'absent') FROM (SELECT ? AS held)", "sqlite")

    with closing(sqlite3.connect(":memory:")) as database:
        found = database.execute(sql, (held,)).fetchall()

    assert found == [(None,)]


@pytest.mark.parametrize(("value", "said"), [("x", "x"), (4900, "4900"), (None, None), ("", ""), (1.5, "1.5")])
def test_a_field_is_answered_as_text(value: str | float | None, said: str | None) -> None:
    """Numbers too; what is null is NULL."""
    sql = json_text_in("SELECT json_text(?1, 'f')", "sqlite")

    with closing(sqlite3.connect(":memory:")) as database:
        found = database.execute(sql, (json.dumps({"f": value}),)).fetchone()

    assert found == (said,)


def test_blanks_and_comments_are_no_words() -> None:
    """An engine reads what is left."""
    assert [word.text for word in plain("a--b\n /* c */.5")] == ["a", ".5"]
