"""The catalogue as a whole: silent about a healthy deployment, and naming exactly the fault of a broken one."""

from __future__ import annotations

import ast
import asyncio
import re
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.causes import CAUSES
from deeplearn_checks.diagnostic import closure
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.diagnostics.alerts import PLAYBOOKS
from deeplearn_checks.finding import BROKEN, Effects, Severity
from deeplearn_checks.runner import run
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.faults import FAULTS, Fault
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import load_settings

if TYPE_CHECKING:
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.results import RunReport

SOURCES = Path(__file__).parents[1] / "deeplearn_checks" / "diagnostics"
SIZES = (0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 17, 23, 29, 40, 57, 85, 120, 310)
SEEN_BY_A_BROWSER = "console-broken"  # one is started for it alone: tests/diagnostics/test_browsing.py
SEEN_AT_NONE = {f.name: f for f in FAULTS if f.effects is Effects.NONE and f.name != SEEN_BY_A_BROWSER}
HARMLESS = tuple(one for one in CATALOG if one.effects is Effects.NONE)
PAIRS = 60

TABLE = {
    Severity.CRITICAL: """
        platform.root platform.health platform.database platform.endpoints
        access.admin-token-accepted access.admin-refuses-missing-token access.admin-refuses-wrong-token
        access.learner-endpoints-need-identity
        payment.webhook-secret-configured payment.webhook-accepts-our-signature payment.gateway-keys-accepted
        payment.gateway-mode payment.known-lead payment.references-exist payment.captured-is-paid payment.amounts-agree
        funnel.paid-has-user funnel.paid-is-won funnel.paid-has-enrollment funnel.paid-has-cohort-enrollment
        funnel.paid-can-access certificate.completed-has-url certificate.verifies certificate.bucket-bound
        certificate.unknown-learner-invalid alerts.none-critical-open
    """,
    Severity.WARNING: """
        platform.latency platform.tls platform.clock access.staff-have-accounts payment.gateway-not-degraded
        payment.refunds-show payment.not-paid-twice funnel.won-is-paid funnel.modules-unlocked lead.writes-recorded
        lead.flow-alive learning.open-cohort learning.progress-consistent certificate.url-reachable
        content.last-run-succeeded content.runs-daily content.posts-served counselor.replies alerts.none-unattended
        console.page-served console.learn-served console.api-proxied console.renders
    """,
    Severity.INFO: "access.roles-do-not-conflict",
}
"""The diagnostics without effects, by severity, that operators and pipelines select by id."""

SUBJECTS = (
    """enrollment-lost enrollment-dropped cohort-enrollment-lost paid-without-user stage-stuck progress-inconsistent
    refund-ignored payment-unknown amount-differs paid-twice""",  # the newest active learner
    """certificate-url-missing certificate-url-unreachable certificate-artifact-missing certificate-altered
    certificate-secret-rotated certificate-bucket-unbound""",  # the certificates
    "admin-token-unset admin-token-differs admin-open certificate-secret-rotated",  # the secrets of the Worker
    "webhook-secret-unset webhook-secret-differs webhook-secret-is-key-secret",
    "staff-without-account roles-conflict",  # a teacher
    "content-run-failed content-runs-stopped",  # the runs of the last days
    "leads-stalled webhook-lost refund-ignored payment-unknown amount-differs paid-twice",  # money of the last days
)
"""Faults that break the same thing: the second takes away what the first has broken, or finds it broken already."""

ALERT_SOURCES = {"critical-alert-open": "payment_verify", "alert-unattended": "lead_capture"}
"""An open alert is a symptom as soon as a diagnostic of its playbook fails."""


def asked(*faults: Fault, count: int = 40, repaired: bool = True) -> RunReport:
    """Run the harmless part of the catalogue against a seeded deployment with these faults."""
    world = start(count=count, repaired=repaired, faults=[fault.name for fault in faults])
    environment = next((fault.environment for fault in faults if fault.environment), None)
    settings = load_settings({"environment": environment, "without": "browser"}, variables=server.exports(world))
    return asyncio.run(run(HARMLESS, settings, transport=server.transport(world)))


def root_causes(report: RunReport) -> list[tuple[str, Severity]]:
    """Answer what a run names as root causes, with their severities, in order of the text."""
    return sorted((root.result.cause, root.result.severity) for root in report.root_causes())


@cache
def alone(name: str) -> RunReport:
    """Run against one fault."""
    return asked(SEEN_AT_NONE[name])


