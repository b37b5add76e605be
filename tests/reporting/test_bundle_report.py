"""Bundles and differences in words, whatever is inside."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest
from taped import recorded

from deeplearn_checks.bundle.comparing import Difference, FindingChange, LatencyChange, ShapeChange
from deeplearn_checks.bundle.contents import Answered, Asked, Bundle, Failure, Recorded
from deeplearn_checks.finding import Outcome
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.reporting.bundles import (
    bundle_text,
    difference_json,
    difference_text,
    exchange_json,
    exchange_text,
)

ASKED = Asked(
    method="POST",
    origin="https://api.example.com",
    path="/p",
    params=(("a", "1"), ("b", "2")),
    headers=(("x", "y"),),
    body='{"a":1}',
    voice=(("x-admin-token", "admin_token"),),
)
SAID = Answered(
    status=200,
    headers=(("content-type", "text/html"),),
    body="<p>\x1b[31m\nhello",
    is_text=True,
    received=9,
    seconds=0.2,
    attempts=1,
    received_at=1.0,
    certificate_ends=None,
)


def exchange(answered: Answered | None = None, failure: Failure | None = None) -> Recorded:
    """Answer an exchange."""
    return Recorded(
        number=1, started_at=1.0, seconds=0.25, attempts=1, ended=1, asked=ASKED, answered=answered, failure=failure
    )


@cache
def bundle() -> Bundle:
    """Record a small run, once."""
    return recorded(count=1)[1]


def test_an_exchange_is_written_in_full() -> None:
    """Request, answer, bodies; control characters would paint the operator's terminal."""
    assert exchange_text(exchange(SAID)).splitlines() == [
        "   1      250 ms  200  POST https://api.example.com/p?a=1&b=2",
        "",
        "> POST https://api.example.com/p?a=1&b=2",
        "> x: y",
        "",
        "{",
        '  "a": 1',
        "}",
        "",
        "< 200",
        "< content-type: text/html",
        "",
        "<p>[31m",
        "hello",
        "",
    ]


def test_an_empty_body_takes_no_place() -> None:
    """As that of an answer to HEAD."""
    told = exchange_text(exchange(SAID.model_copy(update={"body": ""}))).splitlines()

    assert told[-1] == "< content-type: text/html"


@pytest.mark.parametrize(
    ("failure", "row", "ending"),
    [
        (Failure(cause="timed-out", summary="no answer in time", evidence={}), "timed-out", "! timed-out: no answer"),
        (None, "no answer", "}"),
    ],
)
def test_an_exchange_without_answer_says_why(failure: Failure | None, row: str, ending: str) -> None:
    """Or that nothing is known of it."""
    told = exchange_text(exchange(failure=failure)).strip().splitlines()

    assert (row in told[0], told[-1].startswith(ending)) == (True, True)


def test_an_exchange_as_json_holds_what_it_is() -> None:
    """Nothing of how a replay finds it again."""
    value = json.loads(exchange_json(exchange(SAID)))

    assert ("ended" in value, "voice" in value["asked"], value["answered"]["body"]) == (False, False, SAID.body)


def test_a_setting_of_another_version_is_named_as_it_is() -> None:
    """Which variable it had is not known here."""
    held = bundle().manifest.configuration
    configuration = held.model_copy(update={"values": {**held.values, "later_setting": 1}})
    later = replace(bundle(), manifest=bundle().manifest.model_copy(update={"configuration": configuration}))

    told = bundle_text(later, exchanges=False).splitlines()[1]

    assert ("later_setting" in told, "DEEPLEARN_API_BASE_URL" in told) == (True, True)


def difference() -> Difference:
    """Answer a difference of every kind."""
    was = bundle().report.results[0]
    now = replace(was, outcome=Outcome.FAILED, cause="slow-answers", summary=Redacted("too slow"))
    return Difference(
        findings=(
            FindingChange("a.new", "changed", None, now, {}),
            FindingChange("a.gone", "went", now, was, {}),
            FindingChange("a.lost", "changed", now, None, {}),
            FindingChange("a.other", "changed", now, now, {"hit": (None, (Redacted("x"), Redacted("y")))}),
        ),
        latencies=(
            LatencyChange("GET /slow", 100.0, 2, 300.0, 3),
            LatencyChange("GET /fast", 300.0, 1, 100.0, 1),
            LatencyChange("GET /same", 100.0, 1, 101.0, 1),
        ),
        shapes=(
            ShapeChange("GET /p", "a", "appeared", (), ("string",)),
            ShapeChange("GET /p", "b", "vanished", ("null", "number"), ()),
            ShapeChange("GET /p", "", "type", ("object",), ("array",)),
        ),
        same_key=False,
    )


def test_a_difference_is_written_in_words() -> None:
    """Each change is a line, with what it was before and what it is now."""
    assert difference_text(difference()).splitlines() == [
        "FINDINGS: 4 changes",
        "  changed  a.new: not asked -> failed (slow-answers)",
        "           too slow",
        "  went     a.gone: failed (slow-answers) -> passed",
        "           too slow",
        "  changed  a.lost: failed (slow-answers) -> not asked",
        "  changed  a.other: failed (slow-answers) -> failed (slow-answers)",
        "           too slow",
        "           hit: nothing -> x, y",
        "",
        "SHAPES OF ANSWERS: 3 changes",
        "  appeared GET /p  a: string",
        "  vanished GET /p  b: null|number",
        "  type     GET /p  the answer: object -> array",
        "",
        "LATENCIES: 2 changes beyond a factor of 2 and 20 ms",
        "  slower   GET /slow: 100 ms (2) -> 300 ms (3)",
        "  faster   GET /fast: 300 ms (1) -> 100 ms (1)",
        "",
        "The bundles were recorded with different keys: people cannot be compared.",
    ]


def test_a_difference_is_written_as_json() -> None:
    """With every endpoint that both runs asked."""
    value = json.loads(difference_json(difference()))

    assert (value["findings"][0]["before"], value["findings"][3]["evidence"]) == (None, {"hit": [None, ["x", "y"]]})
    assert [one["changed"] for one in value["latencies"]["endpoints"]] == [True, True, False]
    assert value["shapes"][2] == {
        "endpoint": "GET /p",
        "path": "",
        "change": "type",
        "before": ["object"],
        "after": ["array"],
    }
