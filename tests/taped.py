"""Recording runs and replaying them, in this process."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING

from deeplearn_checks.bundle.archive import packed, unpacked
from deeplearn_checks.bundle.recording import bundled
from deeplearn_checks.bundle.replaying import Replay
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.finding import Effects
from deeplearn_checks.reporting.json_report import json_report
from deeplearn_checks.runner import run
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.faults import FAULTS
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

    from deeplearn_checks.bundle.contents import Bundle
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.results import RunReport
    from deeplearn_checks.sandbox.world import World
    from deeplearn_checks.settings import Settings

SEEN_AT_NONE = {fault.name: fault for fault in FAULTS if fault.effects is Effects.NONE}
HARMLESS = tuple(one for one in CATALOG if one.effects is Effects.NONE)


def taped(
    selected: Sequence[Diagnostic],
    settings: Settings,
    wire: httpx.AsyncBaseTransport | None,
    stop: asyncio.Event | None = None,
) -> tuple[RunReport, Bundle]:
    """Run, and answer the report with the bundle, as it is read from its file."""
    kept: list[Bundle] = []
    report = asyncio.run(
        run(
            selected,
            settings,
            transport=wire,
            stop=stop,
            keep=lambda seen: kept.append(unpacked(packed(bundled(seen)))),
        )
    )
    return report, kept[0]


def configured(world: World, name: str = "", **variables: str) -> Settings:
    """Answer the settings for a sandboxed world, with the environment that the fault *name* calls for."""
    return connected(world, name, **variables)[0]


def connected(world: World, name: str = "", **variables: str) -> tuple[Settings, httpx.AsyncBaseTransport]:
    """Answer the settings for a sandboxed world with one fault, or none, and what reaches it; without the browser."""
    reached = server.connect(world)
    flags = {
        "environment": SEEN_AT_NONE[name].environment if name else None,
        "timeout": 1.0 if name == "slow" else None,
        "without": "browser",
    }
    return load_settings(flags, variables=reached.exports | variables), reached.transport


def recorded(name: str = "", count: int = 40, **variables: str) -> tuple[RunReport, Bundle]:
    """Record a run against a sandbox with one fault, or none."""
    world = start(count=count, faults=[name] if name else [])
    return taped(HARMLESS, *connected(world, name, **variables))


def replayed(bundle: Bundle, selected: Sequence[Diagnostic] = HARMLESS, **flags: object) -> RunReport:
    """Judge a bundle again."""
    replay = Replay(bundle, flags)
    return asyncio.run(run(selected, replay.settings, recorded=replay))


def timeless(report: RunReport) -> str:
    """Write a run as JSON, without its times."""
    value = json.loads(json_report(report))
    del value["started_at"], value["seconds"]
    for result in value["results"]:
        del result["seconds"]
    return json.dumps(value, indent=2)


def content(bundle: Bundle) -> str:
    """Answer all that stands in the file of a bundle."""
    return gzip.decompress(packed(bundle)).decode()


def people(world: World) -> set[str]:
    """Answer the names, e-mail addresses and phone numbers of everybody in a world."""
    leads = world.execute("SELECT full_name, email, phone FROM lead_registrations")
    users = world.execute("SELECT display_name, email FROM platform_users")
    return {str(value) for row in (*leads, *users) for value in tuple(row) if value}


def secrets(variables: Mapping[str, str]) -> set[str]:
    """Answer the values of a sandbox's settings that nobody may read."""
    return {value for name, value in variables.items() if not name.endswith(("_URL", "_FILE"))}
