"""A rule's header says what the rule means; what it says wrongly is named with its line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruling import PAID, written

from deeplearn_checks.audit.header import read_header
from deeplearn_checks.audit.tables import TABLES
from deeplearn_checks.finding import Severity
from deeplearn_checks.settings import ConfigurationError

SLUGS = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+){0,3}", fullmatch=True)
MEANINGS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1).filter(
    lambda text: text.strip() == text
)
DECLARED = st.dictionaries(st.sampled_from(sorted(TABLES)), st.just(None), min_size=1, max_size=4).flatmap(
    lambda chosen: st.fixed_dictionaries(
        {name: st.frozensets(st.sampled_from(sorted(TABLES[name])), min_size=1) for name in chosen}
    )
)


@given(id_=SLUGS, severity=st.sampled_from(Severity), meaning=MEANINGS, tables=DECLARED, breaks=st.booleans())
def test_what_a_header_says_is_read_back(
    *, id_: str, severity: Severity, meaning: str, tables: dict[str, frozenset[str]], breaks: bool
) -> None:
    """Whatever is written as a header is what is read, on one line or on several."""
    told = (",\n--   " if breaks else ", ").join(f"{name} ({', '.join(sorted(tables[name]))})" for name in tables)
    text = (
        f"-- id: {id_}\n-- severity: {severity.label}\n-- cause: {id_}\n-- runbook: alert-workflow/3\n"
        f"-- key: a, b\n-- people: b\n-- tables: {told}\n-- meaning: {meaning}\nSELECT 1"
    )

    read = read_header(text, "x", TABLES)

    assert (read.id, read.severity, read.cause, read.meaning, dict(read.tables)) == (
        id_,
        severity,
        id_,
        meaning,
        tables,
    )


def test_a_file_may_end_with_its_header() -> None:
    """Who it is about is read; that there is no SELECT is said by who looks for one."""
    read = read_header(written("", key="course_id, user_id", people="user_id").rstrip(), "x", TABLES)

    assert (*read.key, *read.people, read.lines) == ("course_id", "user_id", "user_id", 8)


def test_who_is_a_person_need_not_be_said() -> None:
    """A rule that forgets it shows no lead and no user: of its key these name people, and what it says beside them."""
    read = read_header(written("", key="course_id, lead_id, uid, title", people="title"), "x", TABLES)

    assert read.people == {"lead_id", "uid", "title"}


@given(st.text())
def test_any_text_is_a_header_or_one_line_that_says_why_not(text: str) -> None:
    """No text makes the reader break otherwise."""
    try:
        said = read_header(text, "x.sql", TABLES).id
    except ConfigurationError as problem:
        said = str(problem)

    assert re.match(r"x\.sql(, line \d+)?: .+", said)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("-- id: a-rule", "-- id: A rule", 1, "is no slug"),
        ("-- id: a-rule", "-- id:", 1, "says no id"),
        ("-- severity: critical", "-- severity: high", 2, "write one of info, warning, critical"),
        ("-- cause: paid-without-user", "-- cause: paid_without", 3, "is no slug"),
        ("-- runbook: payment-failure-playbook/4", "-- runbook: page 4", 4, "is no runbook step"),
        ("-- key: lead_id", "-- key: lead id", 5, "is no column"),
        ("-- key: lead_id", "-- key: lead_id, lead_id", 5, "named twice"),
        ("-- people: ", "-- people: user_id", 6, "is not of the key"),
        ("-- people: ", "-- persons: user_id", 6, "knows no 'persons'"),
        ("-- people: ", "-- key: user_id", 6, "says key twice"),
        ("lead_registrations (", "leads (", 7, "there is no table 'leads'"),
        ("(lead_id, ", "(lead, ", 7, "has no column 'lead'"),
        ("metadata_json)", "metadata_json", 7, "tables reads"),
        ("metadata_json)", "metadata_json), lead_registrations (email)", 7, "named twice"),
        ("-- meaning: ", "-- A word.\n-- meaning: ", 9, "'meaning:' stands outside of the header"),
        ("SELECT", "-- People: lead_id\nSELECT", 9, "write -- people: there"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, line: int, said: str) -> None:
    """File, line and remedy stand in one line."""
    text = written(PAID).replace(old, new, 1)

    with pytest.raises(ConfigurationError, match=re.escape(said)) as refused:
        read_header(text, "a-rule.sql", TABLES)

    assert str(refused.value).startswith(f"a-rule.sql, line {line}: ")


def test_a_missing_entry_is_shown_as_it_would_be_written() -> None:
    """The remedy is a line to copy."""
    text = written(PAID).replace("-- key: lead_id\n", "")

    with pytest.raises(ConfigurationError) as refused:
        read_header(text, "a-rule.sql", TABLES)

    assert str(refused.value) == "a-rule.sql: the header says no key; add a line such as: -- key: lead_id"
