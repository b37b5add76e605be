"""Alerts are acknowledged by id or by group; what is done is not done again, and each answer is told."""

from __future__ import annotations

import httpx
import pytest
from alarms import CONTENT, FORGED, UNKNOWN, Wire, deployment, outcomes, raised, settings_of, statuses, undisturbed

from deeplearn_checks.incident.choosing import meant
from deeplearn_checks.incident.resolving import acknowledge
from deeplearn_checks.settings import ConfigurationError


def test_a_group_is_acknowledged() -> None:
    """Every open alert of a source and event type is meant."""
    world = deployment(count=0)
    raised(world, FORGED, count=2)

    changes = acknowledge(settings_of(world), [FORGED], transport=Wire(world, undisturbed))

    assert (outcomes(changes), set(statuses(world).values())) == (["done", "done"], {"acknowledged"})


@pytest.mark.parametrize("status", ["acknowledged", "resolved"])
def test_acknowledging_takes_nothing_back(status: str) -> None:
    """An alert that is acknowledged or resolved already stays as it is, and nothing is sent."""
    world = deployment(count=0)
    (id_,) = raised(world, FORGED, status=status)
    wire = Wire(world, undisturbed)

    changes = acknowledge(settings_of(world), [id_], transport=wire)

    assert (outcomes(changes), wire.sent, statuses(world)) == (["already"], [], {id_: status})


def test_an_id_that_the_service_does_not_list_is_refused() -> None:
    """Nothing is sent for it, and the others are changed."""
    world = deployment(count=0)
    (id_,) = raised(world, FORGED)
    wire = Wire(world, undisturbed)

    changes = acknowledge(settings_of(world), ["nobody", id_, id_], transport=wire)

    assert (outcomes(changes), wire.sent) == (["refused", "done"], [id_])


def test_a_group_of_which_nothing_is_open_is_settled() -> None:
    """A kind that the API page lists and of which no alert is open needs nothing."""
    world = deployment(count=0)

    changes = acknowledge(settings_of(world), [FORGED], transport=Wire(world, undisturbed))

    assert outcomes(changes) == ["already"]


def test_a_group_that_does_not_exist_is_bad_input() -> None:
    """The one that may be meant is named."""
    world = deployment(count=0)

    with pytest.raises(ConfigurationError, match=f"did you mean {FORGED}"):
        acknowledge(settings_of(world), [f"{FORGED}s"], transport=Wire(world, undisturbed))


def test_a_group_like_no_other_is_bad_input_too() -> None:
    """Without a guess."""
    world = deployment(count=0)

    with pytest.raises(ConfigurationError, match=r"no kind of alerts 'q/q'$"):
        acknowledge(settings_of(world), ["q/q"], transport=Wire(world, undisturbed))


def test_an_unknown_event_type_can_be_named_as_a_group() -> None:
    """What the API page does not list is acknowledged like any other."""
    world = deployment(count=0)
    raised(world, UNKNOWN)

    changes = acknowledge(settings_of(world), [UNKNOWN], transport=Wire(world, undisturbed))

    assert outcomes(changes) == ["done"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(404, json={"error": "Alert not found."}), "answered 404: Alert not found."),
        (httpx.Response(500, text="oops"), "answered 500"),
    ],
)
def test_a_refusal_is_told_and_the_others_go_on(answer: httpx.Response, said: str) -> None:
    """What the service answers to one alert does not keep the others from being changed."""
    world = deployment(count=0)
    first, second = raised(world, CONTENT, severity="warning", count=2)

    def disturb(request: httpx.Request, _wire: Wire) -> httpx.Response | None:
        return answer if request.url.path.endswith(f"{first}/status") else None

    changes = acknowledge(settings_of(world), [first, second], transport=Wire(world, disturb))

    assert (outcomes(changes), changes[0].said.endswith(said)) == (["refused", "done"], True)


def test_what_would_be_changed_can_be_looked_at_first() -> None:
    """Looking changes nothing."""
    world = deployment(count=0)
    (id_,) = raised(world, CONTENT, severity="warning")
    wire = Wire(world, undisturbed)

    found = meant(settings_of(world), [CONTENT], "resolved", transport=wire)

    assert ([alert.id for alert in found], wire.sent) == ([id_], [])
