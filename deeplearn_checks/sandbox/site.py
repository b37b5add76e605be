"""The Pages site in the sandbox: static pages, published certificates, and the proxy in front of the Worker."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from deeplearn_checks.sandbox.site_pages import NOT_FOUND

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from deeplearn_checks.sandbox.world import World

TYPES = {"txt": "text/plain", "xml": "application/xml", "css": "text/css", "js": "text/javascript"}
"""Content types by ending; everything else is HTML."""

PER_REQUEST = frozenset({"app", "router", "endpoint", "path_params"})
"""What Starlette writes into a scope: the proxied app starts without it."""


def _answer(request: Request, body: str, content_type: str, status: int = 200) -> Response:
    """Answer with the site's date; to HEAD the headers alone."""
    answer = Response(body, status, {"date": formatdate(usegmt=True)}, media_type=content_type)
    if request.method == "HEAD":
        answer.body = b""
    return answer


def _missing(request: Request) -> Response:
    return _answer(request, NOT_FOUND, "text/html", 404)


class _Proxy:
    """Hands a request to the Worker as it came, or answers 404 where the site proxies nothing."""

    def __init__(self, world: World, api: ASGIApp) -> None:
        self._world = world
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._world.site.proxies_api:
            target = self._api
            scope = {name: value for name, value in scope.items() if name not in PER_REQUEST}
        else:
            target = Response(NOT_FOUND, 404, {"date": formatdate(usegmt=True)}, media_type="text/html")
        await target(scope, receive, send)


def pages(world: World, api_app: ASGIApp) -> Starlette:
    """Build the Pages site: the world's pages, its certificates' pictures, and `/api/*` as the Worker answers it."""

    def page(request: Request) -> Response:
        text = world.site.pages.get(request.url.path)
        if text is None:
            return _missing(request)
        ending = request.url.path.rpartition(".")[2]
        if ending in {"txt", "xml"}:
            text = text.replace("{origin}", world.origins.pages)
        return _answer(request, text, TYPES.get(ending, "text/html"))

    def certificate(request: Request) -> Response:
        key = request.url.path.removeprefix("/")
        picture = None if ".." in key else world.certificates.get(key)
        return _missing(request) if picture is None else _answer(request, picture, "image/svg+xml")

    async def static(request: Request) -> Response:
        if request.url.path.startswith("/certificates/") and request.url.path.endswith(".svg"):
            return certificate(request)
        return page(request)

    routes = [Route("/api/{path:path}", _Proxy(world, api_app)), Route("/{path:path}", static, methods=["GET"])]
    return Starlette(routes=routes)
