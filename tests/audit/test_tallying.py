"""The rows of a rule are added up whatever they hold, and however many they are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruling import MONEY, no_file_larger_than, ruled

from deeplearn_checks.audit.engines.engine import Value
from deeplearn_checks.audit.tallying import Tally, tally
from deeplearn_checks.settings import ConfigurationError

RULE = ruled(MONEY)
PAIR = ruled("SELECT lead_id, user_id FROM lead_registrations", key="lead_id, user_id")
VALUES = st.one_of(st.none(), st.text(max_size=4), st.integers(), st.floats())
TIMES = st.one_of(st.none(), st.integers(-(10**13), 10**16), st.floats(), st.text(max_size=2))
ROWS = st.lists(st.tuples(VALUES, VALUES, st.one_of(VALUES, st.sampled_from(["INR", "usd"])), TIMES), max_size=20)

Row = tuple[Value, ...]


def added(rows: list[Row], known: frozenset[str] = frozenset()) -> Tally:
    """Add up rows of the rule about money."""
    return tally(RULE, rows, secret=b"s", is_known=known.__contains__)


@given(rows=ROWS, data=st.data())
def test_the_order_of_rows_does_not_matter(rows: list[Row], data: st.DataObject) -> None:
    """Engines answer in any order: sums, keys and hash are the same."""
    shuffled = data.draw(st.permutations(rows))

    assert added(shuffled) == added(rows)


@given(rows=ROWS)
def test_every_key_counts_once(rows: list[Row]) -> None:
    """Rows of one key are one finding, in the count and in the weeks."""
    once = added([*rows, *rows])

    assert (once, sum(once.weeks.values()), len(once.keys)) == (added(rows), once.count, once.count)


@given(rows=st.lists(st.tuples(st.integers(), st.integers(0, 10**9), st.sampled_from(["INR", "USD"])), max_size=20))
def test_money_is_added_by_currency(rows: list[tuple[int, int, str]]) -> None:
    """To the last cent; the key tells the rows apart."""
    expected: Counter[str] = Counter()
    for _, cents, currency in {row[0]: row for row in reversed(rows)}.values():
        expected[currency] += cents

    sums = added([(key, *next((r[1:] for r in rows if r[0] == key), (0, "")), 5) for key, _, _ in rows])

    assert sums.money == expected


@pytest.mark.parametrize(
    ("cents", "currency", "money"),
    [
        (4900, "INR", {"INR": 4900}),
        (4900, " inr ", {"INR": 4900}),
        (4900.0, "INR", {"INR": 4900}),
        (4900, None, {"?": 4900}),
        (4900, "asha@example.com", {"?": 4900}),
        (4900, 356, {"?": 4900}),
        (None, "INR", {}),
        ("4900", "INR", {}),
        (-1, "INR", {}),
        (float("nan"), "INR", {}),
        (float("inf"), "INR", {}),
        (10**30, "INR", {}),
    ],
)
def test_only_money_is_money(cents: Value, currency: Value, money: dict[str, int]) -> None:
    """What is no amount is ignored; what is no currency is `?`, and never shown."""
    assert added([("a", cents, currency, 5)]).money == money


def ms(year: int, month: int, day: int) -> int:
    """Answer the last millisecond of a day."""
    return int(datetime(year, month, day, 23, 59, 59, 999_000, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("at", "week"),
    [
        (1, "1969-12-29"),
        (ms(2025, 6, 1), "2025-05-26"),
        (ms(2025, 6, 1) + 1, "2025-06-02"),
        (float(ms(2025, 6, 8)), "2025-06-02"),
        (ms(9999, 12, 31), "9999-12-27"),
        (ms(9999, 12, 31) + 1, ""),
        (10**30, ""),
        (0, ""),
        (-5, ""),
        (None, ""),
        ("2025-06-01", ""),
        (float("nan"), ""),
    ],
)
def test_a_week_begins_on_monday_in_utc(at: Value, week: str) -> None:
    """What is no time is counted too, under no week."""
    assert added([("a", None, None, at)]).weeks == {week: 1}


def test_weeks_stand_in_order_and_unknown_times_last() -> None:
    """With the first and the last time that is one."""
    sums = added([("a", 1, "INR", None), ("b", 1, "INR", ms(2025, 6, 9)), ("c", 1, "INR", ms(2025, 6, 1))])

    assert (list(sums.weeks), sums.first_at_ms, sums.last_at_ms) == (
        ["2025-05-26", "2025-06-09", ""],
        ms(2025, 6, 1),
        ms(2025, 6, 9),
    )


def test_of_several_rows_of_a_key_the_earliest_counts() -> None:
    """A known time before an unknown one, then the least money."""
    sums = added([("a", 9, "INR", None), ("a", 7, "INR", 5), ("a", 8, "INR", 5), ("a", 1, "INR", 6)])

    assert (sums.count, sums.money, sums.first_at_ms, sums.last_at_ms) == (1, {"INR": 7}, 5, 5)


def test_new_keys_are_shown_before_known_ones() -> None:
    """At most a hundred, each in its order."""
    rows: list[Row] = [(f"{number:04}", None, None, None) for number in range(300)]
    known = frozenset(f'["{number:04}"]' for number in range(250))

    sums = added(rows, known)

    assert (sums.count, sums.known, [key[0] for key in sums.keys]) == (
        300,
        250,
        [f"{number:04}" for number in (*range(250, 300), *range(50))],
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((5, "a"), ("5", "a"), True),
        ((5.0, "a"), (5, "a"), True),
        ((None, "a"), ("", "a"), False),
        (("a", "b"), ("b", "a"), False),
        (("a,", "b"), ("a", ",b"), False),
    ],
)
def test_keys_are_compared_as_texts(one: Row, other: Row, *, same: bool) -> None:
    """An engine may call a number a text; no value is taken for NULL, nor for another's part."""
    sums = [tally(PAIR, [row], secret=b"s", is_known=bool).digest for row in (one, other)]

    assert (sums[0] == sums[1]) == same


def test_the_hash_is_keyed() -> None:
    """Who does not hold the secret cannot try out guesses."""
    digests = {tally(PAIR, [("a", "b")], secret=secret, is_known=bool).digest for secret in (b"one", b"other")}

    assert len(digests) == 2


def test_a_full_folder_for_temporary_files_is_named() -> None:
    """Findings that cannot be kept are not taken for none."""
    rows: list[Row] = [("x" * 1000 + str(number), None, None, None) for number in range(4000)]

    with no_file_larger_than(4096), pytest.raises(ConfigurationError, match="cannot be kept in the folder for temp"):
        added(rows)