def reporter(name: str) -> str:
    """Answer the id of the diagnostic that reports a fault."""
    return alone(name).root_causes()[0].result.id


def hides(name: str, other: str) -> bool:
    """Whether a fault breaks what another is reported by or requires, or explains the alert that the other is."""
    broken = {result.id for result in alone(name).results if result.outcome in BROKEN}
    playbook = {one.id for one in PLAYBOOKS.get(ALERT_SOURCES.get(other, ""), ())}
    required = {one.id for one in closure([one for one in HARMLESS if one.id == reporter(other)])}
    return bool(broken & (required | playbook))


def independent(name: str, other: str) -> bool:
    """Whether two faults can be seen side by side: they break different things, and neither hides the other."""
    same = any({name, other} <= set(subject.split()) for subject in SUBJECTS)
    return not (same or hides(name, other) or hides(other, name))


def drawn(number: int) -> tuple[str, str]:
    """Draw a pair of independent faults; the same number draws the same pair."""
    rng = Random(number)  # noqa: S311  repeatable on purpose
    while True:
        name, other = rng.sample(sorted(SEEN_AT_NONE), 2)
        if independent(name, other):
            return name, other


@pytest.mark.parametrize("repaired", [True, False])
@pytest.mark.parametrize("count", SIZES)
def test_a_healthy_deployment_of_any_size_has_no_finding(count: int, repaired: bool) -> None:  # noqa: FBT001  a parameter
    """Without a fault nothing fails, errs or is blocked, whatever the population, with today's service or repaired."""
    report = asked(count=count, repaired=repaired)

    assert {result.id: result.summary for result in report.results if result.outcome in BROKEN} == {}


@pytest.mark.parametrize("name", SEEN_AT_NONE)
def test_a_fault_is_the_only_root_cause(name: str) -> None:
    """A fault yields its root cause at its severity; whatever else breaks is blocked by it."""
    fault = SEEN_AT_NONE[name]

    report = alone(name)

    assert root_causes(report) == [(fault.root_cause, fault.severity)]


@pytest.mark.parametrize("number", range(PAIRS))
def test_two_independent_faults_are_both_named(number: int) -> None:
    """Two faults that break different things, and do not hide each other, are two root causes and no third."""
    faults = [SEEN_AT_NONE[name] for name in drawn(number)]

    report = asked(*faults)

    assert root_causes(report) == sorted((fault.root_cause, fault.severity) for fault in faults)


def test_ids_are_unique() -> None:
    """No two diagnostics share an id."""
    ids = [one.id for one in CATALOG]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("id_", "severity"), [(id_, severity) for severity, ids in TABLE.items() for id_ in ids.split()]
)
def test_the_published_ids_and_severities_hold(id_: str, severity: Severity) -> None:
    """Every published diagnostic without effects is in the catalogue, at its severity."""
    found = {one.id: one.severity for one in HARMLESS}

    assert found.get(id_) is severity


def test_prerequisites_come_first() -> None:
    """Whatever a diagnostic requires or consults stands before it in the catalogue."""
    places = {one.id: place for place, one in enumerate(CATALOG)}

    late = [one.id for one in CATALOG for other in closure([one]) if places[other.id] > places[one.id]]

    assert late == []


@pytest.mark.parametrize("one", CATALOG, ids=lambda one: one.id)
def test_a_title_is_one_sentence(one: Diagnostic) -> None:
    """The rule of a diagnostic is one sentence with a full stop."""
    title = one.title

    assert re.fullmatch(r"[A-Z][^.!?]*\.", title)


def causes_named(source: str) -> set[str]:
    """Answer the causes that a module of diagnostics names: the slugs among the arguments of its calls."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [argument for call in calls if isinstance(call.func, ast.Name) for argument in call.args]
    texts = {one.value for one in named if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return {text for text in texts if re.fullmatch(r"[a-z]+(-[a-z]+)+", text)}


def test_every_cause_that_a_diagnostic_names_is_explained() -> None:
    """A finding never names a cause without a meaning and a remedy."""
    named = {cause for path in SOURCES.glob("*.py") for cause in causes_named(path.read_text(encoding="utf-8"))}

    assert {"paid-twice", "cannot-tell", "admin-open-to-anyone"} <= named <= set(CAUSES)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_has_an_explained_root_cause(fault: Fault) -> None:
    """The root cause of every fault is in the book of causes."""
    slug = fault.root_cause

    assert slug in CAUSES
