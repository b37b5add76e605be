"""A history made up: what a store would answer the page, and the monitor's file that goes with it."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import httpx
from monitored import NOON_MS, answer

from deeplearn_checks.finding import Outcome
from deeplearn_checks.monitor.config import Config, read_config
from deeplearn_checks.monitor.durations import SLOTS, slot
from deeplearn_checks.monitor.observing import Observed
from deeplearn_checks.monitor.page import page_app
from deeplearn_checks.monitor.page.judged import asked_by
from deeplearn_checks.monitor.state import Health, Standing, State
from deeplearn_checks.monitor.store import Bucket, Incident, StoreError
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS, MINUTE_MS
from deeplearn_checks.redaction import EMPTY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deeplearn_checks.monitor.observing import Observation

NOW_MS = NOON_MS + 40 * MINUTE_MS
GROUPS = """
[[groups]]
name = "reachable"
diagnostics = ["platform.*"]
every = "1m"
offset = "0s"

[[groups]]
name = "everything"
diagnostics = ["platform.*", "access.*", "payment.*", "content.*"]
every = "15m"
offset = "0s"
"""


def configured(folder: Path, *names: str, groups: str = GROUPS, more: str = "", of_target: str = "") -> Config:
    """Answer the configuration of targets of these names."""
    file = folder / "monitor.toml"
    targets = (
        f'[[targets]]\nname = "{name}"\nurl = "https://{name.lower()}.example.com"\nenvironment = "{name}"\n{of_target}'
        for name in names or ("staging",)
    )
    file.write_text(f"{groups}\n{''.join(targets)}\n{more}", encoding="utf-8")
    return read_config(file, {"PASSWORD": "päss:word", "PG": "postgresql://u:p@db/x"})


@dataclass
class Shelf:
    """What there is to read; `calls` are the questions asked; `problem` is raised instead of an answer."""

    states: dict[str, State] = field(default_factory=dict)
    rows: list[Bucket] = field(default_factory=list)
    past: list[Incident] = field(default_factory=list)
    runs: list[Observed] = field(default_factory=list)
    problem: str = ""
    calls: list[str] = field(default_factory=list)

    def _ask(self, name: str) -> None:
        self.calls.append(name)
        if self.problem:
            raise StoreError(self.problem)

    def state(self, target: str) -> State:
        """Answer what is known of a target."""
        self._ask("state")
        return self.states.get(target, State())

    def buckets(self, target: str, since_ms: int, span_ms: int, diagnostic: str | None = None) -> tuple[Bucket, ...]:
        """Answer what is in such spans."""
        self._ask("buckets")
        of_it = (one for one in self.rows if one.target == target and one.span_ms == span_ms)
        lately = (one for one in of_it if one.from_ms >= since_ms)
        return tuple(one for one in lately if diagnostic is None or one.diagnostic == diagnostic)

    def incidents(self, since_ms: int, limit: int = 100) -> tuple[Incident, ...]:
        """Answer the newest incidents."""
        self._ask("incidents")
        found = [one for one in self.past if not one.ended_ms or one.ended_ms >= since_ms]
        return tuple(sorted(found, key=lambda one: -one.began_ms)[:limit])

    def last_runs(self) -> tuple[Observed, ...]:
        """Answer the newest runs."""
        self._ask("last_runs")
        return tuple(self.runs)

    def observe(self, config: Config, name: str, letters: dict[str, str], at_ms: int = NOW_MS - 20_000) -> None:
        """Let a run of each group of a target say this: a letter for each diagnostic, P for what is not named."""
        standings = dict(self.states.get(name, State()).standings)
        for group in config.target(name).groups:
            said = tuple(_said(config, id_, letters.get(id_, "P")) for id_ in asked_by(config, group))
            due = at_ms - at_ms % group.every_ms
            self.runs.append(Observed(name, group.name, config.location, due, due, 0.4, said, affected={"lost": 1}))
            standings |= {one.diagnostic: _standing(one, at_ms) for one in said if one.outcome is not Outcome.BLOCKED}
        self.states[name] = State(standings)

    def change(self, name: str, id_: str, **about: object) -> None:
        """Know something else of a diagnostic."""
        held = dict(self.states[name].standings)
        held[id_] = replace(held[id_], **about)  # type: ignore[arg-type]  # fields of a standing
        self.states[name] = State(held)

    def fill(self, config: Config, name: str, broken: Sequence[tuple[int, int, str]] = (), seed: int = 1) -> None:
        """Make up 90 days of a target; *broken* are spans (milliseconds) in which all runs failed (F) or erred (E)."""
        chance = random.Random(seed)  # noqa: S311  no secret
        for group in config.target(name).groups:
            for span, number in ((DAY_MS, 90), (HOUR_MS, 48), (15 * MINUTE_MS, 192)):
                first = NOW_MS - NOW_MS % span - (number - 1) * span
                for from_ms in range(first, NOW_MS, span):
                    kept = MINUTE_MS if span == 15 * MINUTE_MS else span
                    runs = max(1, (min(from_ms + span, NOW_MS) - from_ms) // group.every_ms)
                    self.rows.append(_bucket(name, group.name, from_ms, kept, runs, broken, span, chance))


def _bucket(  # noqa: PLR0913, PLR0917  all that a bucket holds
    target: str,
    group: str,
    from_ms: int,
    kept_ms: int,
    runs: int,
    broken: Sequence[tuple[int, int, str]],
    span_ms: int,
    chance: random.Random,
) -> Bucket:
    hit = {"F": 0, "E": 0}
    for begin, end, letter in broken:
        inside = max(0, min(end, from_ms + span_ms) - max(begin, from_ms))
        hit[letter] += min(runs, -(-runs * inside // span_ms))
    durations, slowest = [0] * SLOTS, 0.0
    base = 0.25 if group == "reachable" else 1.4
    for _ in range(min(30, runs)):
        took = base * chance.lognormvariate(0, 0.4) * (1 + 0.5 * ((from_ms // HOUR_MS) % 24 > 9))
        durations[slot(took)] += 1
        slowest = max(slowest, took)
    passed = max(0, runs - hit["F"] - hit["E"])
    return Bucket(
        target, group, "", from_ms, kept_ms, passed, hit["F"], hit["E"], 0, 0, runs * base, slowest, tuple(durations)
    )


def _said(config: Config, id_: str, letter: str) -> Observation:
    one = answer(letter, id_, cause="database-not-bound")
    return replace(one, severity=config.known[id_].severity, blocked_by=("platform.database",) if letter == "B" else ())


def _standing(one: Observation, at_ms: int) -> Standing:
    is_broken = one.outcome in {Outcome.FAILED, Outcome.ERROR}
    began = at_ms - 2 * HOUR_MS - 5 * MINUTE_MS if is_broken else 0
    return Standing(
        health=Health.DOWN if is_broken else Health.UP,
        first_broken_ms=began,
        opened_ms=began,
        outcome=one.outcome,
        cause=one.cause,
        severity=one.severity,
        summary=one.summary if is_broken else EMPTY,
        remedy=one.remedy,
        seen_ms=at_ms,
    )


def outage(name: str, began_ms: int, ended_ms: int, summary: str = "The database does not answer.") -> Incident:
    """Answer an incident."""
    return Incident(name, "platform.database", "database-not-bound", "critical", summary, began_ms, ended_ms)


@dataclass
class Site:
    """The page over a shelf, at an instant that a test may move; `well` is what is wrong with the loop."""

    shelf: Shelf
    config: Config
    now_ms: int = NOW_MS
    well: str = ""

    def __post_init__(self) -> None:
        self.app = page_app(self.shelf, self.config, lambda: self.now_ms, lambda: self.well)

    def get(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Ask the page once."""

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://page.example") as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(asked())


def standing(folder: Path, letters: dict[str, str] | None = None, **about: str) -> Site:
    """Answer a page of one target with a history; *letters* as in `Shelf.observe`, *about* as in `configured`."""
    config = configured(folder, "staging", **about)
    shelf = Shelf()
    shelf.observe(config, "staging", letters or {})
    shelf.fill(config, "staging", [(NOW_MS - 30 * HOUR_MS, NOW_MS - 28 * HOUR_MS, "F")])
    return Site(shelf, config)
