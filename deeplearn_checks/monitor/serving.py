"""A monitor as a process: its signals, and its page on the same event loop.

SIGHUP reads the configuration anew, SIGTERM and SIGINT end it when the runs under way have ended; the second of these
ends it at once, and nothing is lost but those runs.
"""

from __future__ import annotations

import asyncio
import ipaddress
import signal
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from deeplearn_checks.monitor.config import Config, Page
    from deeplearn_checks.monitor.monitoring import Monitor

    PageOf = Callable[[Config], ASGIApp]

_ENDING = (signal.SIGTERM, signal.SIGINT)


def is_loopback(listen: str) -> bool:
    """Whether only this machine reaches an address, written `HOST:PORT`."""
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def hold_private(listen: str, page: Page) -> None:
    """Refuse to show the page to other machines without a password, unless that is meant; raises ConfigurationError."""
    if listen and not is_loopback(listen) and not page.user and not page.public:
        raise ConfigurationError(
            f"{listen} is reached from other machines, and the page has no password: "
            "write user and password in [page], or public = true"
        )


class Served:
    """The page of the configuration that counts now, as one ASGI app. `serve` makes the page of a configuration."""

    def __init__(self, page_of: PageOf, config: Config) -> None:
        self._page_of = page_of
        self._app = page_of(config)

    def show(self, config: Config) -> None:
        """Show the page of another configuration from now on."""
        self._app = self._page_of(config)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the page does."""
        await self._app(scope, receive, send)


@asynccontextmanager
async def _shown(app: ASGIApp | None, listener: socket.socket | None) -> AsyncIterator[None]:
    """Serve a page, where there is one, for the time of the block."""
    if app is None or listener is None:
        yield
        return
    from deeplearn_checks.monitor.page.serving import serve  # noqa: PLC0415  most tests of the loop have no page

    task = asyncio.create_task(serve(app, listener), name="page")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


@contextmanager
def signals(monitor: Monitor, reload: Callable[[], None]) -> Iterator[None]:
    """Take the signals of the process for the time of the block; what they did before, they do again after it."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, *_ENDING)}

    def end() -> None:
        for number in _ENDING:  # the second one ends the process at once
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        monitor.stop()

    loop.add_signal_handler(signal.SIGHUP, reload)  # first of all: untaken, it would end a monitor that can be ended
    for number in _ENDING:
        loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler or signal.SIG_DFL)


def hold_server(has_module: Callable[[str], object | None] = find_spec) -> None:
    """Refuse to serve a page without what serves it; raises ConfigurationError."""
    if has_module("uvicorn") is None:
        raise ConfigurationError("the page needs uvicorn: pip install 'deeplearn-checks[monitor]'")


def reloader(monitor: Monitor, read: Callable[[], Config], served: Served | None) -> Callable[[], None]:
    """Answer what reads the configuration anew; one that cannot be used is refused in one line, and the old goes on."""

    def reload() -> None:
        try:
            config = read()
        except ConfigurationError as problem:
            monitor.log(f"the configuration is not reloaded, the old one goes on: {problem}")
            return
        monitor.reload(config)
        if served is not None:
            served.show(config)
        monitor.log("the configuration is reloaded")

    return reload


async def watch(
    monitor: Monitor,
    read: Callable[[], Config],
    page_of: PageOf | None = None,
    listener: socket.socket | None = None,
) -> None:
    """Watch until a signal ends it, and serve the page on the listener where there is one."""
    served = Served(page_of, monitor.config) if page_of is not None else None
    with signals(monitor, reloader(monitor, read, served)):
        async with _shown(served, listener):
            await monitor.watch()
