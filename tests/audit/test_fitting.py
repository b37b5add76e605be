"""Values as their columns want them."""

from __future__ import annotations

import pytest

from deeplearn_checks.audit.fitting import affinity, fitted
from deeplearn_checks.audit.tables import Kind


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (None, Kind.TEXT, None),
        ("é", Kind.TEXT, "é"),
        (5, Kind.TEXT, "5"),
        (b"\xff\x00", Kind.TEXT, "ff00"),
        (None, Kind.WHOLE, None),
        (2**63 - 1, Kind.WHOLE, 2**63 - 1),
        (-(2**63), Kind.WHOLE, -(2**63)),
        (2**63, Kind.WHOLE, None),
        (12.0, Kind.WHOLE, 12),
        (12.5, Kind.WHOLE, None),
        (float("nan"), Kind.WHOLE, None),
        (" 12 ", Kind.WHOLE, 12),
        ("9007199254740993", Kind.WHOLE, 2**53 + 1),
        ("1e3", Kind.WHOLE, 1000),
        ("soon", Kind.WHOLE, None),
        ("", Kind.WHOLE, None),
        (b"12", Kind.WHOLE, None),
        (None, Kind.REAL, None),
        (1, Kind.REAL, 1.0),
        (0.5, Kind.REAL, 0.5),
        ("0.5", Kind.REAL, 0.5),
        ("half", Kind.REAL, None),
        ("1e999", Kind.REAL, None),
        (float("inf"), Kind.REAL, None),
    ],
)
def test_a_value_is_kept_where_it_says_the_same(value: object, kind: Kind, expected: object) -> None:
    """What says the same in the words of the column is converted; all else is no value."""
    found = fitted(value, kind)

    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("INTEGER", Kind.WHOLE),
        ("bigint", Kind.WHOLE),
        ("REAL", Kind.REAL),
        ("double precision", Kind.REAL),
        ("FLOAT", Kind.REAL),
        ("TEXT", Kind.TEXT),
        ("VARCHAR(20)", Kind.TEXT),
        ("", Kind.TEXT),
    ],
)
def test_a_declared_type_says_what_a_column_holds(declared: str, kind: Kind) -> None:
    """As SQLite reads it."""
    found = affinity(declared)

    assert found is kind
