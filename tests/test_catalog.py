"""The catalogue as a whole: silent about a healthy deployment, and naming exactly the fault of a broken one."""

from __future__ import annotations

import ast
import asyncio
import re
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from deeplearn_checks.causes import CAUSES
from deeplearn_checks.diagnostic import closure
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.diagnostics.alerts import PLAYBOOKS
from deeplearn_checks.finding import BROKEN, Effects, Severity
from deeplearn_checks.reference.examples import examples, shown
from deeplearn_checks.results import Result
from deeplearn_checks.runner import announced, run
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.faults import FAULTS, Fault
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import load_settings

if TYPE_CHECKING:
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.reference.examples import Example
    from deeplearn_checks.results import RunReport
    from deeplearn_checks.sandbox.world import World

SOURCES = Path(__file__).parents[1] / "deeplearn_checks" / "diagnostics"
WORLDS = (*range(199), 310)
"""The sizes of the seeded worlds: another size is another population."""
TODAYS_WORLDS = (0, 1, 2, 3, 5, 7, 14, 40, 120)
SEEN_BY_A_BROWSER = "console-broken"  # one is started for it alone: tests/diagnostics/test_browsing.py
ALL = {fault.name: fault for fault in FAULTS if fault.name != SEEN_BY_A_BROWSER}
LEVELS = tuple(Effects)
SEEN_AT = [(fault.name, level) for fault in ALL.values() for level in LEVELS if level >= fault.effects]
TODAYS = {
    "caller-sets-amount",
    "redelivery-undoes-completion",
    "refund-never-shows",
    "stored-stage-outlives-payment",
}
"""The root causes of the service as it is today."""
SLOW = {"answers-slowly", "slow"}
"""Faults that take seconds to see; seen alone, not in pairs."""
PAIRS = 300
PATIENCE = 2.0
"""Seconds that a request waits for an API that never answers."""

TABLE = {
    Severity.CRITICAL: """
        platform.root platform.health platform.database platform.endpoints
        access.admin-token-accepted access.admin-refuses-missing-token access.admin-refuses-wrong-token
        access.learner-endpoints-need-identity
        payment.webhook-refuses-missing-signature payment.webhook-refuses-forgery payment.webhook-refuses-altered-body
        payment.forgery-raises-alert payment.callback-closed payment.order-can-be-created payment.order-amount-is-ours
        journey.lead-captured journey.payment-activates journey.paid-is-won journey.enrolled
        journey.redelivery-is-harmless journey.completes journey.certificate-verifies journey.refund-shows
        payment.webhook-secret-configured payment.webhook-accepts-our-signature payment.gateway-keys-accepted
        payment.gateway-mode payment.known-lead payment.references-exist payment.captured-is-paid payment.amounts-agree
        funnel.paid-has-user funnel.paid-is-won funnel.paid-has-enrollment funnel.paid-has-cohort-enrollment
        funnel.paid-can-access certificate.completed-has-url certificate.verifies certificate.bucket-bound
        certificate.unknown-learner-invalid alerts.none-critical-open
    """,
    Severity.WARNING: """
        platform.latency platform.tls platform.clock access.staff-have-accounts payment.gateway-not-degraded
        payment.refunds-show payment.not-paid-twice funnel.won-is-paid funnel.modules-unlocked lead.writes-recorded
        lead.flow-alive lead.capture-works lead.form-is-protected learning.open-cohort learning.progress-consistent
        certificate.url-reachable content.last-run-succeeded content.runs-daily content.posts-served counselor.replies
        alerts.none-unattended console.page-served console.learn-served console.api-proxied
        console.renders
    """,
    Severity.INFO: "access.roles-do-not-conflict",
}
"""The diagnostics, by severity, that operators and pipelines select by id."""

EFFECTS = {
    Effects.ALERTS: """
        payment.webhook-refuses-missing-signature payment.webhook-refuses-forgery payment.webhook-refuses-altered-body
        payment.forgery-raises-alert payment.callback-closed
    """,
    Effects.DATA: """
        payment.order-can-be-created payment.order-amount-is-ours lead.capture-works lead.form-is-protected
        journey.lead-captured journey.payment-activates journey.paid-is-won journey.enrolled
        journey.redelivery-is-harmless journey.completes journey.certificate-verifies journey.refund-shows
        journey.learner-stays-one
    """,
}
"""The diagnostics that may change something."""

