"""Every rule reports known damage, all of it and nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from audit_damage import Site
from audit_damages import DAMAGES, EXCLUSIVE, damage_all
from audit_tables import build
from judged import RULES, expected, found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEADS = 800
COUNT = 2

SHAPES = [(True, False), (False, False), (True, True), (False, True)]
"""With the service's indexes or without, with scattered keys or ordered ones."""


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Healthy tables, to be copied."""
    file = tmp_path_factory.mktemp("healthy") / "d1.sqlite"
    build(file, LEADS)
    with closing(sqlite3.connect(file)) as database:
        yield database


@pytest.fixture
def damaged(healthy: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Healthy tables of one's own, in memory."""
    with closing(sqlite3.connect(":memory:")) as database:
        healthy.backup(database)
        yield database


def test_every_rule_has_its_damage() -> None:
    """No rule is taken on trust."""
    assert set(DAMAGES) == set(RULES)


@pytest.mark.parametrize("rule", DAMAGES)
def test_damage_is_found_by_its_rule(damaged: sqlite3.Connection, rule: str) -> None:
    """One damage is reported by its rule, key by key, and by no rule that is not declared to see the same."""
    keys = DAMAGES[rule](Site(damaged, COUNT))

    assert found(damaged) == expected(keys)


@pytest.mark.parametrize("rule", sorted(DAMAGES))
def test_damage_of_a_rule_is_no_empty_claim(damaged: sqlite3.Connection, rule: str) -> None:
    """Each damage hits as many rows of its own rule as it was asked to, or more."""
    keys = DAMAGES[rule](Site(damaged, COUNT))

    assert len(keys[rule]) >= COUNT


@pytest.mark.parametrize(("is_indexed", "is_ordered"), SHAPES)
def test_all_damage_together_is_found(tmp_path: Path, is_indexed: bool, is_ordered: bool) -> None:  # noqa: FBT001  a table of cases
    """Damage beside other damage is neither hidden by it nor seen twice."""
    build(tmp_path / "d1.sqlite", LEADS, seed=7, is_indexed=is_indexed, is_ordered=is_ordered)

    with closing(sqlite3.connect(tmp_path / "d1.sqlite")) as database:
        keys = damage_all(database, COUNT)
        reported = found(database)

    assert (reported, RULES.keys() - reported.keys()) == (expected(keys), set(EXCLUSIVE))


@pytest.mark.parametrize("leads", [0, 1, 40, 500])
@pytest.mark.parametrize("seed", [0, 1, 13])
def test_healthy_tables_have_nothing_to_report(tmp_path: Path, leads: int, seed: int) -> None:
    """What is usual is not amiss: declined attempts, refunds that were followed, payments by hand, our own learner."""
    build(tmp_path / "d1.sqlite", leads, seed=seed)

    with closing(sqlite3.connect(tmp_path / "d1.sqlite")) as database:
        reported = found(database)

    assert reported == {}


def test_healthy_tables_are_the_same_each_time(tmp_path: Path) -> None:
    """A figure that was measured over them can be measured again."""
    for name in ("one", "two"):
        build(tmp_path / name, 60, seed=3)

    with closing(sqlite3.connect(tmp_path / "one")) as one, closing(sqlite3.connect(tmp_path / "two")) as two:
        assert list(one.iterdump()) == list(two.iterdump())


def test_tables_that_are_too_small_say_so(tmp_path: Path) -> None:
    """Damage that cannot be done is not left out in silence."""
    build(tmp_path / "d1.sqlite", 20)

    with (
        closing(sqlite3.connect(tmp_path / "d1.sqlite")) as database,
        pytest.raises(LookupError, match="larger tables"),
    ):
        damage_all(database, 5)
