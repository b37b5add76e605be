"""What a browser sees of the site, and what becomes of the browser: each test starts one."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from asking import Script, ask, healthy, report, verdict
from chromium import browsers, drivers, needs_browser, temporary
from dying_browser import OPENED, dying_browser

from deeplearn_checks.diagnostics import CATALOG, console
from deeplearn_checks.finding import BROKEN, Effects, Severity
from deeplearn_checks.runner import run
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.world import Origins
from deeplearn_checks.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deeplearn_checks.results import Result
    from deeplearn_checks.sandbox.world import World

HARMLESS = tuple(one for one in CATALOG if one.effects is Effects.NONE)
API = "http://api.sandbox.localhost"
ELSEWHERE = Origins(api="http://api.example.com", pages="http://site.example.com")
PAGES = "http://pages.sandbox.localhost"
LEARN = "/assets/learn.js"
DRAWN = 'signIn("Learner Hub", "Sign in.");'
PATIENT = {
    "DEEPLEARN_CHECKS_WITHOUT": "",
    "DEEPLEARN_CHECKS_TIMEOUT": "60",
    "DEEPLEARN_CHECKS_DEADLINE": "300",
}
"""With a browser, and with time for a busy machine to start one."""
IMPATIENT = "4"
"""Seconds after which what does not come is given up."""

pytestmark = needs_browser


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder for a browser that keeps sockets in it: their paths may have 107 characters."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def learn_page(script: str) -> World:
    """Build a deployment whose learners' page runs this script."""
    world = healthy(0)
    world.site.pages[LEARN] = script
    return world


def looked(world: World, script: httpx.AsyncBaseTransport | None = None, *, timeout: str = "60") -> Result:
    """Ask whether the pages come up."""
    return ask(world, console.renders, script=script, **(PATIENT | {"DEEPLEARN_CHECKS_TIMEOUT": timeout}))


class Hanging(Script):
    """Never answers one path."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the world does, but for that path."""
        if request.url.path == "/late":
            await asyncio.Event().wait()
        return await super().handle_async_request(request)


class Served(Script):
    """Answers some requests with a whole response, by path, and the others as the world does."""

    def __init__(self, world: World, responses: Mapping[str, httpx.Response]) -> None:
        super().__init__(world)
        self._responses = responses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as served, else as the world does."""
        answer = await super().handle_async_request(request)
        return self._responses.get(request.url.path, answer)


def test_healthy_pages_come_up_and_are_shown() -> None:
    """Both pages draw their heading and their gate, and the result holds a picture of each."""
    result = looked(healthy(14))

    pictures = [(one.name, one.media_type, one.body[:4]) for one in result.attachments]
    assert (verdict(result), pictures) == (
        "passed",
        [("/console/", "image/png", b"\x89PNG"), ("/learn/", "image/png", b"\x89PNG")],
    )


def test_a_broken_console_is_the_only_root_cause() -> None:
    """The page is served, so nothing but the browser sees that it is broken, and nothing else breaks."""
    result = report(healthy(40, "console-broken"), *HARMLESS, script=None, **PATIENT)

    broken = {one.id: (one.cause, one.severity) for one in result.results if one.outcome in BROKEN}
    assert broken == {"console.renders": ("console-broken", Severity.WARNING)}


def test_a_whole_healthy_run_with_a_browser_has_no_finding() -> None:
    """Looking at the pages finds nothing in a deployment without a fault, and asks nothing twice."""
    result = report(healthy(), *HARMLESS, script=None, **PATIENT)

    asked = [(one.method, one.url) for one in result.exchanges if "pages." in one.url]
    assert ([one.id for one in result.results if one.outcome in BROKEN], len(asked)) == ([], len(set(asked)))


def test_a_broken_proxy_explains_what_it_breaks_in_a_page() -> None:
    """A page whose only failed requests are the API's is a symptom of the proxy behind them."""
    roots = report(healthy(0, "proxy-broken"), console.renders, script=None, **PATIENT).root_causes()

    assert [(root.result.id, root.blocks) for root in roots] == [("console.api-proxied", ("console.renders",))]


