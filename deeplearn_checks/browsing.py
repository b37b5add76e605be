"""Looking at pages with the system's Chromium, through Playwright: imported only here, and only when it is needed.

The browser asks nothing of the site or the API by itself: the run's own transport asks for it, so that its requests
are bounded, shared, kept and redacted as all others are, and reach a sandbox in process too. It is handed no credential
and writes nothing: requests other than GET and HEAD are not sent to them, and answered here. Other hosts it asks
itself, as any visitor's would, unless the target is this machine: then nobody else is asked.
"""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from playwright.async_api import Error, async_playwright
from playwright.async_api import TimeoutError as Unseen

from deeplearn_checks.browser import BrowserError, Visit
from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.wire import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Sequence

    from playwright.async_api import Browser, BrowserContext, Page, Playwright, Route
    from playwright.async_api import Request as BrowserRequest

    from deeplearn_checks.target import Target
    from deeplearn_checks.wire import Answer

HEADING = "a heading"
GATE = "a sign-in gate"

_SIGN_IN = re.compile(r"\b(sign|log)[ -]?(in|on)\b|\blogin\b|\banmeld|\beinlogg|\bcontinue with\b", re.IGNORECASE)
"""What stands on the control that a visitor signs in with."""
_FIELDS = "input[type=email], input[type=password], input[autocomplete=username]"

_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NO_OTHER_HOST = "--host-resolver-rules=MAP * ~NOTFOUND"
"""Chromium's flag that resolves no name: the pages reach it through the run's transport all the same."""
_ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR", "http_proxy", "https_proxy")
"""The variables that the browser gets of ours: none that could hold a credential of the target."""
_VIEW = {"width": 1024, "height": 640}
_HOP_BY_HOP = frozenset({"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"})
"""Headers of the connection that brought an answer, not of the answer that the browser gets."""
_CLOSING_SECONDS = 3.0
"""How long to wait for a browser to end; Playwright's driver kills one that does not, even after our own end."""
_TASKS_DONE = "() => new Promise(done => setTimeout(done))"
_REFUSED = 400
_NEEDED = frozenset({"script", "fetch", "xhr"})
"""What scripts cannot do without; pictures, fonts and beacons they can."""


async def look(program: str, urls: Sequence[str], target: Target) -> tuple[Visit, ...]:
    """Open each page with a fresh profile and say what a visitor gets to see, in the order of *urls*.

    Raises BrowserError where the browser itself fails.
    """
    try:
        async with _playwright() as playwright:
            browser = await _launch(playwright, program, target)
            return await _while_alive(browser, _all_visits(browser, urls, target))
    except (Error, OSError) as problem:
        first = str(problem).strip().partition("\n")[0]
        raise BrowserError(f"{program}: {first or type(problem).__name__}") from None


