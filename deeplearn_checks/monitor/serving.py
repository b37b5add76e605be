"""A monitor as a process: its signals, and its page on the same event loop.

SIGHUP reads the configuration anew, SIGTERM and SIGINT end it when the runs under way have ended; the second of these
ends it at once, and nothing is lost but those runs.
"""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    import uvicorn
    from starlette.types import ASGIApp, Receive, Scope, Send

    from deeplearn_checks.monitor.config import Config, Page
    from deeplearn_checks.monitor.monitoring import Monitor

    PageOf = Callable[[Config], ASGIApp]

_NO_PORT = 65_536
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


def bound(listen: str) -> socket.socket:
    """Listen on `HOST:PORT`; raises ConfigurationError where that cannot be."""
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        number = int(port) if port.isascii() and port.isdigit() else _NO_PORT
        if not host or number >= _NO_PORT:
            raise OSError("that is no host and port")
        return socket.create_server((host.strip("[]"), number), family=family)
    except OSError as problem:
        raise ConfigurationError(f"cannot listen on {listen!r}: {problem}; choose HOST:PORT of this machine") from None


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


def _server(app: ASGIApp) -> uvicorn.Server:
    try:
        import uvicorn  # noqa: PLC0415  an extra, and heavy
    except ModuleNotFoundError:
        raise ConfigurationError("the page needs uvicorn: pip install 'deeplearn-checks[monitor]'") from None

    class Server(uvicorn.Server):
        """Leaves the signals to the monitor."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Take none."""
            yield

    return Server(
        uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
    )


@asynccontextmanager
async def serving(app: ASGIApp | None, listener: socket.socket | None) -> AsyncIterator[None]:
    """Serve a page, where there is one, for the time of the block."""
    if app is None or listener is None:
        yield
        return
    server = _server(app)
    task = asyncio.create_task(server.serve([listener]), name="page")
    try:
        yield
    finally:
        server.should_exit = True
        await task


@contextmanager
def signals(monitor: Monitor, reload: Callable[[], None]) -> Iterator[None]:
    """Take the signals of the process for the time of the block."""
    loop = asyncio.get_running_loop()

    def end() -> None:
        for number in _ENDING:  # the second one ends the process at once
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        monitor.stop()

    for number in _ENDING:
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        yield
    finally:
        for number in (*_ENDING, signal.SIGHUP):
            loop.remove_signal_handler(number)


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
        async with serving(served, listener):
            await monitor.watch()