def test_a_script_that_throws_is_told_with_its_error() -> None:
    """An uncaught error is a failure, also where the page shows all that it should."""
    result = looked(learn_page(f"{DRAWN} missingFunction();"))

    assert (verdict(result), result.evidence) == (
        "console-broken",
        {"script_errors": ("/learn/: ReferenceError: missingFunction is not defined",)},
    )


def test_a_file_that_does_not_come_is_told() -> None:
    """A request of the page that gets no answer is a failure of the site, as it is for its visitors."""
    world = healthy(0)

    def refuse(request: httpx.Request) -> None:
        raise httpx.ConnectError("connection refused", request=request)

    result = looked(world, Script(world, {LEARN: refuse}))

    assert (verdict(result), "connection refused" in str(result.evidence["failed_requests"])) == (
        "console-broken",
        True,
    )


def test_a_request_that_hangs_is_waited_for() -> None:
    """A page that shows everything is not judged before all that it has asked for is answered or given up."""
    world = learn_page(f'{DRAWN} fetch("/late").catch(() => null);')

    result = looked(world, Hanging(world), timeout=IMPATIENT)

    assert (verdict(result), "no answer in time" in str(result.evidence["failed_requests"])) == ("console-broken", True)


def test_a_page_that_stays_empty_without_a_failure_is_not_judged() -> None:
    """Where nothing failed and nothing shows, it could not be found out; the picture says more."""
    result = looked(learn_page(""), timeout=IMPATIENT)

    assert (verdict(result), result.evidence["not_shown"], len(result.attachments)) == (
        "page-not-judged",
        ("/learn/: a heading", "/learn/: a sign-in gate"),
        2,
    )


def test_no_other_host_is_asked_from_a_sandbox() -> None:
    """A script of another host does not come, and what fails for want of it is not the page's fault."""
    world = learn_page(
        f"""{DRAWN} const script = document.createElement("script"); script.src = "http://cdn.example/x.js";
        script.onerror = () => {{ theirs.use(); }}; document.head.append(script);"""
    )
    script = Script(world)

    result = looked(world, script)

    hosts = {one.url.host for one in script.asked}
    assert (verdict(result), result.evidence["missing"], "cdn.example" in hosts) == (
        "page-not-judged",
        ("/learn/: GET http://cdn.example/x.js",),
        False,
    )


def test_a_page_writes_nothing() -> None:
    """What a page would post on being opened is answered here, and the service hears nothing of it."""
    world = learn_page(
        f"""fetch("/api/track", {{method: "POST", body: "{{}}"}}).then((answer) => answer.json()).then(() => {{
        {DRAWN} }});"""
    )
    script = Script(world)

    result = looked(world, script)

    posted = [one.url.path for one in script.asked if one.method != "GET"]
    assert (verdict(result), result.evidence, posted) == (
        "passed",
        {"not_sent": (f"/learn/: POST {PAGES}/api/track",)},
        [],
    )


def test_the_browser_holds_no_credential() -> None:
    """No request to the site carries the token, or anything else that is secret."""
    world = healthy(0)
    script = Script(world)

    looked(world, script)

    headers = {name for one in script.asked if one.url.host.startswith("pages.") for name in one.headers}
    assert headers == {"host", "accept", "accept-encoding", "connection", "user-agent"}