SUBJECTS = (
    """enrollment-lost enrollment-dropped cohort-enrollment-lost paid-without-user stage-stuck progress-inconsistent
    refund-ignored payment-unknown amount-differs paid-twice known-lead-lost""",  # the newest paid learners
    """certificate-url-missing certificate-url-unreachable certificate-artifact-missing certificate-altered
    certificate-secret-rotated certificate-bucket-unbound certificates-for-anyone certificates-signed-wrongly
    known-lead-lost""",  # the certificates
    "admin-token-unset admin-token-differs admin-open certificate-secret-rotated admin-accepts-any-token",  # the token
    """webhook-secret-unset webhook-secret-differs webhook-secret-is-key-secret webhook-accepts-anything
    webhook-accepts-unsigned webhook-trusts-known-signatures""",
    "staff-without-account roles-conflict endpoint-missing",  # a teacher, and the audit that finds it
    "content-run-failed content-runs-stopped",  # the runs of the last days
    "leads-stalled webhook-lost refund-ignored payment-unknown amount-differs paid-twice",  # money of the last days
    "posts-lost proxy-broken",  # what the proxy is asked for
    """redelivery-undoes-completion refund-never-shows stored-stage-outlives-payment leads-multiply crm-lags
    payments-ignored places-forgotten completions-forgotten""",  # the synthetic learner
    "turnstile-off lead-storage-unbound",  # the lead form
    "alerts-lost webhook-accepts-anything",  # the forged delivery
)
"""Faults that break the same thing: the second takes away what the first has broken, or finds it broken already."""

ALERT_SOURCES = {"critical-alert-open": "payment_verify", "alert-unattended": "lead_capture"}
"""An open alert is a symptom as soon as a diagnostic of its playbook fails."""


def checked(world: World, effects: Effects, *faults: Fault) -> RunReport:
    """Run the whole catalogue against a world with these faults; what it tells on the way still holds at its end."""
    reached = server.connect(world)
    host = urlsplit(reached.exports["DEEPLEARN_API_BASE_URL"]).hostname
    flags: dict[str, object] = {"effects": effects, "i_mean_it": host, "without": "browser"}
    flags["environment"] = next((fault.environment for fault in faults if fault.environment), None)
    flags["timeout"] = PATIENCE if any(fault.name == "slow" for fault in faults) else None
    variables = dict(reached.exports)
    if not SLOW & {fault.name for fault in faults}:
        variables["DEEPLEARN_CHECKS_LATENCY_MS"] = "60000"  # a busy machine is no fault
    settings, settled = load_settings(flags, variables=variables), list[Result]()
    report = asyncio.run(run(CATALOG, settings, transport=reached.transport, settled=settled.append))
    assert {one.id: one for one in settled} == {one.id: one for one in report.results if one.outcome not in BROKEN}
    return report


def asked(*faults: Fault, effects: Effects = Effects.DATA) -> RunReport:
    """Run the whole catalogue against a seeded deployment with these faults, and no other of today's."""
    return checked(start(faults=[fault.name for fault in faults]), effects, *faults)


def root_causes(report: RunReport) -> list[tuple[str, Severity]]:
    """Answer what a run names as root causes, with their severities, in order of the text."""
    return sorted((root.result.cause, root.result.severity) for root in report.root_causes())


@cache
def alone(name: str, effects: Effects = Effects.DATA) -> RunReport:
    """Run against one fault."""
    return asked(ALL[name], effects=effects)


def reporter(name: str) -> str:
    """Answer the id of the diagnostic that reports a fault."""
    return alone(name).root_causes()[0].result.id


def hides(name: str, other: str) -> bool:
    """Whether a fault breaks what another is reported by or requires, or explains the alert that the other is."""
    broken = {result.id for result in alone(name).results if result.outcome in BROKEN}
    playbook = {one.id for one in PLAYBOOKS.get(ALERT_SOURCES.get(other, ""), ())}
    required = {one.id for one in closure([one for one in CATALOG if one.id == reporter(other)])}
    return bool(broken & (required | playbook))


def independent(name: str, other: str) -> bool:
    """Whether two faults can be seen side by side: they break different things, and neither hides the other."""
    same = any({name, other} <= set(subject.split()) for subject in SUBJECTS)
    return not (same or hides(name, other) or hides(other, name))


def drawn(number: int) -> tuple[str, str]:
    """Draw a pair of independent faults; the same number draws the same pair."""
    rng = Random(number)  # noqa: S311  repeatable on purpose
    while True:
        name, other = rng.sample(sorted(ALL.keys() - SLOW), 2)
        if independent(name, other):
            return name, other


def broken(report: RunReport) -> dict[str, str]:
    """Answer what is wrong, by id."""
    return {result.id: result.summary for result in report.results if result.outcome in BROKEN}


@pytest.mark.parametrize("count", WORLDS)
def test_a_healthy_deployment_has_no_finding_at_any_level(count: int) -> None:
    """A repaired service without a fault, whatever its population: nothing fails, errs or is blocked, thrice over."""
    world = start(count=count)

    reports = [checked(world, effects) for effects in LEVELS]

    assert [(broken(report), report.left_open) for report in reports] == [({}, ())] * 3


