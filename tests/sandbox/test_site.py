"""The Pages site serves its pages, the certificates' pictures, and the Worker's API behind `/api/`."""

import asyncio
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from deeplearn_checks.sandbox.seed import seed
from deeplearn_checks.sandbox.site import pages
from deeplearn_checks.sandbox.site_pages import PAGES
from deeplearn_checks.sandbox.world import SETTINGS, World, empty_world

ORIGIN = "http://pages.sandbox.localhost"


async def _echo(request: Request) -> JSONResponse:
    text = (await request.body()).decode()
    return JSONResponse({"method": request.method, "url": str(request.url), "body": text, **request.path_params})


def ask(world: World, method: str, path: str, content: bytes = b"") -> httpx.Response:
    """Ask the site, with an API behind it that echoes."""
    site = pages(world, Starlette(routes=[Route("/api/echo/{id}", _echo, methods=["GET", "POST"])]))

    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=ORIGIN) as client:
            return await client.request(method, path, content=content)

    return asyncio.run(answer())


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/console/", "text/html; charset=utf-8"),
        ("/learn/", "text/html; charset=utf-8"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/sitemap.xml", "application/xml"),
        ("/assets/site.css", "text/css; charset=utf-8"),
        ("/assets/sign-in.js", "text/javascript; charset=utf-8"),
        ("/assets/console.js", "text/javascript; charset=utf-8"),
        ("/assets/learn.js", "text/javascript; charset=utf-8"),
    ],
)
def test_a_page_is_served_as_what_it_is(path: str, content_type: str) -> None:
    """Every page is answered 200 with its content type."""
    answer = ask(empty_world({}), "GET", path)

    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)


@pytest.mark.parametrize("path", ["/console/", "/nothing/"])
def test_head_is_get_without_a_body(path: str) -> None:
    """HEAD answers the status and the length of GET, and no body."""
    world = empty_world({})

    head, get = ask(world, "HEAD", path), ask(world, "GET", path)

    assert (head.status_code, head.headers["content-length"], head.content) == (
        get.status_code,
        str(len(get.content)),
        b"",
    )


@pytest.mark.parametrize(
    "path", ["/nothing", "/console/nothing", "/certificates/c/u.svg", "/certificates/%2e%2e/u.svg"]
)
def test_an_unknown_path_is_an_html_page(path: str) -> None:
    """What is not there is answered 404 with HTML and the site's date."""
    answer = ask(empty_world({}), "GET", path)

    assert (answer.status_code, answer.headers["content-type"], "date" in answer.headers) == (
        404,
        "text/html; charset=utf-8",
        True,
    )


@pytest.mark.parametrize(("path", "script"), [("/console/", "/assets/console.js"), ("/learn/", "/assets/learn.js")])
def test_a_gate_is_drawn_by_a_script(path: str, script: str) -> None:
    """Console and learners' page are empty until a script of the site has run: whether it does, only a browser sees."""
    text = ask(empty_world({}), "GET", path).text

    assert (re.findall(r'<script src="([^"]+)"', text)[-1], script in PAGES, "<h1>" in text) == (script, True, False)


def test_pages_load_nothing_from_elsewhere() -> None:
    """No page names another origin, but for the namespace of the sitemap."""
    origins = {origin for text in PAGES.values() for origin in re.findall(r"https?://[^/\"]+", text)}

    assert origins == {"http://www.sitemaps.org"}


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml"])
def test_search_engines_are_told_the_sites_own_origin(path: str) -> None:
    """Robots file and sitemap name the origin that the site has."""
    text = ask(empty_world({}), "GET", path).text

    assert ("http://pages.sandbox.localhost/" in text, "{origin}" in text) == (True, False)


def test_a_page_that_was_removed_is_missing() -> None:
    """The site serves what the world has, and nothing by heart."""
    world = empty_world({})
    del world.site.pages["/console/"]

    assert ask(world, "GET", "/console/").status_code == 404


def test_a_certificate_is_a_picture_from_the_bucket() -> None:
    """A published certificate is served under its path in the bucket."""
    world = empty_world(SETTINGS)
    seed(world, 14)
    key = next(key for key in world.certificates.keys() if key.endswith(".svg"))  # noqa: SIM118  a bucket is no mapping

    answer = ask(world, "GET", f"/{key}")

    assert (answer.headers["content-type"], answer.text) == ("image/svg+xml", world.certificates.get(key))


def test_signed_json_is_not_published() -> None:
    """Of a certificate only the picture is on the site."""
    world = empty_world(SETTINGS)
    seed(world, 14)

    assert ask(world, "GET", f"/{world.certificates.keys()[0]}").status_code == 404


def test_the_api_behind_the_site_is_the_workers() -> None:
    """A request under `/api/` reaches the Worker as it was sent."""
    answer = ask(empty_world({}), "POST", "/api/echo/7?x=1", b"text")

    assert answer.json() == {"method": "POST", "url": f"{ORIGIN}/api/echo/7?x=1", "body": "text", "id": "7"}


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_without_the_proxy_the_api_is_a_missing_page(method: str) -> None:
    """A site that proxies nothing answers 404 with HTML under `/api/`."""
    world = empty_world({})
    world.site.proxies_api = False

    answer = ask(world, method, "/api/echo/7")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
