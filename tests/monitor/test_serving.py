"""The page on the monitor's loop, where it may listen, and what the signals do."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest
from watched import FILE, Box

from deeplearn_checks.monitor.config import Page
from deeplearn_checks.monitor.monitoring import Monitor, Surroundings
from deeplearn_checks.monitor.page.serving import listener as listener_on
from deeplearn_checks.monitor.serving import hold_private, hold_server, is_loopback, watch
from deeplearn_checks.sandbox import server
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

    from deeplearn_checks.monitor.config import Config


@pytest.mark.parametrize(
    ("listen", "is_it"),
    [
        ("127.0.0.1:8460", True),
        ("127.3.2.1:1", True),
        ("[::1]:8460", True),
        ("localhost:8460", True),
        ("0.0.0.0:8460", False),
        ("[::]:8460", False),
        ("192.0.2.7:80", False),
        ("status.example.com:80", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(listen: str, *, is_it: bool) -> None:
    """A name that is not localhost may be anything."""
    found = is_loopback(listen)

    assert found is is_it


@pytest.mark.parametrize(
    ("listen", "page"),
    [
        ("", Page()),
        ("127.0.0.1:1", Page()),
        ("0.0.0.0:1", Page(user="operator")),
        ("0.0.0.0:1", Page(public=True)),
    ],
)
def test_a_page_may_be_shown(listen: str, page: Page) -> None:
    """To this machine, behind a password, or where the file says that everybody may look."""
    hold_private(listen, page)

    assert True


def test_a_page_without_a_password_is_for_this_machine() -> None:
    """Anything else is meant, or refused in one line."""
    with pytest.raises(ConfigurationError, match=r"0\.0\.0\.0:1 is reached .* public = true"):
        hold_private("0.0.0.0:1", Page())


def saying(config: Config) -> ASGIApp:
    """Answer a page that says how many groups are watched."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        text = str(len(config.targets[0].groups)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await send({"type": "http.response.body", "body": text})

    return app


def watched(box: Box, steps: Callable[[str], Awaitable[None]], *, has_page: bool = True) -> Monitor:
    """Watch as a process does, on the clock of the machine, while *steps* are taken; it ends by a signal."""
    with closing(box.store()) as store, listener_on("127.0.0.1:0") as listener:
        around = Surroundings(box.logged.append, wires=lambda _: server.transport(box.world), send=box.chat)
        monitor = Monitor(box.config(), store, around)

        async def main() -> None:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            page = (saying, listener) if has_page else ()
            watching = asyncio.create_task(watch(monitor, box.config, *page))
            await steps(url)
            await watching

        asyncio.run(main())
    return monitor


async def page(url: str) -> str:
    """Ask for the page."""
    async with httpx.AsyncClient() as client:
        return (await client.get(url)).text


async def signalled(number: int) -> None:
    """Send this process a signal, and let it be handled."""
    os.kill(os.getpid(), number)
    await asyncio.sleep(0.01)


def test_the_page_follows_the_configuration(tmp_path: Path) -> None:
    """SIGHUP reads it anew; the page that is served is that of the new one."""
    box = Box(tmp_path)
    shown: list[str] = []

    async def steps(url: str) -> None:
        shown.append(await page(url))
        box.write(FILE + '[[groups]]\nname = "more"\nevery = "1h"\n')
        await signalled(signal.SIGHUP)
        shown.append(await page(url))
        await signalled(signal.SIGTERM)

    watched(box, steps)

    assert (shown, box.logged) == (["1", "2"], ["the configuration is reloaded"])


def test_a_broken_configuration_is_refused_and_the_old_goes_on(tmp_path: Path) -> None:
    """In one line that names the place."""
    box = Box(tmp_path)

    async def steps(_url: str) -> None:
        await asyncio.sleep(0.01)
        box.path.write_text("nonsense", encoding="utf-8")
        await signalled(signal.SIGHUP)
        await signalled(signal.SIGINT)

    monitor = watched(box, steps, has_page=False)

    (line,) = box.logged
    assert (line.startswith("the configuration is not reloaded, the old one goes on: "), monitor.config.targets) == (
        True,
        monitor.config.targets,
    )


def test_without_a_page_a_reload_is_one_too(tmp_path: Path) -> None:
    """There is nothing to show it on."""
    box = Box(tmp_path)

    async def steps(_url: str) -> None:
        await asyncio.sleep(0.01)
        await signalled(signal.SIGHUP)
        await signalled(signal.SIGTERM)

    watched(box, steps, has_page=False)

    assert box.logged == ["the configuration is reloaded"]


class _Noting(asyncio.SelectorEventLoop):
    """A loop that notes what SIGHUP did whenever a signal was taken."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[bool] = []

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: object) -> None:
        """Take it, and note whether SIGHUP is taken."""
        super().add_signal_handler(sig, callback, *args)
        self.noted.append(signal.getsignal(signal.SIGHUP) not in {signal.SIG_DFL, signal.SIG_IGN})


def test_a_reload_never_ends_a_monitor_that_is_starting(tmp_path: Path) -> None:
    """SIGHUP is taken before what ends it: whoever sees that it can be ended can reload it too."""
    box = Box(tmp_path)
    loop = _Noting()

    async def main(monitor: Monitor) -> None:
        watching = asyncio.create_task(watch(monitor, box.config))
        await asyncio.sleep(0)
        await signalled(signal.SIGTERM)
        await watching

    with closing(box.store()) as store, asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main(Monitor(box.config(), store, Surroundings(box.logged.append))))

    assert loop.noted == [True, True, True]


def test_signals_do_afterwards_what_they_did_before(tmp_path: Path) -> None:
    """Whoever watches from a program of its own is interrupted by Ctrl-C again."""
    box = Box(tmp_path)
    before = [signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)]

    async def steps(_url: str) -> None:
        await asyncio.sleep(0.01)
        await signalled(signal.SIGTERM)

    watched(box, steps, has_page=False)

    assert [signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)] == before


def test_the_second_signal_ends_it_at_once() -> None:
    """The runs under way are lost then, and nothing else."""
    program = (
        "import asyncio, os, signal\n"
        "from deeplearn_checks.monitor.serving import signals\n"
        "class Monitor:\n"
        "    def stop(self): print('stopping', flush=True)\n"
        "async def main():\n"
        "    with signals(Monitor(), lambda: None):\n"
        "        for _ in range(2):\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n"
        "            await asyncio.sleep(0.05)\n"
        "    print('still there')\n"
        "asyncio.run(main())\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603  ours

    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, "stopping\n")


def test_without_uvicorn_its_extra_is_named() -> None:
    """It is loaded only where there is a page."""
    with pytest.raises(ConfigurationError, match=r"the page needs uvicorn: pip install 'deeplearn-checks\[monitor\]'"):
        hold_server(lambda _: None)
