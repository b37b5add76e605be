"""What is to be told reaches its route, once, however often that takes, and holds up nothing else."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from listening import SECRET, listening
from monitored import NOON_MS
from pydantic import SecretStr
from watched import CHAT, Box, Chat

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.monitor.delivering import Delivery, Routes, next_try_ms, send
from deeplearn_checks.monitor.notices import Text
from deeplearn_checks.monitor.state import Change, Transition
from deeplearn_checks.monitor.store import StoreError, Told
from deeplearn_checks.redaction import EMPTY, Redacted

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.incident.notifying import Notice

OPENED = Transition(
    Change.OPENED, "box", "a.one", Severity.CRITICAL, Outcome.FAILED, "lost", EMPTY, EMPTY, NOON_MS, NOON_MS
)


@dataclass
class Outbox:
    """A store that holds only what is to be told; `full` where it can mark nothing."""

    waiting: list[Told] = field(default_factory=list)
    marked: list[tuple[str, int]] = field(default_factory=list)
    full: bool = False

    def add(self, transition: Transition, route: str = "env:CHAT", tries: int = 0) -> None:
        """Have it told."""
        self.waiting.append(Told(len(self.waiting) + 1, transition, route, tries, NOON_MS, 0))

    def untold(self, now_ms: int) -> tuple[Told, ...]:
        """Answer what is due."""
        return tuple(one for one in self.waiting if one.next_try_ms <= now_ms)

    def delivered(self, number: int, at_ms: int) -> None:
        """Mark one."""
        self._mark("delivered", number)
        del at_ms
        self.waiting = [one for one in self.waiting if one.number != number]

    def deferred(self, number: int, next_try_ms: int) -> None:
        """Put one off."""
        self._mark("deferred", number)
        self.waiting = [replace(one, next_try_ms=next_try_ms) if one.number == number else one for one in self.waiting]

    def _mark(self, what: str, number: int) -> None:
        if self.full:
            raise StoreError("the disk is full")
        self.marked.append((what, number))


class At:
    """A clock that stands."""

    def __init__(self) -> None:
        self.now = NOON_MS

    def now_ms(self) -> int:
        """Answer the time."""
        return self.now

    async def wait(self, woken: asyncio.Event, until_ms: int) -> None:
        """Nobody waits."""


class Post:
    """A delivery of an outbox to a chat and to the incident workflow, and what it logs."""

    def __init__(self, folder: Path, chat: Chat | None = None) -> None:
        self.box = Box(folder)
        self.chat = chat or self.box.chat
        self.outbox = Outbox()
        self.clock = At()
        self.logged: list[str] = []
        self.incidents: list[Transition] = []
        self.refusal = ""
        self.delivery = Delivery(self.outbox, self.clock, self.logged.append, self.chat)  # type: ignore[arg-type]  # what it uses of a store

    def deliver(self) -> None:
        """Deliver what is due."""
        asyncio.run(self.delivery.deliver(Routes(self.box.config(), self._on_incident)))

    def _on_incident(self, transition: Transition) -> str:
        self.incidents.append(transition)
        return self.refusal


def test_changes_of_a_target_go_together(tmp_path: Path) -> None:
    """One notice a route and target, with each change in it; each is marked."""
    post = Post(tmp_path)
    for target, diagnostic in (("box", "a.one"), ("box", "a.two"), ("other", "a.one")):
        post.outbox.add(replace(OPENED, target=target, diagnostic=diagnostic))

    post.deliver()

    titles = ["[critical] box: a.one is broken and 1 other change", "[critical] other: a.one is broken"]
    assert (sorted(post.chat.titles), sorted(post.outbox.marked)) == (
        titles,
        [("delivered", 1), ("delivered", 2), ("delivered", 3)],
    )


def test_no_secret_leaves_with_a_notice(tmp_path: Path) -> None:
    """Whatever found its way into a text, what is known to be secret is masked."""
    post = Post(tmp_path)
    post.outbox.add(replace(OPENED, summary=Redacted(f"tell {CHAT}"), cause=f"for {CHAT}"))

    post.deliver()

    assert "topsecret" not in str(post.chat.heard[0][1])


def test_what_is_refused_is_put_off(tmp_path: Path) -> None:
    """It is said why, by the route's name and never by its address; nothing is sent before its time."""
    post = Post(tmp_path, Chat(down="the service answered 500"))
    post.outbox.add(OPENED, tries=1)

    post.deliver()
    post.deliver()

    assert (post.outbox.marked, post.logged) == (
        [("deferred", 1)],
        ["box: not told: env:CHAT (json://...): the service answered 500; tried again in 60 s"],
    )


