"""The page's paths. Nothing is written: only GET and HEAD are answered, and the store is only read.

Answers are made in threads, so that the loop of the monitor goes on meanwhile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from deeplearn_checks.monitor.page import as_json, badge, feed, metrics, rendering
from deeplearn_checks.monitor.page.guard import HEALTH, Guard
from deeplearn_checks.monitor.page.reading import Reader
from deeplearn_checks.monitor.store import StoreError
from deeplearn_checks.reporting.wording import line

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from deeplearn_checks.monitor.config import Config
    from deeplearn_checks.monitor.page.reading import History, Watched
    from deeplearn_checks.redaction import Json

HTML = "text/html; charset=utf-8"
JSON = "application/json"


def build(history: History, config: Config, now: Callable[[], int], well: Callable[[], str]) -> ASGIApp:
    """Make the app; see `page.page_app`."""
    page = _Page(Reader(history, config, now, well), frozenset(target.name for target in config.targets))
    paths = {
        "/": page.overview,
        "/target/{name:path}": page.target,
        "/metrics": page.metrics,
        HEALTH: page.health,
        "/api/state": page.state,
        "/badge/{name:path}.svg": page.badge,
        "/feed.atom": page.feed,
    }
    app = Starlette(
        routes=[Route(path, answer, methods=["GET"]) for path, answer in paths.items()],
        exception_handlers={
            StoreError: page.unread,
            HTTPStatus.NOT_FOUND: page.missing,
            HTTPStatus.METHOD_NOT_ALLOWED: page.refused,
        },
    )
    app.router.redirect_slashes = False  # a redirect would repeat whatever Host header the request had
    return Guard(app, config.page)


@dataclass(frozen=True, slots=True)
class _Page:
    """The answers, each a function of a request."""

    reader: Reader
    names: frozenset[str]

    def overview(self, request: Request) -> Response:
        """Show all targets."""
        return Response(rendering.overview(self.reader.snapshot(), self._asked(request)), media_type=HTML)

    def target(self, request: Request) -> Response:
        """Show one target."""
        snapshot, watched = self.reader.snapshot(), self._watched(request)
        name = watched.now.name
        quarters, durations = self.reader.quarters(name), self.reader.durations(name)
        page = rendering.target_page(snapshot, watched, quarters, durations, self._asked(request))
        return Response(page, media_type=HTML)

    def metrics(self, _: Request) -> Response:
        """Answer a scrape."""
        snapshot = self.reader.snapshot()
        return Response(metrics.metrics(snapshot, self.reader.last_success_ms), media_type=metrics.CONTENT_TYPE)

    def health(self, request: Request) -> Response:
        """Say whether the monitor itself is well; what is wrong, only to those who may look."""
        try:
            problem, overdue = self.reader.problems()
        except StoreError as unread:
            problem, overdue = str(unread), ()
        said = as_json.monitor(line(problem), overdue)
        shown = said if request.scope["state"]["is_known"] else {"well": said["well"]}
        return _json(shown, HTTPStatus.OK if said["well"] else HTTPStatus.SERVICE_UNAVAILABLE)

    def state(self, _: Request) -> Response:
        """Answer what the page says, for machines."""
        return _json(as_json.as_json(self.reader.snapshot()))

    def badge(self, request: Request) -> Response:
        """Draw the badge of a target."""
        now = self._watched(request).now
        return Response(badge.badge(now.name, now.status), media_type=badge.CONTENT_TYPE)

    def feed(self, _: Request) -> Response:
        """Answer the feed of incidents."""
        return Response(feed.feed(self.reader.snapshot(), self.reader.config.page.url), media_type=feed.CONTENT_TYPE)

    def unread(self, request: Request, problem: Exception) -> Response:
        """Say that the store cannot be read; what was read before is not shown as if it were the present."""
        page = rendering.problem_page("The history cannot be read", str(problem), self._asked(request))
        return Response(page, HTTPStatus.SERVICE_UNAVAILABLE, media_type=HTML)

    def missing(self, request: Request, _: Exception) -> Response:
        """Say what is not there."""
        page = rendering.problem_page("Not Found", "There is no such page or target.", self._asked(request))
        return Response(page, HTTPStatus.NOT_FOUND, media_type=HTML)

    def refused(self, request: Request, _: Exception) -> Response:
        """Say that nothing is written here."""
        page = rendering.problem_page("Method Not Allowed", "This page is only read.", self._asked(request))
        return Response(page, HTTPStatus.METHOD_NOT_ALLOWED, {"allow": "GET, HEAD"}, HTML)

    def _watched(self, request: Request) -> Watched:
        """Answer the target that a path names."""
        name = request.path_params["name"]
        watched = self.reader.snapshot().target(name)
        if watched is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return watched

    def _asked(self, request: Request) -> rendering.Asked:
        """Answer the way back to the overview, whatever host and path somebody put before ours."""
        depth = request.scope["path"].removeprefix(request.scope.get("root_path", "")).count("/") - 1
        return rendering.Asked("../" * depth or "./", self.names)


def _json(document: Json, status: HTTPStatus = HTTPStatus.OK) -> Response:
    text = json.dumps(document, ensure_ascii=True, indent=1) + "\n"
    return Response(text, status, media_type=JSON)
