"""Whether the content job and the counselor work: before the first run, and what the counselor may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asking import Script, ask, healthy, verdict

from deeplearn_checks.diagnostics import content

if TYPE_CHECKING:
    from asking import Json

    from deeplearn_checks.diagnostic import Diagnostic

HOUR_MS = 3_600_000


@pytest.mark.parametrize("diagnostic", [content.last_run_succeeded, content.runs_daily])
def test_a_job_that_never_ran_is_not_judged(diagnostic: Diagnostic) -> None:
    """Before the first run there is nothing to judge, and the finding says so."""
    world = healthy(0)
    world.execute("DELETE FROM content_generation_runs")

    result = ask(world, diagnostic)

    assert result.summary == "the content job has not run yet: nothing to judge"


@pytest.mark.parametrize(("hours", "expected"), [(25, "passed"), (27, "content-runs-stopped")])
def test_a_day_and_two_hours_may_pass_between_runs(hours: int, expected: str) -> None:
    """The newest run may be 26 hours old."""
    world = healthy(0)
    world.execute("UPDATE content_generation_runs SET created_at_ms = ?", (world.now_ms() - hours * HOUR_MS,))

    result = ask(world, content.runs_daily)

    assert verdict(result) == expected


def test_no_post_is_no_fault() -> None:
    """A service without published posts serves an empty list, and that is well."""
    world = healthy(0)
    world.execute("DELETE FROM content_posts")

    result = ask(world, content.posts_served)

    assert (verdict(result), result.summary) == ("passed", "no post is published yet")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, {"reply": "The next cohort starts soon."}), "passed"),
        ((200, {"reply": " \n"}), "counselor-silent"),
        ((200, {"answer": "Soon."}), "unexpected-answer"),
        ((200, "<html>Soon.</html>"), "not-the-api"),
        ((400, {"error": "message and server GROQ_API_KEY are required."}), "counselor-not-configured"),
        ((400, {"error": "message is too long."}), "unexpected-answer"),
        ((500, {"error": "Counselor request failed.", "details": "Groq 401"}), "counselor-model-rejected"),
        ((500, "<html>Worker threw exception</html>"), "server-error"),
    ],
)
def test_the_counselor_is_judged_by_what_it_says(answer: tuple[int, Json | str], expected: str) -> None:
    """Silence, a missing key, a model that refuses, and an answer of another kind are told apart."""
    world = healthy(0)

    result = ask(world, content.counselor_replies, script=Script(world, {"/api/chat/counselor": answer}))

    assert verdict(result) == expected