@pytest.mark.parametrize(("tries", "seconds"), [(0, 30), (1, 60), (3, 240), (7, 3600), (10**9, 3600)])
def test_the_pauses_grow_to_an_hour(tries: int, seconds: int) -> None:
    """Twice as long after each try."""
    at_ms = next_try_ms(NOON_MS, tries)

    assert (at_ms - NOON_MS) // 1000 == seconds


def test_what_was_sent_and_could_not_be_marked_is_not_sent_again(tmp_path: Path) -> None:
    """A full disk makes nobody hear the same thing every few seconds."""
    post = Post(tmp_path)
    post.outbox.add(OPENED)
    post.outbox.full = True
    for _ in range(3):
        with pytest.raises(StoreError):
            post.deliver()
    post.outbox.full = False

    post.deliver()

    assert (len(post.chat.heard), post.outbox.marked) == (1, [("delivered", 1)])


def test_what_was_refused_and_could_not_be_marked_waits_all_the_same(tmp_path: Path) -> None:
    """A full disk does not turn a service that is down into one that is hammered."""
    post = Post(tmp_path, Chat(down="it is down"))
    post.outbox.add(OPENED)
    post.outbox.full = True
    with pytest.raises(StoreError):
        post.deliver()

    post.deliver()

    assert len(post.logged) == 1


def test_a_route_that_is_gone_is_told_of_nothing_more(tmp_path: Path) -> None:
    """The operator has taken it out: it is said, and not tried for ever."""
    post = Post(tmp_path)
    post.outbox.add(OPENED, "env:OLD_CHAT")

    post.deliver()

    assert (post.outbox.marked, post.logged) == (
        [("delivered", 1)],
        ["box: not told: the configuration has no route env:OLD_CHAT any more"],
    )


@pytest.mark.parametrize(("refusal", "marked"), [("", "delivered"), ("incident: the disk is full", "deferred")])
def test_the_incident_workflow_is_a_route_too(tmp_path: Path, refusal: str, marked: str) -> None:
    """What could not be written there is tried again."""
    post = Post(tmp_path)
    post.refusal = refusal
    post.outbox.add(OPENED, "incident")

    post.deliver()

    assert (post.incidents, post.outbox.marked, post.chat.heard) == ([OPENED], [(marked, 1)], [])


def test_what_is_on_its_way_is_not_sent_by_another_round(tmp_path: Path) -> None:
    """A round that was given up at the end may still be sending."""
    gate, sending = threading.Event(), threading.Event()

    class Slow(Chat):
        def __call__(self, url: str, text: Text) -> Notice:
            sending.set()
            gate.wait(30)
            return super().__call__(url, text)

    post = Post(tmp_path, Slow())
    post.outbox.add(OPENED)

    async def main() -> None:
        routes = Routes(post.box.config(), lambda _: "")
        first = asyncio.create_task(post.delivery.deliver(routes))
        await asyncio.to_thread(sending.wait, 30)
        await post.delivery.deliver(routes)
        gate.set()
        await first

    asyncio.run(main())
    post.delivery.close()

    assert len(post.chat.heard) == 1


def test_a_notice_travels_by_apprise() -> None:
    """Title and body arrive."""
    with listening() as listener:
        notice = send(listener.url, Text("the title", "the body"))

    heard = [(one["title"], one["message"]) for one in listener.heard]
    assert (notice.delivered, heard) == (True, [("the title", "the body")])


def test_an_address_that_cannot_be_used_is_a_notice_that_was_not_sent() -> None:
    """It raises nothing, and shows nothing of the address."""
    notice = send(f"nonsense-{SECRET}", Text("t", "b"))

    assert (notice.delivered, SECRET in notice.said) == (False, False)


def test_the_secret_of_an_address_is_known(tmp_path: Path) -> None:
    """What is masked in notices includes where they go."""
    config = Box(tmp_path).config()

    assert SecretStr(CHAT).get_secret_value() in config.secrets()
