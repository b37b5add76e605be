"""What changed between two recorded runs, and what only looks like a change."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
from taped import recorded

from deeplearn_checks.bundle.comparing import Difference, difference
from deeplearn_checks.bundle.shapes import folded, shape, shapes
from deeplearn_checks.finding import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from deeplearn_checks.bundle.contents import Answered, Bundle, Recorded
    from deeplearn_checks.finding import Evidence
    from deeplearn_checks.redaction import Json
    from deeplearn_checks.results import Result


@cache
def bundle(name: str = "") -> Bundle:
    """Record a run against one fault or none, once."""
    return recorded(name, count=12)[1]


def findings(found: Difference) -> list[tuple[str, str, str]]:
    """Answer the changed findings: what changed, the id, the cause now."""
    return [(one.change, one.id, one.after.cause if one.after else "") for one in found.findings]


@pytest.mark.parametrize(
    ("name", "id_", "cause"),
    [
        ("enrollment-lost", "funnel.paid-has-enrollment", "paid-without-enrollment"),
        ("modules-locked", "funnel.modules-unlocked", "no-module-unlocked"),
        ("content-run-failed", "content.last-run-succeeded", "content-run-failed"),
        ("console-missing", "console.page-served", "console-page-missing"),
        ("webhook-secret-unset", "payment.webhook-secret-configured", "webhook-secret-not-configured"),
    ],
)
def test_a_fault_appears_and_goes(name: str, id_: str, cause: str) -> None:
    """The deploy that brought it, and the one that mended it."""
    brought, mended = difference(bundle(), bundle(name)), difference(bundle(name), bundle())

    assert ("appeared", id_, cause) in findings(brought)
    assert ("went", id_, "") in findings(mended)


def test_a_run_is_no_different_from_itself() -> None:
    """Nor from another of the same healthy deployment."""
    found = difference(bundle(), recorded(count=12)[1])

    assert (found.is_none, found.same_key) == (True, True)


def changed(of: Bundle, id_: str, change: Callable[[Result], Result | None]) -> Bundle:
    """Answer a bundle with another result of one diagnostic, or none."""
    results = (change(result) if result.id == id_ else result for result in of.report.results)
    return replace(of, report=replace(of.report, results=tuple(filter(None, results))))


def hit(**evidence: object) -> Bundle:
    """Answer a bundle in which a diagnostic failed with this evidence."""
    facts: Evidence = evidence  # type: ignore[assignment]  # the texts are redacted where they come from
    return changed(
        bundle(), "lead.flow-alive", lambda one: replace(one, outcome=Outcome.FAILED, cause="x", evidence=facts)
    )


@pytest.mark.parametrize(
    ("was", "now", "differs"),
    [
        ({"hit": 1}, {"hit": 2}, ["hit"]),
        ({"leads": ("a",)}, {"leads": ("a", "b")}, ["leads"]),
        ({"hit": 1}, {}, ["hit"]),
        ({"days_since": 1, "median_ms": 2, "hours": 3.0}, {"days_since": 2, "median_ms": 3, "hours": 4.0}, []),
        ({"alerts": ("a/b, 5 h old",)}, {"alerts": ("a/b, 6 h old",)}, []),
        ({"text": "1.5 ms"}, {"text": "20 ms"}, []),
        ({"text": "1 lead"}, {"text": "2 lead"}, ["text"]),
        ({"who": "person-0123456789"}, {"who": "person-9876543210"}, ["who"]),
    ],
)
def test_evidence_differs_where_it_is_not_measured(
    was: dict[str, object], now: dict[str, object], differs: list[str]
) -> None:
    """Ages and durations differ from run to run, and say nothing of the deploy."""
    found = difference(hit(**was), hit(**now))

    assert [[*one.evidence] for one in found.findings] == ([differs] if differs else [])


def test_another_cause_is_a_change() -> None:
    """Broken before and after, and for another reason."""
    other = changed(hit(), "lead.flow-alive", lambda one: replace(one, cause="y"))

    assert findings(difference(hit(), other)) == [("changed", "lead.flow-alive", "y")]


def test_what_only_one_run_asked_is_a_change() -> None:
    """In both directions."""
    fewer = changed(bundle(), "lead.flow-alive", lambda _: None)

    found = [difference(fewer, bundle()).findings[0], difference(bundle(), fewer).findings[0]]

    assert [(one.change, one.before is None, one.after is None) for one in found] == [
        ("changed", True, False),
        ("changed", False, True),
    ]


def test_people_of_different_keys_are_not_compared() -> None:
    """Their pseudonyms differ, and they may be the same."""
    other = hit(who="person-9876543210")
    foreign = replace(other, manifest=other.manifest.model_copy(update={"pseudonyms": "person-0000000000"}))

    found = difference(hit(who="person-0123456789"), foreign)

    assert (found.findings, found.same_key) == ((), False)


def answered(change: Callable[[Recorded, Answered], dict[str, object]]) -> Bundle:
    """Answer a bundle with other answers."""

    def changed_one(one: Recorded) -> Recorded:
        if one.answered is None:
            return one
        return one.model_copy(update={"answered": one.answered.model_copy(update=change(one, one.answered))})

    return replace(bundle(), exchanges=tuple(map(changed_one, bundle().exchanges)))


def slower(factor: float, least: float) -> Bundle:
    """Answer a bundle whose answers took so many times longer, and at least so many seconds."""
    return answered(lambda _, said: {"seconds": max(said.seconds * factor, least)})


@pytest.mark.parametrize(
    ("before", "after", "is_change"), [(0.1, 0.199, False), (0.1, 0.21, True), (0.3, 0.1, True), (0.001, 0.015, False)]
)
def test_a_latency_changes_beyond_a_factor(before: float, after: float, *, is_change: bool) -> None:
    """And by more than can happen by chance; it is never a difference of the deployments."""
    found = difference(slower(0, before), slower(0, after))

    assert ({one.is_change for one in found.latencies}, found.is_none) == ({is_change}, True)


def test_what_was_not_answered_has_no_latency() -> None:
    """How long nothing took is no figure."""
    mute = replace(bundle(), exchanges=tuple(one.model_copy(update={"answered": None}) for one in bundle().exchanges))

    assert difference(mute, bundle()).latencies == ()


def test_latencies_are_of_endpoints() -> None:
    """Median and count of all answers of one, whatever the ids in its path."""
    (enrollments,) = [one for one in difference(bundle(), bundle()).latencies if "enrollments" in one.endpoint]

    assert (enrollments.endpoint, enrollments.before_count) == ("GET /api/admin/courses/:id/enrollments", 2)


def renamed(one: Recorded, said: Answered) -> dict[str, object]:
    """Answer the leads with a field renamed, one of another type, and one gone."""
    if one.asked.path != "/api/admin/crm/leads":
        return {}
    value = json.loads(said.body)
    for lead in value["leads"]:
        lead["mail"] = lead.pop("email")
        lead["paid_at_ms"] = str(lead["paid_at_ms"])
    return {"body": json.dumps(value)}


def test_shapes_of_answers_are_compared() -> None:
    """What appeared, what vanished, what has another type, by endpoint and path."""
    found = difference(bundle(), answered(renamed))

    assert [(one.path, one.change, one.before, one.after) for one in found.shapes] == [
        ("leads[].email", "vanished", ("string",), ()),
        ("leads[].mail", "appeared", (), ("string",)),
        ("leads[].paid_at_ms", "type", ("number",), ("string",)),
    ]
    assert ({one.endpoint for one in found.shapes}, found.is_none) == ({"GET /api/admin/crm/leads"}, False)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "/"),
        ("/health", "/health"),
        ("/api/admin/courses", "/api/admin/courses"),
        ("/api/admin/courses/deep-rag/enrollments", "/api/admin/courses/:id/enrollments"),
        ("/api/admin/courses/c-1/enroll/learner_0a/complete", "/api/admin/courses/:id/enroll/:id/complete"),
        ("/api/admin/cohorts/7f/enroll/u/complete", "/api/admin/cohorts/:id/enroll/:id/complete"),
        ("/api/admin/alerts/alert-id/status", "/api/admin/alerts/:id/status"),
        ("/api/funnel/payment/create-order", "/api/funnel/payment/create-order"),
        ("/v1/payments/pay_AbC/", "/v1/payments/:id/"),
        ("/v1/payments/downtimes", "/v1/payments/downtimes"),
        ("/v1/orders/order_X1/payments", "/v1/orders/:id/payments"),
        ("/certificates/c/learner_12.svg?v=1", "/certificates/c/:id"),
        ("/console/", "/console/"),
    ],
)
def test_ids_in_paths_are_folded(path: str, name: str) -> None:
    """So that an endpoint is one, whoever is asked for."""
    assert folded(path) == name


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ([{"a": 1, "b": [True, None]}], {"": "object", "a": "number", "b": "array", "b[]": "boolean null"}),
        ([1.5, "x"], {"": "number string"}),
        ([{"a": {"b": {}}}, []], {"": "array object", "a": "object", "a.b": "object"}),
    ],
)
def test_a_shape_names_every_field(values: list[Json], fields: dict[str, str]) -> None:
    """By its path, with its JSON types."""
    assert {path: " ".join(sorted(field.types)) for path, field in shape(values).items()} == fields


def test_a_shape_knows_what_is_always_there() -> None:
    """Of all objects that could hold it."""
    found = shape([{"rows": [{"a": 1}, {"a": 1, "b": 2}]}])

    assert {path: field.always for path, field in found.items() if path.startswith("rows[].")} == {
        "rows[].a": True,
        "rows[].b": False,
    }


def one_answer(body: str, status: int = 200) -> Bundle:
    """Answer a bundle that holds one answer."""
    first = next(one for one in bundle().exchanges if one.answered is not None)
    said = first.answered.model_copy(update={"body": body, "status": status}) if first.answered else None
    return replace(bundle(), exchanges=(first.model_copy(update={"answered": said}),))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"rows": [{"a": 1}]}', '{"rows": []}'),
        ('{"a": null}', '{"a": 1}'),
        ('{"rows": [{"a": 1}, {"b": 1}]}', '{"rows": [{"b": 1}]}'),
        ('{"a": {"b": 1}}', '{"a": null}'),
    ],
)
def test_too_little_to_tell_is_no_change(before: str, after: str) -> None:
    """An empty list, a null, a field that only some have: the population differs, not the shape."""
    assert difference(one_answer(before), one_answer(after)).shapes == ()


@pytest.mark.parametrize(("body", "status"), [("<html>", 200), ("[" * 100_000, 200), ('{"error": "no"}', 503)])
def test_what_is_no_answer_in_json_has_no_shape(body: str, status: int) -> None:
    """A page, a broken document, a refusal."""
    assert shapes(one_answer(body, status)) == {}