async def _while_alive(browser: Browser, looking: Coroutine[None, None, tuple[Visit, ...]]) -> tuple[Visit, ...]:
    """Look until the browser ends: Playwright never answers who is opening a page then.

    Raises Error where it ended before all was seen.
    """
    gone = asyncio.Event()
    browser.on("disconnected", lambda _: gone.set())
    seen, ended = asyncio.ensure_future(looking), asyncio.ensure_future(gone.wait())
    try:
        await asyncio.wait({seen, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        seen.cancel()
        ended.cancel()
        await asyncio.gather(seen, ended, return_exceptions=True)
    if seen.cancelled():
        raise Error("it ended while it looked")
    return seen.result()


async def _all_visits(browser: Browser, urls: Sequence[str], target: Target) -> tuple[Visit, ...]:
    """Look at all pages at once; when we are cut off, that is told, and not what a tab says of its sudden end."""
    context = await browser.new_context(viewport=_VIEW, service_workers="block")  # type: ignore[arg-type]  # a TypedDict
    tabs = [asyncio.ensure_future(_visit(context, url, target)) for url in urls]
    try:
        await asyncio.wait(tabs)
    finally:
        for tab in tabs:
            tab.cancel()
        await asyncio.gather(*tabs, return_exceptions=True)
    return tuple([tab.result() for tab in tabs])


@asynccontextmanager
async def _playwright() -> AsyncIterator[Playwright]:
    """Run Playwright's driver, and end it with all that it started: also when we are cut off while it starts."""
    starting = asyncio.ensure_future(async_playwright().start())
    try:
        yield await asyncio.shield(starting)
    finally:
        with suppress(TimeoutError, Error, OSError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await (await starting).stop()


async def _launch(playwright: Playwright, program: str, target: Target) -> Browser:
    return await playwright.chromium.launch(
        executable_path=program,
        chromium_sandbox=False,
        args=[*_FLAGS, *([_NO_OTHER_HOST] if target.settings.on_loopback else [])],
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        timeout=2 * target.settings.timeout * 1000,  # a request is sooner answered than a browser started
    )


async def _visit(context: BrowserContext, url: str, target: Target) -> Visit:
    """Look at one page in a tab of its own."""
    page = await context.new_page()
    page.set_default_timeout(target.settings.timeout * 1000)
    tab = _Tab(page, target)
    await page.route("**/*", tab.answer)
    return await tab.see(url)


class _Tab:
    """One page under observation: what goes wrong in it while it comes up."""

    def __init__(self, page: Page, target: Target) -> None:
        self._page = page
        self._target = target
        controls = page.get_by_role("button", name=_SIGN_IN).or_(page.get_by_role("link", name=_SIGN_IN))
        headings = page.get_by_role("heading").filter(has_text=re.compile(r"\S"))
        self._awaited = {
            HEADING: headings.locator("visible=true"),
            GATE: controls.or_(page.locator(_FIELDS)).locator("visible=true"),
        }
        self._script_errors: list[str] = []
        self._failed: list[str] = []
        self._failed_api: list[str] = []
        self._missing: list[str] = []
        self._unsent: list[str] = []
        self._answering: list[asyncio.Future[None]] = []
        self._trouble = asyncio.Event()
        page.on("pageerror", lambda problem: self._note(self._script_errors, f"{problem.name}: {problem.message}"))
        page.on("requestfailed", self._unanswered)

    # -- what the page asks for -------------------------------------------------------------

    async def answer(self, route: Route) -> None:
        """Answer a request of the page; never raises, for Playwright would only log it."""
        answering = asyncio.ensure_future(self._answer(route))
        self._answering.append(answering)
        await asyncio.wait({answering})
        if answering.cancelled() or answering.exception():
            self._trouble.set()

    async def _answer(self, route: Route) -> None:
        method, url = route.request.method, route.request.url
        with suppress(Error):  # the page is gone
            if not self._is_ours(url):
                await self._elsewhere(route)
            elif method not in {"GET", "HEAD"}:
                self._unsent.append(f"{method} {url}")
                await route.fulfill(json={})
            else:
                await self._ask(route, _question(method, url, self._target.settings.pages_base_url))

    async def _elsewhere(self, route: Route) -> None:
        """Let the browser ask another host, but none where the target is this machine."""
        if self._target.settings.on_loopback:
            await route.abort("blockedbyclient")
        else:
            await route.continue_()

    async def _ask(self, route: Route, request: Request) -> None:
        """Hand the browser the answer to the run's own request."""
        asked = f"{request.method} {request.path}"
        try:
            answer = await self._target.answer(request)
        except UnansweredError as unanswered:
            self._failure(request, unanswered.finding.summary)
            await route.abort("failed")
            return
        if answer.status >= _REFUSED and request.path != "/favicon.ico":
            self._failure(request, f"{asked} answered {answer.status}")
        await route.fulfill(status=answer.status, headers=_headers(answer), body=answer.body)

    def _failure(self, request: Request, text: str) -> None:
        """Keep in mind a request that failed: only the site's own are the page's fault."""
        settings = self._target.settings
        if _origin(request.origin) != _origin(settings.pages_base_url):
            self._missing.append(text)
        else:
            self._note(self._failed_api if request.path.startswith("/api/") else self._failed, text)

    def _unanswered(self, request: BrowserRequest) -> None:
        """Keep in mind that another host did not answer."""
        if request.resource_type in _NEEDED and not self._is_ours(request.url):
            self._missing.append(f"{request.method} {request.url}")

    def _is_ours(self, url: str) -> bool:
        settings = self._target.settings
        return _origin(url) in {_origin(settings.pages_base_url), _origin(settings.api_base_url)}

    # -- what the page shows ----------------------------------------------------------------

    async def see(self, url: str) -> Visit:
        """Open the page and wait for what a visitor waits for, or for trouble."""
        await self._page.goto(url, wait_until="commit")
        shown = asyncio.ensure_future(self._shown())
        trouble = asyncio.ensure_future(self._trouble.wait())
        try:
            await asyncio.wait({shown, trouble}, return_when=asyncio.FIRST_COMPLETED)
            for answering in self._answering:
                if answering.done():
                    answering.result()
            await self._settled()
        finally:
            shown.cancel()
            trouble.cancel()
            await asyncio.gather(shown, trouble, return_exceptions=True)
        return await self._seen(urlsplit(url).path)

    async def _seen(self, path: str) -> Visit:
        """Say what can be seen now; raises TimeoutError where the page does not answer."""
        async with asyncio.timeout(2 * self._target.settings.timeout):
            return Visit(
                path=path,
                lacking=tuple([what for what, element in self._awaited.items() if not await element.count()]),
                script_errors=tuple(self._script_errors),
                failed=tuple(self._failed),
                failed_api=tuple(self._failed_api),
                missing=tuple(self._missing),
                unsent=tuple(self._unsent),
                screenshot=await self._screenshot(),
            )

    async def _shown(self) -> None:
        """Wait until everything that a visitor waits for can be seen."""
        with suppress(Unseen):
            await asyncio.gather(*(element.first.wait_for() for element in self._awaited.values()))

    async def _settled(self) -> None:
        """Wait until the page has loaded and its requests are answered, so that what fails late is seen too."""
        with suppress(Unseen, TimeoutError):
            async with asyncio.timeout(self._target.settings.timeout):
                await self._page.wait_for_load_state()
                while True:
                    await self._page.evaluate(_TASKS_DONE)
                    if not (under_way := [one for one in self._answering if not one.done()]):
                        break
                    await asyncio.wait(under_way)

    async def _screenshot(self) -> bytes:
        with suppress(Unseen):
            return await self._page.screenshot(animations="disabled")
        return b""

    def _note(self, list_: list[str], text: str) -> None:
        list_.append(text)
        self._trouble.set()


def _question(method: str, url: str, pages: str) -> Request:
    """Make the run's own request of the browser's, the same for the same URL as diagnostics make it."""
    parts = urlsplit(url)
    base = pages if url.startswith(f"{pages}/") else _origin(url)
    path = url.removeprefix(base).partition("#")[0]
    headers = () if _origin(url) == _origin(pages) else (("origin", _origin(pages)),)
    named = Request(method, base, path.partition("?")[0], tuple(parse_qsl(parts.query)), headers)
    return named if named.url == f"{base}{path}" else Request(method, base, path, headers=headers)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _headers(answer: Answer) -> dict[str, str]:
    """Answer the headers that the browser gets; several of one name in one, as Playwright takes them."""
    headers: dict[str, str] = {}
    for name, value in answer.headers:
        key = name.lower()
        if key not in _HOP_BY_HOP:
            separator = "\n" if key == "set-cookie" else ", "
            headers[key] = f"{headers[key]}{separator}{value}" if key in headers else value
    return headers
