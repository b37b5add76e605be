"""The requests of a run on one time line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from examples import EVERY_OUTCOME, EXCHANGES, exchange, passing, report

from deeplearn_checks.reporting.waterfall import ticks, waterfall

SLOW = replace(exchange(1, "/"), started_at=100.0, seconds=8.0)
INSTANT = replace(exchange(2, "/health"), started_at=108.0, seconds=0.0)


def test_a_bar_stands_where_its_request_was() -> None:
    """Start and length are in per cent of the run; what took no time is still to be seen, inside of the line."""
    bars = waterfall(report(exchanges=(INSTANT, SLOW)))

    assert [(bar.exchange.number, bar.at, bar.width, bar.began, bar.took) for bar in bars] == [
        (1, 0.0, 100.0, 0, 8000),
        (2, 99.6, 0.4, 8000, 0),
    ]


def test_an_error_of_the_server_and_silence_are_bad() -> None:
    """A refusal may be what was hoped for."""
    bad = {bar.answer: bar.bad for bar in waterfall(report(exchanges=(*EXCHANGES, exchange(5, "/", 503))))}

    assert bad == {"200": False, "401": False, "no answer in time": True, "503": True}


def test_a_bar_knows_who_asked() -> None:
    """An answer is shared: every diagnostic that stands on it is named."""
    shared = report(passing("a.one", (1,)), passing("b.two", (1,)), exchanges=EXCHANGES[:1])

    (bar,) = waterfall(shared)

    assert bar.asked_for == ("a.one", "b.two")


def test_no_requests_no_bars() -> None:
    """A run that kept none has none."""
    run = report()

    bars = waterfall(run)

    assert bars == ()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0042, ["0 ms", "1 ms", "2 ms", "3 ms", "4 ms"]),
        (0.5, ["0 ms", "100 ms", "200 ms", "300 ms", "400 ms", "500 ms"]),
        (8.0, ["0 ms", "2 s", "4 s", "6 s", "8 s"]),
        (1e8, ["0 ms", "1e+08 s"]),
    ],
)
def test_the_axis_names_round_times(seconds: float, words: list[str]) -> None:
    """A few of them, from the first request on, however long the run was."""
    named = ticks(report(exchanges=(replace(SLOW, seconds=seconds),)))

    assert [tick.words for tick in named] == words


def test_the_axis_ends_with_the_run() -> None:
    """No time is named outside of the line."""
    run = EVERY_OUTCOME

    places = [tick.at for tick in ticks(run)]

    assert (min(places), max(places) <= 100) == (0, True)
