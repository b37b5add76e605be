"""The monitor as a process: killed at any time it goes on, and it listens to its signals."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from listening import listening
from waiting import PATIENCE, until

from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.app import api
from deeplearn_checks.sandbox.listening import Server
from deeplearn_checks.sandbox.listening import listening as bound
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.sandbox.world import Origins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from deeplearn_checks.sandbox.world import World

FILE = """
store = "monitor.db"
[policy]
fails_after = 1
recovers_after = 1
errors_after = 1000
[[groups]]
name = "secret"
diagnostics = ["payment.webhook-secret-configured"]
every = "1s"
deadline = "1s"
[[targets]]
name = "box"
url = "{url}"
env_prefix = ""
[[routes]]
notify = ["env:CHAT"]
"""


class Target:
    """A deployment that listens; `asked` counts the requests that came."""

    def __init__(self) -> None:
        self.asked = 0
        self.world: World = start(count=0)
        self._socket = bound(0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.world.origins = Origins(self.url, self.world.origins.pages, self.world.origins.gateway)
        self._app = api(self.world)
        self.server = Server(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the deployment does."""
        self.asked += 1
        await self._app(scope, receive, send)

    def serve(self) -> None:
        """Answer until the server is told to end."""
        with self._socket:
            asyncio.run(self.server.serve([self._socket]))


@contextmanager
def served() -> Iterator[Target]:
    """Serve a deployment until the test is over."""
    target = Target()
    thread = threading.Thread(target=target.serve)
    thread.start()
    try:
        yield target
    finally:
        target.server.should_exit = True
        thread.join()


@contextmanager
def monitor(folder: Path, target: Target, chat: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Start a monitor in a process of its own; what is left of it is killed."""
    (folder / "monitor.toml").write_text(FILE.format(url=target.url), encoding="utf-8")
    command = [sys.executable, "-m", "deeplearn_checks", "monitor", "--config", "monitor.toml", *options]
    held = {name: value for name, value in os.environ.items() if not name.startswith(("DEEPLEARN_", "RAZORPAY_"))}
    env = held | server.exports(target.world) | {"CHAT": chat}
    asked = target.asked
    with subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  ours
        try:
            until(lambda: target.asked > asked or process.poll() is not None)
            yield process
        finally:
            process.kill()


def more(target: Target) -> None:
    """Wait until the target has been asked a few times more."""
    asked = target.asked
    until(lambda: target.asked > asked + 2)


def test_killed_in_between_it_tells_each_change_once(tmp_path: Path) -> None:
    """Killed while something is broken, a restart, SIGHUP and SIGTERM: one notice of the failure, one of its end."""
    with served() as target, listening() as chat:
        with monitor(tmp_path, target, chat.url) as first:
            secret = target.world.variables.pop("RAZORPAY_WEBHOOK_SECRET")
            until(lambda: len(chat.heard) == 1)
            more(target)  # what is heard is marked by then: killed in between, it would be told again
            first.send_signal(signal.SIGKILL)
            first.wait(PATIENCE)
        with monitor(tmp_path, target, chat.url) as second:
            more(target)
            target.world.variables["RAZORPAY_WEBHOOK_SECRET"] = secret
            until(lambda: len(chat.heard) == 2)
            (tmp_path / "monitor.toml").write_text("nonsense", encoding="utf-8")
            second.send_signal(signal.SIGHUP)
            more(target)
            second.send_signal(signal.SIGTERM)
            logged = second.communicate(timeout=PATIENCE)[1].splitlines()

    titles = [one["title"].rpartition("configured ")[2] for one in chat.heard]
    lines = [line.partition(" ")[2][:55] for line in logged if "skipped" not in line]  # a machine may be busy
    assert (titles, second.returncode, lines) == (
        ["is broken", "has recovered"],
        0,
        [
            "box payment.webhook-secret-configured recovered (critical,"[:55],
            "the configuration is not reloaded, the old one goes on: monitor.toml"[:55],
        ],
    )
