"""The open alerts in groups: nothing dropped, severity by the runbook, what is out of view said."""

from __future__ import annotations

import httpx
import pytest
from alarms import (
    CONTENT,
    DAY_MS,
    FORGED,
    HOUR_MS,
    LOST_LEAD,
    UNKNOWN,
    Wire,
    broken_alerts,
    deployment,
    raised,
    settings_of,
    undisturbed,
)

from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.incident.alert_groups import list_alerts
from deeplearn_checks.incident.playbooks import CERTIFICATION, PAYMENT, kind_of
from deeplearn_checks.sandbox.server import transport
from deeplearn_checks.settings import ConfigurationError


def test_the_list_asks_as_the_runbook_polls() -> None:
    """The request is `status=open&limit=100`."""
    world = deployment(count=0)
    wire = Wire(world, undisturbed)

    list_alerts(settings_of(world), transport=wire)

    assert "GET /api/admin/alerts?status=open&limit=100" in wire.asked


def test_groups_come_most_severe_first_then_oldest() -> None:
    """Alerts of one source and event type are one group; none is dropped, whatever it is."""
    world = deployment(count=0)
    raised(world, UNKNOWN, age_ms=DAY_MS)
    raised(world, LOST_LEAD, severity="warning", age_ms=3 * HOUR_MS, count=2)
    raised(world, CONTENT, severity="warning", age_ms=2 * HOUR_MS)
    raised(world, FORGED, age_ms=HOUR_MS)

    known = list_alerts(settings_of(world), transport=transport(world))

    assert [(group.name, len(group.alerts)) for group in known.groups] == [
        (FORGED, 1),
        (LOST_LEAD, 2),
        (CONTENT, 1),
        (UNKNOWN, 1),
    ]


@pytest.mark.parametrize(
    ("kind", "severity", "slug", "known"),
    [
        (FORGED, "critical", PAYMENT, True),
        ("payment_gateway/create_order_failed", "critical", PAYMENT, True),
        (LOST_LEAD, "warning", "alert-workflow/3", True),
        ("knowledge_ingestion/ingest_failed", "info", "alert-workflow/2", True),
        ("payment_webhook/something_new", "critical", PAYMENT, False),
        ("certificate_issuer/signing_failed", "critical", CERTIFICATION, False),
        ("admin_api/token_refused", "critical", "alert-workflow/3", False),
        ("api_auth/refused", "critical", "alert-workflow/3", False),
        ("payment_refunds/lost", "critical", PAYMENT, False),
        (UNKNOWN, "info", "alert-workflow/2", False),
    ],
)
def test_severity_goes_by_the_runbooks_table(kind: str, severity: str, slug: str, known: bool) -> None:  # noqa: FBT001  a column
    """What the API page does not list goes by its source, or by a word of its name."""
    source, event_type = kind.split("/")

    found = kind_of(source, event_type)

    assert (found.severity.label, found.playbook.slug, found.known) == (severity, slug, known)


def test_the_gravest_severity_of_the_service_is_kept() -> None:
    """Where the service calls alerts of one kind by different words, the gravest is the group's."""
    world = deployment(count=0)
    raised(world, LOST_LEAD, severity="odd", tag="odd")
    raised(world, LOST_LEAD, severity="critical")

    (group,) = list_alerts(settings_of(world), transport=transport(world)).groups

    assert group.service_severity == "critical"


@pytest.mark.parametrize(("count", "at_limit"), [(99, False), (100, True), (200, True)])
def test_a_full_list_says_that_there_may_be_more(count: int, at_limit: bool) -> None:  # noqa: FBT001  a column
    """As many alerts as were asked for may not be all."""
    world = deployment(count=0)
    raised(world, LOST_LEAD, severity="warning", count=count)

    known = list_alerts(settings_of(world), transport=transport(world))

    assert (known.at_limit, sum(len(group.alerts) for group in known.groups)) == (at_limit, min(count, 100))


def test_a_message_shows_no_person() -> None:
    """People in messages are pseudonyms."""
    world = deployment(count=0)
    raised(world, LOST_LEAD, message="No row for jane.doe@example.com")

    (group,) = list_alerts(settings_of(world), transport=transport(world)).groups

    assert group.alerts[0].message.startswith("No row for person-")


def test_ages_are_ours_where_the_service_has_no_clock() -> None:
    """The list is given even when /health is not."""
    world = deployment(count=0)
    raised(world, LOST_LEAD)

    def silent(request: httpx.Request, _wire: Wire) -> httpx.Response | None:
        return httpx.Response(500, json={"error": "x"}) if request.url.path == "/health" else None

    known = list_alerts(settings_of(world), transport=Wire(world, silent))

    assert abs(known.now_ms - world.now_ms()) < HOUR_MS


def test_alerts_that_cannot_be_read_are_no_empty_list() -> None:
    """An alerts endpoint that answers 500 is said so."""
    world = deployment(count=0)

    with pytest.raises(UnansweredError, match="GET /api/admin/alerts answered 500: Failed to load alerts"):
        list_alerts(settings_of(world), transport=Wire(world, broken_alerts))


def test_without_a_token_nothing_is_asked() -> None:
    """The variable that is missing is named."""
    world = deployment(count=0)

    with pytest.raises(ConfigurationError, match="ADMIN_API_TOKEN"):
        list_alerts(settings_of(world, ADMIN_API_TOKEN=""), transport=transport(world))
