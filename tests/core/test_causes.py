"""Every cause can be looked up, says what to do, and reads as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from surroundings import API, settings

from deeplearn_checks.causes import CAUSES, explain
from deeplearn_checks.causes.learners import LEARNERS
from deeplearn_checks.causes.monitoring import MONITORING
from deeplearn_checks.causes.operations import OPERATIONS
from deeplearn_checks.causes.payments import PAYMENTS
from deeplearn_checks.causes.platform import PLATFORM
from deeplearn_checks.causes.probing import PROBING
from deeplearn_checks.causes.records import RECORDS

if TYPE_CHECKING:
    from deeplearn_checks.causes.cause import Cause

EVERY = (*PROBING, *PLATFORM, *PAYMENTS, *LEARNERS, *OPERATIONS, *RECORDS, *MONITORING)


def test_no_slug_stands_for_two_causes() -> None:
    """Looking one up finds it."""
    assert len(CAUSES) == len(EVERY)


@pytest.mark.parametrize("cause", EVERY, ids=lambda cause: str(cause.slug))
def test_a_cause_is_complete(cause: Cause) -> None:
    """A slug of words, a meaning in a sentence, a remedy, a runbook step, and no placeholder left unfilled."""
    meaning, remedy = explain(cause.slug, settings())

    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cause.slug)
    assert re.fullmatch(r"[a-z-]+/\d", cause.runbook)
    assert meaning.endswith(".")
    assert remedy
    assert not re.search(r"\{(api|pages)\}", remedy)


def test_a_remedy_names_this_target() -> None:
    """It can be pasted into a shell as it stands."""
    _, remedy = explain("unreachable", settings())

    assert f"curl -v {API}/health" in remedy


@pytest.mark.parametrize(
    ("variables", "origin"),
    [({}, "$DEEPLEARN_PAGES_BASE_URL"), ({"DEEPLEARN_PAGES_BASE_URL": "https://learn.example.com"}, "https://learn")],
)
def test_a_remedy_for_the_site_names_it_or_its_variable(variables: dict[str, str], origin: str) -> None:
    """A site that is not configured leaves its variable to fill in."""
    _, remedy = explain("console-page-missing", settings(**variables))

    assert origin in remedy


@pytest.mark.parametrize("cause", EVERY, ids=lambda cause: str(cause.slug))
def test_a_remedy_reaches_the_service(cause: Cause) -> None:
    """Without --remote wrangler asks an empty database and bucket on the operator's own machine, and succeeds."""
    _, remedy = explain(cause.slug, settings())

    steps = re.findall(r"wrangler (?:d1 execute|r2 object)[^;]*", remedy)

    assert [step for step in steps if "--remote" not in step] == []


@pytest.mark.parametrize("slug", ["", "left-out", "no such cause"])
def test_what_is_no_cause_has_no_remedy(slug: str) -> None:
    """A passed or skipped finding needs none."""
    assert explain(slug, settings()) == ("", "")


@pytest.mark.parametrize("cause", EVERY, ids=lambda cause: str(cause.slug))
def test_a_cause_proposes_what_prevents_it(cause: Cause) -> None:
    """At least one action of code, configuration or process, each in a sentence of its own."""
    actions = cause.prevention.actions()

    told = str(cause.prevention)
    assert actions
    assert [text for kind, text in actions if f"{kind.capitalize()}: {text}" not in told or text[-1] != "."] == []
