"""Whether the site is there: what only looks like a page, and what only looks like the proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from asking import Script, ask, healthy, report, verdict

from deeplearn_checks.diagnostics import console, content

if TYPE_CHECKING:
    from asking import Json

    from deeplearn_checks.diagnostic import Diagnostic

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
