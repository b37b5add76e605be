"""A state that is kept and read again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monitored import Watch

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.monitor.state import Health, Standing, State
from deeplearn_checks.monitor.state_json import StateError, state_from, state_json

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(0, 2**53)
standings = st.builds(
    Standing,
    health=st.sampled_from(Health),
    failed=numbers,
    told_ms=numbers,
    is_flapping=st.booleans(),
    changes_ms=st.lists(numbers, max_size=4).map(tuple),
    outcome=st.sampled_from(Outcome),
    cause=texts,
    severity=st.sampled_from(Severity),
    summary=texts,
    remedy=texts,
)


def kept() -> dict[str, dict[str, dict[str, object]]]:
    """Answer a state as it is kept, to be damaged."""
    watch = Watch()
    watch.play("FFP")
    read: dict[str, dict[str, dict[str, object]]] = json.loads(state_json(watch.state))
    return read


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(texts, standings, max_size=4).map(State))
def test_what_is_kept_is_what_is_read(state: State) -> None:
    """Whatever it holds."""
    assert state_from(state_json(state)) == state


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "version 1"),
        ("{}", "version 1"),
        ('{"version":2,"standings":{}}', "version 1"),
        ('{"version":true,"standings":{}}', "version 1"),
        ('{"version":1,"standings":[]}', "damaged"),
        ('{"version":1,"standings":{},"more":1}', "version 1"),
    ],
)
def test_what_is_no_state_is_refused(text: str, said: str) -> None:
    """In one line that does not show what it holds."""
    with pytest.raises(StateError, match=said) as refused:
        state_from(text)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("failed", "2", "damaged at platform.health.failed"),
        ("failed", True, "damaged at platform.health.failed"),
        ("failed", float("nan"), "damaged at platform.health.failed"),
        ("health", "ill", "damaged at platform.health.health"),
        ("severity", 4, "damaged at platform.health.severity"),
        ("summary", None, "damaged at platform.health.summary"),
        ("unknown", 1, "other fields"),
    ],
)
def test_a_damaged_state_is_refused(key: str, value: object, said: str) -> None:
    """Never mended by guessing, and the place is named."""
    state = kept()
    state["standings"]["platform.health"][key] = value

    with pytest.raises(StateError, match=said):
        state_from(json.dumps(state))


def test_a_missing_field_is_not_made_up() -> None:
    """A default would be a guess."""
    state = kept()
    del state["standings"]["platform.health"]["opened_ms"]

    with pytest.raises(StateError, match="other fields"):
        state_from(json.dumps(state))