@pytest.mark.parametrize("count", TODAYS_WORLDS)
def test_todays_service_has_its_four_faults(count: int) -> None:
    """Reading finds nothing wrong with the service as it is today; the synthetic learner finds all four, each time."""
    world = start(count=count, repaired=False)

    reports = [checked(world, effects) for effects in (*LEVELS, Effects.DATA)]

    assert [{cause for cause, _ in root_causes(report)} for report in reports] == [set(), set(), TODAYS, TODAYS]


@pytest.mark.parametrize(("name", "effects"), SEEN_AT)
def test_a_fault_is_the_only_root_cause(name: str, effects: Effects) -> None:
    """A fault yields its root cause at its severity, at every level that can see it; what else breaks is blocked."""
    fault = ALL[name]

    report = alone(name, effects)

    assert root_causes(report) == [(fault.root_cause, fault.severity)]


@pytest.mark.parametrize("name", ALL)
def test_a_fault_looks_as_its_cause_s_page_shows(name: str) -> None:
    """Finder, words and facts are those that `python -m deeplearn_checks.reference.examples` wrote, but for numbers."""
    kept = examples().get(name)

    assert numberless(shown(ALL[name], alone(name))) == numberless(kept)


def numberless(example: Example | None) -> str:
    """Answer an example without what differs from day to day."""
    return re.sub(r"\d[\d.,]*", "", repr(example))


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS if fault.effects > Effects.NONE])
def test_a_fault_is_not_seen_below_its_level(name: str) -> None:
    """What a fault is said to need in order to be seen, it needs."""
    fault = ALL[name]

    report = alone(name, Effects(fault.effects - 1))

    assert broken(report) == {}


@pytest.mark.parametrize("number", range(PAIRS))
def test_two_independent_faults_are_both_named(number: int) -> None:
    """Two faults that break different things, and do not hide each other, are two root causes and no third."""
    faults = [ALL[name] for name in drawn(number)]

    report = asked(*faults)

    assert root_causes(report) == sorted((fault.root_cause, fault.severity) for fault in faults)


@pytest.mark.parametrize("one", [one for one in CATALOG if one.id != "console.renders"], ids=lambda one: one.id)
def test_every_diagnostic_has_been_seen_to_fail(one: Diagnostic) -> None:
    """There is a fault whose root cause this diagnostic finds: one that nobody has seen fail is a hope."""
    finders = {root.result.id for name in ALL for root in alone(name).root_causes()}

    assert one.id in finders


@pytest.mark.parametrize("name", sorted(ALL.keys() - {"critical-alert-open", "alert-unattended"}))
def test_a_run_leaves_no_alert_open(name: str) -> None:
    """Whatever is broken, the alerts that a run raises are resolved when it ends."""
    world = start(faults=[name])
    before = open_alerts(world)

    report = checked(world, Effects.DATA, ALL[name])

    assert (open_alerts(world), report.left_open) == (before, ())


def open_alerts(world: World) -> list[str]:
    """Answer the event types of the open alerts."""
    return [row["event_type"] for row in world.execute("SELECT event_type FROM ops_alerts WHERE status = 'open'")]


def test_a_run_sends_nothing_that_it_has_not_announced() -> None:
    """The ledger of any run holds only what a dry run lists for it."""
    settings = load_settings({"effects": Effects.DATA}, variables=server.exports(start(count=0)))
    announcements = {(one.effects, one.sends) for one in announced(CATALOG, settings)}

    sent = {(entry.effects, entry.sent) for name in ALL for entry in alone(name).ledger}

    assert sent <= announcements


def test_ids_are_unique() -> None:
    """No two diagnostics share an id."""
    ids = [one.id for one in CATALOG]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("id_", "severity"), [(id_, severity) for severity, ids in TABLE.items() for id_ in ids.split()]
)
def test_the_published_ids_and_severities_hold(id_: str, severity: Severity) -> None:
    """Every published diagnostic is in the catalogue, at its severity."""
    found = {one.id: one.severity for one in CATALOG}

    assert found.get(id_) is severity


@pytest.mark.parametrize("level", LEVELS)
def test_the_published_effects_hold(level: Effects) -> None:
    """What may change something is exactly what operators were told."""
    found = {one.id for one in CATALOG if one.effects is level}

    named = {id_ for ids in EFFECTS.values() for id_ in ids.split()}
    assert found == (set(EFFECTS[level].split()) if level in EFFECTS else {one.id for one in CATALOG} - named)


@pytest.mark.parametrize("one", CATALOG, ids=lambda one: one.id)
def test_a_diagnostic_announces_no_more_than_it_may(one: Diagnostic) -> None:
    """What a diagnostic sends is of its own level or below; one that may change something says what."""
    highest = max((change.effects for change in one.changes), default=Effects.NONE)

    assert highest is one.effects


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
