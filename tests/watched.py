"""A monitor over sandboxed targets, and a clock that lets its days pass at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deeplearn_checks.incident.notifying import Notice
from deeplearn_checks.monitor.config import read_config
from deeplearn_checks.monitor.monitoring import Monitor, Surroundings
from deeplearn_checks.monitor.sql_store import open_store
from deeplearn_checks.redaction import EMPTY, Redacted
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.start import start

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from pathlib import Path

    import httpx

    from deeplearn_checks.monitor.config import Config
    from deeplearn_checks.monitor.notices import Text
    from deeplearn_checks.monitor.sql_keeping import SqlStore
    from deeplearn_checks.sandbox.world import World

NOON_MS = 1_772_452_800_000
MINUTE_MS = 60_000
CHAT = "json://chat.invalid/topsecret-token"
FILE = """
store = "monitor.db"
[policy]
fails_after = 2
recovers_after = 2
errors_after = 2
[[groups]]
name = "platform"
diagnostics = ["platform.health", "payment.webhook-secret-configured"]
every = "1m"
offset = "0s"
[[targets]]
name = "box"
url = "http://api.sandbox.test"
env_prefix = ""
[[routes]]
notify = ["env:CHAT"]
"""
"""A monitor's file; what a test adds stands behind it."""


class Hours:
    """A clock that goes on when nothing is at work any more; `at` holds what happens at which minute."""

    def __init__(self, minutes: int) -> None:
        self.now = NOON_MS
        self.at: dict[int, Callable[[], object]] = {}
        self.monitor: Monitor | None = None
        self.end_ms = NOON_MS + minutes * MINUTE_MS

    def now_ms(self) -> int:
        """Answer the time of this clock."""
        return self.now

    async def wait(self, woken: asyncio.Event, until_ms: int) -> None:
        """Let the time pass, when all work is done."""
        assert self.monitor is not None
        await self.monitor.settled()
        if woken.is_set():
            return
        before, self.now = self.now, max(self.now, min(until_ms, self.end_ms))
        for minute in sorted(self.at):
            if before < NOON_MS + minute * MINUTE_MS <= self.now:
                self.at[minute]()
        if self.now >= self.end_ms:
            self.monitor.stop()


@dataclass
class Chat:
    """Takes notices; `down` says why it does not now."""

    down: str = ""
    heard: list[tuple[str, Text]] = field(default_factory=list)

    def __call__(self, url: str, text: Text) -> Notice:
        """Take one."""
        if not self.down:
            self.heard.append((url, text))
        return Notice("json://...", delivered=not self.down, said=Redacted(self.down) if self.down else EMPTY)

    @property
    def titles(self) -> list[str]:
        """The first lines of what was heard."""
        return [text.title for _, text in self.heard]


class Box:
    """A sandboxed target, a monitor's file about it, and all that the monitor says."""

    def __init__(self, folder: Path, added: str = "", *, minutes: int = 10, file: str = FILE) -> None:
        self.world: World = start(count=0)
        self.clock = Hours(minutes)
        self.chat = Chat()
        self.logged: list[str] = []
        self.pinged: httpx.AsyncBaseTransport | None = None
        self.wire: httpx.AsyncBaseTransport | None = None
        self.variables = server.exports(self.world) | {"CHAT": CHAT, "PING": "http://ping.invalid/uuid-of-mine"}
        self.path = folder / "monitor.toml"
        self.folder = folder
        self.write(file + added)

    def write(self, text: str) -> None:
        """Write the monitor's file anew."""
        url = self.variables["DEEPLEARN_API_BASE_URL"]
        if "[bundles]" not in text:
            text += f'\n[bundles]\nfolder = "{self.folder}/bundles"\n'
        text = text.replace("http://api.sandbox.test", url).replace('"monitor.db"', f'"{self.folder}/monitor.db"')
        self.path.write_text(f"{text}\n", encoding="utf-8")

    def config(self) -> Config:
        """Read the file."""
        return read_config(self.path, self.variables)

    def store(self) -> SqlStore:
        """Open the store."""
        return open_store(f"{self.folder}/monitor.db")

    def monitor(self, store: SqlStore | None = None) -> Monitor:
        """Answer a monitor that has just been started."""
        around = Surroundings(
            self.logged.append,
            self.clock,
            lambda _: self.wire or server.transport(self.world),
            self.chat,
            self.pinged,
        )
        self.clock.monitor = Monitor(self.config(), store or self.store(), around)
        return self.clock.monitor

    def breaks(self) -> None:
        """Forget the webhook's secret."""
        self.held = self.world.variables.pop("RAZORPAY_WEBHOOK_SECRET")

    def mends(self) -> None:
        """Know it again."""
        self.world.variables["RAZORPAY_WEBHOOK_SECRET"] = self.held
