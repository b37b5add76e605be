"""Whether the site is there: what only looks like a page, and what only looks like the proxy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from asking import Script, ask, before, healthy, report, verdict
from chromium import drivers

from deeplearn_checks.browser import Found, Visit
from deeplearn_checks.diagnostics import console, content

if TYPE_CHECKING:
    from pathlib import Path

    from asking import Json

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.finding import Finding

POSTS = "/api/content/posts"
PROXIED = f"pages.sandbox.localhost{POSTS}"
PAGE = "<html><body>Welcome</body></html>"


@pytest.mark.parametrize(
    ("diagnostic", "path", "cause"),
    [
        (console.page_served, "/console/", "console-page-missing"),
        (console.learn_served, "/learn/", "learn-page-missing"),
    ],
)
@pytest.mark.parametrize("answer", [(200, {"ok": True}), (200, "only text"), (404, PAGE), (500, PAGE)])
def test_what_is_no_page_is_not_taken_for_one(
    diagnostic: Diagnostic, path: str, cause: str, answer: tuple[int, Json | str]
) -> None:
    """JSON, a text without HTML, and a page with an error status are no console."""
    world = healthy(0)

    result = ask(world, diagnostic, script=Script(world, {path: answer}))

    assert verdict(result) == cause


@pytest.mark.parametrize(
    "answer",
    [
        (200, PAGE),
        (404, {"error": "Not found."}),
        (200, {"posts": []}),
        (200, {"posts": [{"id": "p", "slug": "p", "title": "Of another service", "date": "2026-01-01"}]}),
    ],
)
def test_a_proxy_that_does_not_reach_the_service_is_broken(answer: tuple[int, Json | str]) -> None:
    """The site's own page, an error, and the posts of another service show that the proxy leads elsewhere."""
    world = healthy(0)

    result = ask(world, console.api_proxied, script=Script(world, {PROXIED: answer}))

    assert verdict(result) == "api-proxy-broken"


def test_a_proxy_is_not_blamed_for_the_service() -> None:
    """Where the service itself serves no posts, that is the root cause and the proxy's failure a symptom."""
    world = healthy(0)
    script = Script(world, {POSTS: (500, {"error": "Failed to list posts."})})

    roots = report(world, content.posts_served, console.api_proxied, script=script).root_causes()

    assert [(root.result.id, root.blocks) for root in roots] == [("content.posts-served", ("console.api-proxied",))]


def test_a_site_that_does_not_answer_is_an_error() -> None:
    """Where the site refuses connections the page is not missing: it could not be asked for."""
    world = healthy(0)

    def refuse(request: httpx.Request) -> None:
        raise httpx.ConnectError("connection refused", request=request)

    result = ask(world, console.page_served, script=Script(world, {"/console/": refuse}))

    assert verdict(result) == "unreachable"


def broken_browser(folder: Path, script: str) -> str:
    """Write a program that stands where a browser should; answer its path."""
    program = folder / "chromium"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def judged(*visits: Visit) -> Finding:
    """Judge what a browser saw."""
    return console.seen(visits, before(healthy(0)))


def test_without_a_browser_the_question_is_not_asked() -> None:
    """Where no browser is, the result says what to install."""
    browser = Found(missing="needs a browser: apt-get install chromium")

    finding = asyncio.run(console.rendered(before(healthy(0)), browser))

    assert (finding.cause, finding.summary) == ("not-configured", "needs a browser: apt-get install chromium")


def test_the_browser_can_be_left_out() -> None:
    """`--without browser` leaves out the browser, and nothing else of the site."""
    world = healthy(0)

    results = report(world, console.renders, DEEPLEARN_CHECKS_WITHOUT="browser").results

    assert {one.id for one in results if one.cause == "left-out"} == {"console.renders"}


def test_no_browser_is_started_for_a_page_that_is_not_there(tmp_path: Path) -> None:
    """A page that is not served is the root cause; that it does not come up is its symptom, and needs no browser."""
    world = healthy(0, "console-missing")
    program = broken_browser(tmp_path, f"touch {tmp_path}/started")

    run = report(world, console.renders, DEEPLEARN_CHECKS_WITHOUT="", DEEPLEARN_CHECKS_BROWSER=program)

    roots = [(root.result.id, root.blocks) for root in run.root_causes()]
    assert (roots, (tmp_path / "started").exists()) == ([("console.page-served", ("console.renders",))], False)


@pytest.mark.parametrize("script", ["exit 3", "exec sleep 60"])
def test_a_browser_that_does_not_start_is_an_error(tmp_path: Path, script: str) -> None:
    """A program that ends, or that never answers, is no verdict on the site; nothing of it is left."""
    program = broken_browser(tmp_path, script)
    given = {"DEEPLEARN_CHECKS_WITHOUT": "", "DEEPLEARN_CHECKS_BROWSER": program, "DEEPLEARN_CHECKS_TIMEOUT": "1"}

    result = ask(healthy(0), console.renders, script=None, **given)

    assert (verdict(result), program in result.summary, drivers()) == ("browser-failed", True, [])


def test_a_run_that_ends_while_the_browser_starts_leaves_no_driver(tmp_path: Path) -> None:
    """The deadline ends also what was only about to start."""
    program = broken_browser(tmp_path, "exec sleep 60")
    given = {"DEEPLEARN_CHECKS_WITHOUT": "", "DEEPLEARN_CHECKS_BROWSER": program, "DEEPLEARN_CHECKS_DEADLINE": "0.2"}

    result = ask(healthy(0), console.renders, script=None, **given)

    assert (verdict(result), drivers()) == ("timed-out", [])


GOOD = Visit("/console/")
API_FAILED = Visit("/learn/", failed_api=("GET /api/x answered 500",), script_errors=("Error: no",))


@pytest.mark.parametrize(
    ("visit", "cause"),
    [
        (GOOD, ""),
        (Visit("/learn/", unsent=("POST /api/track",)), ""),
        (Visit("/learn/", missing=("GET http://cdn.example/x.js",)), ""),
        (Visit("/learn/", failed=("GET /x.js answered 404",)), "console-broken"),
        (Visit("/learn/", script_errors=("Error: no",)), "console-broken"),
        (API_FAILED, "console-broken"),
        (Visit("/learn/", script_errors=("Error: no",), missing=("GET http://cdn.example/x.js",)), "page-not-judged"),
        (Visit("/learn/", lacking=("a heading",)), "page-not-judged"),
    ],
)
def test_a_page_is_judged_by_what_is_its_own(visit: Visit, cause: str) -> None:
    """Uncaught errors and failed requests of its own are failures; what others may have caused is not."""
    finding = judged(GOOD, visit)

    assert finding.cause == cause


@pytest.mark.parametrize(
    ("visits", "explained"),
    [
        ((GOOD, API_FAILED), True),
        ((Visit("/console/", failed=("GET /x.js answered 404",)), API_FAILED), False),
        ((Visit("/console/", script_errors=("Error: no",)), API_FAILED), False),
    ],
)
def test_only_failed_api_requests_are_explained_by_the_proxy(visits: tuple[Visit, ...], explained: bool) -> None:  # noqa: FBT001  a parameter
    """A page that is broken for another reason too is a root cause beside the proxy."""
    finding = judged(*visits)

    assert (frozenset({"console.api-proxied"}) in finding.explained_by) is explained