@pytest.mark.parametrize(("status", "expected"), [(200, "passed"), (500, "page-not-judged")])
@pytest.mark.parametrize("query", ["?x=1", "?x=%zz"])
def test_a_page_may_ask_the_api_itself(query: str, status: int, expected: str) -> None:
    """The API is asked on the page's behalf, with the page's origin; that it fails is for others to judge."""
    world = learn_page(
        f"""fetch("{API}/own{query}").then((answer) => {{ if (!answer.ok) throw Error("no"); {DRAWN} }});"""
    )
    headers = [
        ("access-control-allow-origin", "*"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("vary", "a"),
        ("vary", "b"),
    ]
    script = Served(world, {"/own": httpx.Response(status, headers=headers, text="of the API")})

    result = looked(world, script, timeout=IMPATIENT)

    origins = [one.headers["origin"] for one in script.asked if one.url.path == "/own"]
    assert (verdict(result), origins) == (expected, [PAGES])


def test_a_page_is_opened_where_its_redirect_leads() -> None:
    """Relative links mean what they mean to a visitor, who sees the page at its last address."""
    world = healthy(0)
    page = '<html><div id="app"></div><script src="assets/sign-in.js"></script><script src="assets/learn.js"></script>'
    moved = {"/learn/": httpx.Response(308, headers={"location": "/learn"}), "/learn": httpx.Response(200, html=page)}

    result = looked(world, Served(world, moved))

    assert (verdict(result), [one.name for one in result.attachments]) == ("passed", ["/console/", "/learn"])


def test_the_hosts_of_a_deployment_elsewhere_are_asked_but_not_judged(free_port: int) -> None:
    """Beside a target that is not this machine the page may ask others; that one does not answer is no failure."""
    world = learn_page(f'{DRAWN} new Image().src = "http://127.0.0.1:{free_port}/pixel.png";')
    world.origins = ELSEWHERE

    result = looked(world)

    assert (verdict(result), result.evidence) == ("passed", {})


def test_a_page_that_cannot_be_pictured_is_judged_all_the_same() -> None:
    """A page that hangs when its animations are stopped for the picture has been seen."""
    world = learn_page(
        f"""{DRAWN} const fading = document.body.animate([{{opacity: 0.9}}, {{opacity: 1}}], {{duration: 1e7}});
        fading.onfinish = () => {{ for (;;); }};"""
    )

    result = looked(world, timeout=IMPATIENT)

    assert (verdict(result), [one.name for one in result.attachments]) == ("passed", ["/console/"])


def test_a_page_that_never_answers_is_an_error() -> None:
    """A page whose script does not end could not be looked at: a verdict on the probe."""
    result = looked(learn_page(f"{DRAWN} for (;;);"), timeout=IMPATIENT)

    assert verdict(result) == "browser-failed"


def test_a_bug_in_what_answers_the_browser_is_loud() -> None:
    """What breaks while a request of the page is answered is told as a bug, not as a page that does not come up."""
    world = healthy(0)

    def stumble(_: httpx.Request) -> None:
        raise LookupError("a bug")

    result = looked(world, Script(world, {LEARN: stumble}))

    assert verdict(result) == "bug-in-deeplearn-checks"


def test_a_browser_that_is_killed_is_an_error(short_path: Path) -> None:
    """A browser that ends while it looks says nothing about the page."""
    world = healthy(0)

    def kill(_: httpx.Request) -> None:
        for pid in browsers(str(short_path)):
            with suppress(ProcessLookupError):  # it went with its parent
                os.kill(pid, signal.SIGKILL)

    with temporary(short_path):
        result = looked(world, Script(world, {LEARN: kill}))

    assert verdict(result) == "browser-failed"


def test_a_browser_that_ends_while_it_opens_a_page_is_not_waited_for(tmp_path: Path) -> None:
    """Playwright answers nobody who is opening a page then: the end of the browser is the answer, not the deadline."""
    variables = PATIENT | {"DEEPLEARN_CHECKS_BROWSER": dying_browser(tmp_path)}

    result = ask(healthy(0), console.renders, script=None, **variables)

    assert (verdict(result), (tmp_path / OPENED).exists()) == ("browser-failed", True)


def test_a_run_that_is_stopped_leaves_no_browser(short_path: Path) -> None:
    """When the run is cut off while a page comes up, browser, driver and profile are gone with it."""
    world = healthy(0)
    settings = load_settings(variables=server.exports(world) | PATIENT)

    async def stopped() -> list[str]:
        stop = asyncio.Event()
        script = Script(world, {LEARN: lambda _: stop.set()})
        run_report = await run([console.renders], settings, transport=script, stop=stop)
        return [one.cause for one in run_report.results if one.id == "console.renders"]

    with temporary(short_path):
        causes = asyncio.run(stopped())

    left = (drivers(), browsers(str(short_path)), [one.name for one in short_path.glob("playwright*")])
    assert (causes, left) == (["interrupted"], ([], [], []))
