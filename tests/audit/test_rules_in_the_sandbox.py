"""Rules over sandboxed deployments: nothing in a healthy one, and every fault of its rows by the rule of its cause."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from judged import RULES, found, tables_of

from deeplearn_checks.sandbox.faults import FAULTS, fault
from deeplearn_checks.sandbox.seed import seed
from deeplearn_checks.sandbox.world import REPAIRED, SETTINGS, World, empty_world
from deeplearn_checks.settings import load_settings
from deeplearn_checks.sources.certificate_files import mirrored

if TYPE_CHECKING:
    from pathlib import Path

SEEN = {
    "enrollment-lost": 1,
    "enrollment-dropped": 1,
    "cohort-enrollment-lost": 1,
    "paid-without-user": 1,
    "stage-stuck": 1,
    "won-unpaid": 1,
    "modules-locked": 3,
    "progress-inconsistent": 1,
    "webhook-lost": 1,
    "refund-ignored": 1,
    "payment-unknown": 1,
    "amount-differs": 1,
    "paid-twice": 1,
    "certificate-url-missing": 1,
    "certificate-artifact-missing": 1,
    "certificate-altered": 1,
    "certificate-secret-rotated": 7,
    "lead-rows-lost": 2,
    "course-without-cohort": 1,
    "staff-without-account": 3,
    "roles-conflict": 1,
}
"""The faults that tables show, with the rows that they hit among forty learners."""

UNSEEN = {one.name for one in FAULTS} - SEEN.keys() - {"posts-lost", "known-lead-lost"}
"""Faults of behaviour, settings and wires; and of rows that are amiss only in regard to the present time."""


def deployment(count: int = 40) -> World:
    """Seed a repaired deployment."""
    world = empty_world(SETTINGS)
    world.behaviour = REPAIRED
    seed(world, count)
    return world


@pytest.mark.parametrize("count", [0, 14, 40, 41, 150])
def test_a_healthy_deployment_has_nothing_to_report(count: int) -> None:
    """Whatever the service writes on its own is left alone."""
    assert found(tables_of(deployment(count))) == {}


@pytest.mark.parametrize("name", SEEN)
def test_a_fault_of_rows_is_found_by_the_rules_of_its_cause(name: str) -> None:
    """A fault is reported as its diagnostic reports it, on its own rows, and by no other rule."""
    world = deployment()
    fault(name).apply(world)

    reported = found(tables_of(world))

    causes = {RULES[rule].cause for rule in reported}
    assert (causes, sum(map(len, reported.values()))) == ({fault(name).root_cause}, SEEN[name])


@pytest.mark.parametrize("name", sorted(UNSEEN))
def test_a_fault_that_rows_do_not_show_is_not_reported(name: str) -> None:
    """What is wrong elsewhere is no reason to blame a row."""
    world = deployment()
    fault(name).apply(world)

    assert found(tables_of(world)) == {}


@pytest.mark.parametrize("name", ["certificate-altered", "certificate-artifact-missing", "certificate-secret-rotated"])
def test_a_mirrored_bucket_says_what_the_service_says(tmp_path: Path, name: str) -> None:
    """The same certificates by the same rules, read off the files and the signing secret alone."""
    world = deployment()
    fault(name).apply(world)
    tables = tables_of(world)
    by_the_service = found(tables)
    for key in world.certificates.keys():  # noqa: SIM118  a bucket is no mapping
        file = tmp_path / "mirror" / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(world.certificates.get(key) or "")
    secret = {"CERTIFICATE_SIGNING_SECRET": world.variables["CERTIFICATE_SIGNING_SECRET"]}
    settings = load_settings({"api_base_url": "http://127.0.0.1"}, variables=secret)

    with closing(sqlite3.connect(mirrored(tmp_path / "mirror", settings, tmp_path, print).file)) as mirror:
        rows = mirror.execute("SELECT * FROM artifacts").fetchall()
    tables.execute("DELETE FROM artifacts")
    tables.executemany("INSERT INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    assert found(tables) == by_the_service
